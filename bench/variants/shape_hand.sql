-- Two statements by hand on the same table, see hand.sql.
-- setup after: shape_floor
--
-- Added columns are never changed, so their defaults are the old values.

-- section: update
UPDATE product SET price = price + 1, version_id = version_id + 1
WHERE id = $1 AND is_current_version;
INSERT INTO product (id, name, price, document, version_id, is_current_version)
SELECT id, name, price - 1, document, version_id - 1, false
FROM product WHERE id = $1 AND is_current_version;

-- section: bulk
UPDATE product SET price = price + 1, version_id = version_id + 1
WHERE is_current_version;
INSERT INTO product (id, name, price, document, version_id, is_current_version)
SELECT id, name, price - 1, document, version_id - 1, false
FROM product WHERE is_current_version;

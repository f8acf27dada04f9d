-- Two statements by hand: move the row on, then insert its old image.
-- setup after: floor
--
-- The second statement works the old price out from the new one.  A real
-- application would have to carry it; this is the cheapest form possible.

-- section: update
UPDATE product SET price = price + 1, version_id = version_id + 1
WHERE id = $1 AND is_current_version;
INSERT INTO product
SELECT id, name, price - 1, version_id - 1, false
FROM product WHERE id = $1 AND is_current_version;

-- section: bulk
UPDATE product SET price = price + 1, version_id = version_id + 1
WHERE is_current_version;
INSERT INTO product
SELECT id, name, price - 1, version_id - 1, false
FROM product WHERE is_current_version;

-- What PostgreSQL 17 adds to MERGE sees versions as other statements do: the old
-- row stays, and the one that is returned is current.
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, price int);
SELECT versioned_rows.enable('product', current_view => 'product_now');
INSERT INTO product VALUES (1, 10), (2, 20), (3, 30);

MERGE INTO product p
USING (VALUES (1, 11), (2, NULL), (4, 40)) AS s (id, price) ON p.id = s.id AND p.is_current_version
WHEN MATCHED AND s.price IS NULL THEN DELETE
WHEN MATCHED THEN UPDATE SET price = s.price
WHEN NOT MATCHED BY TARGET THEN INSERT (id, price) VALUES (s.id, s.price)
RETURNING merge_action(), p.id, p.price, p.version_id, p.is_current_version;

-- What is not in the source: without the flag that is history, too, which nobody
-- may delete.
MERGE INTO product p
USING (VALUES (1)) AS s (id) ON p.id = s.id
WHEN NOT MATCHED BY SOURCE AND NOT p.is_current_version THEN DELETE;
MERGE INTO product p
USING (VALUES (1)) AS s (id) ON p.id = s.id
WHEN NOT MATCHED BY SOURCE AND p.is_current_version AND p.id = 3 THEN UPDATE SET price = 31
RETURNING merge_action(), p.id, p.price, p.version_id;

-- Through the current view.
MERGE INTO product_now p
USING (VALUES (1, 12), (2, 22)) AS s (id, price) ON p.id = s.id
WHEN MATCHED THEN UPDATE SET price = s.price
WHEN NOT MATCHED THEN INSERT (id, price) VALUES (s.id, s.price)
RETURNING merge_action(), p.id, p.price;

SELECT id, version_id, is_current_version, price FROM product ORDER BY id, version_id;
SELECT * FROM versioned_rows.verify();

DROP TABLE product CASCADE;
DROP EXTENSION versioned_rows;

-- With current_view, a view of the current rows takes INSERT, UPDATE, DELETE,
-- RETURNING and upserts, with the command tags of the table.
\set SHOW_CONTEXT never
\set QUIET off
CREATE EXTENSION versioned_rows;

CREATE TABLE product (id int PRIMARY KEY, name text NOT NULL, price numeric);
INSERT INTO product VALUES (1, 'teapot', 10), (2, 'kettle', 35);
SELECT versioned_rows.enable('product', current_view => 'product_now');
\d product_now
SELECT reloptions, replace(pg_get_viewdef(oid), 't.', '') AS definition
FROM pg_class WHERE relname = 'product_now';

INSERT INTO product_now (id, name, price) VALUES (3, 'spoon', 2) RETURNING *;
UPDATE product_now SET price = price + 1 RETURNING *;
UPDATE product_now SET price = 1 WHERE id = 9;
UPDATE product_now p SET price = v.price
	FROM (VALUES (1, 12), (2, 36)) v (id, price) WHERE v.id = p.id
	RETURNING p.id, p.version_id, p.price;
DELETE FROM product_now WHERE id = 2 RETURNING *;
SELECT * FROM product_now ORDER BY id;
SELECT * FROM product ORDER BY id, version_id;

-- Upserts and COPY work through the view.
INSERT INTO product_now (id, name) VALUES (1, 'big teapot'), (4, 'fork')
	ON CONFLICT (id) WHERE is_current_version
	DO UPDATE SET name = excluded.name RETURNING *;
COPY product_now (id, name) FROM STDIN;
5	knife
\.

-- A stale version matches nothing.
UPDATE product_now SET name = 'late' WHERE id = 1 AND version_id = 1;

-- Only one view of that name can be there.
SELECT versioned_rows.enable('product', current_view => 'product');
CREATE VIEW taken AS SELECT 1 AS one;
SELECT versioned_rows.enable('product', current_view => 'taken');

-- Another name moves the view; leaving it out keeps it.
SELECT versioned_rows.enable('product', current_view => 'product_current');
SELECT versioned_rows.enable('product');
SELECT current_view FROM versioned_rows.tables;
SELECT relname FROM pg_class WHERE relkind = 'v'
	AND relname IN ('product_now', 'product_current');

-- The view can be named where its table is meant.
SELECT versioned_rows.disable('product_current');
SELECT relname FROM pg_class WHERE relname = 'product_current';

DROP VIEW taken;
DROP TABLE product;
DROP EXTENSION versioned_rows;

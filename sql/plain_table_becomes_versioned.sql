-- A plain table becomes versioned by enable(): columns, key, index, triggers;
-- its rows become version 1, and nothing else about it changes.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;

CREATE TABLE product (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL CHECK (name <> ''),
	price numeric DEFAULT 1,
	gross numeric GENERATED ALWAYS AS (price * 1.2) STORED
);
CREATE INDEX product_price ON product (price);
COMMENT ON TABLE product IS 'What we sell.';
INSERT INTO product (name, price) VALUES ('teapot', 10), ('kettle', 35);

SELECT versioned_rows.enable('product');
\d product
SELECT obj_description('product'::regclass, 'pg_class');
\x on
SELECT * FROM versioned_rows.tables;
\x off
SELECT * FROM product ORDER BY id, version_id;

-- An UPDATE keeps the old row, generated columns included.
UPDATE product SET price = 12 WHERE id = 1;
SELECT * FROM product ORDER BY id, version_id;

-- New rows start at version 1.
INSERT INTO product (name) VALUES ('spoon') RETURNING *;

-- One row of each key is current, and the key tells versions apart.
INSERT INTO product (id, version_id, is_current_version, name)
	OVERRIDING SYSTEM VALUE VALUES (1, 1, false, 'copy');
INSERT INTO product (id, name) OVERRIDING SYSTEM VALUE VALUES (1, 'copy');

-- Calling it again changes nothing, and is no error.
SELECT versioned_rows.enable('product');
\d product
SELECT * FROM product ORDER BY id, version_id;

-- Columns that come and go afterwards do not disturb.
ALTER TABLE product DROP COLUMN gross;
ALTER TABLE product ADD COLUMN colour text DEFAULT 'white';
UPDATE product SET colour = 'blue' WHERE id = 2;
ALTER TABLE product DROP COLUMN price, ADD COLUMN weight int;
UPDATE product SET weight = 5 WHERE id = 2;
SELECT * FROM product ORDER BY id, version_id;

DROP TABLE product;
DROP EXTENSION versioned_rows;

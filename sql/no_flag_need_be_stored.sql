-- Without a current_column no flag is stored: the highest number is the
-- current version, and calc_is_current_version(row) tells which that is.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;

CREATE TABLE product (id int PRIMARY KEY, name text);
INSERT INTO product VALUES (1, 'teapot'), (2, 'kettle');
SELECT versioned_rows.enable('product', current_column => NULL);
\d product
UPDATE product SET name = 'big teapot' WHERE id = 1;
UPDATE product SET name = 'huge teapot' WHERE id = 1;
SELECT p.*, p.calc_is_current_version FROM product p ORDER BY id, version_id;

-- History is out of reach, also without a flag.
UPDATE product SET name = upper(name);
UPDATE product SET name = 'forged' WHERE id = 1 AND version_id = 1;
DELETE FROM product WHERE id = 1 AND version_id = 1;
SELECT p.*, p.calc_is_current_version FROM product p ORDER BY id, version_id;

-- A deleted row could not be told from a current one.
DELETE FROM product WHERE id = 2;

-- A second row of one key is refused, whatever its number.
INSERT INTO product VALUES (1, 'copy');
INSERT INTO product (id, name, version_id) VALUES (1, 'copy', 3);

-- ON CONFLICT goes by the whole key.
INSERT INTO product VALUES (2, 'pan')
	ON CONFLICT (id, version_id) DO UPDATE SET name = excluded.name
	RETURNING *;
INSERT INTO product VALUES (3, 'spoon')
	ON CONFLICT (id, version_id) DO UPDATE SET name = excluded.name
	RETURNING *;

-- The view of current rows needs no flag either, and can be written to.
SELECT versioned_rows.enable('product', current_column => NULL,
	current_view => 'product_now');
UPDATE product_now SET name = 'fork' WHERE id = 3 RETURNING *;
SELECT * FROM product_now ORDER BY id;

-- A flag can be added later: the highest numbers are current.
SELECT versioned_rows.enable('product');
SELECT * FROM product ORDER BY id, version_id;

DROP VIEW product_now;
DROP TABLE product;
DROP EXTENSION versioned_rows;

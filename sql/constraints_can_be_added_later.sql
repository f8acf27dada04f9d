-- A constraint that is added to a versioned table holds as in any table; where
-- it would not let history be, the error says what to do, and so does verify().
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE colour (name text PRIMARY KEY);
INSERT INTO colour VALUES ('red'), ('blue');
CREATE TABLE product (id int PRIMARY KEY, name text, price int, place int4range, colour text);
SELECT versioned_rows.enable('product');
INSERT INTO product VALUES (1, 'a', 1, '[1,2)', 'red'), (2, 'b', 2, '[2,3)', 'red');
PREPARE cheaper AS UPDATE product SET price = price - 1 WHERE id = $1 AND is_current_version
	RETURNING version_id, price;
EXECUTE cheaper (1);

-- A unique constraint holds for history, too: it cannot be built where history
-- has what is unique no more, and the next version is in its way.
ALTER TABLE product ADD CONSTRAINT product_name UNIQUE (name);
ALTER TABLE product ADD CONSTRAINT product_price UNIQUE (price);
EXECUTE cheaper (2);
UPDATE product SET name = 'c' WHERE id = 2 AND is_current_version;
SELECT problem FROM versioned_rows.verify('product');
SELECT versioned_rows.enable('product');
UPDATE product SET name = 'c' WHERE id = 2 AND is_current_version RETURNING version_id;
EXECUTE cheaper (2);
SELECT problem FROM versioned_rows.verify('product');

-- Where history is thought of from the beginning, there is nothing to mend.
CREATE UNIQUE INDEX product_current_name ON product (name) WHERE is_current_version;
INSERT INTO product (id, name) VALUES (3, 'a');
SELECT problem FROM versioned_rows.verify('product');

-- The same with exclusion constraints, and with those that wait.
ALTER TABLE product ADD CONSTRAINT product_place EXCLUDE USING gist (place WITH &&)
	WHERE (id > 1 AND version_id > 2);
INSERT INTO product VALUES (4, 'd', 9, '[4,5)');
UPDATE product SET price = 10 WHERE id = 4;
UPDATE product SET price = 11 WHERE id = 4;
UPDATE product SET price = 12 WHERE id = 4 AND is_current_version;
SELECT versioned_rows.enable('product');
UPDATE product SET price = 12 WHERE id = 4 AND is_current_version RETURNING version_id;
ALTER TABLE product DROP CONSTRAINT product_place,
	ADD CONSTRAINT product_key_price UNIQUE (id, price) DEFERRABLE INITIALLY DEFERRED;
BEGIN;
UPDATE product SET name = 'D' WHERE id = 4 AND is_current_version;
COMMIT;
SELECT problem FROM versioned_rows.verify('product');
SELECT versioned_rows.enable('product');
UPDATE product SET name = 'D' WHERE id = 4 AND is_current_version RETURNING version_id;

-- A check is of the new version; history that breaks it stays, if it may.
ALTER TABLE product ADD CONSTRAINT product_cheap CHECK (price < 12);
ALTER TABLE product ADD CONSTRAINT product_cheap CHECK (price < 12) NOT VALID;
UPDATE product SET name = 'E' WHERE id = 4 AND is_current_version;
UPDATE product SET name = 'E', price = 3 WHERE id = 4 AND is_current_version RETURNING version_id;
EXECUTE cheaper (4);
ALTER TABLE product VALIDATE CONSTRAINT product_cheap;
ALTER TABLE product DROP CONSTRAINT product_cheap;
ALTER TABLE product ADD CONSTRAINT product_cheap CHECK (price < 12 OR NOT is_current_version);
UPDATE product SET price = 12 WHERE id = 4 AND is_current_version;
ALTER TABLE product ALTER name SET NOT NULL;
UPDATE product SET name = NULL WHERE id = 4 AND is_current_version;

-- One that history cannot meet is found out by the first version.
CREATE TABLE fresh (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('fresh');
INSERT INTO fresh VALUES (1, 'a');
ALTER TABLE fresh ADD CONSTRAINT fresh_now CHECK (is_current_version);
UPDATE fresh SET name = 'b';
DELETE FROM fresh;
SELECT * FROM fresh;

-- A foreign key is of all versions.
ALTER TABLE product ADD CONSTRAINT product_colour FOREIGN KEY (colour) REFERENCES colour;
UPDATE product SET colour = 'blue' WHERE id = 1 AND is_current_version RETURNING version_id;
DELETE FROM colour WHERE name = 'red';
SELECT problem FROM versioned_rows.verify('product');
ALTER TABLE product DROP CONSTRAINT product_colour, ADD CONSTRAINT product_colour
	FOREIGN KEY (colour) REFERENCES colour ON DELETE SET NULL;
DELETE FROM colour WHERE name = 'red';
SELECT problem FROM versioned_rows.verify('product');
ALTER TABLE product DROP CONSTRAINT product_colour, ADD CONSTRAINT product_colour
	FOREIGN KEY (colour) REFERENCES colour NOT VALID;
ALTER TABLE product VALIDATE CONSTRAINT product_colour,
	ALTER CONSTRAINT product_colour DEFERRABLE INITIALLY DEFERRED;
BEGIN;
UPDATE product SET colour = 'green' WHERE id = 1 AND is_current_version;
INSERT INTO colour VALUES ('green');
UPDATE product SET colour = 'blue' WHERE id = 1 AND is_current_version RETURNING version_id;
COMMIT;
DELETE FROM colour WHERE name = 'green';

-- Without the keys there are no versions, and the error says so.
DROP INDEX product_current_key;
EXECUTE cheaper (1);
SELECT problem FROM versioned_rows.verify('product');
SELECT versioned_rows.enable('product');
ALTER TABLE product DROP CONSTRAINT product_pkey;
EXECUTE cheaper (1);
INSERT INTO product VALUES (5, 'e');
SELECT problem FROM versioned_rows.verify('product');
CREATE UNIQUE INDEX product_new ON product (id, version_id);
ALTER TABLE product ADD PRIMARY KEY USING INDEX product_new;
EXECUTE cheaper (1);
INSERT INTO product VALUES (5, 'e');
REINDEX TABLE CONCURRENTLY product;
EXECUTE cheaper (1);
SELECT problem FROM versioned_rows.verify('product');

DROP TABLE product, colour, fresh;
DROP EXTENSION versioned_rows;

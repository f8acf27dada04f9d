-- Columns that the configuration names and the table has no more, or with
-- another type, are reported by verify(); it checks what is left, without error.
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, name text, note text);
SELECT versioned_rows.enable('product', period_column => 'valid', ignore_columns => '{note}');
INSERT INTO product VALUES (1, 'a');
UPDATE product SET name = 'b';

-- Renamed.
BEGIN;
ALTER TABLE product RENAME COLUMN version_id TO v;
SELECT * FROM versioned_rows.verify();
ROLLBACK;
BEGIN;
ALTER TABLE product RENAME COLUMN is_current_version TO c;
SELECT * FROM versioned_rows.verify();
ROLLBACK;
BEGIN;
ALTER TABLE product RENAME COLUMN valid TO p;
ALTER TABLE product RENAME COLUMN note TO n;
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- A column of the key may change its name; a generated function goes by it.
BEGIN;
ALTER TABLE product RENAME COLUMN id TO nr;
SELECT * FROM versioned_rows.verify();
SELECT versioned_rows.enable('product', period_column => 'valid', ignore_columns => '{note}');
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- Dropped.
BEGIN;
ALTER TABLE product DROP COLUMN version_id;
SELECT * FROM versioned_rows.verify();
ROLLBACK;
BEGIN;
ALTER TABLE product DROP COLUMN is_current_version, DROP COLUMN valid, DROP COLUMN note;
SELECT * FROM versioned_rows.verify();
ROLLBACK;
BEGIN;
ALTER TABLE product DROP COLUMN id;
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- Of another type.  A wider integer and a domain are none.
BEGIN;
CREATE DOMAIN number AS bigint;
ALTER TABLE product ALTER version_id TYPE number;
SELECT * FROM versioned_rows.verify();
ALTER TABLE product ALTER version_id DROP DEFAULT, ALTER version_id TYPE text;
SELECT * FROM versioned_rows.verify();
ROLLBACK;
BEGIN;
DROP INDEX product_current_key;
ALTER TABLE product ALTER is_current_version DROP DEFAULT,
	ALTER is_current_version TYPE text;
ALTER TABLE product ALTER valid TYPE tsrange USING 'empty';
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- Generated.
BEGIN;
ALTER TABLE product DROP COLUMN is_current_version;
ALTER TABLE product ADD is_current_version boolean NOT NULL GENERATED ALWAYS AS (upper_inf(valid)) STORED;
SELECT * FROM versioned_rows.verify();
ROLLBACK;

DROP TABLE product;
DROP EXTENSION versioned_rows;

-- A trigger that fills in versions and cannot do so is reported by verify(), on
-- the table that refers and for the table that is referred to.
CREATE EXTENSION versioned_rows;
SET client_min_messages = warning;
CREATE TABLE product (id int PRIMARY KEY);
SELECT versioned_rows.enable('product');
CREATE TABLE line (id int PRIMARY KEY, product_id int);
SELECT versioned_rows.add_reference('line', '{product_id}', 'product', 'pin');
CREATE TABLE part (id int PRIMARY KEY, product_id int);
SELECT versioned_rows.enable('part');
SELECT versioned_rows.add_reference('part', '{product_id}', 'product', 'follow');
CREATE TABLE parted (id int PRIMARY KEY, product_id int) PARTITION BY RANGE (id);
CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (10);
SELECT versioned_rows.add_reference('parted', '{product_id}', 'product', 'pin');
CREATE FUNCTION leave_alone() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
INSERT INTO product VALUES (1);
INSERT INTO line VALUES (1, 1);
INSERT INTO part VALUES (1, 1);
INSERT INTO parted VALUES (1, 1);
SELECT * FROM versioned_rows.verify();

-- Disabled, or for replicated rows only, also in a partition.
BEGIN;
ALTER TABLE line DISABLE TRIGGER USER;
ALTER TABLE part ENABLE REPLICA TRIGGER zzy_versioned_rows_reference_product_version_id;
ALTER TABLE parted_low DISABLE TRIGGER zzy_versioned_rows_reference_product_version_id;
SELECT * FROM versioned_rows.verify();
SELECT * FROM versioned_rows.verify('product');
ROLLBACK;

-- The version column was renamed.
BEGIN;
ALTER TABLE line RENAME product_version_id TO v;
SELECT * FROM versioned_rows.verify();
SAVEPOINT before_use;
INSERT INTO line VALUES (2, 1);
ROLLBACK TO before_use;
-- The way out that is told.
DROP TRIGGER zzy_versioned_rows_reference_product_version_id ON line;
SELECT versioned_rows.add_reference('line', '{product_id}', 'product', 'pin');
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- The foreign key is gone, or goes to another table.
BEGIN;
ALTER TABLE part DROP CONSTRAINT part_product_id_product_version_id_fkey;
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- For one event, for some columns or rows.
BEGIN;
CREATE OR REPLACE TRIGGER zzy_versioned_rows_reference_product_version_id BEFORE INSERT ON line
	FOR EACH ROW EXECUTE FUNCTION versioned_rows.reference('version=product_version_id');
CREATE OR REPLACE TRIGGER zzy_versioned_rows_reference_product_version_id BEFORE INSERT OR UPDATE OF product_id ON part
	FOR EACH ROW EXECUTE FUNCTION versioned_rows.reference('version=product_version_id');
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- Before a trigger that may change the key; after stamp(), which refuses that.
BEGIN;
CREATE TRIGGER zzz BEFORE INSERT ON line FOR EACH ROW EXECUTE FUNCTION leave_alone();
SELECT * FROM versioned_rows.verify();
DROP TRIGGER zzz ON line;
ALTER TRIGGER zzy_versioned_rows_reference_product_version_id ON part RENAME TO zzzz;
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- None at all is no problem: such a key may have been written by hand.
BEGIN;
DROP TRIGGER zzy_versioned_rows_reference_product_version_id ON line;
SELECT * FROM versioned_rows.verify();
ROLLBACK;

DROP TABLE line, part, parted, product;
DROP FUNCTION leave_alone();
DROP EXTENSION versioned_rows;

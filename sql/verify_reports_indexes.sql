-- A primary key without the version, unique indexes and exclusion constraints
-- that hold for history, missing and invalid ones are reported by verify().
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, name text, place box);
SELECT versioned_rows.enable('product', period_column => 'valid');
INSERT INTO product VALUES (1, 'a');
UPDATE product SET name = 'b';

-- No primary key, or not the right one.
BEGIN;
ALTER TABLE product DROP CONSTRAINT product_pkey;
SELECT * FROM versioned_rows.verify();
ROLLBACK;
BEGIN;
ALTER TABLE product DROP CONSTRAINT product_pkey, ADD PRIMARY KEY (version_id);
SELECT * FROM versioned_rows.verify();
ROLLBACK;
BEGIN;
ALTER TABLE product DROP CONSTRAINT product_pkey, ADD PRIMARY KEY (version_id, id);
SELECT * FROM versioned_rows.verify();
ROLLBACK;
BEGIN;
DELETE FROM product;
ALTER TABLE product DISABLE TRIGGER USER;
DELETE FROM product;
ALTER TABLE product ENABLE TRIGGER USER;
ALTER TABLE product DROP CONSTRAINT product_pkey, ADD PRIMARY KEY (id);
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- The unique index on the key of current rows: gone, or of no use.
BEGIN;
DROP INDEX product_current_key;
SELECT * FROM versioned_rows.verify();
CREATE UNIQUE INDEX ON product (id) WHERE is_current_version AND name <> 'x';
SELECT * FROM versioned_rows.verify();
CREATE UNIQUE INDEX ON product (id) WHERE is_current_version IS TRUE;
SELECT * FROM versioned_rows.verify();
ROLLBACK;
BEGIN;
UPDATE pg_index SET indisvalid = false
	WHERE indexrelid = 'product_current_key'::regclass;
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- Unique among all versions: on purpose with the version or the period in it.
BEGIN;
CREATE UNIQUE INDEX product_name_key ON product (name);
CREATE UNIQUE INDEX product_lower_key ON product (lower(name)) WHERE name <> 'x';
ALTER TABLE product ADD CONSTRAINT product_place_excl EXCLUDE USING gist (place WITH &&);
CREATE UNIQUE INDEX product_version_key ON product (name, version_id);
CREATE UNIQUE INDEX product_valid_key ON product (id, valid);
CREATE UNIQUE INDEX product_current_name_key ON product (name) WHERE is_current_version;
SELECT * FROM versioned_rows.verify();
SET LOCAL client_min_messages = warning;
SELECT versioned_rows.enable('product', period_column => 'valid');
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- One that a partition alone has.
CREATE TABLE parted (id int PRIMARY KEY, name text) PARTITION BY RANGE (id);
CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (10);
SELECT versioned_rows.enable('parted');
CREATE UNIQUE INDEX parted_low_name_key ON parted_low (name);
SELECT * FROM versioned_rows.verify();

DROP TABLE product, parted;
DROP EXTENSION versioned_rows;

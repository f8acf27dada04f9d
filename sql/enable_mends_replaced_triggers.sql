-- A table whose triggers were replaced, for which PostgreSQL asks for no more than
-- the privilege TRIGGER, is mended by enable(); disable() takes them away.
CREATE EXTENSION versioned_rows;
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE product (id int PRIMARY KEY, name text) PARTITION BY LIST (id);
CREATE TABLE product_1 PARTITION OF product FOR VALUES IN (1);
SELECT versioned_rows.enable('product');
INSERT INTO product VALUES (1, 'a');

-- Without archive() nothing can be written.
CREATE OR REPLACE TRIGGER "000_versioned_rows_archive" AFTER UPDATE ON product
	FOR EACH ROW EXECUTE FUNCTION nothing();
UPDATE product SET name = 'b';
SELECT problem FROM versioned_rows.verify('product');
SELECT versioned_rows.enable('product');
UPDATE product SET name = 'd';
SELECT version_id, name FROM product ORDER BY version_id;
SELECT problem FROM versioned_rows.verify('product');

-- Any of them, and all.
CREATE OR REPLACE TRIGGER zzz_versioned_rows_stamp BEFORE UPDATE ON product
	FOR EACH ROW EXECUTE FUNCTION nothing();
SELECT problem FROM versioned_rows.verify('product');
SELECT versioned_rows.enable('product');
CREATE OR REPLACE TRIGGER "000_versioned_rows_truncate" BEFORE TRUNCATE ON product_1
	FOR EACH STATEMENT EXECUTE FUNCTION nothing();
SELECT problem FROM versioned_rows.verify('product');
SELECT versioned_rows.enable('product');
CREATE OR REPLACE TRIGGER zzz_versioned_rows_stamp BEFORE UPDATE ON product
	FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE OR REPLACE TRIGGER "000_versioned_rows_archive" AFTER UPDATE ON product
	FOR EACH ROW EXECUTE FUNCTION nothing();
SELECT problem FROM versioned_rows.verify('product');
SELECT versioned_rows.enable('product');
UPDATE product SET name = 'e';
SELECT version_id, name FROM product ORDER BY version_id;
SELECT problem FROM versioned_rows.verify('product');

CREATE OR REPLACE TRIGGER "000_versioned_rows_archive" AFTER UPDATE ON product
	FOR EACH ROW EXECUTE FUNCTION nothing();
SELECT versioned_rows.disable('product');
SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE NOT tgisinternal;

DROP TABLE product;
DROP FUNCTION nothing();
DROP EXTENSION versioned_rows;

-- The triggers check how they were installed: by hand with another timing,
-- with other arguments, or alone, they refuse to work, and nothing is lost.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE product (
	id int, version_id int DEFAULT 1, is_current_version bool DEFAULT true,
	name text, price numeric, PRIMARY KEY (id, version_id));
INSERT INTO product VALUES (1, 1, true, 'teapot', 10);

-- Not called as a trigger at all.
SELECT versioned_rows.stamp();
SELECT versioned_rows.archive();
SELECT versioned_rows.refuse_truncate();

-- Wrong timing, each with the statement that shows it.
CREATE TRIGGER t AFTER UPDATE ON product FOR EACH ROW
	EXECUTE FUNCTION versioned_rows.stamp('version=version_id');
UPDATE product SET price = 1;
DROP TRIGGER t ON product;
CREATE TRIGGER t BEFORE UPDATE ON product FOR EACH STATEMENT
	EXECUTE FUNCTION versioned_rows.stamp('version=version_id');
UPDATE product SET price = 1;
DROP TRIGGER t ON product;
CREATE TRIGGER t BEFORE TRUNCATE ON product
	EXECUTE FUNCTION versioned_rows.stamp('version=version_id');
TRUNCATE product;
DROP TRIGGER t ON product;
CREATE TRIGGER t BEFORE UPDATE ON product FOR EACH ROW
	EXECUTE FUNCTION versioned_rows.archive('version=version_id');
UPDATE product SET price = 1;
DROP TRIGGER t ON product;
CREATE TRIGGER t AFTER INSERT ON product FOR EACH ROW
	EXECUTE FUNCTION versioned_rows.archive('version=version_id');
INSERT INTO product VALUES (2);
DROP TRIGGER t ON product;
CREATE TRIGGER t AFTER UPDATE ON product
	EXECUTE FUNCTION versioned_rows.archive('version=version_id');
UPDATE product SET price = 1;
DROP TRIGGER t ON product;
CREATE VIEW product_view AS SELECT * FROM product;
CREATE TRIGGER t INSTEAD OF UPDATE ON product_view FOR EACH ROW
	EXECUTE FUNCTION versioned_rows.stamp('version=version_id');
UPDATE product_view SET price = 1;
DROP VIEW product_view;

-- Not for every row: a column list, a condition, deferred.
CREATE TRIGGER t BEFORE UPDATE OF price ON product FOR EACH ROW
	EXECUTE FUNCTION versioned_rows.stamp('version=version_id');
UPDATE product SET price = 1;
DROP TRIGGER t ON product;
CREATE TRIGGER t BEFORE UPDATE ON product FOR EACH ROW
	WHEN (new.price > 0)
	EXECUTE FUNCTION versioned_rows.stamp('version=version_id');
UPDATE product SET price = 1;
DROP TRIGGER t ON product;
CREATE CONSTRAINT TRIGGER t AFTER UPDATE ON product
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
	EXECUTE FUNCTION versioned_rows.archive('version=version_id');
UPDATE product SET price = 1;
DROP TRIGGER t ON product;

-- Arguments.
CREATE TRIGGER t BEFORE UPDATE ON product FOR EACH ROW
	EXECUTE FUNCTION versioned_rows.stamp();
UPDATE product SET price = 1;
DROP TRIGGER t ON product;
CREATE TRIGGER t BEFORE UPDATE ON product FOR EACH ROW
	EXECUTE FUNCTION versioned_rows.stamp('version=version_id', 'nonsense=1');
UPDATE product SET price = 1;
DROP TRIGGER t ON product;
CREATE TRIGGER t BEFORE UPDATE ON product FOR EACH ROW
	EXECUTE FUNCTION versioned_rows.stamp('version_id');
UPDATE product SET price = 1;
DROP TRIGGER t ON product;
CREATE TRIGGER t BEFORE UPDATE ON product FOR EACH ROW
	EXECUTE FUNCTION versioned_rows.stamp('version=revision');
UPDATE product SET price = 1;
DROP TRIGGER t ON product;
CREATE TRIGGER t BEFORE UPDATE ON product FOR EACH ROW
	EXECUTE FUNCTION versioned_rows.stamp('version=name');
UPDATE product SET price = 1;
DROP TRIGGER t ON product;
CREATE TRIGGER t BEFORE UPDATE ON product FOR EACH ROW
	EXECUTE FUNCTION versioned_rows.stamp('version=version_id', 'current=id');
UPDATE product SET price = 1;
DROP TRIGGER t ON product;
CREATE TRIGGER t BEFORE UPDATE ON product FOR EACH ROW
	EXECUTE FUNCTION versioned_rows.stamp('version=version_id', 'period=id');
UPDATE product SET price = 1;
DROP TRIGGER t ON product;
CREATE TRIGGER t BEFORE UPDATE ON product FOR EACH ROW
	EXECUTE FUNCTION versioned_rows.stamp('version=version_id',
		'ignore=nothing');
UPDATE product SET price = 1;
DROP TRIGGER t ON product;

-- One without the other.
CREATE TRIGGER t AFTER UPDATE ON product FOR EACH ROW
	EXECUTE FUNCTION versioned_rows.archive('version=version_id',
		'current=is_current_version');
UPDATE product SET price = 1;
DROP TRIGGER t ON product;
SELECT * FROM product;

-- Nor does a row get another version while stamp() does not fire.
SELECT versioned_rows.enable('product');
ALTER TABLE product DISABLE TRIGGER zzz_versioned_rows_stamp;
UPDATE product SET price = 1;
UPDATE product SET price = 1, version_id = 2;
UPDATE product SET price = 10;
ALTER TABLE product ENABLE REPLICA TRIGGER zzz_versioned_rows_stamp;
UPDATE product SET price = 1, version_id = 2;
ALTER TABLE product ENABLE TRIGGER zzz_versioned_rows_stamp;
-- Nor a new one while archive() does not fire, or is another's.
ALTER TABLE product DISABLE TRIGGER "000_versioned_rows_archive";
UPDATE product SET price = 1;
DELETE FROM product;
ALTER TABLE product ENABLE TRIGGER "000_versioned_rows_archive";
CREATE OR REPLACE TRIGGER "000_versioned_rows_archive" AFTER UPDATE OR DELETE ON product FOR EACH ROW
	EXECUTE FUNCTION versioned_rows.archive('version=version_id');
UPDATE product SET price = 1;
DROP TRIGGER "000_versioned_rows_archive" ON product;
UPDATE product SET price = 1;
SELECT versioned_rows.enable('product');
SELECT * FROM product;
SELECT versioned_rows.disable('product');

-- A table that lost its key afterwards.
SELECT versioned_rows.enable('product');
ALTER TABLE product DROP CONSTRAINT product_pkey;
UPDATE product SET price = 1;
INSERT INTO product (id) VALUES (2);
ALTER TABLE product ADD PRIMARY KEY (id);
UPDATE product SET price = 1;
ALTER TABLE product DROP CONSTRAINT product_pkey,
	ADD PRIMARY KEY (version_id, id);
INSERT INTO product (id) VALUES (2);
ALTER TABLE product DROP CONSTRAINT product_pkey;
SELECT versioned_rows.disable('product');
DROP TABLE product;

-- A column that lost its type.
CREATE TABLE product (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('product');
INSERT INTO product VALUES (1, 'teapot');
ALTER TABLE product ALTER version_id TYPE numeric;
UPDATE product SET name = 'pot';
ALTER TABLE product ALTER version_id TYPE bigint;
UPDATE product SET name = 'pot';
ALTER TABLE product DROP is_current_version;
UPDATE product SET name = 'jug';
SELECT versioned_rows.enable('product');
UPDATE product SET name = 'jug';
SELECT * FROM product ORDER BY version_id;
DROP TABLE product;
DROP EXTENSION versioned_rows;

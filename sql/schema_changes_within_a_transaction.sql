-- A transaction, a function with cached plans and a cursor may write a versioned
-- table, alter it and write it again; enable() and disable() among them.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('product', period_column => 'valid');
BEGIN;
INSERT INTO product VALUES (1, 'a');
ALTER TABLE product ADD c int DEFAULT 5;
UPDATE product SET name = 'b';
ALTER TABLE product ALTER c TYPE numeric USING c + 0.5;
UPDATE product SET name = 'c' WHERE is_current_version;
SAVEPOINT s;
ALTER TABLE product DROP c, ADD d int[] DEFAULT '{1}';
UPDATE product SET name = 'lost' WHERE is_current_version RETURNING d;
ROLLBACK TO s;
UPDATE product SET c = 6 WHERE is_current_version;
ALTER TABLE product RENAME version_id TO v;
SELECT versioned_rows.enable('product', period_column => 'valid', version_column => 'v');
DELETE FROM product WHERE is_current_version;
INSERT INTO product VALUES (1, 'd') RETURNING v;
ALTER TABLE product RENAME v TO version_id;
SELECT versioned_rows.enable('product', period_column => 'valid');
COMMIT;
SELECT id, name, c, version_id, is_current_version FROM product ORDER BY version_id;
SELECT * FROM versioned_rows.verify();

-- What waits for the end of the transaction is in the way, as in any table.
CREATE TABLE colour (name text PRIMARY KEY);
ALTER TABLE product ADD colour text REFERENCES colour DEFERRABLE INITIALLY DEFERRED;
BEGIN;
UPDATE product SET colour = 'red' WHERE is_current_version;
SELECT versioned_rows.enable('product', period_column => 'valid');
ROLLBACK;
BEGIN;
UPDATE product SET colour = 'red' WHERE is_current_version;
INSERT INTO colour VALUES ('red');
SET CONSTRAINTS ALL IMMEDIATE;
SELECT versioned_rows.enable('product', period_column => 'valid');
UPDATE product SET name = 'e' WHERE is_current_version RETURNING version_id, colour;
COMMIT;

ALTER TABLE product DROP colour;

-- Plans that a function keeps.
CREATE FUNCTION rename_to(new_name text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	made bigint;
BEGIN
	UPDATE product SET name = new_name WHERE id = 1 AND is_current_version RETURNING version_id INTO made;
	RETURN made;
END
$$;
SELECT rename_to('f'), rename_to('g');
ALTER TABLE product ADD e int DEFAULT 3;
SELECT rename_to('h');
BEGIN;
SELECT rename_to('i');
ALTER TABLE product DROP e;
SELECT rename_to('j');
ALTER TABLE product ALTER version_id TYPE bigint;
SELECT rename_to('k');
SELECT versioned_rows.disable('product');
SELECT rename_to('k of before');
SELECT versioned_rows.enable('product', period_column => 'valid');
SELECT rename_to('l');
COMMIT;
SELECT version_id, name FROM product WHERE version_id > 11 ORDER BY version_id;

-- One that alters the table itself, and one that does so while it is written.
CREATE PROCEDURE all_at_once() LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1..3 LOOP
		UPDATE product SET name = name || i WHERE is_current_version;
		EXECUTE format('ALTER TABLE product ADD n%s int DEFAULT %1$s', i);
		IF i = 2 THEN
			PERFORM versioned_rows.enable('product', period_column => 'valid', current_view => 'product_now');
			COMMIT;
		END IF;
	END LOOP;
END
$$;
CALL all_at_once();
SELECT version_id, name, n1, n2, n3 FROM product WHERE version_id > 13 ORDER BY version_id;
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM versioned_rows.enable('product', period_column => 'valid');
	RETURN NEW;
END
$$;
CREATE TRIGGER meddle BEFORE UPDATE ON product FOR EACH ROW EXECUTE FUNCTION meddle();
UPDATE product SET name = 'm' WHERE is_current_version;
DROP TRIGGER meddle ON product;

-- A cursor goes on from the version that it is at.
BEGIN;
DECLARE c CURSOR FOR SELECT name FROM product WHERE is_current_version FOR UPDATE;
FETCH c;
UPDATE product SET name = 'n' WHERE CURRENT OF c RETURNING version_id;
UPDATE product SET name = 'o' WHERE CURRENT OF c RETURNING version_id;
DELETE FROM product WHERE CURRENT OF c RETURNING version_id;
COMMIT;

-- A table that is new, or was truncated, in the same transaction.
BEGIN;
CREATE TABLE fresh (id int PRIMARY KEY, name text);
INSERT INTO fresh VALUES (1, 'a');
UPDATE fresh SET name = 'b';
SELECT versioned_rows.enable('fresh');
UPDATE fresh SET name = 'c';
SELECT versioned_rows.disable('fresh');
TRUNCATE fresh;
INSERT INTO fresh VALUES (1, 'd');
SELECT versioned_rows.enable('fresh', facade => true);
UPDATE fresh SET name = 'e';
SAVEPOINT s;
SELECT versioned_rows.disable('fresh_versions');
UPDATE fresh SET name = 'lost';
ROLLBACK TO s;
UPDATE fresh SET name = 'f';
COMMIT;
SELECT * FROM fresh_versions ORDER BY version_id;
SELECT * FROM versioned_rows.verify();

-- Views that show a column are in the way when it changes its type; dropped
-- meanwhile, they come back.
BEGIN;
SELECT versioned_rows.enable('fresh_versions', current_view => 'fresh_now');
\set VERBOSITY terse
ALTER TABLE fresh_versions ALTER name TYPE varchar(10);
\set VERBOSITY default
ROLLBACK;
BEGIN;
SELECT versioned_rows.enable('fresh_versions', current_view => 'fresh_now');
DROP VIEW fresh, fresh_now;
ALTER TABLE fresh_versions ALTER id TYPE bigint, ALTER version_id TYPE bigint,
	ALTER name TYPE varchar(10), ADD colour text DEFAULT 'red';
SELECT versioned_rows.enable('fresh_versions');
UPDATE fresh SET name = 'g';
UPDATE fresh_now SET name = 'h' RETURNING *;
SELECT * FROM fresh;
SELECT * FROM versioned_rows.verify();
ROLLBACK;

DROP PROCEDURE all_at_once;
DROP FUNCTION rename_to, meddle;
DROP VIEW product_now;
DROP VIEW fresh;
DROP TABLE product, colour, fresh_versions;
DROP EXTENSION versioned_rows;

-- A user with every privilege on a table but ownership and TRIGGER cannot change
-- or delete history, by whatever way the statement gets there.
\set SHOW_CONTEXT never
\set QUIET off
CREATE EXTENSION versioned_rows;
CREATE ROLE regress_owner;
CREATE ROLE regress_writer;
CREATE ROLE regress_clerk;
CREATE SCHEMA regress_shop AUTHORIZATION regress_owner;
GRANT ALL ON SCHEMA regress_shop TO regress_writer, regress_clerk;
SET search_path = regress_shop;
SET ROLE regress_owner;
CREATE TABLE product (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('product', period_column => 'valid', changed_by_column => 'changed_by',
	current_view => 'product_now');
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES ON product, product_now TO regress_writer;
INSERT INTO product (id, name) VALUES (1, 'teapot');
UPDATE product SET name = 'pot';
UPDATE product SET name = 'jug';
GRANT UPDATE (version_id, is_current_version, valid, changed_by, name), SELECT ON product TO regress_clerk;
CREATE TEMPORARY TABLE before AS SELECT ctid AS place, p::text AS content FROM product p WHERE NOT is_current_version;

-- Plain statements.
SET ROLE regress_writer;
UPDATE product SET name = 'forged' WHERE NOT is_current_version;
UPDATE product SET name = 'forged', version_id = 3 WHERE version_id = 2;
UPDATE product SET is_current_version = true WHERE version_id = 1;
UPDATE product SET valid = '[2020-01-01,2021-01-01)' WHERE version_id = 1;
DELETE FROM product WHERE version_id < 3;
TRUNCATE product;
MERGE INTO product USING (VALUES (1)) AS v (id) ON product.id = v.id AND version_id = 1
	WHEN MATCHED THEN UPDATE SET name = 'forged';
MERGE INTO product USING (VALUES (1)) AS v (id) ON product.id = v.id AND version_id = 1
	WHEN MATCHED THEN DELETE;
INSERT INTO product (id, name, version_id) VALUES (1, 'forged', 1)
	ON CONFLICT (id, version_id) DO UPDATE SET name = 'forged';
WITH forged AS (UPDATE product SET name = 'forged' WHERE version_id = 1 RETURNING *),
	gone AS (DELETE FROM product WHERE version_id = 2 RETURNING *)
	SELECT * FROM forged, gone;
DO $$
DECLARE
	c CURSOR FOR SELECT * FROM product WHERE version_id = 1 FOR UPDATE;
	r record;
BEGIN
	OPEN c;
	FETCH c INTO r;
	UPDATE product SET name = 'forged' WHERE CURRENT OF c;
END
$$;

-- The current row: it moves on by one, now, in the name of whoever it is.
UPDATE product SET version_id = 1 WHERE is_current_version;
UPDATE product SET version_id = 17 WHERE is_current_version;
UPDATE product SET is_current_version = false WHERE is_current_version;
UPDATE product SET is_current_version = NULL WHERE is_current_version;
UPDATE product SET valid = '[2020-01-01,)' WHERE is_current_version;
UPDATE product SET valid = NULL, name = 'forged' WHERE is_current_version;
UPDATE product SET changed_by = 'regress_owner' WHERE is_current_version;
UPDATE product SET deletion = '{}' WHERE is_current_version;
UPDATE product SET id = 2 WHERE is_current_version;

-- Privileges on the columns give no more.
SET ROLE regress_clerk;
UPDATE product SET name = 'forged' WHERE version_id = 1;
UPDATE product SET version_id = 9;
UPDATE product SET is_current_version = true;
UPDATE product SET valid = 'empty' WHERE is_current_version;

-- Through views: an own one, that of the owner, a rule, an INSTEAD OF trigger.
SET ROLE regress_writer;
CREATE VIEW mine AS SELECT * FROM product;
UPDATE mine SET name = 'forged' WHERE version_id = 1;
DELETE FROM mine WHERE version_id = 1;
UPDATE product_now SET version_id = 1;
UPDATE product_now SET is_current_version = false;
CREATE RULE forge AS ON UPDATE TO mine DO INSTEAD
	UPDATE product SET name = NEW.name WHERE version_id = 1;
CREATE RULE lose AS ON DELETE TO mine DO INSTEAD
	DELETE FROM product WHERE version_id = 1;
UPDATE mine SET name = 'forged';
DELETE FROM mine;
DROP VIEW mine;
CREATE VIEW mine AS SELECT * FROM product;
CREATE FUNCTION forge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE product SET name = 'forged' WHERE version_id = 1;
	DELETE FROM product WHERE version_id = 1;
	RETURN NEW;
END
$$;
CREATE TRIGGER forge INSTEAD OF UPDATE ON mine FOR EACH ROW EXECUTE FUNCTION forge();
UPDATE mine SET name = 'forged';
-- Also while a superuser uses that view.
RESET ROLE;
UPDATE mine SET name = 'forged';
SET ROLE regress_writer;
DROP VIEW mine;
-- A rule on the table is the owner's to make.
CREATE RULE lose AS ON UPDATE TO product DO INSTEAD DELETE FROM product;

-- A function with the owner's rights gives no more than the owner has.
SET ROLE regress_owner;
CREATE FUNCTION rename_all(text) RETURNS void LANGUAGE sql SECURITY DEFINER
	SET search_path = regress_shop, pg_temp
	AS 'UPDATE product SET name = $1';
SET ROLE regress_writer;
BEGIN;
SELECT rename_all('cup');
SELECT version_id, name FROM product ORDER BY version_id;
ROLLBACK;

-- And what only owners can do.
ALTER TABLE product DISABLE TRIGGER zzz_versioned_rows_stamp;
ALTER TABLE product DISABLE TRIGGER ALL;
ALTER TABLE product RENAME COLUMN version_id TO v;
ALTER TABLE product DROP COLUMN is_current_version;
ALTER TRIGGER zzz_versioned_rows_stamp ON product RENAME TO a;
CREATE OR REPLACE TRIGGER zzz_versioned_rows_stamp BEFORE UPDATE ON product
	FOR EACH ROW EXECUTE FUNCTION forge();
DROP TRIGGER zzz_versioned_rows_stamp ON product;
SET session_replication_role = replica;
SELECT versioned_rows.enable('product');
SELECT versioned_rows.disable('product');
SELECT versioned_rows.prune('product', keep => 0);
CALL versioned_rows.prune_in_batches('product', keep => 0);
SELECT versioned_rows.redact('product', '{"id": 1}', '{name}');
SELECT versioned_rows.import('product', 'product');
SELECT versioned_rows.begin_maintenance('product');
SELECT versioned_rows.add_reference('product', '{id}', 'product', 'pin');
SELECT * FROM versioned_rows.verify('product');

RESET ROLE;
TABLE before EXCEPT SELECT ctid, p::text FROM product p;
SELECT version_id, name FROM product ORDER BY version_id;
SELECT * FROM versioned_rows.verify('product');
SET client_min_messages = warning;
DROP SCHEMA regress_shop CASCADE;
DROP TABLE before;
RESET search_path;
DROP ROLE regress_owner, regress_writer, regress_clerk;
DROP EXTENSION versioned_rows;

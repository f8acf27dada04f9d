-- No setting of a session lets anybody change history, whenever and by whomever
-- it was set; maintenance is for those who own the table at that moment.
\set SHOW_CONTEXT never
\set QUIET off
CREATE EXTENSION versioned_rows;
CREATE ROLE regress_owner LOGIN;
CREATE ROLE regress_writer LOGIN;
CREATE ROLE regress_member LOGIN IN ROLE regress_owner;
CREATE ROLE regress_stranger LOGIN NOINHERIT IN ROLE regress_owner;
CREATE SCHEMA regress_shop AUTHORIZATION regress_owner;
GRANT ALL ON SCHEMA regress_shop TO regress_writer, regress_stranger;
SET ROLE regress_owner;
CREATE TABLE regress_shop.product (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('regress_shop.product');
GRANT SELECT, INSERT, UPDATE, DELETE ON regress_shop.product TO regress_writer, regress_stranger;
INSERT INTO regress_shop.product VALUES (1, 'teapot');
UPDATE regress_shop.product SET name = 'pot';
RESET ROLE;
-- The settings there are, and who may set them.
SELECT name, context, setting FROM pg_settings WHERE name LIKE 'versioned\_rows.%' ORDER BY name;

-- In a session that has not loaded the extension yet a setting of any name can
-- be set; it is thrown away when the extension comes.
SELECT current_user AS superuser \gset
SELECT format('%s:%s', 0, 'regress_shop.product'::regclass::oid) AS forged \gset
\c - regress_writer
SET search_path = regress_shop;
SET versioned_rows.maintenance = :'forged';
UPDATE product SET name = 'forged' WHERE version_id = 1;
SHOW versioned_rows.maintenance;
SELECT set_config('versioned_rows.maintenance', :'forged', false);
SELECT set_config('versioned_rows.maintenance', :'forged', true);
ALTER ROLE regress_writer SET versioned_rows.maintenance = '0:0';
CREATE FUNCTION forge() RETURNS void LANGUAGE sql SET versioned_rows.maintenance = '0:0'
	AS 'UPDATE regress_shop.product SET name = ''forged'' WHERE version_id = 1';
-- Not even one that was rightly set: it is for the owner.
\set QUIET on
\c - :superuser
\set QUIET off
GRANT SET ON PARAMETER versioned_rows.maintenance TO regress_writer;
\c - regress_writer
SET search_path = regress_shop;
SELECT versioned_rows.is_shown(true, NULL);
BEGIN;
INSERT INTO product VALUES (9, 'x');
SELECT format('%s:%s', txid_current(), 'product'::regclass::oid) AS exact \gset
SET LOCAL versioned_rows.maintenance = :'exact';
UPDATE product SET name = 'forged' WHERE version_id = 1 AND id = 1;
DELETE FROM product WHERE version_id = 1 AND id = 1;
ROLLBACK;
-- Nor is history reached by looking at it.
SET versioned_rows.as_of = '2020-01-01';
UPDATE product SET name = 'forged';
DELETE FROM product;
INSERT INTO product VALUES (2, 'forged');
RESET versioned_rows.as_of;
SET versioned_rows.reason = 'x'', is_current_version = false, name = ''forged';
BEGIN;
UPDATE product SET name = 'jug' RETURNING *;
ROLLBACK;
SET row_security = off;
UPDATE product SET name = 'forged' WHERE version_id = 1;

-- A view of the current rows answers for the past if it is told to; a policy
-- that asks the table does not.
\set QUIET on
\c - :superuser
\set QUIET off
SET search_path = regress_shop;
SET ROLE regress_owner;
CREATE TABLE may_read (who name PRIMARY KEY);
SELECT versioned_rows.enable('may_read', period_column => 'valid', period_start => '2020-01-01', current_view => 'may_read_now');
INSERT INTO may_read (who, valid) VALUES ('regress_writer', '[2020-01-01,)');
DELETE FROM may_read;
GRANT SELECT ON may_read, may_read_now TO regress_writer;
CREATE TABLE secret (id int);
INSERT INTO secret VALUES (1);
GRANT SELECT ON secret TO regress_writer;
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
CREATE POLICY wrong ON secret USING (EXISTS (SELECT FROM may_read_now WHERE who = current_user));
SET ROLE regress_writer;
SELECT count(*) FROM secret;
SET versioned_rows.as_of = '2020-01-02';
SELECT count(*) FROM secret;
SET ROLE regress_owner;
DROP POLICY wrong ON secret;
CREATE POLICY better ON secret USING (EXISTS (SELECT FROM may_read WHERE who = current_user AND is_current_version));
SET ROLE regress_writer;
SELECT count(*) FROM secret;
RESET versioned_rows.as_of;

-- A function with the owner's rights may open the table; it stays closed for
-- its caller, before and after.
\c - regress_owner
SET search_path = regress_shop;
CREATE FUNCTION open_it() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = regress_shop, pg_temp
	AS 'SELECT versioned_rows.begin_maintenance(''product'')';
CREATE FUNCTION escape() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = regress_shop, pg_temp
	AS 'BEGIN SET ROLE regress_writer; END';
\c - regress_writer
SET search_path = regress_shop;
BEGIN;
SELECT open_it();
UPDATE product SET name = 'forged' WHERE version_id = 1;
DELETE FROM product WHERE version_id = 1;
SELECT versioned_rows.begin_maintenance('product');
ROLLBACK;
SELECT escape();

-- Members of the owner are owners if they inherit its rights, and when they
-- have become the owner if not.
\c - regress_member
SET search_path = regress_shop;
BEGIN;
SELECT versioned_rows.begin_maintenance('product');
UPDATE product SET name = 'mended' WHERE version_id = 1 RETURNING *;
ROLLBACK;
\c - regress_stranger
SET search_path = regress_shop;
SELECT versioned_rows.begin_maintenance('regress_shop.product');
BEGIN;
SET LOCAL ROLE regress_owner;
SELECT versioned_rows.begin_maintenance('product');
UPDATE product SET name = 'mended' WHERE version_id = 1 RETURNING *;
RESET ROLE;
SELECT version_id, name FROM product ORDER BY version_id;
UPDATE product SET name = 'forged' WHERE version_id = 1;
ROLLBACK;

\set QUIET on
\c - :superuser
\set QUIET off
SELECT * FROM regress_shop.product ORDER BY version_id;
REVOKE SET ON PARAMETER versioned_rows.maintenance FROM regress_writer;
SET client_min_messages = warning;
DROP SCHEMA regress_shop CASCADE;
DROP ROLE regress_member, regress_stranger, regress_owner, regress_writer;
DROP EXTENSION versioned_rows;

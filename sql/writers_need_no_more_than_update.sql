-- UPDATE on the table is all that a writer needs: no right to insert, none on
-- history, none on functions; and what row security hides stays hidden.
\set SHOW_CONTEXT never
\set QUIET off
CREATE EXTENSION versioned_rows;
CREATE ROLE regress_owner;
CREATE ROLE regress_writer;
CREATE SCHEMA regress_shop AUTHORIZATION regress_owner;
GRANT USAGE ON SCHEMA regress_shop TO regress_writer;
SET search_path = regress_shop;
SET ROLE regress_owner;
CREATE TABLE colour (name text PRIMARY KEY);
INSERT INTO colour VALUES ('red'), ('blue');
CREATE TABLE product (id serial PRIMARY KEY, name text,
	colour text REFERENCES colour, secret text DEFAULT 's');
SELECT versioned_rows.enable('product');
INSERT INTO product (name, colour) VALUES ('teapot', 'red'), ('kettle', 'red');

-- UPDATE alone, and not even SELECT.
GRANT UPDATE ON product TO regress_writer;
SET ROLE regress_writer;
UPDATE product SET colour = 'blue';
UPDATE product SET colour = 'green';
SELECT * FROM product;
SET ROLE regress_owner;
REVOKE UPDATE ON product FROM regress_writer;

-- One column alone.
GRANT UPDATE (name), SELECT (id) ON product TO regress_writer;
SET ROLE regress_writer;
UPDATE product SET name = 'big teapot' WHERE id = 1;
UPDATE product SET colour = 'red' WHERE id = 1;
UPDATE product SET version_id = 3 WHERE id = 1;
SET ROLE regress_owner;
REVOKE UPDATE (name), SELECT (id) ON product FROM regress_writer;

-- DELETE alone.
GRANT DELETE, SELECT (id) ON product TO regress_writer;
SET ROLE regress_writer;
DELETE FROM product WHERE id = 2;
DELETE FROM product WHERE id = 2;
SET ROLE regress_owner;
REVOKE DELETE, SELECT (id) ON product FROM regress_writer;
SELECT * FROM product ORDER BY id, version_id;

-- INSERT alone, also of a key that was deleted: what is there of it may be
-- counted without being read.
GRANT INSERT ON product TO regress_writer;
SET ROLE regress_writer;
INSERT INTO product (id, name) VALUES (2, 'pan');
SET ROLE regress_owner;
REVOKE INSERT ON product FROM regress_writer;
SELECT * FROM product WHERE id = 2 ORDER BY version_id;

-- Row security: a writer changes what it may, and history is hidden or shown
-- by the same policies.
ALTER TABLE product ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY current ON product USING (is_current_version);
CREATE POLICY pots ON product AS RESTRICTIVE
	USING (name LIKE '%pot') WITH CHECK (name LIKE '%pot');
GRANT SELECT, UPDATE, DELETE ON product TO regress_writer;
SET ROLE regress_writer;
SELECT * FROM product ORDER BY id, version_id;
UPDATE product SET secret = 'changed';
UPDATE product SET name = 'cup';
DELETE FROM product;
RESET ROLE;
SELECT * FROM product ORDER BY id, version_id;
-- The owner, too, when it is forced upon it: archived versions are no new rows.
SET ROLE regress_owner;
INSERT INTO product (id, name) VALUES (9, 'jackpot');
UPDATE product SET secret = 'forced' RETURNING id, version_id;
RESET ROLE;
SELECT * FROM product WHERE id = 9 ORDER BY version_id;

-- Nobody but the owner manages.
SET ROLE regress_writer;
SELECT versioned_rows.enable('product');
SELECT versioned_rows.disable('product');
SELECT relation, key_columns FROM versioned_rows.tables;
-- Nor can anybody put our triggers on a table of somebody else, and on an own
-- one they do no harm to others.
CREATE TRIGGER t BEFORE UPDATE ON product FOR EACH ROW
	EXECUTE FUNCTION versioned_rows.stamp('version=version_id');
RESET ROLE;

SET client_min_messages = warning;
DROP SCHEMA regress_shop CASCADE;
RESET search_path;
DROP ROLE regress_owner, regress_writer;
DROP EXTENSION versioned_rows;

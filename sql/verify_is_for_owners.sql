-- Owners verify their tables: verify() runs with the rights of the caller, and
-- not one function of somebody else.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE ROLE regress_owner;
CREATE ROLE regress_reader;
CREATE SCHEMA mine AUTHORIZATION regress_owner;
CREATE TABLE product (id int PRIMARY KEY);
SELECT versioned_rows.enable('product');
GRANT SELECT ON product TO regress_reader;

SET ROLE regress_reader;
SELECT * FROM versioned_rows.verify('product');
SELECT * FROM versioned_rows.verify();
RESET ROLE;

-- What others own is read only if the table is named, and the owner need not be
-- able to read who references him: then that is said.
SET ROLE regress_owner;
SET search_path = mine;
CREATE TABLE product (id int PRIMARY KEY, note text);
SELECT versioned_rows.enable('product');
GRANT REFERENCES ON product TO regress_reader;
RESET ROLE;
GRANT CREATE, USAGE ON SCHEMA mine TO regress_reader;
SET ROLE regress_reader;
CREATE TABLE pin (product_id int, product_version int,
	CONSTRAINT pin_product FOREIGN KEY (product_id, product_version) REFERENCES product);
SET ROLE regress_owner;
SELECT * FROM versioned_rows.verify();
SELECT * FROM versioned_rows.verify('product');
RESET ROLE;
DROP TABLE pin;

-- Rows that row security hides from the owner are not passed over silently.
SET ROLE regress_owner;
INSERT INTO product VALUES (1, 'a');
ALTER TABLE product ENABLE ROW LEVEL SECURITY;
SELECT * FROM versioned_rows.verify();
ALTER TABLE product FORCE ROW LEVEL SECURITY;
SELECT * FROM versioned_rows.verify();
RESET ROLE;
SELECT * FROM versioned_rows.verify('product');
DROP TABLE product;

-- A superuser who verifies the tables of others runs no code of theirs: no
-- cast, no operator, no policy, nothing in their search_path.
SET ROLE regress_owner;
CREATE FUNCTION trap(int, int) RETURNS boolean LANGUAGE plpgsql
	AS 'BEGIN RAISE EXCEPTION ''called''; END';
CREATE OPERATOR = (LEFTARG = int, RIGHTARG = int, FUNCTION = trap);
CREATE OPERATOR > (LEFTARG = int, RIGHTARG = int, FUNCTION = trap);
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE FUNCTION trap(mood) RETURNS json LANGUAGE plpgsql
	AS 'BEGIN RAISE EXCEPTION ''called''; END';
CREATE FUNCTION text_trap(mood) RETURNS text LANGUAGE plpgsql
	AS 'BEGIN RAISE EXCEPTION ''called''; END';
CREATE CAST (mood AS json) WITH FUNCTION trap(mood);
CREATE CAST (mood AS text) WITH FUNCTION text_trap(mood) AS ASSIGNMENT;
CREATE TABLE product (id int, mood mood, PRIMARY KEY (id, mood));
SELECT versioned_rows.enable('product');
ALTER TABLE product DISABLE TRIGGER USER;
DROP INDEX product_current_key;
INSERT INTO product VALUES (1, 'sad', 1, true), (1, 'sad', 2, true);
CREATE FUNCTION trap(boolean) RETURNS boolean LANGUAGE plpgsql
	AS 'BEGIN RAISE EXCEPTION ''called''; END';
ALTER TABLE product ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY trap ON product USING (trap(is_current_version));
RESET ROLE;
SELECT key, version, problem FROM versioned_rows.verify('product') WHERE key IS NOT NULL;

SET client_min_messages = warning;
DROP SCHEMA mine CASCADE;
RESET client_min_messages;
RESET search_path;
DROP TABLE product;
DROP EXTENSION versioned_rows;
DROP ROLE regress_owner, regress_reader;

-- A facade has the owner and the privileges of its table, those on columns
-- included, and everybody can do through it what they could do before.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE ROLE regress_owner;
CREATE ROLE regress_reader;
CREATE ROLE regress_writer;
CREATE ROLE regress_clerk;
CREATE ROLE regress_blind;
CREATE ROLE regress_nobody;
CREATE SCHEMA regress_shop AUTHORIZATION regress_owner;
GRANT USAGE ON SCHEMA regress_shop TO PUBLIC;
SET search_path = regress_shop;

SET ROLE regress_owner;
CREATE TABLE product (id int PRIMARY KEY, name text, price numeric);
GRANT SELECT ON product TO regress_reader WITH GRANT OPTION;
GRANT SELECT, INSERT, UPDATE, DELETE ON product TO regress_writer;
GRANT SELECT (id, name), UPDATE (name) ON product TO regress_clerk;
GRANT INSERT, UPDATE ON product TO regress_blind;
INSERT INTO product VALUES (1, 'teapot', 10), (2, 'kettle', 35);
SELECT versioned_rows.enable('product', facade => true);
RESET ROLE;

-- (the owner has one more kind of privilege since PostgreSQL 17)
SELECT c.relname, c.relkind, c.relowner::regrole,
	replace(c.relacl::text, 'Dxtm', 'Dxt') AS relacl
FROM pg_class c
WHERE c.relname IN ('product', 'product_versions') ORDER BY c.relname;
SELECT a.attrelid::regclass AS relation, a.attname, a.attacl
FROM pg_attribute a
WHERE a.attrelid IN ('product'::regclass, 'product_versions'::regclass)
	AND a.attacl IS NOT NULL
ORDER BY a.attrelid::regclass::text, a.attname;

-- Each can do what it could do, and no more.
SET ROLE regress_reader;
SELECT * FROM product ORDER BY id;
UPDATE product SET price = 0;
SET ROLE regress_clerk;
SELECT id, name FROM product ORDER BY id;
SELECT price FROM product;
UPDATE product SET name = 'big teapot' WHERE id = 1 RETURNING id, name;
UPDATE product SET price = 0;
SET ROLE regress_writer;
INSERT INTO product VALUES (3, 'spoon', 2) RETURNING *;
UPDATE product SET price = price + 1;
DELETE FROM product WHERE id = 2;
SELECT * FROM product ORDER BY id;
SET ROLE regress_blind;
INSERT INTO product VALUES (4, 'fork', 3);
UPDATE product SET price = 5;
SELECT * FROM product;
SET ROLE regress_nobody;
SELECT * FROM product;
RESET ROLE;
SELECT * FROM product_versions ORDER BY id, version_id;

-- Only the owner can call enable() and disable().
SET ROLE regress_writer;
SELECT versioned_rows.enable('product');
SELECT versioned_rows.disable('product');
RESET ROLE;

-- Row security of the table holds through the view, unless there are
-- privileges on columns, which need a view with its owner's rights.
SET ROLE regress_owner;
SELECT reloptions FROM pg_class WHERE oid = 'product'::regclass;
ALTER TABLE product_versions ENABLE ROW LEVEL SECURITY;
SELECT versioned_rows.enable('product');
REVOKE ALL (id, name) ON product_versions FROM regress_clerk;
SELECT versioned_rows.enable('product');
SELECT reloptions FROM pg_class WHERE oid = 'product'::regclass;
CREATE POLICY cheap ON product_versions USING (price < 10);
SET ROLE regress_reader;
SELECT * FROM product ORDER BY id;
SET ROLE regress_owner;
SELECT versioned_rows.disable('product');
RESET ROLE;
SELECT relname, relkind, replace(relacl::text, 'Dxtm', 'Dxt') AS relacl
FROM pg_class
WHERE relname LIKE 'product%' AND relkind IN ('r', 'v');

SET client_min_messages = warning;
DROP SCHEMA regress_shop CASCADE;
RESET client_min_messages;
RESET search_path;
DROP ROLE regress_owner, regress_reader, regress_writer, regress_clerk,
	regress_blind, regress_nobody;
DROP EXTENSION versioned_rows;

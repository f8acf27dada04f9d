-- Whoever may write a row may refer to a version, whatever he may see of the
-- other table: as with any foreign key, privileges are asked for when it is made.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/sql/helpers/held_by.sql
CREATE ROLE regress_shop;
CREATE ROLE regress_sales;
CREATE ROLE regress_clerk;
CREATE SCHEMA shop AUTHORIZATION regress_shop;
CREATE SCHEMA sales AUTHORIZATION regress_sales;
SET ROLE regress_shop;
CREATE TABLE shop.product (id int PRIMARY KEY, owner name DEFAULT current_user, price numeric);
SELECT versioned_rows.enable('shop.product');
INSERT INTO shop.product VALUES (1, 'regress_shop', 10), (2, 'regress_clerk', 20);
GRANT USAGE ON SCHEMA shop TO regress_sales;

-- The owner of the referencing table needs REFERENCES, and SELECT if there are
-- rows to be filled.
SET ROLE regress_sales;
CREATE TABLE sales.pinned (id int PRIMARY KEY, product_id int);
CREATE TABLE sales.follower (id int PRIMARY KEY, product_id int);
CREATE TABLE sales.frozen (id int PRIMARY KEY, product_id int);
SELECT versioned_rows.add_reference('sales.pinned', '{product_id}', 'shop.product', 'pin');
SET ROLE regress_shop;
GRANT REFERENCES ON shop.product TO regress_sales;
SET ROLE regress_sales;
SELECT versioned_rows.add_reference('sales.pinned', '{product_id}', 'shop.product', 'pin');
INSERT INTO sales.pinned VALUES (0, 2);
SELECT versioned_rows.add_reference('sales.pinned', '{product_id}', 'shop.product', 'pin');
SET ROLE regress_shop;
GRANT SELECT ON shop.product TO regress_sales;
SET ROLE regress_sales;
SELECT versioned_rows.add_reference('sales.pinned', '{product_id}', 'shop.product', 'pin');
SELECT versioned_rows.add_reference('sales.follower', '{product_id}', 'shop.product', 'follow');
SELECT versioned_rows.add_reference('sales.frozen', '{product_id}', 'shop.product', 'freeze');
-- Not of a table of somebody else.
SELECT versioned_rows.add_reference('shop.product', '{id}', 'shop.product', 'pin', 'v');
-- Now it needs neither.
SET ROLE regress_shop;
REVOKE ALL ON shop.product FROM regress_sales;
REVOKE USAGE ON SCHEMA shop FROM regress_sales;
SET ROLE regress_sales;
GRANT USAGE ON SCHEMA sales TO regress_clerk;
GRANT INSERT ON sales.pinned, sales.follower, sales.frozen TO regress_clerk;
SET ROLE regress_clerk;
INSERT INTO sales.pinned VALUES (1, 1);
INSERT INTO sales.pinned VALUES (2, 1, 1);
INSERT INTO sales.follower VALUES (1, 1);
INSERT INTO sales.frozen VALUES (1, 2);
-- Errors show no values to one who may not read the table.
INSERT INTO sales.pinned VALUES (3, 4711);
INSERT INTO sales.pinned VALUES (3, 1, 4711);
SELECT * FROM shop.product;

-- The writer of the referenced table needs nothing on the other one, either.
SET ROLE regress_shop;
GRANT USAGE ON SCHEMA shop TO regress_clerk;
GRANT SELECT, UPDATE, DELETE ON shop.product TO regress_clerk;
SET ROLE regress_clerk;
UPDATE shop.product SET price = 11 WHERE id = 1 RETURNING version_id;
SELECT pg_temp.held_by($$UPDATE shop.product SET price = 21 WHERE id = 2$$);
SELECT pg_temp.held_by($$DELETE FROM shop.product WHERE id = 1$$);
RESET ROLE;
TABLE sales.follower;
TABLE sales.pinned;

-- Row security, forced on both sides, hides everything; references hold.
ALTER TABLE shop.product ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE sales.pinned ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE sales.follower ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY of_owner ON shop.product USING (owner = current_user);
CREATE POLICY of_owner ON sales.pinned FOR INSERT WITH CHECK (true);
CREATE POLICY of_owner ON sales.follower FOR INSERT WITH CHECK (true);
SET ROLE regress_clerk;
SELECT id, version_id FROM shop.product;
INSERT INTO sales.pinned VALUES (3, 1);
INSERT INTO sales.follower VALUES (3, 1);
INSERT INTO sales.pinned VALUES (4, 4711);
SELECT * FROM sales.pinned;
SET ROLE regress_shop;
SELECT id, version_id FROM shop.product ORDER BY version_id;
UPDATE shop.product SET price = price + 1 RETURNING id, version_id;
SELECT pg_temp.held_by($$DELETE FROM shop.product$$);
-- Hidden history is found when a row comes back: no number is used twice.
RESET ROLE;
DELETE FROM sales.follower;
SET ROLE regress_shop;
ALTER TABLE shop.product NO FORCE ROW LEVEL SECURITY;
UPDATE shop.product SET owner = 'nobody' WHERE id = 1;
DELETE FROM shop.product WHERE id = 1;
ALTER TABLE shop.product FORCE ROW LEVEL SECURITY;
SELECT max(version_id) FROM shop.product;
INSERT INTO shop.product (id, price) VALUES (1, 1) RETURNING version_id;
INSERT INTO shop.product (id, price) VALUES (2, 1);
-- To fill in versions by what one cannot see would leave rows without one.
SET ROLE regress_sales;
CREATE TABLE sales.later (id int PRIMARY KEY, product_id int);
INSERT INTO sales.later VALUES (1, 1);
RESET ROLE;
GRANT REFERENCES, SELECT ON shop.product TO regress_sales;
GRANT USAGE ON SCHEMA shop TO regress_sales;
SET ROLE regress_sales;
SELECT versioned_rows.add_reference('sales.later', '{product_id}', 'shop.product', 'pin');
SELECT attname FROM pg_attribute WHERE attrelid = 'sales.later'::regclass AND attnum > 0;
RESET ROLE;
SELECT version_id, count(*) FROM shop.product GROUP BY version_id ORDER BY version_id;
SELECT product_id, product_version_id, p.version_id FROM sales.pinned
	 LEFT JOIN shop.product p ON (p.id, p.version_id) = (product_id, product_version_id) ORDER BY 1, 2;
SELECT * FROM versioned_rows.verify('shop.product');

-- The versioned table that refers: its old versions are checked without privileges
-- and policies, too.
CREATE TABLE sales.offer (id int PRIMARY KEY, product_id int, note text);
ALTER TABLE sales.offer OWNER TO regress_sales;
SET ROLE regress_sales;
SELECT versioned_rows.enable('sales.offer');
SELECT versioned_rows.add_reference('sales.offer', '{product_id}', 'shop.product', 'follow');
RESET ROLE;
REVOKE ALL ON shop.product FROM regress_sales;
REVOKE USAGE ON SCHEMA shop FROM regress_sales;
ALTER TABLE sales.offer ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY all_current ON sales.offer USING (is_current_version);
GRANT SELECT, INSERT, UPDATE ON sales.offer TO regress_clerk;
SET ROLE regress_clerk;
INSERT INTO sales.offer VALUES (1, 2);
UPDATE sales.offer SET product_id = 1;
TABLE sales.offer;
SET ROLE regress_shop;
UPDATE shop.product SET price = 5 WHERE id = 1 RETURNING version_id;
DELETE FROM shop.product WHERE id = 1;
SET ROLE regress_clerk;
UPDATE sales.offer SET product_id = NULL;
SET ROLE regress_shop;
DELETE FROM shop.product WHERE id = 1;
RESET ROLE;
TABLE sales.offer ORDER BY version_id;

-- A view with a barrier over the referencing table; one over the referenced
-- table cannot be referenced.
CREATE VIEW sales.own WITH (security_barrier) AS SELECT id, product_id FROM sales.frozen WHERE id < 10 WITH CHECK OPTION;
CREATE VIEW shop.cheap WITH (security_barrier) AS SELECT * FROM shop.product WHERE price < 10;
GRANT ALL ON sales.own TO regress_clerk;
SET ROLE regress_clerk;
INSERT INTO sales.own VALUES (2, 2);
UPDATE sales.own SET product_id = NULL WHERE id = 2;
INSERT INTO sales.own VALUES (20, 2);
INSERT INTO sales.own VALUES (3, 4711);
RESET ROLE;
TABLE sales.frozen ORDER BY id;
SELECT versioned_rows.add_reference('sales.frozen', '{product_id}', 'shop.cheap', 'pin');
SELECT versioned_rows.add_reference('sales.own', '{product_id}', 'shop.product', 'pin');

DROP SCHEMA sales CASCADE;
DROP SCHEMA shop CASCADE;
DROP ROLE regress_shop;
DROP ROLE regress_sales;
DROP ROLE regress_clerk;
DROP EXTENSION versioned_rows;

-- Policies hold for versions as for rows: what hides history does not keep it
-- from being made, and no version is seen, changed or counted in spite of one.
\set SHOW_CONTEXT never
\set QUIET off
CREATE EXTENSION versioned_rows;
CREATE ROLE regress_owner;
CREATE ROLE regress_red;
CREATE ROLE regress_auditor;
CREATE SCHEMA regress_shop AUTHORIZATION regress_owner;
GRANT USAGE ON SCHEMA regress_shop TO regress_red, regress_auditor;
SET search_path = regress_shop;
SET ROLE regress_owner;
CREATE TABLE product (id int PRIMARY KEY, team text, name text);
SELECT versioned_rows.enable('product', period_column => 'valid', current_view => 'product_now');
INSERT INTO product VALUES (1, 'red', 'a'), (2, 'blue', 'a'), (3, 'red', 'a');
ALTER TABLE product ENABLE ROW LEVEL SECURITY;
-- A team sees and writes its current rows, an auditor sees everything.
CREATE POLICY team ON product TO regress_red USING (team = 'red' AND is_current_version);
CREATE POLICY audit ON product FOR SELECT TO regress_auditor USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON product, product_now TO regress_red;
GRANT SELECT ON product, product_now TO regress_auditor;

SET ROLE regress_red;
UPDATE product SET name = 'b' RETURNING id, version_id;
UPDATE product_now SET name = 'c' WHERE id = 1 RETURNING id, version_id;
UPDATE product SET team = 'blue' WHERE id = 1;
DELETE FROM product WHERE id = 3;
SELECT id, version_id, name FROM product ORDER BY id, version_id;
SELECT id, version_id, name FROM product_now ORDER BY id;
SELECT version, "row" ->> 'name' AS name FROM versioned_rows.history('product', '{"id": 1}');
SELECT version, "row" ->> 'name' AS name FROM versioned_rows.history('product', '{"id": 2}');
SELECT * FROM versioned_rows.diff('product', '{"id": 1}', 1, 2);
SELECT id, name FROM product_between('-infinity', 'infinity') ORDER BY id, name;
SELECT p.id, p.calc_is_current_version FROM product p;
SELECT versioned_rows.revert('product', '{"id": 1}', 1);
-- A key that is deleted, or somebody else's: its number goes on, unseen.
INSERT INTO product VALUES (3, 'red', 'back') RETURNING id, version_id;
INSERT INTO product VALUES (2, 'red', 'x');
INSERT INTO product VALUES (4, 'blue', 'x');
INSERT INTO product VALUES (1, 'red', 'd') ON CONFLICT (id) WHERE is_current_version
	DO UPDATE SET name = excluded.name RETURNING id, version_id;
SELECT * FROM versioned_rows.verify('product');

SET ROLE regress_auditor;
SELECT id, version_id, is_current_version, team, name FROM product ORDER BY id, version_id;
UPDATE product SET name = 'x';

-- The owner is not subject to them, until that is forced.
SET ROLE regress_owner;
UPDATE product SET name = 'e' WHERE is_current_version RETURNING id, version_id;
SELECT * FROM versioned_rows.verify('product');
ALTER TABLE product FORCE ROW LEVEL SECURITY;
UPDATE product SET name = 'f' WHERE is_current_version RETURNING id, version_id;
SELECT * FROM versioned_rows.verify('product');
SELECT versioned_rows.prune('product', keep => 0);
CREATE POLICY owner ON product TO regress_owner USING (id <> 2) WITH CHECK (is_current_version);
UPDATE product SET name = 'f' WHERE is_current_version RETURNING id, version_id;
SELECT id, version_id FROM product WHERE version_id > 4 ORDER BY id, version_id;

RESET ROLE;
SELECT * FROM versioned_rows.verify('product');
SET client_min_messages = warning;
RESET search_path;
DROP SCHEMA regress_shop CASCADE;
DROP ROLE regress_owner, regress_red, regress_auditor;
DROP EXTENSION versioned_rows;

-- Whoever owns a table on the other side of a foreign key, or tables of their
-- own with keys and triggers, gets no further than any other writer.
\set SHOW_CONTEXT never
\set QUIET off
CREATE EXTENSION versioned_rows;
CREATE ROLE regress_owner;
CREATE ROLE regress_other;
CREATE SCHEMA regress_shop;
GRANT ALL ON SCHEMA regress_shop TO regress_owner, regress_other;
SET search_path = regress_shop;

-- Another user owns the referenced table, whose actions reach the versioned one.
SET ROLE regress_other;
CREATE TABLE vendor (id text PRIMARY KEY);
CREATE TABLE place (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('place');
GRANT ALL ON vendor, place TO regress_owner;
INSERT INTO vendor VALUES ('a'), ('b');
INSERT INTO place VALUES (1, 'here');
SET ROLE regress_owner;
CREATE TABLE product (id int PRIMARY KEY, price int, vendor text REFERENCES vendor, place_id int);
SELECT versioned_rows.enable('product');
SELECT versioned_rows.add_reference('product', '{place_id}', 'place', 'follow');
GRANT SELECT, UPDATE, DELETE, REFERENCES ON product TO regress_other;
INSERT INTO product (id, price, vendor, place_id) VALUES (1, 10, 'a', 1);
UPDATE product SET price = 11;
UPDATE product SET vendor = 'b';
SET ROLE regress_other;
UPDATE vendor SET id = 'z' WHERE id = 'a';
DELETE FROM vendor WHERE id = 'a';
UPDATE place SET name = 'there';
DELETE FROM place;
-- A key that is given an action later does not act on history.
SET ROLE regress_owner;
ALTER TABLE product DROP CONSTRAINT product_vendor_fkey,
	ADD FOREIGN KEY (vendor) REFERENCES vendor ON UPDATE CASCADE ON DELETE CASCADE;
SET ROLE regress_other;
UPDATE vendor SET id = 'z' WHERE id = 'a';
DELETE FROM vendor WHERE id = 'a';
TRUNCATE vendor CASCADE;
SELECT version_id, is_current_version, price, vendor, place_version_id FROM product ORDER BY version_id;

-- Another user refers to the versioned table, with every action there is, and
-- with triggers that meddle while a key acts.
CREATE TABLE pin (product_id int, version int, FOREIGN KEY (product_id, version) REFERENCES product
	ON UPDATE CASCADE ON DELETE CASCADE);
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE product SET price = 0 WHERE version_id = 1;
	DELETE FROM product WHERE version_id = 1;
	RETURN NEW;
END
$$;
CREATE TRIGGER meddle BEFORE UPDATE OR DELETE ON pin FOR EACH ROW EXECUTE FUNCTION meddle();
INSERT INTO pin VALUES (1, 4);
UPDATE pin SET version = 1;
DELETE FROM pin;
UPDATE product SET price = 12 WHERE is_current_version;
TRUNCATE pin;
DROP TABLE pin;
SELECT version_id, is_current_version, price, vendor, place_version_id FROM product ORDER BY version_id;

-- Keys of their own make nobody an owner: while one acts, history is as closed
-- as before.
SET ROLE regress_other;
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int REFERENCES parent ON UPDATE CASCADE);
CREATE FUNCTION forge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE TG_ARGV[0];
	RETURN NEW;
END
$$;
INSERT INTO parent VALUES (1);
INSERT INTO child VALUES (1);
CREATE TRIGGER forge BEFORE UPDATE ON child FOR EACH ROW EXECUTE FUNCTION
	forge('UPDATE product SET vendor = ''b'', price = 0 WHERE version_id = 1');
UPDATE parent SET id = 2;
CREATE OR REPLACE TRIGGER forge BEFORE UPDATE ON child FOR EACH ROW EXECUTE FUNCTION
	forge('UPDATE product SET place_version_id = 2, price = 0 WHERE version_id = 1');
UPDATE parent SET id = 2;
CREATE OR REPLACE TRIGGER forge BEFORE UPDATE ON child FOR EACH ROW EXECUTE FUNCTION
	forge('DELETE FROM product WHERE version_id = 1');
UPDATE parent SET id = 2;
SELECT version_id, is_current_version, price, vendor, place_version_id FROM product ORDER BY version_id;

RESET ROLE;
SELECT * FROM versioned_rows.verify('product');
SET client_min_messages = warning;
DROP SCHEMA regress_shop CASCADE;
RESET search_path;
DROP ROLE regress_owner, regress_other;
DROP EXTENSION versioned_rows;

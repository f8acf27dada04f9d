-- The trigger functions on a table of one's own, with whatever arguments, do
-- nothing to the table of another, and nothing to the server.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE ROLE regress_owner;
CREATE ROLE regress_other;
CREATE SCHEMA regress_shop;
GRANT ALL ON SCHEMA regress_shop TO regress_owner, regress_other;
SET search_path = regress_shop;
SET ROLE regress_owner;
CREATE TABLE product (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('product', current_view => 'product_now');
GRANT SELECT, INSERT, UPDATE, DELETE, REFERENCES ON product, product_now TO regress_other;
INSERT INTO product VALUES (1, 'teapot');
UPDATE product SET name = 'pot';

-- By hand.
SET ROLE regress_other;
SELECT versioned_rows.stamp(), versioned_rows.archive();
SELECT versioned_rows.archive();
SELECT versioned_rows.reference();
SELECT versioned_rows.refuse_truncate();

-- With arguments that name the other table's objects, on a twin of it.
CREATE TABLE twin (id int, name text, version_id int, is_current_version bool, valid tstzrange,
	who text, xid xid8, deletion jsonb, PRIMARY KEY (id, version_id));
CREATE TRIGGER zzz BEFORE INSERT OR UPDATE OR DELETE ON twin FOR EACH ROW EXECUTE FUNCTION
	versioned_rows.stamp('version=version_id', 'current=is_current_version', 'view=product_now', 'facade=product');
CREATE TRIGGER "000" AFTER UPDATE OR DELETE ON twin FOR EACH ROW EXECUTE FUNCTION
	versioned_rows.archive('version=version_id', 'current=is_current_version', 'view=product_now', 'facade=product');
INSERT INTO twin (id, name) VALUES (1, 'forged');
UPDATE twin SET name = 'forged again';
DELETE FROM twin;
SELECT id, name, version_id, is_current_version FROM twin ORDER BY version_id;
DROP TRIGGER zzz ON twin;
DROP TRIGGER "000" ON twin;
TRUNCATE twin;

-- Every argument twice, or for the wrong column, is an error or does no harm.
CREATE FUNCTION try(VARIADIC args text[]) RETURNS TABLE (said text) LANGUAGE plpgsql AS $$
DECLARE
	list text := (SELECT string_agg(quote_literal(a), ', ') FROM unnest(args) a);
BEGIN
	EXECUTE format('CREATE OR REPLACE TRIGGER zzz BEFORE INSERT OR UPDATE OR DELETE ON twin '
				   'FOR EACH ROW EXECUTE FUNCTION versioned_rows.stamp(%s)', list);
	EXECUTE format('CREATE OR REPLACE TRIGGER "000" AFTER UPDATE OR DELETE ON twin '
				   'FOR EACH ROW EXECUTE FUNCTION versioned_rows.archive(%s)', list);
	INSERT INTO twin (id, name) VALUES (1, 'a');
	UPDATE twin SET name = 'b';
	DELETE FROM twin;
	INSERT INTO twin (id, name) VALUES (1, 'c');
	RETURN QUERY SELECT concat_ws(' ', t.id, t.name, t.version_id, t.is_current_version) FROM twin t ORDER BY t.version_id;
	RAISE EXCEPTION 'done: %', (SELECT count(*) FROM twin);
EXCEPTION WHEN OTHERS THEN
	said := SQLSTATE || ' ' || SQLERRM;
	RETURN NEXT;
END
$$;
SELECT try('version=version_id', 'current=is_current_version', 'current=is_current_version', 'version=version_id');
SELECT try('version=id', 'current=is_current_version');
SELECT try('version=version_id', 'current=version_id');
SELECT try('version=version_id', 'period=valid');
SELECT try('version=version_id', 'ignore=version_id', 'ignore=id', 'ignore=name');
SELECT try('version=version_id', 'current=is_current_version', 'changed_by=who', 'reason=who', 'application_name=who');
SELECT try('version=version_id', 'current=is_current_version', 'changed_by=name', 'deletion=deletion');
SELECT try('version=version_id', 'deletion=who');
SELECT try('version=ctid');
SELECT try('version=');
SELECT try('version');
SELECT try('');
SELECT try(VARIADIC '{}');
SELECT try('version=version_id', 'per_transaction=on', 'current=is_current_version');

-- reference() with the argument of another, or without a foreign key.
CREATE TABLE pin (id int, version int, other int);
CREATE TRIGGER r BEFORE INSERT ON pin FOR EACH ROW EXECUTE FUNCTION versioned_rows.reference('version=version');
INSERT INTO pin (id) VALUES (1);
ALTER TABLE pin ADD FOREIGN KEY (id, version) REFERENCES product;
INSERT INTO pin (id) VALUES (1) RETURNING version;
CREATE OR REPLACE TRIGGER r BEFORE INSERT ON pin FOR EACH ROW EXECUTE FUNCTION versioned_rows.reference('version=other');
INSERT INTO pin (id) VALUES (1);
CREATE OR REPLACE TRIGGER r BEFORE INSERT ON pin FOR EACH ROW EXECUTE FUNCTION versioned_rows.reference('version=id');
INSERT INTO pin (version) VALUES (1);
CREATE OR REPLACE TRIGGER r BEFORE DELETE ON pin FOR EACH ROW EXECUTE FUNCTION versioned_rows.reference('version=version');
DELETE FROM pin;
DROP TABLE pin;

-- The other table has not noticed, nor has the one who looks for all.
RESET ROLE;
SELECT * FROM product ORDER BY version_id;
SELECT * FROM product_now;
SELECT * FROM versioned_rows.verify('product');
SELECT relation, current_view, facade FROM versioned_rows.tables;

SET client_min_messages = warning;
DROP SCHEMA regress_shop CASCADE;
RESET search_path;
DROP ROLE regress_owner, regress_other;
DROP EXTENSION versioned_rows;

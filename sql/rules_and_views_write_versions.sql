-- Rules, INSTEAD OF triggers, views and SECURITY DEFINER functions write a
-- versioned table as they would any other, and make versions.
\set SHOW_CONTEXT never
\set QUIET off
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('product', current_view => 'product_now');
INSERT INTO product VALUES (1, 'a'), (2, 'a');
CREATE TABLE log (n serial, what text);

-- A rule is run once for a statement, with the rows that the statement finds:
-- by the key alone that is history, too.
CREATE RULE also AS ON UPDATE TO product DO ALSO
	INSERT INTO log (what) VALUES (format('%s %s:%s %s', old.id, old.version_id, old.name, new.name));
UPDATE product SET name = 'b' WHERE id = 1;
UPDATE product SET name = 'c' WHERE id = 1;
UPDATE product SET name = 'd' WHERE id = 1 AND is_current_version;
UPDATE product_now SET name = 'e' WHERE id = 1;
SELECT what FROM log ORDER BY what;
DROP RULE also ON product;
CREATE RULE nothing AS ON UPDATE TO product WHERE new.name = 'refused' DO INSTEAD NOTHING;
UPDATE product SET name = 'refused' WHERE id = 1;
UPDATE product SET name = 'f' WHERE id = 1 AND is_current_version;
DROP RULE nothing ON product;
CREATE RULE soft AS ON DELETE TO product DO INSTEAD
	UPDATE product SET name = 'deleted' WHERE id = old.id AND version_id = old.version_id;
DELETE FROM product WHERE id = 2;
DROP RULE soft ON product;
SELECT * FROM product ORDER BY id, version_id;

-- A view of one's own, with INSTEAD OF triggers and without.
CREATE VIEW title AS SELECT id, name AS title FROM product WHERE is_current_version;
UPDATE title SET title = 'by view' WHERE id = 1 RETURNING *;
CREATE FUNCTION write_title() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'INSERT' THEN
		INSERT INTO product VALUES (NEW.id, NEW.title);
	ELSIF TG_OP = 'UPDATE' THEN
		UPDATE product SET name = NEW.title WHERE id = OLD.id AND is_current_version RETURNING name INTO NEW.title;
	ELSE
		DELETE FROM product WHERE id = OLD.id AND is_current_version;
		RETURN OLD;
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER write_title INSTEAD OF INSERT OR UPDATE OR DELETE ON title
	FOR EACH ROW EXECUTE FUNCTION write_title();
UPDATE title SET title = 'by trigger' WHERE id = 1 RETURNING *;
DELETE FROM title WHERE id = 2;
INSERT INTO title VALUES (2, 'back'), (3, 'new');
SELECT * FROM product ORDER BY id, version_id;
SELECT * FROM title ORDER BY id;

-- The generated view keeps a trigger of one's own when it is written again.
CREATE FUNCTION exclaim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE product SET name = NEW.name || '!' WHERE id = OLD.id AND is_current_version RETURNING * INTO NEW;
	RETURN NEW;
END
$$;
CREATE TRIGGER exclaim INSTEAD OF UPDATE ON product_now FOR EACH ROW EXECUTE FUNCTION exclaim();
UPDATE product_now SET name = 'f' WHERE id = 3 RETURNING *;
SELECT versioned_rows.enable('product', ignore_columns => '{}');
UPDATE product_now SET name = 'g' WHERE id = 3 RETURNING *;

-- A function that writes with the rights of its owner: who has no right to the
-- table makes versions by it, and is named in them.
CREATE ROLE regress_clerk;
CREATE SCHEMA regress_shop;
GRANT USAGE ON SCHEMA regress_shop TO regress_clerk;
CREATE TABLE regress_shop.price (id int PRIMARY KEY, amount int);
SELECT versioned_rows.enable('regress_shop.price', changed_by_column => 'who');
INSERT INTO regress_shop.price VALUES (1, 10);
CREATE FUNCTION regress_shop.set_price(product int, new_amount int) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = regress_shop AS
	'UPDATE price SET amount = $2 WHERE id = $1 AND is_current_version RETURNING version_id';
CREATE FUNCTION regress_shop.spoil() RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = regress_shop AS
	'UPDATE price SET version_id = 9 RETURNING version_id';
SET SESSION AUTHORIZATION regress_clerk;
SELECT regress_shop.set_price(1, 11);
SELECT regress_shop.spoil();
UPDATE regress_shop.price SET amount = 0;
RESET SESSION AUTHORIZATION;
SELECT id, amount, version_id, who FROM regress_shop.price WHERE version_id = 2;
SELECT * FROM versioned_rows.verify();

SET client_min_messages = warning;
DROP SCHEMA regress_shop CASCADE;
DROP VIEW title;
DROP VIEW product_now;
DROP TABLE product, log;
DROP FUNCTION write_title, exclaim;
DROP ROLE regress_clerk;
DROP EXTENSION versioned_rows;

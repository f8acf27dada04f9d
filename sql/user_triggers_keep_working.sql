-- Triggers of a user see a versioned table as a plain one: a BEFORE trigger's
-- change is part of the version, and no trigger fires for an archived version.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, name text, stamp int DEFAULT 0);
SELECT versioned_rows.enable('product');
CREATE TABLE log (n serial, what text);

CREATE FUNCTION count_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.stamp := coalesce(NEW.stamp, 0) + 1;
	RETURN NEW;
END
$$;
CREATE FUNCTION write_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO log (what) VALUES (concat_ws(' ', TG_NAME, TG_WHEN, TG_OP,
		OLD.version_id || ':' || OLD.name, NEW.version_id || ':' || NEW.name));
	RETURN NULL;
END
$$;
CREATE FUNCTION write_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO log (what)
		SELECT concat_ws(' ', TG_NAME, o.version_id, n.version_id)
		FROM o LEFT JOIN n USING (id);
	RETURN NULL;
END
$$;
CREATE TRIGGER before BEFORE INSERT OR UPDATE ON product
	FOR EACH ROW EXECUTE FUNCTION count_up();
CREATE TRIGGER "000_first" AFTER INSERT OR UPDATE OR DELETE ON product
	FOR EACH ROW EXECUTE FUNCTION write_log();
CREATE TRIGGER zzzz_last AFTER INSERT OR UPDATE OR DELETE ON product
	FOR EACH ROW EXECUTE FUNCTION write_log();
CREATE TRIGGER only_name AFTER UPDATE OF name ON product
	FOR EACH ROW WHEN (old.name <> new.name) EXECUTE FUNCTION write_log();
CREATE TRIGGER statement AFTER UPDATE ON product
	REFERENCING OLD TABLE AS o NEW TABLE AS n
	FOR EACH STATEMENT EXECUTE FUNCTION write_transition();

INSERT INTO product VALUES (1, 'teapot');
UPDATE product SET name = 'big teapot';
DELETE FROM product;
INSERT INTO product VALUES (1, 'pot');
SELECT * FROM product ORDER BY version_id;
SELECT what FROM log ORDER BY n;

-- A change that a BEFORE trigger makes is a change.
UPDATE product SET name = name RETURNING *;
-- One that it takes back is none.
CREATE FUNCTION take_back() RETURNS trigger LANGUAGE plpgsql AS
	'BEGIN NEW := OLD; RETURN NEW; END';
CREATE TRIGGER late BEFORE UPDATE ON product
	FOR EACH ROW EXECUTE FUNCTION take_back();
UPDATE product SET name = 'jug' RETURNING *;
DROP TRIGGER late ON product;
-- One that refuses the row leaves it.
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
	'BEGIN RETURN NULL; END';
CREATE TRIGGER refuse BEFORE UPDATE OR DELETE ON product
	FOR EACH ROW EXECUTE FUNCTION refuse();
UPDATE product SET name = 'jug' RETURNING *;
DELETE FROM product RETURNING *;
DROP TRIGGER refuse ON product;

-- A BEFORE trigger that sorts after ours could change what that has set: it is
-- refused, in every statement that stamps, until it has another name.
CREATE TRIGGER zzzz_before BEFORE UPDATE ON product
	FOR EACH ROW EXECUTE FUNCTION count_up();
UPDATE product SET name = 'cup' RETURNING *;
INSERT INTO product VALUES (2, 'lid');
ALTER TRIGGER zzzz_before ON product RENAME TO zz_before;
UPDATE product SET name = 'cup' RETURNING *;
DROP TRIGGER before ON product;
DROP TRIGGER zz_before ON product;
CREATE TRIGGER zzzz_before BEFORE INSERT ON product
	FOR EACH ROW EXECUTE FUNCTION count_up();
INSERT INTO product VALUES (2, 'lid');
UPDATE product SET name = 'mug';
DELETE FROM product;
-- enable() refuses it, too.
SELECT versioned_rows.enable('product');
-- One that does not fire does no harm, nor does one that looks at DELETE.
ALTER TABLE product DISABLE TRIGGER zzzz_before;
UPDATE product SET name = 'mug' RETURNING *;
ALTER TABLE product ENABLE REPLICA TRIGGER zzzz_before;
UPDATE product SET name = 'can' RETURNING *;
DROP TRIGGER zzzz_before ON product;
CREATE FUNCTION let_go() RETURNS trigger LANGUAGE plpgsql AS
	'BEGIN RETURN OLD; END';
CREATE TRIGGER zzzz_before BEFORE DELETE ON product
	FOR EACH ROW EXECUTE FUNCTION let_go();
UPDATE product SET name = 'cup' RETURNING *;
DROP TRIGGER zzzz_before ON product;
SELECT * FROM product ORDER BY id, version_id;

-- A trigger that updates the row that is being updated.
CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF pg_trigger_depth() = 1 THEN
		UPDATE product SET stamp = 100 WHERE id = NEW.id;
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER again AFTER UPDATE ON product
	FOR EACH ROW EXECUTE FUNCTION again();
UPDATE product SET name = 'mug' WHERE id = 1;
SELECT * FROM product ORDER BY id, version_id;

DROP TABLE product, log;
DROP FUNCTION count_up, write_log, write_transition, take_back, refuse, let_go,
	again;
DROP EXTENSION versioned_rows;

-- Statement triggers, their transition tables and deferred constraint triggers
-- see the versions that a statement made, as an UPDATE, and no archived one.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('product');
CREATE TABLE log (n serial, what text);

CREATE FUNCTION write_rows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	old_rows text;
	new_rows text;
BEGIN
	IF TG_OP <> 'INSERT' THEN
		SELECT string_agg(format('%s/%s%s', id, version_id, CASE WHEN is_current_version THEN '*' END),
						  ' ' ORDER BY id, version_id) INTO old_rows FROM old_table;
	END IF;
	IF TG_OP <> 'DELETE' THEN
		SELECT string_agg(format('%s/%s%s', id, version_id, CASE WHEN is_current_version THEN '*' END),
						  ' ' ORDER BY id, version_id) INTO new_rows FROM new_table;
	END IF;
	INSERT INTO log (what) VALUES (format('%s: old %s, new %s', TG_OP, coalesce(old_rows, '-'), coalesce(new_rows, '-')));
	RETURN NULL;
END
$$;
CREATE TRIGGER on_insert AFTER INSERT ON product REFERENCING NEW TABLE AS new_table
	FOR EACH STATEMENT EXECUTE FUNCTION write_rows();
CREATE TRIGGER on_update AFTER UPDATE ON product REFERENCING OLD TABLE AS old_table NEW TABLE AS new_table
	FOR EACH STATEMENT EXECUTE FUNCTION write_rows();
CREATE TRIGGER on_delete AFTER DELETE ON product REFERENCING OLD TABLE AS old_table
	FOR EACH STATEMENT EXECUTE FUNCTION write_rows();
INSERT INTO product VALUES (1, 'a'), (2, 'a');
UPDATE product SET name = 'b';
-- skipped history and an unchanged row
UPDATE product SET name = 'b' WHERE id = 1;
UPDATE product SET name = 'c' WHERE id = 99;
DELETE FROM product WHERE id = 2;
-- rows come back, and are counted from where they were
INSERT INTO product VALUES (1, 'd'), (2, 'd')
	ON CONFLICT (id) WHERE is_current_version DO UPDATE SET name = excluded.name;
MERGE INTO product p USING (VALUES (1, 'e'), (2, 'e'), (3, 'e')) AS s (id, name) ON p.id = s.id AND p.is_current_version
	WHEN MATCHED AND p.id = 2 THEN DELETE
	WHEN MATCHED THEN UPDATE SET name = s.name
	WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.name);
SELECT what FROM log ORDER BY n;
DROP TRIGGER on_insert ON product;
DROP TRIGGER on_update ON product;
DROP TRIGGER on_delete ON product;

-- Deferred: one event for each change, with the numbers that it had.
TRUNCATE log;
CREATE FUNCTION write_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO log (what) VALUES (concat_ws(' ', TG_OP, OLD.id, OLD.version_id, NEW.id, NEW.version_id,
		'of', (SELECT count(*) FROM product WHERE id = coalesce(OLD.id, NEW.id))));
	RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER deferred AFTER INSERT OR UPDATE OR DELETE ON product
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION write_row();
BEGIN;
INSERT INTO product VALUES (4, 'a');
UPDATE product SET name = 'b' WHERE id = 4;
SAVEPOINT s;
UPDATE product SET name = 'lost' WHERE id = 4;
ROLLBACK TO s;
UPDATE product SET name = 'c' WHERE id = 4;
DELETE FROM product WHERE id = 4;
SELECT count(*) FROM log;
COMMIT;
SELECT what FROM log ORDER BY n;

-- One that finds a fault takes the version back.
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'version % is refused', NEW.version_id;
END
$$;
CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON product
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.name = 'bad') EXECUTE FUNCTION refuse();
UPDATE product SET name = 'bad' WHERE id = 1 AND is_current_version;
UPDATE product SET name = 'good' WHERE id = 1 AND is_current_version RETURNING version_id;

-- A BEFORE trigger that refuses the row leaves everything as it is; one that
-- sorts after ours is refused itself, and verify() says so, since it could do worse.
CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS
	'BEGIN RETURN NULL; END';
CREATE TRIGGER zz_leave_out BEFORE INSERT OR UPDATE OR DELETE ON product
	FOR EACH ROW EXECUTE FUNCTION leave_out();
UPDATE product SET name = 'x' RETURNING *;
DELETE FROM product RETURNING *;
INSERT INTO product VALUES (9, 'x') RETURNING *;
SELECT problem FROM versioned_rows.verify();
ALTER TRIGGER zz_leave_out ON product RENAME TO zzzz_leave_out;
UPDATE product SET name = 'x' RETURNING *;
SELECT problem FROM versioned_rows.verify();
DROP TRIGGER zzzz_leave_out ON product;
-- One for each statement is none of them.
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS
	'BEGIN RETURN NULL; END';
CREATE TRIGGER zzzz_statement BEFORE INSERT OR UPDATE OR DELETE ON product
	FOR EACH STATEMENT EXECUTE FUNCTION nothing();
UPDATE product SET name = 'y' WHERE id = 1 RETURNING version_id;
SELECT problem FROM versioned_rows.verify();

DROP TABLE product, log;
DROP FUNCTION write_rows, write_row, refuse, leave_out, nothing;
DROP EXTENSION versioned_rows;

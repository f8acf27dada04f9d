-- Versions in a table of their own: a trigger, a function or a cascade that changes
-- a row within the statement that has just written it leaves its versions in order.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE plain (id int PRIMARY KEY, pos int);
SELECT versioned_rows.enable('plain', versions_table => 'plain_versions', version_column => NULL, period_column => 'valid');
CREATE TABLE numbered (id int PRIMARY KEY, pos int);
SELECT versioned_rows.enable('numbered', versions_table => 'numbered_versions');
CREATE TABLE timed (id int PRIMARY KEY, pos int, twice int GENERATED ALWAYS AS (2 * pos) STORED);
SELECT versioned_rows.enable('timed', versions_table => 'timed_versions', period_column => 'valid');
CREATE FUNCTION look() RETURNS TABLE (tbl text, versions text) LANGUAGE plpgsql AS $$
BEGIN
	FOREACH tbl IN ARRAY '{plain,numbered,timed}'::text[] LOOP
		FOR versions IN EXECUTE format(
			'SELECT id || '': '' || string_agg(version_id || ''='' || pos ||
				CASE WHEN upper_inf((to_jsonb(v) ->> ''valid'')::tstzrange) THEN ''…'' ELSE '''' END, '' '' ORDER BY version_id)
			 FROM %I v GROUP BY id ORDER BY id', tbl || '_versions') LOOP
			RETURN NEXT;
		END LOOP;
	END LOOP;
END $$;

-- A trigger that sees the first row and changes the next ones, whose versions are
-- still to be stored.
CREATE FUNCTION shift() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF pg_trigger_depth() = 1 AND NEW.id = 1 THEN
		EXECUTE format('UPDATE %I SET pos = pos + 100 WHERE id IN (2, 3)', TG_TABLE_NAME);
		EXECUTE format('UPDATE %I SET pos = pos + 1000 WHERE id = 2', TG_TABLE_NAME);
		EXECUTE format('DELETE FROM %I WHERE id = 4', TG_TABLE_NAME);
	END IF;
	RETURN NULL;
END $$;
CREATE TRIGGER a AFTER INSERT OR UPDATE ON plain FOR EACH ROW EXECUTE FUNCTION shift();
CREATE TRIGGER a AFTER INSERT OR UPDATE ON numbered FOR EACH ROW EXECUTE FUNCTION shift();
CREATE TRIGGER a AFTER INSERT OR UPDATE ON timed FOR EACH ROW EXECUTE FUNCTION shift();
INSERT INTO plain VALUES (1, 1), (2, 2), (3, 3), (4, 4);
INSERT INTO numbered VALUES (1, 1), (2, 2), (3, 3), (4, 4);
INSERT INTO timed VALUES (1, 1), (2, 2), (3, 3), (4, 4);
SELECT * FROM look();
UPDATE plain SET pos = pos + 10;
UPDATE numbered SET pos = pos + 10;
UPDATE timed SET pos = pos + 10;
SELECT * FROM look();
SELECT * FROM versioned_rows.verify();
DROP TRIGGER a ON plain;
DROP TRIGGER a ON numbered;
DROP TRIGGER a ON timed;

-- All keys move on by one, in an order that the primary key allows.
DELETE FROM plain;
DELETE FROM numbered;
DELETE FROM timed;
INSERT INTO plain SELECT i, i FROM generate_series(22, 20, -1) i;
INSERT INTO numbered SELECT i, i FROM generate_series(22, 20, -1) i;
INSERT INTO timed SELECT i, i FROM generate_series(22, 20, -1) i;
UPDATE plain SET id = id + 1;
UPDATE numbered SET id = id + 1;
UPDATE timed SET id = id + 1;
SELECT * FROM look() WHERE versions ~ '^2\d:';
SELECT * FROM versioned_rows.verify();

-- Triggers that are enabled ALWAYS hear of every version that is stored or ended,
-- foreign to us as they may be: so do those of pg_repack.  No other trigger does.
CREATE TABLE heard (n int GENERATED ALWAYS AS IDENTITY, what text, id int, version int, open boolean);
CREATE FUNCTION hear() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO heard (what, id, version, open) SELECT TG_OP, NEW.id, NEW.version_id, upper_inf(NEW.valid);
	RETURN NULL;
END $$;
CREATE TRIGGER a AFTER INSERT OR UPDATE OR DELETE ON plain_versions FOR EACH ROW EXECUTE FUNCTION hear();
CREATE TRIGGER b AFTER INSERT OR UPDATE OR DELETE ON timed_versions FOR EACH ROW EXECUTE FUNCTION hear();
ALTER TABLE timed_versions ENABLE ALWAYS TRIGGER b;
INSERT INTO plain VALUES (50, 50);
INSERT INTO timed VALUES (50, 50);
UPDATE plain SET pos = 51 WHERE id = 50;
UPDATE timed SET pos = 51 WHERE id = 50;
DELETE FROM timed WHERE id = 50;
SELECT * FROM heard ORDER BY n;
DROP TABLE heard;

DROP TABLE plain, numbered, timed, plain_versions, numbered_versions, timed_versions;
DROP FUNCTION shift, look, hear;
DROP EXTENSION versioned_rows;

-- Temporary and unlogged tables are versioned as others are.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
-- PostgreSQL 19 says why a view is temporary.
\set VERBOSITY terse
CREATE UNLOGGED TABLE fast (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('fast', current_view => 'fast_now');
INSERT INTO fast VALUES (1, 'a');
UPDATE fast SET name = 'b';
ALTER TABLE fast SET LOGGED;
UPDATE fast_now SET name = 'c';
SELECT *, f.calc_is_current_version FROM fast f ORDER BY version_id;

CREATE TEMPORARY TABLE scratch (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('scratch', current_view => 'scratch_now');
INSERT INTO scratch VALUES (1, 'a');
UPDATE scratch SET name = 'b';
UPDATE scratch_now SET name = 'c';
DELETE FROM scratch WHERE id = 1;
INSERT INTO scratch VALUES (1, 'd');
SELECT * FROM scratch ORDER BY version_id;
SELECT * FROM scratch_now;
-- A temporary function is only found with its schema.
SELECT s.version_id, pg_temp.calc_is_current_version(s) FROM scratch s
ORDER BY version_id;
SELECT versioned_rows.enable('scratch', ignore_columns => '{name}');
SELECT relation, current_view FROM versioned_rows.tables
ORDER BY relation::text;
SELECT versioned_rows.disable('scratch');
SELECT versioned_rows.enable('scratch', facade => true);
UPDATE scratch SET name = 'e' RETURNING *;
SELECT versioned_rows.disable('scratch');
DROP TABLE scratch;

-- Emptied at the end of each transaction, as the user asked for.
BEGIN;
CREATE TEMPORARY TABLE scratch (id int PRIMARY KEY, name text)
	ON COMMIT DELETE ROWS;
SELECT versioned_rows.enable('scratch');
INSERT INTO scratch VALUES (1, 'a');
UPDATE scratch SET name = 'b';
SELECT * FROM scratch ORDER BY version_id;
COMMIT;
SELECT * FROM scratch;

DROP TABLE scratch;
DROP VIEW fast_now;
DROP TABLE fast;
DROP EXTENSION versioned_rows;

-- A version owns the large values that are stored out of line for it: neither
-- what happens to the live row nor to other versions takes them away.
\set SHOW_CONTEXT never
-- PostgreSQL 19 compresses with lz4, in another number of pieces.
SET default_toast_compression = pglz;
CREATE EXTENSION versioned_rows;
CREATE TABLE big (id int PRIMARY KEY, plain text, packed text, n int);
ALTER TABLE big ALTER plain SET STORAGE EXTERNAL;
SELECT versioned_rows.enable('big');
CREATE FUNCTION stored_values() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
BEGIN
	EXECUTE (SELECT format('SELECT count(DISTINCT chunk_id) FROM %s',
						   reltoastrelid::regclass)
			 FROM pg_class WHERE oid = 'big'::regclass) INTO n;
	RETURN n;
END
$$;
CREATE VIEW contents AS
SELECT id, version_id, n, length(plain) AS plain, length(packed) AS packed,
	md5(plain) = md5((SELECT string_agg(md5(i::text), '')
					  FROM generate_series(1, 1000) i)) AS as_it_was
FROM big;
INSERT INTO big
	SELECT 1, string_agg(md5(i::text), ''), repeat('x', 500000), 0
	FROM generate_series(1, 1000) i;
SELECT stored_values();
-- The live row keeps its values, each version has its own.
UPDATE big SET n = 1;
UPDATE big SET n = 2;
SELECT stored_values();
-- A new value, twice in one transaction, and one that is rolled back.
BEGIN;
UPDATE big SET plain = plain || '!';
UPDATE big SET plain = NULL;
SAVEPOINT s;
UPDATE big SET plain = repeat('y', 10000), packed = NULL;
ROLLBACK TO s;
COMMIT;
VACUUM big;
SELECT * FROM contents ORDER BY version_id;
-- The live row goes.
DELETE FROM big;
VACUUM big;
SELECT * FROM contents ORDER BY version_id;
-- Some of the versions go.
SELECT * FROM versioned_rows.prune('big', keep => 3);
VACUUM big;
SELECT * FROM contents ORDER BY version_id;
-- The table is rewritten.
VACUUM FULL big;
ALTER TABLE big SET UNLOGGED;
SELECT * FROM contents ORDER BY version_id;
SELECT stored_values();

-- Compressed in another way than the table would do it now.
ALTER TABLE big ALTER packed SET COMPRESSION pglz;
INSERT INTO big VALUES (2, NULL, repeat('z', 1000000), 0);
UPDATE big SET packed = repeat('z', 1000000) WHERE id = 2 RETURNING version_id;
UPDATE big SET n = 1 WHERE id = 2 RETURNING version_id;
SELECT version_id, length(packed), pg_column_compression(packed) FROM big
WHERE id = 2 ORDER BY version_id;

DROP VIEW contents;
DROP FUNCTION stored_values;
DROP TABLE big;
DROP EXTENSION versioned_rows;

-- The versions that a statement archives are found by every kind of index, also
-- when the cache entries of the indexes are rebuilt in the middle of it.
CREATE EXTENSION versioned_rows;

CREATE TABLE place (id int PRIMARY KEY, tags int[], span int4range, code text);
INSERT INTO place
SELECT i, ARRAY[i, i + 1], int4range(i, i + 2), 'c' || i FROM generate_series(1, 60) AS i;
CREATE INDEX ON place USING gin (tags);
CREATE INDEX ON place USING gist (span);
CREATE INDEX ON place USING brin (id) WITH (pages_per_range = 1);
CREATE INDEX ON place USING spgist (code);
CREATE INDEX ON place USING hash (code);
SELECT versioned_rows.enable('place');

-- ANALYZE writes the pg_class rows of the indexes
CREATE FUNCTION analyze_place() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	IF OLD.id % 10 = 0 THEN
		ANALYZE place;
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER zz_analyze AFTER UPDATE OR DELETE ON place
	FOR EACH ROW EXECUTE FUNCTION analyze_place();

UPDATE place SET tags = tags || 100;
DELETE FROM place;

SET enable_seqscan = off;
SELECT count(*) FROM place WHERE tags @> '{100}';
SELECT count(*) FROM place WHERE tags @> '{30}';
SELECT id, version_id FROM place WHERE span && int4range(30, 32) ORDER BY id, version_id;
SELECT count(*) FROM place WHERE code = 'c30';
SET enable_indexscan = off;
SET enable_indexonlyscan = off;
SELECT count(*) FROM place WHERE id > 0;
SELECT * FROM versioned_rows.verify('place');

DROP TABLE place;
DROP FUNCTION analyze_place();
DROP EXTENSION versioned_rows;

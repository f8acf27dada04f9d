-- The functions <table>_as_of() and <table>_between() are half-open, never
-- fail on odd arguments, and are inlined: filters and indexes reach the table.
CREATE EXTENSION versioned_rows;
\set SHOW_CONTEXT never
SET TimeZone = 'UTC';
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SET jit = off;

CREATE TABLE price (id int PRIMARY KEY, amount int, dropped int);
ALTER TABLE price DROP COLUMN dropped;
SELECT versioned_rows.enable('price', period_column => 'valid');
-- The owner loads history with known times.
INSERT INTO price (id, amount, version_id, is_current_version, valid) VALUES
	(1, 10, 1, false, '[2024-01-01,2024-02-01)'),
	(1, 11, 2, false, '[2024-02-01,2024-03-01)'),
	(1, 12, 3, true, '[2024-03-01,)'),
	(2, 20, 1, false, '[2024-01-15,2024-02-15)');

SELECT t AS instant, p.id, p.version_id, p.amount
FROM (VALUES ('2023-12-31 23:59:59.999999'::timestamptz), ('2024-01-01'),
			 ('2024-01-31 23:59:59.999999'), ('2024-02-01'),
			 ('2024-02-15'), ('2030-01-01'), ('infinity'), ('-infinity'), (NULL))
	 AS i (t), LATERAL price_as_of(i.t) AS p
ORDER BY t, p.id;

SELECT a, b, array_agg(format('%s/%s', p.id, p.version_id) ORDER BY p.id, p.version_id)
FROM (VALUES ('2024-01-31'::timestamptz, '2024-02-01'::timestamptz),
			 ('2024-02-01', '2024-02-01'), ('2024-02-15', '2024-02-29'),
			 ('2024-02-01', '2024-01-31'), ('-infinity', 'infinity'),
			 (NULL, '2024-02-01'), ('2024-02-01', NULL)) AS i (a, b)
	 LEFT JOIN LATERAL price_between(first_instant => i.a, last_instant => i.b) AS p ON true
GROUP BY a, b ORDER BY a, b;

-- Inlined, as a constant, as a parameter, in a join, with an index.
EXPLAIN (COSTS OFF) SELECT * FROM price_as_of('2024-01-20') WHERE id = 1;
EXPLAIN (COSTS OFF) SELECT * FROM price_between('2024-01-20', '2024-02-20') WHERE id = 1;
PREPARE past (timestamptz) AS SELECT * FROM price_as_of($1) WHERE id = 1;
SET plan_cache_mode = force_generic_plan;
EXPLAIN (COSTS OFF) EXECUTE past ('2024-01-20');
RESET plan_cache_mode;
CREATE INDEX ON price USING gist (valid);
EXPLAIN (COSTS OFF) SELECT * FROM price_as_of('2024-01-20');
EXPLAIN (COSTS OFF) SELECT * FROM price_between('2024-01-20', '2024-02-20');

-- Changes of columns show up without another call.
ALTER TABLE price ADD COLUMN note text NOT NULL DEFAULT 'n';
ALTER TABLE price ALTER COLUMN amount TYPE bigint, ADD COLUMN gone int;
ALTER TABLE price DROP COLUMN gone;
SELECT id, amount, note FROM price_as_of('2024-01-20') ORDER BY id;

-- After a renaming, enable() makes them again, under the new name.
ALTER TABLE price RENAME TO rate;
SELECT versioned_rows.enable('rate', period_column => 'valid');
SELECT count(*) FROM rate_as_of('2024-01-20');
\df *_as_of

-- Behind a facade they have the name that the table had.
SELECT versioned_rows.enable('rate', period_column => 'valid', facade => true);
\df *_as_of
SELECT id, amount FROM rate_as_of('2024-01-20') ORDER BY id;
SELECT versioned_rows.disable('rate');
\df *_as_of
DROP TABLE rate;

-- Somebody else's function is left alone.
CREATE TABLE thing (id int PRIMARY KEY);
CREATE FUNCTION thing_as_of(timestamptz) RETURNS int LANGUAGE sql AS 'SELECT 1';
SELECT versioned_rows.enable('thing', period_column => 'valid');
DROP FUNCTION thing_as_of;
SELECT versioned_rows.enable('thing', period_column => 'valid');
-- They are the owner's, and go with the table.
DROP TABLE thing;
\df *_as_of
DROP EXTENSION versioned_rows;

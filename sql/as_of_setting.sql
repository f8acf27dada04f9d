-- SET versioned_rows.as_of shows the past through the current view, read-only,
-- and costs no plan anything while it is not set.
CREATE EXTENSION versioned_rows;
\set SHOW_CONTEXT never
SET TimeZone = 'UTC';
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SET jit = off;

CREATE TABLE price (id int PRIMARY KEY, amount int);
SELECT versioned_rows.enable('price', period_column => 'valid',
							 current_view => 'price_now');
INSERT INTO price (id, amount, version_id, is_current_version, valid) VALUES
	(1, 10, 1, false, '[2024-01-01,2024-02-01)'),
	(1, 11, 2, true, '[2024-02-01,)'),
	(2, 20, 1, false, '[2024-01-15,2024-02-15)');

-- The plan is that of the flag.
EXPLAIN (COSTS OFF) SELECT * FROM price_now WHERE id = 1;
EXPLAIN (COSTS OFF) SELECT * FROM price WHERE id = 1 AND is_current_version;
EXPLAIN (COSTS OFF) UPDATE price_now SET amount = 1 WHERE id = 1;

-- A prepared statement follows the setting.
PREPARE shown AS SELECT id, version_id, amount FROM price_now ORDER BY id;
SET plan_cache_mode = force_generic_plan;
EXECUTE shown;
SET versioned_rows.as_of = '2024-01-20';
EXECUTE shown;
EXPLAIN (COSTS OFF) SELECT * FROM price_now WHERE id = 1;
BEGIN;
SET LOCAL versioned_rows.as_of = '2024-01-10';
EXECUTE shown;
ROLLBACK;
EXECUTE shown;
SET versioned_rows.as_of = 'infinity';
EXECUTE shown;

-- The instant does not move with the time zone.
SET versioned_rows.as_of = '2024-02-01 00:00';
SET TimeZone = 'Asia/Tokyo';
SHOW versioned_rows.as_of;
EXECUTE shown;
SET TimeZone = 'UTC';

-- The past is read-only, through the view and through the table.
UPDATE price_now SET amount = 0 WHERE id = 1;
DELETE FROM price WHERE id = 1;
INSERT INTO price_now (id, amount) VALUES (3, 30);
SET versioned_rows.as_of = 'the day before';
RESET versioned_rows.as_of;
INSERT INTO price_now (id, amount) VALUES (3, 30);
EXECUTE shown;

-- A table without a period has no past to show.
CREATE TABLE plain (id int PRIMARY KEY);
SELECT versioned_rows.enable('plain', current_view => 'plain_now');
INSERT INTO plain VALUES (1);
SELECT id FROM plain_now;
EXPLAIN (COSTS OFF) SELECT id FROM plain_now WHERE id = 1;
SET versioned_rows.as_of = '2024-01-20';
SELECT id FROM plain_now;
RESET versioned_rows.as_of;

DROP VIEW plain_now, price_now;
DROP TABLE plain, price;
DROP EXTENSION versioned_rows;

-- The versions of a row are drawn on a line of time by timeline(), with the columns
-- that changed in each.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
CREATE TABLE product (id int PRIMARY KEY, name text, price numeric, seen int);
SELECT versioned_rows.enable('product', period_column => 'valid', ignore_columns => '{seen}',
							 changed_by_column => 'changed_by', reason_column => 'reason');
INSERT INTO product (id, version_id, is_current_version, valid, name, price, seen, changed_by, reason, deletion) VALUES
	(1, 1, false, '[2024-01-01,2024-03-01)', 'pen', 10, NULL, 'ann', NULL, NULL),
	(1, 2, false, '[2024-03-01,2024-03-02)', 'pen', 12, NULL, 'bob', 'dearer', NULL),
	(1, 3, false, '[2024-03-02,2024-07-01)', 'red pen', NULL, 1, 'ann', NULL,
	 '{"deleted_at": "2024-07-01", "changed_by": "eve", "reason": "sold out"}'),
	(1, 4, false, '[2024-09-01,2024-11-01)', repeat('pen', 20), 12.0, 1, NULL, 'back', NULL),
	(1, 5, true, '[2024-11-01,)', repeat('pen', 20), 12.00, 1, 'ann', NULL, NULL);
SELECT version, since::date, line, changes, who
FROM versioned_rows.timeline('product', '{"id": 1}', until => '2025-01-01');
-- However narrow, however late: a place for each.
SELECT line FROM versioned_rows.timeline('product', '{"id": 1}', 1, '2025-01-01');
SELECT line FROM versioned_rows.timeline('product', '{"id": 1}', 20, '2020-01-01');
SELECT line FROM versioned_rows.timeline('product', '{"id": 1}', 20, 'infinity');
-- A row that is gone, and times that are not known.
SELECT versioned_rows.begin_maintenance('product');
INSERT INTO product (id, version_id, is_current_version, valid, name) VALUES
	(2, 1, false, 'empty', 'ink'), (2, 2, false, '(,2024-03-02)', 'ink'),
	(2, 3, false, '[2024-04-02,2024-05-01)', 'red ink');
SELECT version, since::date, line, changes
FROM versioned_rows.timeline('product', '{"id": 2}', 20, '2025-01-01');
-- Without a period; without a flag.
CREATE TABLE plain (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('plain', current_column => NULL);
INSERT INTO plain VALUES (1, 'a');
UPDATE plain SET name = 'b';
UPDATE plain SET name = NULL;
UPDATE plain SET name = 'd';
SELECT * FROM versioned_rows.timeline('plain', '{"id": 1}', 24);
-- More versions than 1000 share as many places, so that the drawing does not grow
-- by the square of their number.
INSERT INTO plain VALUES (3, '0');
DO $$ BEGIN FOR i IN 1..1999 LOOP UPDATE plain SET name = i WHERE id = 3 AND version_id = i; END LOOP; END $$;
SELECT count(*), min(length(trim(line))), max(length(line)), count(DISTINCT line)
FROM versioned_rows.timeline('plain', '{"id": 3}');
-- Bad input.
SELECT * FROM versioned_rows.timeline('plain', '{"id": 2}');
SELECT * FROM versioned_rows.timeline('plain', '{"id": 1}', 0);
SELECT * FROM versioned_rows.timeline('plain', '{"nr": 1}');
SELECT * FROM versioned_rows.timeline('pg_class', '{"oid": 1}');
DROP TABLE product, plain;
DROP EXTENSION versioned_rows;

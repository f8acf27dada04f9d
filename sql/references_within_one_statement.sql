-- What a statement refers to may be among the rows that it changes: neither the
-- order of rows, nor wal_level, nor the isolation level makes a difference.

CREATE EXTENSION versioned_rows;
\set SHOW_CONTEXT never

-- Rows that the running command has replaced are not looked for, when a trigger
-- has run commands of its own meanwhile.
CREATE TABLE elog (x int);
CREATE TABLE item (id int PRIMARY KEY, n int);
SELECT versioned_rows.enable('item');
CREATE TABLE pin (k serial PRIMARY KEY, item_id int);
SELECT versioned_rows.add_reference('pin', '{item_id}', 'item', 'pin');
CREATE FUNCTION lg() RETURNS trigger LANGUAGE plpgsql AS
	'BEGIN INSERT INTO elog VALUES (1); RETURN NEW; END';
CREATE TRIGGER audit BEFORE INSERT ON pin FOR EACH ROW EXECUTE FUNCTION lg();
INSERT INTO item VALUES (1, 1), (2, 1);
BEGIN ISOLATION LEVEL REPEATABLE READ;
WITH u AS (UPDATE item SET n = n + 1 WHERE is_current_version RETURNING id)
INSERT INTO pin (item_id) SELECT id FROM u;
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE;
WITH u AS (UPDATE item SET n = n + 1 WHERE is_current_version RETURNING id)
INSERT INTO pin (item_id) SELECT id FROM u;
COMMIT;
WITH u AS (UPDATE item SET n = n + 1 WHERE is_current_version RETURNING id)
INSERT INTO pin (item_id) SELECT id FROM u;
SELECT item_id, item_version_id FROM pin ORDER BY k;

-- Nor when the action of a foreign key has replaced them.
CREATE TABLE node (id int PRIMARY KEY, n int, parent_id int, alt_id int);
SELECT versioned_rows.enable('node');
SELECT versioned_rows.add_reference('node', '{parent_id}', 'node', 'follow');
SELECT versioned_rows.add_reference('node', '{alt_id}', 'node', 'pin');
INSERT INTO node VALUES (1, 0, NULL, NULL);
INSERT INTO node VALUES (2, 0, 1, NULL);
INSERT INTO node VALUES (3, 0, 1, 2);
BEGIN ISOLATION LEVEL REPEATABLE READ;
UPDATE node SET n = 1 WHERE id = 3 AND is_current_version;
UPDATE node SET n = 1 WHERE id = 1 AND is_current_version;
COMMIT;
SELECT id, version_id AS v, n, parent_id, parent_version_id AS pv,
	   alt_id, alt_version_id AS av, is_current_version AS c
FROM node ORDER BY id, v;

SELECT * FROM versioned_rows.verify();

DROP TABLE pin, item, node, elog;
DROP FUNCTION lg();
DROP EXTENSION versioned_rows;

-- What a statement refers to may be among the rows that it changes: neither the
-- order of rows, nor wal_level, nor the isolation level makes a difference.

CREATE EXTENSION versioned_rows;
\set SHOW_CONTEXT never
\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/sql/helpers/held_by.sql

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


-- Every row of a table refers to one of them, whichever comes first.
CREATE TABLE emp (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, boss_id int, helper_id int);
SELECT versioned_rows.enable('emp');
SELECT versioned_rows.add_reference('emp', '{boss_id}', 'emp', 'follow'),
	   versioned_rows.add_reference('emp', '{helper_id}', 'emp', 'pin');
CREATE VIEW versions AS
	SELECT id, string_agg(format('%s: %s.%s %s.%s', version_id, boss_id, boss_version_id,
								 helper_id, helper_version_id), ' | ' ORDER BY version_id) AS versions
	FROM emp GROUP BY id;
INSERT INTO emp VALUES (1), (2), (3);
UPDATE emp SET boss_id = 3 WHERE is_current_version;
UPDATE emp SET boss_id = 1 WHERE is_current_version;
SELECT * FROM versions ORDER BY id;

-- Each refers to the next one, then to the one before, then to none.
UPDATE emp SET boss_id = id % 3 + 1, helper_id = id % 3 + 1 WHERE is_current_version;
UPDATE emp SET boss_id = (id + 1) % 3 + 1, helper_id = (id + 1) % 3 + 1 WHERE is_current_version;
UPDATE emp SET boss_id = NULL, helper_id = NULL WHERE is_current_version;
SELECT * FROM versions ORDER BY id;

-- A pin of a row that moves later, and of one that has moved.
UPDATE emp SET n = n + 1, helper_id = CASE id WHEN 1 THEN 3 END WHERE is_current_version;
UPDATE emp SET n = n + 1, helper_id = CASE id WHEN 3 THEN 1 END WHERE is_current_version;
SELECT id, version_id, helper_id, helper_version_id FROM emp WHERE helper_id IS NOT NULL AND n > 0 ORDER BY 1, 2;

-- A cycle of two is closed from either end, and deleted in one go.
DELETE FROM emp WHERE is_current_version;
INSERT INTO emp VALUES (11, 0, NULL), (12, 0, 11), (22, 0, NULL), (21, 0, 22);
UPDATE emp SET boss_id = 12 WHERE id = 11 AND is_current_version;
UPDATE emp SET boss_id = 21 WHERE id = 22 AND is_current_version;
SELECT * FROM versions WHERE id > 10 ORDER BY id;
DELETE FROM emp WHERE is_current_version;
SELECT id, version_id, is_current_version FROM emp WHERE id > 10 ORDER BY 1, 2;

-- Rows of the same transaction, which has perhaps made the table, too.
BEGIN;
INSERT INTO emp VALUES (31, 0, 33, 33), (32, 0, 31, 33), (33, 0, 31, 32);
UPDATE emp SET n = n + 1 WHERE is_current_version;
SAVEPOINT s;
UPDATE emp SET n = n + 1, boss_id = 32, helper_id = 33 WHERE is_current_version;
ROLLBACK TO s;
UPDATE emp SET n = n + 1, boss_id = 33, helper_id = 32 WHERE is_current_version;
COMMIT;
SELECT * FROM versions WHERE id > 30 ORDER BY id;
BEGIN;
CREATE TABLE made (id int PRIMARY KEY, a_id int, b_id int);
SELECT versioned_rows.enable('made');
SELECT versioned_rows.add_reference('made', '{a_id}', 'made', 'follow'),
	   versioned_rows.add_reference('made', '{b_id}', 'made', 'pin');
INSERT INTO made VALUES (1), (2);
UPDATE made SET a_id = 3 - id, b_id = 3 - id WHERE is_current_version;
UPDATE made SET a_id = 2, b_id = 2 WHERE is_current_version;
COMMIT;
SELECT id, version_id, a_id, a_version_id, b_id, b_version_id FROM made ORDER BY 1, 2;

-- Two tables, in one statement and in either order: pins, followers, rows that are
-- there already. What the history of a row refers to may be pending as well.
CREATE TABLE part (id int PRIMARY KEY, n int) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (1) TO (3);
CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (3) TO (9);
SELECT versioned_rows.enable('part');
CREATE TABLE use (id int PRIMARY KEY, pinned_id bigint, followed_id int);
SELECT versioned_rows.enable('use');
SELECT versioned_rows.add_reference('use', '{pinned_id}', 'part', 'pin'),
	   versioned_rows.add_reference('use', '{followed_id}', 'part', 'follow');
INSERT INTO part VALUES (1, 0), (2, 0), (3, 0), (4, 0);
WITH p AS (INSERT INTO use SELECT id, id, id FROM part WHERE is_current_version RETURNING 1),
	 u AS (UPDATE part SET n = n + 1 WHERE is_current_version RETURNING 1)
SELECT (SELECT count(*) FROM p), (SELECT count(*) FROM u);
WITH p AS (UPDATE use SET pinned_id = id % 4 + 1, followed_id = id % 4 + 1 WHERE is_current_version RETURNING 1),
	 u AS (UPDATE part SET n = n + 1 WHERE is_current_version RETURNING 1)
SELECT (SELECT count(*) FROM p), (SELECT count(*) FROM u);
WITH p AS (UPDATE use SET pinned_id = id, followed_id = id WHERE is_current_version RETURNING 1),
	 u AS (UPDATE part SET n = n + 1 WHERE is_current_version RETURNING 1)
SELECT (SELECT count(*) FROM u), (SELECT count(*) FROM p);
SELECT id, version_id, pinned_id, pinned_version_id, followed_id, followed_version_id FROM use ORDER BY 1, 2;

-- A row that is pinned and then deleted has a last version to refer to. After the
-- DELETE there is none that is current, and what is followed cannot go.
WITH p AS (INSERT INTO use (id, pinned_id) VALUES (5, 4) RETURNING 1),
	 f AS (UPDATE use SET followed_id = NULL WHERE id = 4 AND is_current_version RETURNING 1),
	 d AS (DELETE FROM part WHERE id = 4 AND is_current_version RETURNING 1)
SELECT (SELECT count(*) FROM p), (SELECT count(*) FROM f), (SELECT count(*) FROM d);
WITH p AS (INSERT INTO use (id, pinned_id) VALUES (6, 3) RETURNING 1),
	 d AS (DELETE FROM part WHERE id = 3 AND is_current_version RETURNING 1)
SELECT (SELECT count(*) FROM d), (SELECT count(*) FROM p);
SELECT pg_temp.held_by($$
WITH p AS (INSERT INTO use (id, followed_id) VALUES (7, 3) RETURNING 1),
	 u AS (UPDATE use SET followed_id = NULL WHERE id = 3 AND is_current_version RETURNING 1),
	 d AS (DELETE FROM part WHERE id = 3 AND is_current_version RETURNING 1)
SELECT (SELECT count(*) FROM p), (SELECT count(*) FROM u), (SELECT count(*) FROM d)$$, false);
SELECT id, pinned_id, pinned_version_id FROM use WHERE id > 4;

-- Two tables whose rows follow each other, the keys checked at once.
CREATE TABLE a (id int PRIMARY KEY, b_id int);
CREATE TABLE b (id int PRIMARY KEY, a_id int);
SELECT versioned_rows.enable('a'), versioned_rows.enable('b');
SELECT versioned_rows.add_reference('a', '{b_id}', 'b', 'follow'),
	   versioned_rows.add_reference('b', '{a_id}', 'a', 'follow');
INSERT INTO b VALUES (1);
INSERT INTO a VALUES (1, 1);
UPDATE b SET a_id = 1 WHERE is_current_version;
UPDATE a SET b_id = NULL WHERE is_current_version;
SELECT id, version_id, b_id, b_version_id FROM a ORDER BY 2;
SELECT id, version_id, a_id, a_version_id FROM b ORDER BY 2;

-- The key is checked where the row may not be the one that was looked at: after a
-- later trigger, stamp(), or a volatile function in a constraint.
CREATE TABLE note (item_id int);
SELECT versioned_rows.add_reference('note', '{item_id}', 'item', 'pin');
CREATE FUNCTION other_version() RETURNS trigger LANGUAGE plpgsql AS
	'BEGIN NEW.item_version_id := 77; RETURN NEW; END';
CREATE TRIGGER zzzz BEFORE INSERT ON note FOR EACH ROW EXECUTE FUNCTION other_version();
INSERT INTO note VALUES (1);
DROP TRIGGER zzzz ON note;
CREATE TABLE detail (id int PRIMARY KEY, n int);
SELECT versioned_rows.enable('detail');
SELECT versioned_rows.add_reference('detail', '{id}', 'item', 'pin', 'version_id');
BEGIN;
INSERT INTO detail (id, n, version_id) SELECT id, 1, version_id FROM item WHERE id = 1 AND is_current_version;
UPDATE detail SET n = 2 WHERE is_current_version;
COMMIT;
DROP TABLE detail;
CREATE FUNCTION takes_away(id int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	PERFORM versioned_rows.begin_maintenance('item');
	DELETE FROM item WHERE item.id = $1;
	RETURN true;
END $$;
CREATE TABLE bare (item_id int);
SELECT versioned_rows.add_reference('bare', '{item_id}', 'item', 'pin');
DELETE FROM pin;
ALTER TABLE bare ADD CHECK (takes_away(item_id));
INSERT INTO bare VALUES (1);
SELECT count(*) FROM bare;

SELECT * FROM versioned_rows.verify();

DROP VIEW versions;
DROP TABLE pin, note, bare, item, node, elog, emp, made, use, part, a, b;
DROP FUNCTION lg(), other_version(), takes_away(int);
DROP EXTENSION versioned_rows;

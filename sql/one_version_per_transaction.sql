-- With per_transaction a transaction makes one version of a row, however often
-- it updates it, also with savepoints; it never overwrites an earlier version.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE item (id int PRIMARY KEY, name text, seen int DEFAULT 0);
SELECT versioned_rows.enable('item', per_transaction => true, ignore_columns => '{seen}',
							 reason_column => 'why');
SELECT relation, per_transaction FROM versioned_rows.tables;
CREATE VIEW versions AS
	SELECT id, version_id AS v, is_current_version AS current, name, why FROM item;
INSERT INTO item VALUES (1, 'a'), (2, 'a'), (3, 'a');

-- Two updates, one version; the last reason is that of the version.
BEGIN;
SET LOCAL versioned_rows.reason = 'first';
UPDATE item SET name = 'b' WHERE id = 1 RETURNING version_id;
SET LOCAL versioned_rows.reason = 'second';
UPDATE item SET name = 'c' WHERE id = 1 RETURNING version_id;
COMMIT;
UPDATE item SET name = 'd' WHERE id = 1;
SELECT * FROM versions WHERE id = 1 ORDER BY v;

-- INSERT and UPDATE: still version 1.
BEGIN;
INSERT INTO item VALUES (4, 'a');
UPDATE item SET name = 'b' WHERE id = 4;
COMMIT;
SELECT * FROM versions WHERE id = 4;

-- What a savepoint took back does not count, what it kept does.
BEGIN;
SAVEPOINT one;
UPDATE item SET name = 'lost' WHERE id = 2;
ROLLBACK TO one;
UPDATE item SET name = 'b' WHERE id = 2;
SAVEPOINT two;
UPDATE item SET name = 'c' WHERE id = 2;
SAVEPOINT three;
UPDATE item SET name = 'lost' WHERE id = 2;
ROLLBACK TO three;
RELEASE two;
UPDATE item SET name = name || '!' WHERE id = 2;
COMMIT;
SELECT * FROM versions WHERE id = 2 ORDER BY v;
BEGIN;
UPDATE item SET name = 'd' WHERE id = 2;
SAVEPOINT one;
UPDATE item SET name = 'lost' WHERE id = 2;
ROLLBACK TO one;
COMMIT;
SELECT * FROM versions WHERE id = 2 AND current;

-- An update that makes no version is not one to merge with: the version that
-- was there before stays, also when the row was updated so several times.
BEGIN;
UPDATE item SET name = name WHERE id = 3;
UPDATE item SET seen = 1 WHERE id = 3;
SAVEPOINT one;
UPDATE item SET seen = 2 WHERE id = 3;
RELEASE one;
UPDATE item SET name = 'b' WHERE id = 3;
UPDATE item SET seen = 3 WHERE id = 3;
UPDATE item SET name = 'c' WHERE id = 3;
COMMIT;
SELECT * FROM versions WHERE id = 3 ORDER BY v;
-- Nor one that only locked the row.
BEGIN;
SELECT name FROM item WHERE id = 3 AND is_current_version FOR UPDATE;
UPDATE item SET name = 'd' WHERE id = 3;
COMMIT;
SELECT max(v) FROM versions WHERE id = 3;
-- Nor one that was rolled back, in this transaction or another one.
BEGIN;
UPDATE item SET name = 'lost' WHERE id = 3;
ROLLBACK;
BEGIN;
SAVEPOINT one;
UPDATE item SET seen = 4 WHERE id = 3;
ROLLBACK TO one;
UPDATE item SET name = 'e' WHERE id = 3;
UPDATE item SET name = 'f' WHERE id = 3;
COMMIT;
SELECT v, name FROM versions WHERE id = 3 ORDER BY v;

-- Rewriting the table makes every tuple look new: nothing is merged.
BEGIN;
ALTER TABLE item ADD COLUMN stamp timestamptz DEFAULT clock_timestamp();
UPDATE item SET name = 'g' WHERE id = 3;
UPDATE item SET name = 'h' WHERE id = 3;
COMMIT;
SELECT v, name FROM versions WHERE id = 3 AND v > 4 ORDER BY v;

-- DELETE stores the last version, as always: who was it, what was it.
BEGIN;
INSERT INTO item VALUES (5, 'born');
DELETE FROM item WHERE id = 5;
COMMIT;
BEGIN;
UPDATE item SET name = 'last words' WHERE id = 4;
DELETE FROM item WHERE id = 4;
INSERT INTO item VALUES (4, 'back');
UPDATE item SET name = 'back again' WHERE id = 4;
COMMIT;
SELECT * FROM versions WHERE id > 3 ORDER BY id, v;

-- Clients that count versions get the one they ask for.
BEGIN;
UPDATE item SET name = 'x', version_id = 4 WHERE id = 4 AND version_id = 3;
UPDATE item SET name = 'y', version_id = 5 WHERE id = 4 AND version_id = 4;
COMMIT;
SELECT v, name FROM versions WHERE id = 4 ORDER BY v;

-- A reference taken within the transaction is to the one version that it leaves.
CREATE TABLE basket (item int, version int,
					 FOREIGN KEY (item, version) REFERENCES item (id, version_id));
BEGIN;
UPDATE item SET name = 'i' WHERE id = 1;
INSERT INTO basket SELECT id, version_id FROM item WHERE id = 1 AND is_current_version;
UPDATE item SET name = 'j' WHERE id = 1;
DELETE FROM item WHERE id = 1;
COMMIT;
SELECT b.version, v.name, v.current FROM basket b JOIN versions v ON (v.id, v.v) = (b.item, b.version);

-- One statement that updates a row twice, by a trigger or a cascade, merges too.
CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE item SET seen = seen + 1, name = name || '+' WHERE id = NEW.id AND is_current_version;
	RETURN NULL;
END
$$;
CREATE TRIGGER again AFTER UPDATE OF name ON item
	FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION again();
UPDATE item SET name = 'k' WHERE id = 2;
SELECT v, name, current FROM versions WHERE id = 2 ORDER BY v;
DROP TRIGGER again ON item;

-- The option can be given up.
SELECT versioned_rows.enable('item', reason_column => 'why', ignore_columns => '{seen}');
BEGIN;
UPDATE item SET name = 'l' WHERE id = 2;
UPDATE item SET name = 'm' WHERE id = 2;
COMMIT;
SELECT count(*) FROM versions WHERE id = 2;

-- In partitions, with a period: it starts once.
CREATE TABLE part (a int, b text, name text, PRIMARY KEY (b, a)) PARTITION BY HASH (a);
CREATE TABLE part_0 PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE part_1 (name text, b text NOT NULL, a int NOT NULL);
INSERT INTO part_1 VALUES ('one', 'x', 5);
ALTER TABLE part ATTACH PARTITION part_1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
SELECT versioned_rows.enable('part', per_transaction => true, period_column => 'valid',
							 period_start => '2024-01-01');
INSERT INTO part SELECT i, 'x', 'one' FROM generate_series(1, 4) i;
BEGIN;
UPDATE part SET name = name;
UPDATE part SET name = 'two';
UPDATE part SET name = 'three';
SELECT a, version_id, is_current_version, name, lower(valid) = now() AS now FROM part ORDER BY a, 2;
COMMIT;

DROP VIEW versions;
DROP TABLE basket, item, part;
DROP FUNCTION again();
DROP EXTENSION versioned_rows;

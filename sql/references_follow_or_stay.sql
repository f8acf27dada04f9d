-- A foreign key to (id, version_id) follows the row with ON UPDATE CASCADE,
-- and stays on its version with NO ACTION, also when the row is deleted.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/sql/helpers/held_by.sql
CREATE TABLE child (id int PRIMARY KEY, data text);
SELECT versioned_rows.enable('child');
CREATE TABLE follows (
	id int PRIMARY KEY, child_id int, child_version_id int,
	FOREIGN KEY (child_id, child_version_id) REFERENCES child (id, version_id)
		ON UPDATE CASCADE ON DELETE RESTRICT);
CREATE TABLE stays (
	id int PRIMARY KEY, child_id int, child_version_id int,
	FOREIGN KEY (child_id, child_version_id) REFERENCES child (id, version_id)
		ON UPDATE NO ACTION ON DELETE NO ACTION);
CREATE TABLE stays_deferred (
	id int PRIMARY KEY, child_id int, child_version_id int,
	FOREIGN KEY (child_id, child_version_id) REFERENCES child (id, version_id)
		DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE freezes (
	id int PRIMARY KEY, child_id int, child_version_id int,
	FOREIGN KEY (child_id, child_version_id) REFERENCES child (id, version_id)
		ON UPDATE RESTRICT ON DELETE RESTRICT);
CREATE VIEW parents AS
SELECT p.kind, p.id, p.child_version_id, c.data, c.is_current_version
FROM (SELECT 'follows' AS kind, * FROM follows
	  UNION ALL SELECT 'stays', * FROM stays
	  UNION ALL SELECT 'stays deferred', * FROM stays_deferred) p
	LEFT JOIN child c
		ON (c.id, c.version_id) = (p.child_id, p.child_version_id);

INSERT INTO child VALUES (1, 'c1'), (2, 'd1');
INSERT INTO follows VALUES (1, 1, 1);
INSERT INTO stays VALUES (1, 1, 1);
INSERT INTO stays_deferred VALUES (1, 1, 1);

UPDATE child SET data = 'c2' WHERE id = 1;
SELECT * FROM parents ORDER BY kind, id;

-- A version that is history can be chosen, one that is not there cannot.
INSERT INTO stays VALUES (2, 1, 1), (3, 1, 2);
INSERT INTO stays VALUES (4, 1, 3);
UPDATE child SET data = 'c3' WHERE id = 1;
UPDATE child SET data = upper(data);
SELECT * FROM parents ORDER BY kind, id;

-- Several versions in one transaction, and back to a savepoint.
BEGIN;
UPDATE child SET data = 'c5' WHERE id = 1;
SAVEPOINT a;
UPDATE child SET data = 'c6' WHERE id = 1;
SELECT * FROM parents WHERE kind = 'follows';
ROLLBACK TO a;
COMMIT;
SELECT * FROM parents ORDER BY kind, id;

-- Unchanged rows and ignored columns move nothing.
UPDATE child SET data = data;
SELECT child_version_id FROM follows;

-- While it is followed the row cannot be deleted; afterwards it can, and what
-- stays on one of its versions still finds it.
SELECT pg_temp.held_by($$DELETE FROM child WHERE id = 1$$);
DELETE FROM follows;
DELETE FROM child WHERE id = 1;
SELECT * FROM parents ORDER BY kind, id;
SELECT * FROM child WHERE id = 1 ORDER BY version_id;

-- Back again, as the next version.
INSERT INTO child VALUES (1, 'c6') RETURNING *;

-- RESTRICT freezes the row.
INSERT INTO freezes VALUES (1, 2, 2);
SELECT pg_temp.held_by($$UPDATE child SET data = 'd3' WHERE id = 2$$);
SELECT pg_temp.held_by($$DELETE FROM child WHERE id = 2$$);
DELETE FROM freezes;
UPDATE child SET data = 'd3' WHERE id = 2 RETURNING *;

-- A parent that is versioned itself gets a version of its own when it follows,
-- and its old version keeps the old one of the child.
CREATE TABLE family (
	id int PRIMARY KEY, child_id int, child_version_id int,
	FOREIGN KEY (child_id, child_version_id) REFERENCES child (id, version_id)
		ON UPDATE CASCADE);
SELECT versioned_rows.enable('family');
INSERT INTO family VALUES (1, 2, 3);
UPDATE child SET data = 'd4' WHERE id = 2;
UPDATE child SET data = 'd5' WHERE id = 2;
SELECT f.id, f.version_id, f.is_current_version, f.child_version_id, c.data
FROM family f JOIN child c
	ON (c.id, c.version_id) = (f.child_id, f.child_version_id)
ORDER BY f.id, f.version_id;
-- Without ON DELETE RESTRICT the last version can be followed to its end.
DELETE FROM child WHERE id = 2;
UPDATE family SET id = id;
SELECT f.*, c.data
FROM family f JOIN child c
	ON (c.id, c.version_id) = (f.child_id, f.child_version_id)
ORDER BY f.id, f.version_id;

-- A row that references another row of its own table.
CREATE TABLE tree (
	id int PRIMARY KEY, name text, parent_id int, parent_version_id int);
SELECT versioned_rows.enable('tree');
ALTER TABLE tree ADD FOREIGN KEY (parent_id, parent_version_id)
	REFERENCES tree (id, version_id) ON UPDATE CASCADE;
INSERT INTO tree VALUES (1, 'root', NULL, NULL), (2, 'branch', 1, 1),
	(3, 'leaf', 2, 1);
UPDATE tree SET name = 'ROOT' WHERE id = 1;
SELECT * FROM tree ORDER BY id, version_id;
-- An outgoing key to a plain table is checked for history, too.
CREATE TABLE colour (name text PRIMARY KEY);
INSERT INTO colour VALUES ('red'), ('blue'), ('green');
CREATE TABLE car (id int PRIMARY KEY, colour text REFERENCES colour);
SELECT versioned_rows.enable('car');
INSERT INTO car VALUES (1, 'red');
UPDATE car SET colour = 'blue';
DELETE FROM colour WHERE name = 'red';
DELETE FROM colour WHERE name = 'green';
UPDATE car SET colour = 'green';
SELECT * FROM car ORDER BY version_id;

DROP VIEW parents;
DROP TABLE follows, stays, stays_deferred, freezes, family, child, tree, car,
	colour;
DROP EXTENSION versioned_rows;

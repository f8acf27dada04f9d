-- Inheritance children are tables of their own: each is versioned or not, a
-- command on the parent does in each what it would do there, and verify() tells.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE animal (id int PRIMARY KEY, name text);
CREATE TABLE cat (lives int DEFAULT 9, PRIMARY KEY (id)) INHERITS (animal);
INSERT INTO animal VALUES (1, 'a');
INSERT INTO cat VALUES (2, 'a');

-- A parent that has children is refused, a child is not.
SELECT versioned_rows.enable('animal');
SELECT versioned_rows.enable('cat');
UPDATE animal SET name = 'b';
UPDATE ONLY animal SET name = 'c';
SELECT tableoid::regclass AS table, * FROM animal ORDER BY id, name;
SELECT id, name, version_id, is_current_version FROM cat ORDER BY version_id;
DELETE FROM animal;
SELECT id, name, version_id, is_current_version FROM cat ORDER BY version_id;
SELECT * FROM versioned_rows.verify();

-- A child that comes later, or that ceases to be one.
SELECT versioned_rows.disable('cat');
ALTER TABLE cat NO INHERIT animal;
SELECT versioned_rows.enable('animal');
INSERT INTO animal VALUES (1, 'd');
CREATE TABLE dog (PRIMARY KEY (id, version_id)) INHERITS (animal);
INSERT INTO dog VALUES (3, 'd');
SELECT * FROM versioned_rows.verify();
UPDATE animal SET name = 'e';
UPDATE ONLY animal SET name = 'f';
SELECT tableoid::regclass AS table, * FROM animal ORDER BY id, version_id;
-- Versioned as well, it makes versions of its own; only the parent is not sure.
SELECT versioned_rows.enable('dog');
UPDATE animal SET name = 'g' WHERE is_current_version;
SELECT tableoid::regclass AS table, * FROM animal ORDER BY id, version_id;
SELECT * FROM versioned_rows.verify();
SELECT version, is_current FROM versioned_rows.history('dog', '{"id": 3}');
SELECT versioned_rows.enable('animal', ignore_columns => '{name}');
ALTER TABLE dog NO INHERIT animal;
SELECT versioned_rows.enable('animal', ignore_columns => '{name}');
SELECT * FROM versioned_rows.verify();
UPDATE animal SET name = 'h' RETURNING version_id;
UPDATE dog SET name = 'h' WHERE is_current_version RETURNING version_id;

DROP TABLE dog, cat, animal;
DROP EXTENSION versioned_rows;

-- A foreign key to an unversioned table that changes or deletes rows contradicts
-- history: refused, unless versions have a table of their own.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE person (id int PRIMARY KEY);
CREATE TABLE shop (id int PRIMARY KEY);
CREATE TABLE visit (id int PRIMARY KEY, person_id int REFERENCES person ON DELETE CASCADE,
					shop_id int REFERENCES shop ON UPDATE CASCADE ON DELETE SET NULL, t text);
INSERT INTO person VALUES (1), (2), (3);
INSERT INTO shop VALUES (1), (2);
SELECT versioned_rows.enable('visit');

-- With a table of versions the keys act on the row; its versions stay.
SELECT versioned_rows.enable('visit', versions_table => 'visit_versions');
INSERT INTO visit VALUES (1, 1, 1, 'a'), (2, 2, 1, 'a'), (3, 2, 2, 'a');
UPDATE visit SET t = 'b' WHERE id < 3;
DELETE FROM shop WHERE id = 1;
UPDATE shop SET id = 20 WHERE id = 2;
DELETE FROM person WHERE id = 2;
SELECT * FROM visit ORDER BY id;
SELECT * FROM visit_versions ORDER BY id, version_id;
DROP TABLE visit, visit_versions;

-- A key that is given an action later: an error rather than a reference to
-- nothing.
CREATE TABLE visit (id int PRIMARY KEY, person_id int, shop_id int, t text);
SELECT versioned_rows.enable('visit');
ALTER TABLE visit ADD FOREIGN KEY (person_id) REFERENCES person ON DELETE CASCADE,
	ADD FOREIGN KEY (shop_id) REFERENCES shop ON UPDATE CASCADE ON DELETE SET NULL;
INSERT INTO shop VALUES (5);
INSERT INTO visit VALUES (4, 3, 20), (5, NULL, 5);
UPDATE visit SET t = 'd', shop_id = NULL;
DELETE FROM person WHERE id = 3;
UPDATE shop SET id = 21 WHERE id = 20;
DELETE FROM shop WHERE id = 5;
-- The row that is current, whose last version would refer to nothing.
INSERT INTO person VALUES (7);
INSERT INTO visit VALUES (7, 7);
DELETE FROM person WHERE id = 7;
SELECT id, version_id, person_id, shop_id FROM visit ORDER BY id, version_id;

DROP TABLE visit, person, shop;
DROP EXTENSION versioned_rows;

-- A foreign key to an unversioned table that changes or deletes rows ON DELETE
-- contradicts history: refused, unless the table is enabled to be erased.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE person (id int PRIMARY KEY);
CREATE TABLE shop (id int PRIMARY KEY);
CREATE TABLE visit (id int PRIMARY KEY, person_id int REFERENCES person ON DELETE CASCADE,
					shop_id int REFERENCES shop ON UPDATE CASCADE ON DELETE SET NULL, part_of int REFERENCES visit ON DELETE SET NULL, t text);
INSERT INTO person VALUES (1), (2), (3);
INSERT INTO shop VALUES (1), (2);
SELECT versioned_rows.enable('visit', inbound => 'follow');
SELECT versioned_rows.enable('visit', inbound => 'follow', erase => true);
SELECT erase FROM versioned_rows.tables;
INSERT INTO visit VALUES (1, 1, 1, NULL, 'a'), (2, 2, 1, 1, 'a'), (3, 2, 2, NULL, 'a');
UPDATE visit SET t = 'b';
UPDATE visit SET person_id = 3 WHERE id = 3;

-- SET NULL, and a key that moves on, in every version.
DELETE FROM shop WHERE id = 1;
UPDATE shop SET id = 20 WHERE id = 2;
SELECT id, version_id AS v, is_current_version AS current, person_id, shop_id, part_of, part_of_version_id, t FROM visit ORDER BY id, version_id;

-- CASCADE: versions go that refer to the row.
DELETE FROM person WHERE id = 2;
SELECT id, version_id AS v, is_current_version AS current, person_id, shop_id, part_of, t FROM visit ORDER BY id, version_id;

-- Its own DELETE still leaves history, and its own UPDATE makes it.
UPDATE visit SET shop_id = 20, t = 'c' WHERE id = 1;
DELETE FROM visit WHERE id = 3;
SELECT id, version_id AS v, is_current_version AS current, person_id, shop_id, part_of, t FROM visit ORDER BY id, version_id;

-- A version that is pinned cannot be erased.
CREATE TABLE photo (visit_id int);
SELECT versioned_rows.add_reference('photo', '{visit_id}', 'visit', 'pin');
INSERT INTO photo VALUES (1);
DELETE FROM person WHERE id = 1;
DROP TABLE photo;
DELETE FROM person WHERE id = 1;
SELECT id, version_id FROM visit ORDER BY id, version_id;

-- Not enabled for that, and the key comes later: an error rather than a
-- reference to nothing.
ALTER TABLE visit DROP CONSTRAINT visit_person_id_fkey, DROP CONSTRAINT visit_shop_id_fkey;
SELECT versioned_rows.enable('visit');
ALTER TABLE visit ADD FOREIGN KEY (person_id) REFERENCES person ON DELETE CASCADE,
	ADD FOREIGN KEY (shop_id) REFERENCES shop ON UPDATE CASCADE ON DELETE SET NULL;
INSERT INTO shop VALUES (5);
INSERT INTO visit VALUES (4, 3, 20), (5, NULL, 5);
UPDATE visit SET t = 'd', shop_id = NULL;
DELETE FROM person WHERE id = 3;
UPDATE shop SET id = 21 WHERE id = 20;
DELETE FROM shop WHERE id = 5;

DROP TABLE visit, person, shop;
DROP EXTENSION versioned_rows;

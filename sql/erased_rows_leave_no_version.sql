-- A row whose last version goes with a row that it refers to takes all of its
-- versions along; one that lives on loses only those that referred to it.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE person (id int PRIMARY KEY);
CREATE TABLE shop (id int PRIMARY KEY);
CREATE TABLE visit (id int PRIMARY KEY, person_id int REFERENCES person ON DELETE CASCADE,
					shop_id int DEFAULT 9 REFERENCES shop ON UPDATE CASCADE ON DELETE SET DEFAULT, t text);
SELECT versioned_rows.enable('visit', erase => true);
INSERT INTO person VALUES (1), (2), (3);
INSERT INTO shop VALUES (1), (2);
INSERT INTO visit VALUES (1, 1, 1, 'a'), (2, 2, 1, 'a'), (3, 2, 2, 'a'), (4, 3, 2, 'a');
UPDATE visit SET t = 'b';
UPDATE visit SET person_id = person_id % 3 + 1;
DELETE FROM visit WHERE id = 4;
CREATE VIEW visits AS
SELECT id, version_id AS v, is_current_version AS current, person_id AS person, shop_id AS shop, t
FROM visit ORDER BY id, version_id;
TABLE visits;

-- Person 3 is what 2 and 3 ended with, and a part of the past of 4.
BEGIN;
DELETE FROM person WHERE id = 3;
TABLE visits;
-- A row that is erased starts anew.
INSERT INTO person VALUES (3);
INSERT INTO visit VALUES (2, 3, 1, 'new') RETURNING version_id;
ROLLBACK;
-- Person 1 is what the deleted row 4 ended with, and a part of the past of 1.
BEGIN;
DELETE FROM person WHERE id = 1;
TABLE visits;
ROLLBACK;
-- All of them, and in one statement with a row.
BEGIN;
DELETE FROM person;
TABLE visits;
ROLLBACK;
BEGIN;
WITH p AS (DELETE FROM person WHERE id = 2 RETURNING id)
DELETE FROM visit WHERE person_id IN (SELECT id FROM p) RETURNING id;
TABLE visits;
ROLLBACK;

-- A version that is pinned stays, and so does all else, whoever it refers to.
CREATE TABLE photo (visit_id int);
SELECT versioned_rows.add_reference('photo', '{visit_id}', 'visit', 'pin');
INSERT INTO photo VALUES (2, 1);
DELETE FROM person WHERE id = 3;
SELECT versioned_rows.add_reference('photo', '{visit_id}', 'visit', 'pin', timing => 'deferred');
BEGIN;
DELETE FROM person WHERE id = 3;
COMMIT;
BEGIN;
DELETE FROM person WHERE id = 3;
DELETE FROM photo;
COMMIT;
TABLE visits;

-- References that act on the deletion of a version do.
DROP TABLE photo;
CREATE TABLE photo (id int PRIMARY KEY, visit_id int, v int, FOREIGN KEY (visit_id, v) REFERENCES visit ON DELETE CASCADE,
					also_id int, also_v int, FOREIGN KEY (also_id, also_v) REFERENCES visit ON DELETE SET NULL);
INSERT INTO photo VALUES (1, 1, 1, NULL, NULL), (2, NULL, NULL, 1, 2), (3, 1, 3, 1, 3);
BEGIN;
DELETE FROM person WHERE id = 2;
TABLE visits;
TABLE photo ORDER BY id;
ROLLBACK;

-- ... also in another versioned table, if that may be erased.
SELECT versioned_rows.enable('photo');
UPDATE photo SET visit_id = NULL, v = NULL, also_id = NULL, also_v = NULL;
DELETE FROM person WHERE id = 2;
SELECT versioned_rows.enable('photo', erase => true);
DELETE FROM person WHERE id = 2;
TABLE visits;
TABLE photo ORDER BY id, version_id;
SELECT * FROM versioned_rows.verify();
DROP TABLE photo;

-- SET DEFAULT and keys that move on change every version in place; a default
-- that refers to nothing is an error.
INSERT INTO visit VALUES (5, 1, 2, 'a');
UPDATE visit SET t = 'b';
DELETE FROM shop WHERE id = 2;
INSERT INTO shop VALUES (9);
DELETE FROM shop WHERE id = 2;
UPDATE shop SET id = 10 WHERE id = 9;
TABLE visits;
-- Keys that move up by one, each to where another was.
DROP VIEW visits;
DROP TABLE visit;
CREATE TABLE visit (id int PRIMARY KEY, shop_id int REFERENCES shop ON UPDATE CASCADE, t text);
SELECT versioned_rows.enable('visit', erase => true);
DELETE FROM shop;
INSERT INTO shop VALUES (2), (1);
INSERT INTO visit VALUES (1, 1), (2, 2), (3, 1);
UPDATE visit SET shop_id = 3 - shop_id WHERE id = 3;
UPDATE shop SET id = id + 1;
TABLE visit ORDER BY id, version_id;

-- A column that is ignored, or changed in place, is no affair of other versions.
UPDATE visit SET t = 'a';
SELECT versioned_rows.enable('visit', erase => true, ignore_columns => '{shop_id}');
UPDATE visit SET shop_id = 2;
SELECT versioned_rows.enable('visit', erase => true, per_transaction => true);
BEGIN;
UPDATE visit SET t = 'b' WHERE id = 1;
UPDATE visit SET shop_id = 3 WHERE id = 1;
COMMIT;
TABLE visit ORDER BY id, version_id;
DROP TABLE visit;

-- Tables without a flag, with a period alone, and with neither.
CREATE TABLE visit (id int PRIMARY KEY, person_id int REFERENCES person ON DELETE CASCADE);
CREATE TABLE stay (id int PRIMARY KEY, person_id int REFERENCES person ON DELETE CASCADE);
SELECT versioned_rows.enable('visit', erase => true, current_column => NULL),
	   versioned_rows.enable('stay', erase => true, current_column => NULL, period_column => 'valid');
INSERT INTO person VALUES (11), (12);
INSERT INTO visit VALUES (1, 11), (2, 12), (3, 11);
INSERT INTO stay SELECT * FROM visit;
UPDATE visit SET person_id = 23 - person_id;
UPDATE visit SET person_id = 23 - person_id WHERE id = 3;
UPDATE stay SET person_id = 23 - person_id;
UPDATE stay SET person_id = 23 - person_id WHERE id = 3;
DELETE FROM person WHERE id = 12;
TABLE visit ORDER BY id, version_id;
SELECT id, version_id, person_id, upper_inf(valid) AS current FROM stay ORDER BY id, version_id;
DROP TABLE visit, stay;

-- Partitions on both sides.
CREATE TABLE owner (id int PRIMARY KEY) PARTITION BY HASH (id);
CREATE TABLE owner_0 PARTITION OF owner FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE owner_1 PARTITION OF owner FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE pet (id int PRIMARY KEY, owner_id int REFERENCES owner ON DELETE CASCADE) PARTITION BY RANGE (id);
CREATE TABLE pet_0 PARTITION OF pet FOR VALUES FROM (0) TO (10);
CREATE TABLE pet_1 PARTITION OF pet FOR VALUES FROM (10) TO (20);
SELECT versioned_rows.enable('pet', erase => true);
INSERT INTO owner VALUES (1), (2), (3);
INSERT INTO pet VALUES (1, 1), (2, 2), (11, 1), (12, 3);
UPDATE pet SET owner_id = owner_id % 3 + 1;
-- Its own DELETE is not taken for an erasure.
DELETE FROM pet WHERE id = 12;
TABLE pet ORDER BY id, version_id;
DELETE FROM owner WHERE id = 2;
TABLE pet ORDER BY id, version_id;
DROP TABLE pet, owner;

-- A reference that is to come later: the row cannot be deleted meanwhile,
-- since it could not be told from one that is erased.
CREATE TABLE visit (id int PRIMARY KEY, person_id int REFERENCES person ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
SELECT versioned_rows.enable('visit', erase => true);
INSERT INTO visit VALUES (1, 11);
BEGIN;
UPDATE visit SET person_id = 99;
DELETE FROM visit;
ROLLBACK;
BEGIN;
UPDATE visit SET person_id = 99;
INSERT INTO person VALUES (99);
DELETE FROM visit;
COMMIT;
TABLE visit ORDER BY id, version_id;
DROP TABLE visit;

-- A trigger of another user in the middle of an action cannot reach history.
CREATE ROLE regress_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON person, shop TO regress_writer;
GRANT REFERENCES ON person TO regress_writer;
CREATE TABLE visit (id int PRIMARY KEY, person_id int REFERENCES person, t text);
SELECT versioned_rows.enable('visit', erase => true);
GRANT SELECT, UPDATE, DELETE ON visit TO regress_writer;
GRANT CREATE ON SCHEMA public TO regress_writer;
INSERT INTO visit VALUES (1, 11, 'a');
UPDATE visit SET t = 'b';
INSERT INTO person VALUES (12);
SET ROLE regress_writer;
CREATE TABLE bait (person_id int REFERENCES person ON DELETE CASCADE);
INSERT INTO bait VALUES (12);
CREATE FUNCTION forge() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN UPDATE visit SET person_id = NULL, t = 'forged'; RETURN OLD; END $$;
CREATE TRIGGER forge BEFORE DELETE ON bait FOR EACH ROW EXECUTE FUNCTION forge();
DELETE FROM person WHERE id = 12;
RESET ROLE;
TABLE visit ORDER BY version_id;
DROP TABLE bait, visit, person, shop;
DROP FUNCTION forge();
REVOKE CREATE ON SCHEMA public FROM regress_writer;
DROP ROLE regress_writer;
DROP EXTENSION versioned_rows;

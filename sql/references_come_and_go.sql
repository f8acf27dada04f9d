-- What references stand on is not dropped without a word, from either side; and
-- where it goes, what stays behind works on, or says what to do.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/sql/helpers/held_by.sql
CREATE TABLE product (id int PRIMARY KEY, price numeric);
SELECT versioned_rows.enable('product');
INSERT INTO product VALUES (1, 10), (2, 20), (3, 30), (4, 40);
CREATE TABLE follower (id int PRIMARY KEY, product_id int);
CREATE TABLE pinned (id int PRIMARY KEY, product_id int);
CREATE TABLE frozen (id int PRIMARY KEY, product_id int);
CREATE TABLE offer (id int PRIMARY KEY, product_id int, note text);
SELECT versioned_rows.enable('offer');
SELECT versioned_rows.add_reference('follower', '{product_id}', 'product', 'follow');
SELECT versioned_rows.add_reference('pinned', '{product_id}', 'product', 'pin');
SELECT versioned_rows.add_reference('frozen', '{product_id}', 'product', 'freeze');
SELECT versioned_rows.add_reference('offer', '{product_id}', 'product', 'follow');
INSERT INTO follower VALUES (1, 1);
INSERT INTO pinned VALUES (1, 1);
INSERT INTO frozen VALUES (1, 2);
INSERT INTO offer VALUES (1, 3);
CREATE VIEW state AS
SELECT (SELECT count(*) FROM pg_constraint WHERE confrelid = 'product'::regclass) AS keys,
	   (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal) AS triggers,
	   (SELECT count(*) FROM versioned_rows.tables) AS tables,
	   (SELECT count(*) FROM versioned_rows.verify()) AS problems;
TABLE state;

-- The referenced side: nothing goes, and everything is named.
DROP TABLE product;
ALTER TABLE product DROP COLUMN version_id;
ALTER TABLE product DROP COLUMN id;
ALTER TABLE product DROP CONSTRAINT product_pkey;
DROP EXTENSION versioned_rows;
TABLE state;

-- DROP TABLE ... CASCADE takes the keys.  The triggers that kept them say so
-- when a row is written, until they are dropped or have a key again.
BEGIN;
DROP VIEW state;
DROP TABLE product CASCADE;
SAVEPOINT s;
INSERT INTO pinned VALUES (2, 1);
ROLLBACK TO s;
UPDATE follower SET id = 2;
ROLLBACK TO s;
CREATE TABLE product (id int PRIMARY KEY, price numeric);
INSERT INTO product VALUES (1, 10);
SELECT versioned_rows.enable('product');
SELECT versioned_rows.add_reference('pinned', '{product_id}', 'product', 'pin');
INSERT INTO pinned VALUES (2, 1) RETURNING *;
DROP TRIGGER zzy_versioned_rows_reference_product_version_id ON follower;
UPDATE follower SET id = 2 RETURNING *;
ROLLBACK;

-- disable() on the referenced side tells who refers to it.  Keys stay and are
-- checked; rows that name a version can be written, others need one.
BEGIN;
SELECT versioned_rows.disable('product');
SAVEPOINT s;
INSERT INTO pinned VALUES (2, 1);
ROLLBACK TO s;
UPDATE pinned SET product_id = 2;
ROLLBACK TO s;
INSERT INTO pinned VALUES (2, 1, 2);
ROLLBACK TO s;
SELECT pg_temp.held_by($$DELETE FROM product WHERE id = 1$$);
ROLLBACK TO s;
INSERT INTO pinned VALUES (2, 1, 1), (3, NULL, NULL) RETURNING *;
UPDATE pinned SET id = id + 10;
UPDATE pinned SET product_id = NULL, product_version_id = NULL WHERE id = 12;
UPDATE follower SET product_id = NULL RETURNING *;
UPDATE product SET price = 11 WHERE id = 1;
TABLE product ORDER BY id, version_id;
-- Enabled again, all is as before.
SELECT versioned_rows.enable('product');
INSERT INTO pinned VALUES (4, 1) RETURNING *;
UPDATE product SET price = 12 WHERE id = 1 RETURNING version_id;
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- disable() on the referencing side: the reference is kept; every row counts
-- as a follower now.
BEGIN;
UPDATE offer SET note = 'b';
SELECT versioned_rows.disable('offer');
INSERT INTO offer (id, product_id) VALUES (2, 4) RETURNING product_version_id;
UPDATE product SET price = price + 1 WHERE id <> 2;
TABLE offer ORDER BY id, version_id;
SAVEPOINT s;
DELETE FROM product WHERE id = 4;
ROLLBACK TO s;
DELETE FROM offer WHERE id = 2;
DELETE FROM product WHERE id = 4;
-- Enabled again it has two rows that follow, of which the old one is history.
SELECT versioned_rows.enable('offer');
DELETE FROM product WHERE id = 3;
ROLLBACK;

-- The referencing side: dropping the key, or one of its columns, leaves the
-- trigger, which says what to do.
BEGIN;
ALTER TABLE pinned DROP CONSTRAINT pinned_product_id_product_version_id_fkey;
SAVEPOINT s;
INSERT INTO pinned VALUES (2, 1);
ROLLBACK TO s;
SELECT versioned_rows.add_reference('pinned', '{product_id}', 'product', 'follow');
INSERT INTO pinned VALUES (2, 1) RETURNING *;
ROLLBACK;
BEGIN;
ALTER TABLE pinned DROP COLUMN product_version_id;
SAVEPOINT s;
INSERT INTO pinned VALUES (2, 1);
ROLLBACK TO s;
SELECT versioned_rows.add_reference('pinned', '{product_id}', 'product', 'pin');
INSERT INTO pinned VALUES (2, 1) RETURNING *;
ROLLBACK;
BEGIN;
ALTER TABLE pinned DROP COLUMN product_id;
SAVEPOINT s;
INSERT INTO pinned VALUES (2, 1);
ROLLBACK TO s;
DROP TRIGGER zzy_versioned_rows_reference_product_version_id ON pinned;
INSERT INTO pinned VALUES (2, 1);
ROLLBACK;
-- A table that goes takes its references along.
BEGIN;
DROP TABLE pinned, follower, frozen;
UPDATE product SET price = price + 1 RETURNING version_id;
DELETE FROM product WHERE id < 3;
ROLLBACK;

-- DROP EXTENSION ... CASCADE leaves ordinary foreign keys and all rows.
BEGIN;
UPDATE product SET price = 11 WHERE id = 1;
DROP VIEW state;
DROP EXTENSION versioned_rows CASCADE;
SELECT conrelid::regclass, pg_get_constraintdef(oid) FROM pg_constraint
WHERE confrelid = 'product'::regclass ORDER BY conrelid::regclass::text;
INSERT INTO pinned VALUES (2, 1, 2);
UPDATE product SET version_id = 3 WHERE id = 1 AND version_id = 2;
ROLLBACK;

-- A table that follows already when it becomes versioned itself: the key of
-- add_reference() is made over, and keeps its name, timing and comment; one
-- written by hand is left as it is, with a notice.
CREATE TABLE wish (id int PRIMARY KEY, product_id int, hand_id int, hand_v int,
	CONSTRAINT "By hand" FOREIGN KEY (hand_id, hand_v) REFERENCES product ON UPDATE CASCADE ON DELETE RESTRICT);
SELECT versioned_rows.add_reference('wish', '{product_id}', 'product', 'follow', timing => 'deferrable');
ALTER TABLE wish RENAME CONSTRAINT wish_product_id_product_version_id_fkey TO "Made";
COMMENT ON CONSTRAINT "Made" ON wish IS 'what is wished';
INSERT INTO wish VALUES (1, 3, 4, 1);
SELECT versioned_rows.enable('wish');
SELECT conname, pg_get_constraintdef(oid), obj_description(oid, 'pg_constraint') FROM pg_constraint
WHERE conrelid = 'wish'::regclass AND contype = 'f' ORDER BY 1;
DELETE FROM offer;
DELETE FROM product WHERE id = 3;
UPDATE wish SET product_id = NULL, hand_id = NULL, hand_v = NULL;
DELETE FROM product WHERE id = 3;
SELECT pg_temp.held_by($$DELETE FROM product WHERE id = 4$$);
SELECT versioned_rows.add_reference('wish', '{hand_id}', 'product', 'follow', 'hand_v');
SELECT versioned_rows.enable('wish');
DELETE FROM product WHERE id = 4;
SELECT * FROM versioned_rows.verify();

DROP VIEW state;
DROP TABLE follower, pinned, frozen, offer, wish, product;
DROP EXTENSION versioned_rows;

-- A version that is missing is reported by verify(), unless prune() could have
-- taken it; so are followers that were left behind, and numbers and times that no version has.
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int, lang text, name text, PRIMARY KEY (id, lang));
CREATE TABLE pin (product_id int, lang text);
SELECT versioned_rows.enable('product', period_column => 'valid');
SELECT versioned_rows.add_reference('pin', '{product_id,lang}', 'product', 'pin');
INSERT INTO product SELECT n, 'en', 'a' FROM generate_series(1, 3) n;
INSERT INTO pin VALUES (1, 'en');
UPDATE product SET name = 'b';
UPDATE product SET name = 'c';
UPDATE product SET name = 'd';
UPDATE product SET name = 'e';
PREPARE problems AS SELECT key, version, problem FROM versioned_rows.verify('product');
EXECUTE problems;

-- What prune() leaves: nothing below, or what is referenced.
BEGIN;
SELECT removed, kept_for_reference FROM versioned_rows.prune('product', keep => 2);
SELECT id, array_agg(version_id ORDER BY version_id) FROM product GROUP BY id ORDER BY id;
EXECUTE problems;
SELECT removed, kept_for_reference FROM versioned_rows.prune('product', keep => 0);
EXECUTE problems;
-- Once nothing refers to it, the next prune() takes it.
DELETE FROM pin;
EXECUTE problems;
SELECT removed FROM versioned_rows.prune('product', keep => 0);
EXECUTE problems;
ROLLBACK;

-- A row that was deleted and came back goes on without a gap in its numbers,
-- although there is a time when it was not there.
BEGIN;
DELETE FROM product WHERE id = 3;
EXECUTE problems;
ROLLBACK;

-- Versions that are missing elsewhere.
BEGIN;
SELECT versioned_rows.begin_maintenance('product');
DELETE FROM product WHERE (id, version_id) IN ((1, 4), (2, 3), (2, 4), (3, 1));
EXECUTE problems;
-- Below a gap as above it.
DELETE FROM product WHERE (id, version_id) IN ((1, 2));
EXECUTE problems;
ROLLBACK;

-- Also where the trigger has been away, and where no column tells of times or
-- of what is current.
CREATE TABLE counted (id int PRIMARY KEY, name text, version_id bigint NOT NULL DEFAULT 1);
SELECT versioned_rows.enable('counted', current_column => NULL);
INSERT INTO counted VALUES (1, 'a');
UPDATE counted SET name = 'b';
ALTER TABLE counted DISABLE TRIGGER "000_versioned_rows_archive", DISABLE TRIGGER zzz_versioned_rows_stamp;
UPDATE counted SET version_id = 9223372036854775807, name = 'c' WHERE version_id = 2;
ALTER TABLE counted ENABLE TRIGGER USER;
SELECT key, version, problem FROM versioned_rows.verify('counted');
DROP TABLE counted;

-- In partitions, with references to one of them alone.
CREATE TABLE parted (id int PRIMARY KEY, name text) PARTITION BY RANGE (id);
CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (10);
CREATE TABLE parted_high PARTITION OF parted FOR VALUES FROM (10) TO (20);
SELECT versioned_rows.enable('parted');
CREATE TABLE low_pin (parted_id int, parted_version int,
	FOREIGN KEY (parted_id, parted_version) REFERENCES parted_low);
INSERT INTO parted VALUES (1, 'a'), (11, 'a');
INSERT INTO low_pin VALUES (1, 1);
UPDATE parted SET name = 'b';
UPDATE parted SET name = 'c';
BEGIN;
SELECT versioned_rows.begin_maintenance('parted');
DELETE FROM parted WHERE version_id = 2;
SELECT key, version, problem FROM versioned_rows.verify('parted');
ROLLBACK;
DROP TABLE low_pin, parted;

-- History from before the period is of unknown time; no other is, and prune()
-- does not know how old it is.
CREATE TABLE aged (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('aged');
INSERT INTO aged VALUES (1, 'a');
UPDATE aged SET name = 'b';
UPDATE aged SET name = 'c';
SELECT versioned_rows.enable('aged', period_column => 'valid');
UPDATE aged SET name = 'd';
UPDATE aged SET name = 'e';
SELECT version_id, isempty(valid) FROM aged ORDER BY version_id;
SELECT removed > 0 AS removed FROM versioned_rows.prune('aged', older_than => '-1 day');
SELECT version_id FROM aged ORDER BY version_id;
SELECT * FROM versioned_rows.verify('aged');
DROP TABLE aged;
BEGIN;
SELECT versioned_rows.begin_maintenance('product');
UPDATE product SET valid = 'empty' WHERE (id, version_id) IN ((1, 1), (2, 2));
EXECUTE problems;
ROLLBACK;

-- A version whose number is not one.
BEGIN;
SELECT versioned_rows.begin_maintenance('product');
UPDATE product SET version_id = 0 WHERE (id, version_id) = (2, 1);
UPDATE product SET version_id = -9 WHERE (id, version_id) = (3, 1);
EXECUTE problems;
ROLLBACK;
DROP TABLE pin;

-- Followers that have not moved on: of a table without versions, of history
-- (which does not move), and of the table itself.
CREATE TABLE tag (id int PRIMARY KEY, product_id int, lang text);
CREATE TABLE offer (id int PRIMARY KEY, product_id int, lang text);
SELECT versioned_rows.add_reference('tag', '{product_id,lang}', 'product', 'follow');
SELECT versioned_rows.enable('offer', current_column => NULL);
SELECT versioned_rows.add_reference('offer', '{product_id,lang}', 'product', 'follow');
ALTER TABLE product ADD part_of int;
SELECT versioned_rows.add_reference('product', '{part_of,lang}', 'product', 'follow');
INSERT INTO tag VALUES (1, 1, 'en'), (2, 2, 'en'), (3, NULL, 'en');
INSERT INTO offer VALUES (1, 1, 'en'), (2, 2, 'en');
UPDATE product SET part_of = 1 WHERE id = 3;
UPDATE product SET name = 'f';
SELECT * FROM versioned_rows.verify();
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE tag SET product_version_id = 1 WHERE id = 2;
UPDATE offer SET product_version_id = 2 WHERE id = 1 AND version_id = 2;
UPDATE product SET part_of_version_id = 3 WHERE id = 3 AND is_current_version;
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- A key by hand may refer to an old version, and stays there.
CREATE TABLE hand (product_id int, lang text, product_version int,
	FOREIGN KEY (product_id, lang, product_version) REFERENCES product ON UPDATE CASCADE);
INSERT INTO hand VALUES (1, 'en', 2);
SELECT * FROM versioned_rows.verify();

DEALLOCATE problems;
DROP TABLE hand, tag, offer, product;
DROP EXTENSION versioned_rows;

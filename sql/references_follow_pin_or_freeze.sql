-- A reference to a version follows the row to its next version, stays on the
-- version it was given, or forbids the next version.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/sql/helpers/held_by.sql
CREATE TABLE product (id int PRIMARY KEY, price numeric);
SELECT versioned_rows.enable('product');
INSERT INTO product VALUES (1, 10), (2, 20), (3, 30);

CREATE TABLE follower (id int PRIMARY KEY, product_id int);
CREATE TABLE pinned (id int PRIMARY KEY, product_id int);
CREATE TABLE frozen (id int PRIMARY KEY, product_id int);

-- On filled tables the column is added and filled with current versions.
INSERT INTO follower VALUES (1, 1), (2, NULL);
INSERT INTO pinned VALUES (1, 1), (2, NULL);
UPDATE product SET price = 11 WHERE id = 1;
SELECT versioned_rows.add_reference('follower', '{product_id}', 'product', 'follow');
SELECT versioned_rows.add_reference('pinned', '{product_id}', 'product', 'pin');
SELECT versioned_rows.add_reference('frozen', '{product_id}', 'product', 'freeze');
TABLE follower ORDER BY id;
TABLE pinned ORDER BY id;
SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE confrelid = 'product'::regclass ORDER BY conrelid::regclass::text;
SELECT indexrelid::regclass FROM pg_index
WHERE indrelid IN ('follower'::regclass, 'pinned'::regclass, 'frozen'::regclass) AND NOT indisprimary
ORDER BY indexrelid::regclass::text;

-- Follow and pin.
UPDATE product SET price = 12 WHERE id = 1;
SELECT f.*, p.price FROM follower f JOIN product p ON (p.id, p.version_id) = (f.product_id, f.product_version_id);
SELECT f.*, p.price FROM pinned f JOIN product p ON (p.id, p.version_id) = (f.product_id, f.product_version_id);

-- A row that is followed cannot be deleted; one that is pinned can, and its
-- last version stays.
SELECT pg_temp.held_by($$DELETE FROM product WHERE id = 1$$);
DELETE FROM follower;
INSERT INTO pinned VALUES (3, 1);
DELETE FROM product WHERE id = 1;
SELECT f.*, p.price, p.is_current_version
FROM pinned f JOIN product p ON (p.id, p.version_id) = (f.product_id, f.product_version_id) ORDER BY f.id;

-- Freeze.
INSERT INTO frozen VALUES (1, 2);
SELECT pg_temp.held_by($$UPDATE product SET price = 21 WHERE id = 2$$);
UPDATE product SET price = 20 WHERE id = 2;
SELECT pg_temp.held_by($$DELETE FROM product WHERE id = 2$$);
DELETE FROM frozen;
UPDATE product SET price = 21 WHERE id = 2;

-- The same foreign keys written by hand behave the same.
CREATE TABLE by_hand (
	id int PRIMARY KEY, f int, fv int, p int, pv int, z int, zv int,
	FOREIGN KEY (f, fv) REFERENCES product ON UPDATE CASCADE ON DELETE RESTRICT,
	FOREIGN KEY (p, pv) REFERENCES product,
	FOREIGN KEY (z, zv) REFERENCES product ON UPDATE RESTRICT);
INSERT INTO by_hand VALUES (1, 2, 2, 2, 2, 3, 1);
UPDATE product SET price = 22 WHERE id = 2;
SELECT pg_temp.held_by($$UPDATE product SET price = 31 WHERE id = 3$$);
TABLE by_hand;

-- Calling it again switches the mode, and keeps the constraint's name.
-- Following starts at the current version.
INSERT INTO pinned VALUES (4, 3), (5, 2);
DELETE FROM by_hand;
UPDATE product SET price = price + 1;
SELECT versioned_rows.add_reference('pinned', '{product_id}', 'product', 'follow');
TABLE pinned ORDER BY id;
UPDATE product SET price = price + 1;
TABLE pinned ORDER BY id;
SELECT versioned_rows.add_reference('pinned', '{product_id}', 'product', 'pin', timing => 'deferred');
SELECT versioned_rows.add_reference('pinned', '{product_id}', 'product', 'freeze');
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = 'pinned'::regclass AND contype = 'f';
SELECT count(*) FROM pg_index WHERE indrelid = 'pinned'::regclass;

-- Bad input.
SELECT versioned_rows.add_reference('pinned', '{product_id}', 'product', 'stay');
SELECT versioned_rows.add_reference('pinned', '{product_id}', 'product', NULL);
SELECT versioned_rows.add_reference('pinned', '{product_id}', 'product', 'pin', timing => 'late');
SELECT versioned_rows.add_reference('pinned', NULL, 'product', 'pin');
SELECT versioned_rows.add_reference('pinned', '{product_id,NULL}', 'product', 'pin');
SELECT versioned_rows.add_reference('pinned', '{product_id,id}', 'product', 'pin');
SELECT versioned_rows.add_reference('pinned', '{product}', 'product', 'pin');
SELECT versioned_rows.add_reference('pinned', '{product_id}', 'product', 'pin', 'product_id');
SELECT versioned_rows.add_reference('pinned', '{product_id}', 'by_hand', 'pin');
SELECT versioned_rows.add_reference('pg_tables', '{schemaname}', 'product', 'pin');

-- Rows without a current version stand in the way, others do not.
CREATE TABLE lost (id int PRIMARY KEY, product_id int);
INSERT INTO lost VALUES (1, NULL), (2, 3), (3, 4711);
SELECT versioned_rows.add_reference('lost', '{product_id}', 'product', 'pin');
DELETE FROM lost WHERE id = 3;
SELECT versioned_rows.add_reference('lost', '{product_id}', 'product', 'pin', 'product_version');
TABLE lost ORDER BY id;

DROP TABLE follower, pinned, frozen, by_hand, lost, product;
DROP EXTENSION versioned_rows;

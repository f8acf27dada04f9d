-- A row that is followed cannot be deleted, but the history of its followers
-- does not hold it.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/sql/helpers/held_by.sql
CREATE TABLE product (id int PRIMARY KEY, price numeric);
CREATE TABLE offer (id int PRIMARY KEY, product_id int, note text);
SELECT versioned_rows.enable('product'), versioned_rows.enable('offer', current_column => NULL, period_column => 'valid');
SELECT versioned_rows.add_reference('offer', '{product_id}', 'product', 'follow');
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'offer'::regclass AND contype = 'f';
INSERT INTO product VALUES (1, 10), (2, 20), (3, 30);
INSERT INTO offer VALUES (1, 1), (2, 2), (3, NULL);
UPDATE product SET price = price + 1;

-- Followed by a current row.
DELETE FROM product WHERE id = 1;
DELETE FROM product WHERE id = 3;

-- Followed by history alone: the row moved on to another product, or is gone.
UPDATE offer SET product_id = 2 WHERE id = 1;
DELETE FROM product WHERE id = 1;
DELETE FROM offer WHERE id IN (1, 2);
BEGIN ISOLATION LEVEL REPEATABLE READ;
DELETE FROM product WHERE id = 2;
COMMIT;
SELECT o.id, o.version_id, product_id, product_version_id, price FROM offer o
	 LEFT JOIN product p ON (p.id, p.version_id) = (product_id, product_version_id) ORDER BY 1, 2;

-- Deleted in one statement, the history of a follower finds its product,
-- whichever goes first.
INSERT INTO product VALUES (5, 50), (9, 90);
INSERT INTO offer VALUES (5, 5), (9, 9);
WITH o AS (DELETE FROM offer WHERE id = 5 RETURNING product_id) DELETE FROM product WHERE id IN (SELECT product_id FROM o);
WITH p AS (DELETE FROM product WHERE id = 9 RETURNING id) DELETE FROM offer WHERE product_id IN (SELECT id FROM p);

-- Other actions do what they say, to current rows.
ALTER TABLE offer DROP CONSTRAINT offer_product_id_product_version_id_fkey,
	ADD FOREIGN KEY (product_id, product_version_id) REFERENCES product ON UPDATE CASCADE ON DELETE CASCADE;
INSERT INTO product VALUES (6, 60);
INSERT INTO offer VALUES (6, 6);
UPDATE product SET price = 61 WHERE id = 6;
DELETE FROM product WHERE id = 6;
SELECT id, version_id, upper_inf(valid) AS current, product_id, product_version_id FROM offer WHERE id = 6 ORDER BY 2;
ALTER TABLE offer DROP CONSTRAINT offer_product_id_product_version_id_fkey,
	ADD FOREIGN KEY (product_id, product_version_id) REFERENCES product ON UPDATE CASCADE ON DELETE SET NULL;
INSERT INTO product VALUES (7, 70);
INSERT INTO offer VALUES (7, 7);
DELETE FROM product WHERE id = 7;
SELECT id, version_id, upper_inf(valid) AS current, product_id, product_version_id FROM offer WHERE id = 7 ORDER BY 2;

-- RESTRICT, written by hand, counts history as well.
ALTER TABLE offer DROP CONSTRAINT offer_product_id_product_version_id_fkey,
	ADD FOREIGN KEY (product_id, product_version_id) REFERENCES product ON UPDATE CASCADE ON DELETE RESTRICT;
INSERT INTO product VALUES (8, 80);
INSERT INTO offer VALUES (8, 8);
DELETE FROM offer WHERE id = 8;
SELECT pg_temp.held_by($$DELETE FROM product WHERE id = 8$$);

-- Keys of several columns, of types that differ and names that need quotes.
CREATE TABLE "A b" ("X" varchar, "y z" bigint, t text, PRIMARY KEY ("X", "y z"));
CREATE TABLE "C d" (id int PRIMARY KEY, "Y" smallint, x text);
SELECT versioned_rows.enable('"A b"'), versioned_rows.enable('"C d"', current_column => 'Is current');
SELECT versioned_rows.add_reference('"C d"', '{x,Y}', '"A b"', 'follow', 'the Version');
INSERT INTO "A b" VALUES ('a', 1), ('b', 2);
INSERT INTO "C d" VALUES (1, 1, 'a'), (2, NULL, 'b');
UPDATE "A b" SET t = 'moved';
DELETE FROM "A b" WHERE "X" = 'b';
DELETE FROM "A b" WHERE "X" = 'a';
DELETE FROM "C d";
DELETE FROM "A b" WHERE "X" = 'a';

DROP TABLE product, offer, "A b", "C d";
DROP EXTENSION versioned_rows;

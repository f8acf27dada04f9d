-- Foreign keys that reference a table become references to a version when it
-- is enabled, all of them or none, and keep their names and timing.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/sql/helpers/held_by.sql
CREATE TABLE product (id int PRIMARY KEY, price numeric, part_of int REFERENCES product);
CREATE TABLE line (
	id int PRIMARY KEY,
	product_id bigint NOT NULL REFERENCES product ON DELETE CASCADE,
	"Other id" int CONSTRAINT "Other" REFERENCES product DEFERRABLE INITIALLY DEFERRED);
COMMENT ON CONSTRAINT "Other" ON line IS 'the other one';
CREATE INDEX ready ON line ("Other id");
CREATE TABLE loose (product_id int);
INSERT INTO product VALUES (1, 10, NULL), (2, 20, 1), (3, 30, 2);
INSERT INTO line VALUES (1, 1, 2), (2, 2, NULL);
INSERT INTO loose VALUES (1), (4711);
ALTER TABLE loose ADD FOREIGN KEY (product_id) REFERENCES product MATCH FULL DEFERRABLE NOT VALID;
CREATE VIEW keys AS
SELECT conrelid::regclass AS referencing, conname, pg_get_constraintdef(oid) AS definition,
	   obj_description(oid, 'pg_constraint') AS comment
FROM pg_constraint WHERE confrelid = 'product'::regclass;

-- By default they are listed.
SELECT versioned_rows.enable('product');

-- Pinned.
BEGIN;
SELECT versioned_rows.enable('product', inbound => 'pin');
SELECT * FROM keys ORDER BY referencing::text, conname;
SELECT indexrelid::regclass FROM pg_index
WHERE indrelid IN ('line'::regclass, 'loose'::regclass) ORDER BY indexrelid::regclass::text;
UPDATE product SET price = price + 1 WHERE id < 3;
TABLE product ORDER BY id, version_id;
TABLE line ORDER BY id;
TABLE loose ORDER BY product_id;
INSERT INTO line VALUES (3, 1, 3) RETURNING *;
ROLLBACK;

-- Following; a row moves with what it is part of, and so on.
SELECT versioned_rows.enable('product', inbound => 'follow');
SELECT * FROM keys ORDER BY referencing::text, conname;
UPDATE product SET price = 11 WHERE id = 1;
TABLE product ORDER BY id, version_id;
TABLE line ORDER BY id;
DELETE FROM product WHERE id = 3;
SELECT pg_temp.held_by($$DELETE FROM product WHERE id = 2$$);

-- Composite keys, in another order, that share a column.
CREATE TABLE place (tenant int, place_id int, PRIMARY KEY (tenant, place_id));
INSERT INTO place VALUES (1, 1), (1, 2);
CREATE TABLE trip (
	tenant int, origin int, destination int,
	FOREIGN KEY (origin, tenant) REFERENCES place (place_id, tenant),
	FOREIGN KEY (tenant, destination) REFERENCES place ON DELETE SET NULL (destination));
INSERT INTO trip VALUES (1, 1, 2), (1, 2, NULL);
SELECT versioned_rows.enable('place', inbound => 'follow');
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE confrelid = 'place'::regclass ORDER BY 1;
TABLE trip ORDER BY origin;

-- A key to other unique columns cannot be kept; nothing has happened then.
CREATE TABLE word (id int PRIMARY KEY, word text UNIQUE);
CREATE TABLE text (word text REFERENCES word (word), word_id int REFERENCES word);
SELECT versioned_rows.enable('word', inbound => 'pin');
\d text
SELECT versioned_rows.enable('word', inbound => 'drop');

DROP VIEW keys;
DROP TABLE line, loose, product, trip, place, text, word;
DROP EXTENSION versioned_rows;

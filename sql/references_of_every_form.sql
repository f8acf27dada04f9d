-- References between schemas and odd names, with MATCH FULL, with checks at the
-- end of the transaction, and made by the statement that moves their target.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE SCHEMA "The Shop";
CREATE SCHEMA "o'clock";
CREATE TABLE "The Shop"."select" ("Key" int, "a ""b""" text, price numeric, PRIMARY KEY ("Key", "a ""b"""));
CREATE TABLE "o'clock"."%s, line" (id int PRIMARY KEY, "K" int, "x.y" text);
SELECT versioned_rows.enable('"The Shop"."select"', version_column => 'V id', current_column => 'is "it"');
INSERT INTO "The Shop"."select" VALUES (1, 'it''s', 10), (2, '\', 20);
INSERT INTO "o'clock"."%s, line" VALUES (1, 1, 'it''s'), (2, NULL, '\');
SELECT versioned_rows.add_reference('"o''clock"."%s, line"', '{K,x.y}', '"The Shop"."select"', 'pin');
INSERT INTO "o'clock"."%s, line" VALUES (3, 2, '\');
UPDATE "The Shop"."select" SET price = price + 1;
TABLE "o'clock"."%s, line" ORDER BY id;
SELECT versioned_rows.add_reference('"o''clock"."%s, line"', '{K,x.y}', '"The Shop"."select"', 'follow', timing => 'deferrable');
SELECT versioned_rows.add_reference('"o''clock"."%s, line"', '{K,x.y}', '"The Shop"."select"', 'follow', 'Own');
UPDATE "The Shop"."select" SET price = price + 1;
TABLE "o'clock"."%s, line" ORDER BY id;
INSERT INTO "o'clock"."%s, line" VALUES (4, 3, '\');
SELECT versioned_rows.enable('"o''clock"."%s, line"');
UPDATE "The Shop"."select" SET price = price + 1 WHERE "Key" = 1;
DELETE FROM "The Shop"."select" WHERE "Key" = 1;
SELECT * FROM "o'clock"."%s, line" WHERE id = 1 ORDER BY version_id;
SELECT versioned_rows.disable('"The Shop"."select"');
SELECT * FROM versioned_rows.verify();
DROP SCHEMA "o'clock" CASCADE;
DROP SCHEMA "The Shop" CASCADE;
-- The same by enable().
CREATE SCHEMA "The Shop";
CREATE SCHEMA "o'clock";
CREATE TABLE "The Shop"."select" ("Key" int PRIMARY KEY, price numeric);
CREATE TABLE "o'clock"."%s, line" (id int, "%I" int CONSTRAINT "it's" REFERENCES "The Shop"."select");
SELECT versioned_rows.enable('"The Shop"."select"', inbound => 'follow');
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = '"o''clock"."%s, line"'::regclass;
DROP SCHEMA "o'clock" CASCADE;
DROP SCHEMA "The Shop" CASCADE;

-- MATCH FULL: no version without a key, nor a key without one.
CREATE TABLE product (id int, lang text, price numeric, PRIMARY KEY (id, lang));
CREATE TABLE line (id int PRIMARY KEY, product_id int, lang text,
	FOREIGN KEY (product_id, lang) REFERENCES product MATCH FULL);
INSERT INTO product VALUES (1, 'de', 10), (1, 'fr', 10);
INSERT INTO line VALUES (1, 1, 'de'), (2, NULL, NULL);
SELECT versioned_rows.enable('product', inbound => 'pin');
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'line'::regclass AND contype = 'f';
UPDATE product SET price = price + 1;
INSERT INTO line VALUES (3, 1, 'fr'), (4, NULL, NULL) RETURNING *;
INSERT INTO line VALUES (5, 1, NULL);
INSERT INTO line VALUES (5, NULL, 'de', 1);
INSERT INTO line VALUES (5, NULL, NULL, 1) RETURNING *;
UPDATE line SET product_id = NULL WHERE id = 3;
UPDATE line SET product_id = NULL, lang = NULL WHERE id = 3 RETURNING *;
UPDATE line SET product_id = 1, lang = 'de' WHERE id = 3 RETURNING *;
-- The mode changes, and nothing else.
COMMENT ON CONSTRAINT line_product_id_lang_fkey ON line IS 'full';
SELECT versioned_rows.add_reference('line', '{product_id,lang}', 'product', 'follow');
SELECT pg_get_constraintdef(oid), obj_description(oid, 'pg_constraint') FROM pg_constraint
WHERE conrelid = 'line'::regclass AND contype = 'f';
UPDATE product SET price = price + 1 WHERE lang = 'de';
TABLE line ORDER BY id;
DROP TABLE line, product;

-- A statement that moves rows on and refers to their old and new versions.
CREATE TABLE product (id int PRIMARY KEY, price numeric);
SELECT versioned_rows.enable('product');
INSERT INTO product VALUES (1, 10), (2, 20), (3, 30);
CREATE TABLE line (id text, product_id int);
SELECT versioned_rows.add_reference('line', '{product_id}', 'product', 'pin');
WITH moved AS (UPDATE product SET price = price + 1 WHERE id < 3 RETURNING id, version_id)
INSERT INTO line SELECT w, id, CASE w WHEN 'old' THEN version_id - 1 WHEN 'new' THEN version_id END
FROM moved, unnest('{old,new,none}'::text[]) w RETURNING *;
SELECT l.*, p.price FROM line l LEFT JOIN product p ON (p.id, p.version_id) = (product_id, product_version_id) ORDER BY l.id COLLATE "C", 2;
-- Pins that were there move to the new version, or the other way round.
WITH moved AS (UPDATE product SET price = price + 1 WHERE id = 1 RETURNING id, version_id)
UPDATE line SET product_version_id = CASE line.id WHEN 'old' THEN m.version_id ELSE NULL END
FROM moved m WHERE m.id = product_id RETURNING line.*;
-- The deleted version, and the one that comes after it.
WITH gone AS (DELETE FROM product WHERE id = 3 RETURNING id, version_id)
INSERT INTO line SELECT 'last', id, version_id FROM gone RETURNING *;
WITH gone AS (DELETE FROM product WHERE id = 2 RETURNING id)
INSERT INTO line SELECT 'none', id FROM gone RETURNING *;
WITH back AS (INSERT INTO product VALUES (3, 31) RETURNING id)
INSERT INTO line SELECT 'back', id FROM back RETURNING *;
-- A version that is not made is an error, of the whole statement.
WITH moved AS (UPDATE product SET price = price + 1 WHERE id = 1 RETURNING id, version_id)
INSERT INTO line SELECT 'next', id, version_id + 1 FROM moved;
SELECT max(version_id) FROM product WHERE id = 1;
-- One that follows, in the statement that moves it twice over.
CREATE TABLE wish (id int PRIMARY KEY, product_id int);
SELECT versioned_rows.add_reference('wish', '{product_id}', 'product', 'follow');
WITH moved AS (UPDATE product SET price = price + 1 WHERE id = 1 RETURNING id, version_id)
INSERT INTO wish SELECT version_id, id FROM moved RETURNING *;
WITH moved AS (UPDATE product SET price = price + 1 WHERE id = 1 RETURNING id, version_id)
INSERT INTO wish SELECT version_id, id, version_id - 1 FROM moved RETURNING *;
TABLE wish ORDER BY id;
SELECT * FROM versioned_rows.verify();
DROP TABLE line, wish;

-- Pins that are checked at the end of the transaction: whatever happens to
-- their targets meanwhile.
CREATE TABLE line (id int PRIMARY KEY, product_id int);
SELECT versioned_rows.add_reference('line', '{product_id}', 'product', 'pin', timing => 'deferred');
BEGIN;
INSERT INTO line VALUES (1, 1) RETURNING product_version_id;
UPDATE product SET price = 1 WHERE id = 1;
UPDATE product SET price = 2 WHERE id = 1;
INSERT INTO line VALUES (2, 1) RETURNING product_version_id;
DELETE FROM product WHERE id = 1;
INSERT INTO line VALUES (3, 9) RETURNING product_version_id;
INSERT INTO line VALUES (4, 1) RETURNING product_version_id;
INSERT INTO product VALUES (1, 3) RETURNING version_id;
INSERT INTO line VALUES (5, 1) RETURNING product_version_id;
SAVEPOINT s;
SET CONSTRAINTS ALL IMMEDIATE;
ROLLBACK TO s;
INSERT INTO product VALUES (9, 90);
SET CONSTRAINTS ALL IMMEDIATE;
-- ... and at once, from now on.
UPDATE product SET price = 4 WHERE id = 1 RETURNING version_id;
COMMIT;
SELECT l.*, price, is_current_version FROM line l LEFT JOIN product p ON (p.id, p.version_id) = (product_id, product_version_id) ORDER BY 1;
-- One that does not come fails at the end, and one that is dropped does not.
BEGIN;
INSERT INTO line VALUES (6, 11), (7, 12);
DELETE FROM line WHERE id = 6;
INSERT INTO product VALUES (13, 0);
UPDATE line SET product_id = 13 WHERE id = 7 RETURNING product_version_id;
COMMIT;
BEGIN;
INSERT INTO line VALUES (8, 14);
COMMIT;
-- A target that comes, moves on and goes before the check.
BEGIN;
INSERT INTO line VALUES (8, 14);
INSERT INTO product VALUES (14, 1);
UPDATE product SET price = 2 WHERE id = 14;
DELETE FROM product WHERE id = 14;
COMMIT;
-- Pinned to a savepoint that is rolled back.
BEGIN;
SAVEPOINT s;
UPDATE product SET price = 5 WHERE id = 2;
INSERT INTO line VALUES (9, 2) RETURNING product_version_id;
ROLLBACK TO s;
INSERT INTO line VALUES (9, 2) RETURNING product_version_id;
COMMIT;
SELECT * FROM versioned_rows.verify();

-- A versioned table with a pin that is checked later: its old versions are, too.
CREATE TABLE offer (id int PRIMARY KEY, product_id int);
SELECT versioned_rows.enable('offer');
SELECT versioned_rows.add_reference('offer', '{product_id}', 'product', 'pin', timing => 'deferred');
BEGIN;
INSERT INTO offer VALUES (1, 15);
UPDATE offer SET product_id = 2;
COMMIT;
BEGIN;
INSERT INTO offer VALUES (1, 15);
UPDATE offer SET product_id = 2;
INSERT INTO product VALUES (15, 1);
COMMIT;
TABLE offer ORDER BY version_id;
SELECT * FROM versioned_rows.verify();

DROP TABLE line, offer, product;
-- A key that is given up is still held by history: it must be that of a row.
CREATE TABLE u (id int PRIMARY KEY);
CREATE TABLE v (id int PRIMARY KEY, u_id int REFERENCES u DEFERRABLE INITIALLY DEFERRED);
SELECT versioned_rows.enable('v');
BEGIN;
INSERT INTO v VALUES (1, 7);
UPDATE v SET u_id = NULL WHERE is_current_version;
COMMIT;
INSERT INTO u VALUES (8);
BEGIN;
INSERT INTO v VALUES (1, 8);
UPDATE v SET u_id = NULL WHERE is_current_version;
COMMIT;
DELETE FROM u;
SELECT id, version_id, u_id FROM v ORDER BY version_id;
DROP TABLE v, u;

DROP EXTENSION versioned_rows;

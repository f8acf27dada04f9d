-- An application that writes the key alone gets the current version of it; a
-- version that it gives is respected.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, price numeric);
SELECT versioned_rows.enable('product');
INSERT INTO product VALUES (1, 10), (2, 20);
CREATE TABLE line (id int PRIMARY KEY, product_id bigint);
SELECT versioned_rows.add_reference('line', '{product_id}', 'product', 'pin');
CREATE TABLE wish (id int PRIMARY KEY, product_id smallint);
SELECT versioned_rows.add_reference('wish', '{product_id}', 'product', 'follow');

INSERT INTO line VALUES (1, 1), (2, NULL) RETURNING *;
UPDATE product SET price = price + 1;
INSERT INTO line VALUES (3, 1) RETURNING *;

-- A given version is kept by a pin; a reference that follows cannot stay behind.
INSERT INTO line VALUES (4, 1, 1) RETURNING *;
INSERT INTO wish VALUES (1, 1, 1), (2, 1, 2) RETURNING *;

-- A version that does not exist is an error, as is a row that does not.
INSERT INTO line VALUES (5, 1, 3);
INSERT INTO wish VALUES (5, 1, 3);
INSERT INTO line VALUES (5, 4711);
INSERT INTO line VALUES (5, 4711, 1);

-- A null key has no version.
INSERT INTO line VALUES (5, NULL, 1) RETURNING *;
UPDATE line SET product_id = NULL WHERE id = 4 RETURNING *;

-- UPDATE: another key takes another version; null asks for the current one;
-- anything else leaves the version alone.
UPDATE product SET price = 22 WHERE id = 2;
UPDATE line SET product_id = 2 WHERE id = 1 RETURNING *;
UPDATE line SET product_version_id = 1 WHERE id = 1 RETURNING *;
UPDATE line SET id = 6 WHERE id = 1 RETURNING *;
UPDATE line SET product_version_id = NULL WHERE id = 6 RETURNING *;
UPDATE line SET product_id = 1, product_version_id = 1 WHERE id = 6 RETURNING *;

-- A deleted row has no current version, until it is inserted again.
DELETE FROM wish;
DELETE FROM product WHERE id = 1;
INSERT INTO line VALUES (7, 1);
INSERT INTO line VALUES (7, 1, 2) RETURNING *;
INSERT INTO product VALUES (1, 100);
INSERT INTO line VALUES (8, 1) RETURNING *;

-- Rows of the same statement and transaction are seen.
WITH p AS (INSERT INTO product VALUES (3, 30) RETURNING id)
INSERT INTO line SELECT 9, id FROM p RETURNING *;
WITH p AS (UPDATE product SET price = 31 WHERE id = 3 RETURNING id)
INSERT INTO line SELECT 10, id FROM p RETURNING *;
BEGIN;
UPDATE product SET price = 32 WHERE id = 3;
INSERT INTO line VALUES (11, 3) RETURNING *;
SAVEPOINT s;
UPDATE product SET price = 33 WHERE id = 3;
INSERT INTO line VALUES (12, 3) RETURNING *;
ROLLBACK TO s;
INSERT INTO line VALUES (12, 3) RETURNING *;
COMMIT;

-- Where the check may come later, the row may come later.
SELECT versioned_rows.add_reference('line', '{product_id}', 'product', 'pin', timing => 'deferred');
BEGIN;
INSERT INTO line VALUES (20, 5), (21, 1) RETURNING *;
INSERT INTO product VALUES (5, 50);
COMMIT;
INSERT INTO line VALUES (22, 6);

-- COPY and upserts go the same way.
COPY line (id, product_id) FROM stdin;
30	1
31	3
\.
INSERT INTO line VALUES (31, 2) ON CONFLICT (id) DO UPDATE SET product_id = EXCLUDED.product_id RETURNING *;
SELECT * FROM line WHERE id >= 30 ORDER BY id;

-- The trigger alone is of no use, and says so.
CREATE TABLE loose (id int, version int);
CREATE TRIGGER r BEFORE INSERT ON loose FOR EACH ROW EXECUTE FUNCTION versioned_rows.reference('version=version');
INSERT INTO loose VALUES (1);
DROP TRIGGER r ON loose;
CREATE TRIGGER r BEFORE INSERT ON loose FOR EACH ROW EXECUTE FUNCTION versioned_rows.reference('version=v');
INSERT INTO loose VALUES (1);
DROP TRIGGER r ON loose;
CREATE TRIGGER r BEFORE INSERT ON loose FOR EACH ROW EXECUTE FUNCTION versioned_rows.reference();
INSERT INTO loose VALUES (1);
DROP TRIGGER r ON loose;
CREATE TRIGGER r AFTER INSERT ON loose FOR EACH ROW EXECUTE FUNCTION versioned_rows.reference('version=version');
INSERT INTO loose VALUES (1);
DROP TRIGGER r ON loose;
CREATE TRIGGER r BEFORE DELETE ON line FOR EACH ROW EXECUTE FUNCTION versioned_rows.reference('version=product_version_id');
DELETE FROM line;
DROP TRIGGER r ON line;
SELECT versioned_rows.disable('product');
INSERT INTO line VALUES (40, 1);
ALTER TABLE line RENAME product_version_id TO v;
INSERT INTO line VALUES (40, 1);

DROP TABLE line, wish, loose, product;
DROP EXTENSION versioned_rows;

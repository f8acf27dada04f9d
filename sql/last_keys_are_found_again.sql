-- A deleted row that comes back goes on after its last version also where its
-- key is the last one of a large index.
\set VERBOSITY terse
CREATE EXTENSION versioned_rows;
SET client_min_messages = warning;

-- a tall index of few rows
CREATE TABLE product (code text PRIMARY KEY, price int);
SELECT versioned_rows.enable('product');
CREATE FUNCTION code(i int) RETURNS text LANGUAGE sql IMMUTABLE
RETURN i || (SELECT string_agg(md5(format('%s %s', i, j)), '')
             FROM generate_series(1, 45) AS j);
INSERT INTO product SELECT code(i), 1 FROM generate_series(100, 499) i;
CREATE EXTENSION pageinspect;
SELECT fastlevel >= 2 AS is_tall FROM bt_metap('product_pkey');

-- new keys at the end, one by one and in one statement
INSERT INTO product VALUES (code(500), 1) RETURNING version_id;
INSERT INTO product SELECT code(i), 1 FROM generate_series(501, 510) i;

-- the last one comes back, also in the transaction that deletes it
DELETE FROM product WHERE code = code(510);
INSERT INTO product VALUES (code(510), 2) RETURNING version_id;
BEGIN;
DELETE FROM product WHERE code = code(510);
INSERT INTO product VALUES (code(510), 3) RETURNING version_id;
DELETE FROM product WHERE code = code(510);
COMMIT;
INSERT INTO product VALUES (code(510), 4) RETURNING version_id;

-- and meets its current version
INSERT INTO product VALUES (code(510), 5);
INSERT INTO product VALUES (code(510), 5)
ON CONFLICT (code) WHERE is_current_version DO UPDATE SET price = 5
RETURNING version_id;

-- twice the same key in one statement
INSERT INTO product SELECT code(511), i FROM generate_series(1, 2) i
ON CONFLICT DO NOTHING RETURNING version_id;

-- keys that are last for a moment only
BEGIN;
INSERT INTO product VALUES (code(600), 1);
ROLLBACK;
INSERT INTO product VALUES (code(600), 1), (code(550), 1), (code(601), 1);
SELECT left(code, 3) AS code, version_id, is_current_version, price
FROM product WHERE code >= code(510) ORDER BY code, version_id;
SELECT * FROM versioned_rows.verify();

-- in a small index, in one statement, in no order; and in an empty one
CREATE TABLE shelf (id int PRIMARY KEY);
SELECT versioned_rows.enable('shelf');
INSERT INTO shelf SELECT generate_series(1, 10);
DELETE FROM shelf WHERE id IN (3, 10);
INSERT INTO shelf VALUES (10), (11), (3), (12), (13) RETURNING id, version_id;
DELETE FROM shelf WHERE id = 13;
INSERT INTO shelf VALUES (14), (13) RETURNING id, version_id;
DELETE FROM shelf;
SELECT removed FROM versioned_rows.prune('shelf', keep => 0);
INSERT INTO shelf VALUES (2), (1) RETURNING id, version_id;
DROP TABLE shelf;

DROP TABLE product;
DROP FUNCTION code;
DROP EXTENSION pageinspect;
DROP EXTENSION versioned_rows;

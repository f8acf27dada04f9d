-- Versions in a table of their own: each change of a row is stored beside it, the
-- current version too, and the table itself stays an ordinary one.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, name text, price numeric, seen int);
INSERT INTO product VALUES (1, 'teapot', 10), (2, 'cup', 2);
CREATE ROLE regress_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON product TO regress_writer;
SELECT versioned_rows.enable('product', versions_table => 'product_versions', ignore_columns => '{seen}');
\d product
\d product_versions
SELECT * FROM versioned_rows.tables \gx

-- The number is an ordinary column: optimistic locks and RETURNING see it.
UPDATE product SET price = 12 WHERE id = 1 RETURNING *;
UPDATE product SET price = 13 WHERE id = 1 AND version_id = 1;
UPDATE product SET price = 13, version_id = version_id + 1 WHERE id = 1 AND version_id = 2 RETURNING *;
-- What changes nothing makes no version, nor does an ignored column; both count.
UPDATE product SET price = 13;
UPDATE product SET price = price, seen = 1;
UPDATE product SET price = price;
INSERT INTO product (id, name) VALUES (3, 'milk jug') RETURNING *;
DELETE FROM product WHERE id = 2 RETURNING *;
SELECT * FROM product ORDER BY id;
SELECT * FROM product_versions ORDER BY id, version_id;

-- A row that comes back goes on with the next number.
INSERT INTO product (id, name) VALUES (2, 'new cup') RETURNING *;
-- One that gets another key ends under the old one, and begins under the new.
UPDATE product SET id = 20 WHERE id = 2 RETURNING *;
UPDATE product SET id = 2 WHERE id = 20 RETURNING *;
UPDATE product SET id = id + 100 WHERE id < 3 RETURNING *;
SELECT * FROM product_versions WHERE id NOT IN (1, 3) ORDER BY id, version_id;

-- Savepoints take back the number with the row.
BEGIN;
UPDATE product SET price = 1 WHERE id = 3 RETURNING version_id;
SAVEPOINT s;
UPDATE product SET price = 2 WHERE id = 3 RETURNING version_id;
ROLLBACK TO s;
UPDATE product SET price = 3 WHERE id = 3 RETURNING version_id;
COMMIT;
SELECT price, version_id FROM product_versions WHERE id = 3 ORDER BY version_id;

-- A number that is not the next one is refused; the owner may load rows with one.
UPDATE product SET version_id = 9 WHERE id = 3;
UPDATE product SET version_id = NULL WHERE id = 3;
UPDATE product SET id = 4, version_id = 9 WHERE id = 3;
INSERT INTO product (id, version_id) VALUES (5, 5) RETURNING *;
SET ROLE regress_writer;
INSERT INTO product (id, version_id) VALUES (6, 6);
INSERT INTO product (id, version_id) VALUES (6, 1) RETURNING *;
UPDATE product SET name = 'saucer' WHERE id = 6 RETURNING *;
-- A client that counts itself may begin at 0; a row that was there before goes on.
INSERT INTO product (id, version_id) VALUES (8, 0) RETURNING id, version_id;
UPDATE product SET name = 'spoon', version_id = 1 WHERE id = 8 AND version_id = 0 RETURNING id, version_id;
DELETE FROM product WHERE id = 8;
INSERT INTO product (id, version_id) VALUES (8, 0) RETURNING id, version_id;
UPDATE product SET name = 'fork' WHERE id = 8 RETURNING id, version_id;
-- Who may read the table may read its versions, and not write them.
SELECT id, name, version_id FROM product_versions WHERE id = 6 ORDER BY version_id;
INSERT INTO product_versions (id, version_id) VALUES (7, 7);
RESET ROLE;
SELECT * FROM versioned_rows.verify('product');
DROP TABLE product, product_versions;
DROP ROLE regress_writer;

-- A table that has many rows gets their first versions without reading the
-- versions table once for each row.
CREATE TABLE product (id int PRIMARY KEY);
INSERT INTO product SELECT generate_series(1, 100);
BEGIN;
SELECT versioned_rows.enable('product', versions_table => 'product_versions');
SELECT seq_scan < 10 AS few_scans FROM pg_stat_xact_user_tables
WHERE relid = 'product_versions'::regclass;
COMMIT;
SELECT count(*), min(version_id), max(version_id) FROM product_versions;
DROP TABLE product, product_versions;
DROP EXTENSION versioned_rows;

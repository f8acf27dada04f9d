-- Between begin_maintenance() and the end of the transaction the owner can
-- correct history, and nobody else can at any time.
CREATE EXTENSION versioned_rows;
\set SHOW_CONTEXT never
CREATE ROLE regress_owner;
CREATE ROLE regress_writer;
GRANT CREATE ON SCHEMA public TO regress_owner;
SET ROLE regress_owner;
CREATE TABLE product (id int PRIMARY KEY, name text);
CREATE TABLE other (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('product');
SELECT versioned_rows.enable('other');
GRANT ALL ON product, other TO regress_writer;
INSERT INTO product VALUES (1, 'a');
INSERT INTO other VALUES (1, 'a');
UPDATE product SET name = 'b';
UPDATE other SET name = 'b';

-- Off by default: history is skipped.
UPDATE product SET name = 'x' WHERE version_id = 1 RETURNING *;
BEGIN;
SELECT versioned_rows.begin_maintenance('product');
-- Any version is changed in place, and no new one is made.
WITH u AS (UPDATE product SET name = upper(name) RETURNING *)
SELECT * FROM u ORDER BY version_id;
-- Numbers and flags can be set.
UPDATE product SET version_id = 7 WHERE version_id = 1 RETURNING *;
DELETE FROM product WHERE version_id = 7 RETURNING *;
-- Another table is not open,
UPDATE other SET name = 'x' WHERE version_id = 1 RETURNING *;
-- unless it is opened as well.
SELECT versioned_rows.begin_maintenance('other');
UPDATE other SET name = 'x' WHERE version_id = 1 RETURNING *;
SELECT versioned_rows.end_maintenance('product');
UPDATE product SET name = 'c' RETURNING *;
UPDATE other SET name = 'y' WHERE version_id = 1 RETURNING *;
COMMIT;
-- Over with the transaction, and with the savepoint that it was in.
UPDATE other SET name = 'z' WHERE version_id = 1 RETURNING *;
BEGIN;
SAVEPOINT s;
SELECT versioned_rows.begin_maintenance('other');
ROLLBACK TO s;
UPDATE other SET name = 'z' WHERE version_id = 1 RETURNING *;
COMMIT;
SELECT * FROM product ORDER BY version_id;
SELECT * FROM other ORDER BY version_id;

-- Refused to others: the function, the setting,
SET ROLE regress_writer;
SELECT versioned_rows.begin_maintenance('product');
SELECT versioned_rows_internal.begin_maintenance('product');
SET versioned_rows.maintenance = '1:2';
-- and what the owner has opened, to whoever is not the owner.
RESET ROLE;
GRANT regress_writer TO regress_owner;
SET ROLE regress_owner;
BEGIN;
SELECT versioned_rows.begin_maintenance('product');
SET LOCAL ROLE regress_writer;
UPDATE product SET name = 'x' WHERE version_id = 2 RETURNING *;
ROLLBACK;
-- A superuser may write the setting, but its value is void in a later
-- transaction.
RESET ROLE;
BEGIN;
SELECT versioned_rows.begin_maintenance('product');
SELECT current_setting('versioned_rows.maintenance') AS opened \gset
COMMIT;
SET versioned_rows.maintenance = :'opened';
UPDATE product SET name = 'x' WHERE version_id = 2 RETURNING *;
RESET versioned_rows.maintenance;

SELECT versioned_rows.begin_maintenance('pg_class');
SELECT versioned_rows.begin_maintenance(NULL);

-- Partitions are open with their table.
CREATE TABLE parted (id int PRIMARY KEY, name text) PARTITION BY HASH (id);
CREATE TABLE parted_0 PARTITION OF parted FOR VALUES WITH (modulus 1, remainder 0);
SELECT versioned_rows.enable('parted');
INSERT INTO parted VALUES (1, 'a');
UPDATE parted SET name = 'b';
BEGIN;
SELECT versioned_rows.begin_maintenance('parted');
UPDATE parted SET name = 'x' WHERE version_id = 1 RETURNING *;
COMMIT;
DROP TABLE parted, product, other;
REVOKE CREATE ON SCHEMA public FROM regress_owner;
DROP ROLE regress_owner, regress_writer;
DROP EXTENSION versioned_rows;

-- After disable() the table is a plain one with all of its rows, keys and
-- constraints; enable() goes on with the numbers where they were.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;

CREATE TABLE product (id int PRIMARY KEY, name text, code text UNIQUE);
SELECT versioned_rows.enable('product', current_view => 'product_now');
INSERT INTO product VALUES (1, 'teapot', 'a'), (2, 'kettle', 'b');
UPDATE product SET name = 'big teapot' WHERE id = 1;
DELETE FROM product WHERE id = 2;

SELECT versioned_rows.disable('product');
\d product
SELECT count(*) FROM versioned_rows.tables;
SELECT to_regclass('product_now');
SELECT proname FROM pg_proc WHERE proname = 'calc_is_current_version';
SELECT * FROM product ORDER BY id, version_id;

-- It is a plain table: all of it can be written, without versions.
UPDATE product SET name = upper(name);
SELECT * FROM product ORDER BY id, version_id;

-- Nothing is there to be disabled twice.
SELECT versioned_rows.disable('product');

SELECT versioned_rows.enable('product');
UPDATE product SET name = 'huge teapot' WHERE id = 1;
INSERT INTO product (id, name) VALUES (2, 'pan') RETURNING *;
INSERT INTO product (id, name) VALUES (3, 'spoon') RETURNING *;
SELECT *, p.calc_is_current_version FROM product p ORDER BY id, version_id;

-- In one transaction, too, also with rows that were changed in it.
BEGIN;
UPDATE product SET name = 'pot' WHERE id = 1;
SELECT versioned_rows.disable('product');
UPDATE product SET name = 'jug' WHERE id = 1 AND is_current_version;
SELECT versioned_rows.enable('product');
UPDATE product SET name = 'mug' WHERE id = 1;
COMMIT;
SELECT * FROM product WHERE id = 1 ORDER BY version_id;
BEGIN;
SELECT versioned_rows.disable('product');
ROLLBACK;
UPDATE product SET name = 'cup' WHERE id = 1 RETURNING *;

-- The same for a table that stores no flag.
SELECT versioned_rows.disable('product');
CREATE TABLE plain (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('plain', current_column => NULL);
INSERT INTO plain VALUES (1, 'teapot');
UPDATE plain SET name = 'big teapot';
SELECT versioned_rows.disable('plain');
SELECT versioned_rows.enable('plain', current_column => NULL);
UPDATE plain SET name = 'huge teapot';
SELECT * FROM plain ORDER BY id, version_id;

-- And for one with a period, which starts when a row is inserted meanwhile.
CREATE TABLE timed (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('timed', period_column => 'valid', facade => true);
INSERT INTO timed VALUES (1, 'teapot');
SELECT versioned_rows.disable('timed');
INSERT INTO timed VALUES (2, 'kettle');
UPDATE timed SET name = 'big teapot' WHERE id = 1;
SELECT versioned_rows.enable('timed', period_column => 'valid');
UPDATE timed SET name = 'huge ' || name;
SELECT id, name, version_id, lower_inf(valid) AS unknown, upper_inf(valid) AS open
FROM timed ORDER BY id, version_id;
INSERT INTO timed (id, valid) VALUES (3, NULL) RETURNING valid IS NULL AS no_period;
SELECT * FROM versioned_rows.verify();
SELECT versioned_rows.disable('timed');

-- Not a versioned table at all.
SELECT versioned_rows.disable('pg_class');
SELECT versioned_rows.disable('versioned_rows.tables');
SELECT versioned_rows.disable('nothing');
SELECT versioned_rows.disable(NULL);
SELECT versioned_rows.disable(0);

DROP TABLE product, plain, timed;
DROP EXTENSION versioned_rows;

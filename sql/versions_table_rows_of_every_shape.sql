-- Versions in a table of their own: partitions, generated and dropped columns, large
-- values, domains, foreign keys, temporary and unlogged tables, wide rows.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;

-- Partitions, one with its columns in another order; a row that moves has another
-- key, ends there and begins here.
CREATE TABLE part (id int, k int, name text, PRIMARY KEY (id, k)) PARTITION BY LIST (k);
CREATE TABLE part1 PARTITION OF part FOR VALUES IN (1);
CREATE TABLE part2 (name text, x int, k int NOT NULL, id int NOT NULL);
ALTER TABLE part2 DROP COLUMN x;
ALTER TABLE part ATTACH PARTITION part2 FOR VALUES IN (2);
INSERT INTO part VALUES (1, 1, 'a'), (2, 2, 'b');
SELECT versioned_rows.enable('part', versions_table => 'part_versions', period_column => 'valid');
UPDATE part SET name = name || '!';
UPDATE part SET k = 2 WHERE id = 1 RETURNING *;
UPDATE part SET k = 1 WHERE id = 1 RETURNING *;
CREATE TABLE part3 PARTITION OF part FOR VALUES IN (3);
UPDATE part SET k = 3 WHERE id = 2 RETURNING *;
UPDATE part SET name = 'c' WHERE id = 2 RETURNING *;
SELECT id, k, name, version_id, upper_inf(valid) AS open FROM part_versions ORDER BY 1, 2, version_id;
TRUNCATE part1;
SELECT count(*) FROM part_versions WHERE upper_inf(valid);
-- No statement trigger comes to a new partition by itself.
SELECT * FROM versioned_rows.verify('part');
SELECT versioned_rows.enable('part', period_column => 'valid');
SELECT * FROM versioned_rows.verify('part');
DROP TABLE part, part_versions;

-- Large values are stored for the version itself.
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TABLE shape (gone int, id positive PRIMARY KEY, big text, price int DEFAULT 5, doc json, at point,
	twice int GENERATED ALWAYS AS (price * 2) STORED, code varchar(10) COLLATE "C" DEFAULT 'x');
ALTER TABLE shape DROP COLUMN gone;
ALTER TABLE shape ALTER big SET STORAGE EXTERNAL;
SELECT versioned_rows.enable('shape', versions_table => 'shape_versions');
\d shape_versions
INSERT INTO shape (id, big, doc, at) VALUES (1, repeat('x', 10000), '{"a": 1}', '(1,2)');
UPDATE shape SET price = 6;
UPDATE shape SET price = 7, big = repeat('y', 10000);
UPDATE shape SET doc = '{"a":  1}';
UPDATE shape SET doc = doc, at = at, big = big || '';
DELETE FROM shape;
VACUUM shape;
SELECT id, price, twice, length(big), left(big, 1), doc, at, version_id FROM shape_versions ORDER BY version_id;
-- The two tables go on where they were left; what was changed meanwhile is a version.
SELECT versioned_rows.disable('shape');
INSERT INTO shape (id, price, version_id) VALUES (1, 1, 4), (2, 2, 1);
DELETE FROM shape_versions WHERE version_id = 1;
SELECT versioned_rows.enable('shape', versions_table => 'shape_versions');
UPDATE shape SET price = 3 WHERE id = 2;
SELECT id, price, twice, version_id FROM shape_versions ORDER BY id, version_id;
SELECT * FROM versioned_rows.verify('shape');
DROP TABLE shape, shape_versions;
DROP DOMAIN positive;

-- A versioned table that pins versions of another, and of itself: history keeps its
-- references, and its foreign keys are checked.
CREATE TABLE category (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('category', versions_table => 'category_versions');
INSERT INTO category VALUES (1, 'tea');
CREATE TABLE product (id int PRIMARY KEY, category_id int, category_version int,
	FOREIGN KEY (category_id) REFERENCES category (id) ON DELETE SET NULL,
	FOREIGN KEY (category_id, category_version) REFERENCES category_versions);
SELECT versioned_rows.enable('product', versions_table => 'product_versions', version_column => NULL);
ALTER TABLE product_versions ADD FOREIGN KEY (category_id, category_version) REFERENCES category_versions;
INSERT INTO product VALUES (1, 1, 1), (2, 1, 1);
UPDATE category SET name = 'coffee';
UPDATE product SET category_version = 2 WHERE id = 1;
UPDATE product SET category_version = 3 WHERE id = 1;
-- What is stored in one statement may refer to what is stored in it, too.
WITH c AS (INSERT INTO category VALUES (2, 'cups') RETURNING id, version_id)
	INSERT INTO product SELECT 3, id, version_id FROM c;
UPDATE product SET category_version = NULL WHERE category_id = 1;
-- The action of a foreign key makes versions like any UPDATE, and reaches no history.
DELETE FROM category WHERE id = 1;
SELECT * FROM product ORDER BY id;
SELECT * FROM product_versions ORDER BY id, version_id;
SELECT * FROM category_versions ORDER BY id, version_id;
SELECT * FROM versioned_rows.verify();
DROP TABLE product, product_versions, category, category_versions;

-- One version per transaction.
CREATE TABLE once (id int PRIMARY KEY, n int);
SELECT versioned_rows.enable('once', versions_table => 'once_versions', per_transaction => true, reason_column => 'why');
INSERT INTO once VALUES (1, 1), (2, 1);
BEGIN;
SET LOCAL versioned_rows.reason = 'first';
UPDATE once SET n = 2;
SAVEPOINT s;
UPDATE once SET n = 3;
ROLLBACK TO s;
SET LOCAL versioned_rows.reason = 'last';
UPDATE once SET n = 4 WHERE id = 1 RETURNING *;
COMMIT;
SELECT * FROM once_versions ORDER BY id, version_id;
DROP TABLE once, once_versions;

-- Temporary and unlogged tables; a deferrable constraint of the versions table.
CREATE TEMPORARY TABLE temp (id int PRIMARY KEY, n int);
SELECT versioned_rows.enable('temp', versions_table => 'temp_versions', version_column => NULL);
INSERT INTO temp VALUES (1, 1);
UPDATE temp SET n = 2;
ALTER TABLE temp_versions ADD UNIQUE (n) DEFERRABLE INITIALLY DEFERRED;
BEGIN;
UPDATE temp SET n = 1;
COMMIT;
SELECT * FROM temp_versions ORDER BY version_id;
DROP TABLE temp, temp_versions;
CREATE UNLOGGED TABLE fast (id int PRIMARY KEY, n int);
SELECT versioned_rows.enable('fast', versions_table => 'fast_versions');
SELECT relpersistence FROM pg_class WHERE relname = 'fast_versions';
DROP TABLE fast, fast_versions;

-- As many columns as there can be.
DO $$ BEGIN
	EXECUTE (SELECT format('CREATE TABLE wide (id int PRIMARY KEY, %s)', string_agg(format('c%s bool', i), ', '))
			 FROM generate_series(1, 1598) i);
END $$;
SELECT versioned_rows.enable('wide', versions_table => 'wide_versions');
INSERT INTO wide VALUES (1);
UPDATE wide SET c1598 = true;
SELECT id, c1598, version_id FROM wide_versions ORDER BY version_id;
DROP TABLE wide, wide_versions;

DROP EXTENSION versioned_rows;

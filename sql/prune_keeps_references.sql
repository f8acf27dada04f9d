-- Old history goes by prune(), but never a current version, nor one that any
-- foreign key references.
CREATE EXTENSION versioned_rows;
\set SHOW_CONTEXT never
SET TimeZone = 'UTC';

CREATE TABLE product (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('product', period_column => 'valid');
CREATE VIEW versions AS
SELECT id, array_agg(version_id ORDER BY version_id) AS versions
FROM product GROUP BY id ORDER BY id;
CREATE TABLE line (product_id int, product_version_id int,
	FOREIGN KEY (product_id, product_version_id) REFERENCES product);
CREATE TABLE offer (product_id int, product_version_id int,
	FOREIGN KEY (product_id, product_version_id) REFERENCES product
	ON UPDATE CASCADE ON DELETE CASCADE);
CREATE FUNCTION fill() RETURNS void LANGUAGE sql AS $$
	DELETE FROM line; DELETE FROM offer;
	SELECT versioned_rows.begin_maintenance('product');
	DELETE FROM product;
	SELECT versioned_rows.end_maintenance('product');
	INSERT INTO product (id, name, version_id, is_current_version, valid) VALUES
		(1, 'a', 1, false, '[2020-01-01,2021-01-01)'),
		(1, 'b', 2, false, '[2021-01-01,2022-01-01)'),
		(1, 'c', 3, false, '[2022-01-01,2023-01-01)'),
		(1, 'd', 4, true, '[2023-01-01,)'),
		(2, 'x', 1, false, '[2020-01-01,2020-06-01)'),
		(2, 'y', 2, false, '[2020-06-01,2021-06-01)'),
		(3, 'z', 1, true, '[2019-01-01,)');
$$;

-- By count: keep is how many historical versions of each row stay.
SELECT fill();
SELECT * FROM versioned_rows.prune('product', keep => 2);
TABLE versions;
SELECT * FROM versioned_rows.prune('product', keep => 1);
TABLE versions;
-- With 0 a deleted row disappears, a current version never does.
SELECT * FROM versioned_rows.prune('product', keep => 0);
TABLE versions;

-- By age, with a cut-off that no clock in this test can reach,
SELECT fill();
SELECT removed FROM versioned_rows.prune('product', older_than => now() - '2021-06-01');
TABLE versions;
-- by both, which a version must both fit,
SELECT fill();
SELECT removed FROM versioned_rows.prune('product', 1, now() - '2022-06-01');
TABLE versions;
-- and with a cut-off in the future.
SELECT fill();
SELECT removed FROM versioned_rows.prune('product', older_than => '-100 years');
TABLE versions;

-- What is referenced stays, whatever the reference would do on deletion.
SELECT fill();
INSERT INTO line VALUES (1, 2), (1, 2), (1, NULL);
INSERT INTO offer VALUES (2, 1), (1, 4);
SELECT * FROM versioned_rows.prune('product', keep => 0);
TABLE versions;
SELECT * FROM line ORDER BY 1, 2;
SELECT * FROM offer ORDER BY 1, 2;

-- In batches, with a commit each: what was done before an error stays done, and
-- the next call goes on.
SELECT fill();
INSERT INTO line VALUES (1, 2);
CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''cancelled at row %'', OLD.id; END';
CREATE TRIGGER stop AFTER DELETE ON product FOR EACH ROW WHEN (OLD.id = 2) EXECUTE FUNCTION stop();
CALL versioned_rows.prune_in_batches('product', keep => 0, batch_size => 1);
TABLE versions;
DROP TRIGGER stop ON product;
DROP FUNCTION stop;
CALL versioned_rows.prune_in_batches('product', keep => 0, batch_size => 2);
TABLE versions;
CALL versioned_rows.prune_in_batches('product', keep => 0);
SHOW search_path;
-- In every order of a key, wherever the batches end.
CREATE SCHEMA other;
CREATE EXTENSION citext SCHEMA other;
CREATE TABLE entry ("a b" other.citext, day date, price float8, n int, PRIMARY KEY ("a b", day, price));
SELECT versioned_rows.enable('entry');
INSERT INTO entry SELECT w, '2024-01-01'::date + d, p, 0
FROM unnest('{a,B,c,"it''s, \\"}'::text[]) AS w, generate_series(1, 2) AS d, unnest('{0.1,-Infinity,NaN}'::float8[]) AS p;
UPDATE entry SET n = 1;
UPDATE entry SET n = 2 WHERE is_current_version;
CALL versioned_rows.prune_in_batches('entry', keep => 1, batch_size => 1);
CALL versioned_rows.prune_in_batches('entry', keep => 0, batch_size => 5);
SELECT count(*), bool_and(is_current_version) FROM entry;
DROP TABLE entry;
DROP EXTENSION citext;
DROP SCHEMA other;
-- Progress is reported where it takes long, once a second at most.
SELECT what, versioned_rows_internal.report_progress(now() + last, done, what) <> now() + last AS reported
FROM (VALUES (1, 'a million', interval '-1 day', 1000000),
			 (2, 'too early', '1 hour', 1000000),
			 (3, 'too small', '-1 day', 1000)) AS v (n, what, last, done)
ORDER BY n;
BEGIN;
CALL versioned_rows.prune_in_batches('product', keep => 0);
ROLLBACK;

-- What the same transaction has made stays, within a savepoint, too: somebody who
-- waits for its end may have chosen the number that comes next.
BEGIN;
UPDATE product SET name = 'n' WHERE id = 3;
SAVEPOINT s;
UPDATE product SET name = 'o' WHERE id = 3;
RELEASE s;
DELETE FROM product WHERE id = 3;
SELECT removed FROM versioned_rows.prune('product', keep => 0);
COMMIT;
TABLE versions;
SELECT removed FROM versioned_rows.prune('product', keep => 0);

-- Bad input.
SELECT * FROM versioned_rows.prune('product');
SELECT * FROM versioned_rows.prune('product', -1);
CALL versioned_rows.prune_in_batches('product', 1, batch_size => 0);
CALL versioned_rows.prune_in_batches('product');
SELECT * FROM versioned_rows.prune('line', 1);
CREATE ROLE regress_writer;
GRANT ALL ON product TO regress_writer;
SET ROLE regress_writer;
SELECT * FROM versioned_rows.prune('product', 1);
RESET ROLE;
DROP VIEW versions;
DROP FUNCTION fill;
DROP TABLE line, offer, product;
DROP ROLE regress_writer;

-- Without a period there is no age; without a flag there is still a current
-- version. Partitions and references among versions of one table.
CREATE TABLE node (id int, up int, name text, PRIMARY KEY (id)) PARTITION BY HASH (id);
CREATE TABLE node_0 PARTITION OF node FOR VALUES WITH (modulus 2, remainder 0);
CREATE TABLE node_1 PARTITION OF node FOR VALUES WITH (modulus 2, remainder 1);
SELECT versioned_rows.enable('node', current_column => NULL);
ALTER TABLE node ADD up_version int;
INSERT INTO node SELECT i, NULL, 'n' FROM generate_series(1, 4) AS i;
UPDATE node SET name = 'm';
UPDATE node SET name = 'o' WHERE id < 3;
ALTER TABLE node ADD FOREIGN KEY (up, up_version) REFERENCES node;
UPDATE node SET up = 1, up_version = 2 WHERE id = 4;
SELECT * FROM versioned_rows.prune('node', older_than => '1 day');
SELECT * FROM versioned_rows.prune('node', keep => 0);
SELECT id, version_id, up, up_version FROM node ORDER BY id, version_id;
DROP TABLE node;
DROP EXTENSION versioned_rows;

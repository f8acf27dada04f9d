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

-- In batches, with a commit and a notice each.
SELECT fill();
INSERT INTO line VALUES (1, 2);
CALL versioned_rows.prune_in_batches('product', keep => 0, batch_size => 2);
TABLE versions;
CALL versioned_rows.prune_in_batches('product', keep => 0);
SHOW search_path;
BEGIN;
CALL versioned_rows.prune_in_batches('product', keep => 0);
ROLLBACK;

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

-- A partition that is attached takes part in versioning, also with columns of
-- its own order; one that is detached keeps its rows, and is not forgotten.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE part (id int PRIMARY KEY, name text) PARTITION BY RANGE (id);
CREATE TABLE part_1 (gone int, name text, gone_too int, id int NOT NULL);
INSERT INTO part_1 VALUES (0, 'a', 0, 1), (0, 'a', 0, 2);
ALTER TABLE part_1 DROP gone, DROP gone_too;
ALTER TABLE part ATTACH PARTITION part_1 FOR VALUES FROM (1) TO (10);
CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (10) TO (20);
INSERT INTO part VALUES (11, 'a');
ALTER TABLE part ADD before int DEFAULT 7;
SELECT versioned_rows.enable('part', period_column => 'valid', period_start => '2020-01-01');
PREPARE change AS UPDATE part SET name = name || '!' WHERE is_current_version RETURNING id, version_id;
EXECUTE change;

-- Columns come and go in all partitions.
ALTER TABLE part ADD after text DEFAULT 'missing';
EXECUTE change;
ALTER TABLE part DROP before, ADD list int[] DEFAULT '{1}';
EXECUTE change;
UPDATE part SET after = 'missing', list = '{1}' WHERE is_current_version RETURNING id, version_id;
DELETE FROM part WHERE id = 2;
SELECT id, name, after, list, version_id, is_current_version, upper_inf(valid) AS open
FROM part ORDER BY id, version_id;
SELECT * FROM versioned_rows.verify();

-- Attached: with the columns of history, or not at all.
CREATE TABLE part_3 (id int NOT NULL, name text, after text, list int[]);
ALTER TABLE part ATTACH PARTITION part_3 FOR VALUES FROM (20) TO (30);
DROP TABLE part_3;
CREATE TABLE part_3 (LIKE part INCLUDING DEFAULTS);
INSERT INTO part_3 (id, name, valid) VALUES (21, 'a', '[2020-01-01,)');
ALTER TABLE part ATTACH PARTITION part_3 FOR VALUES FROM (20) TO (30);
EXECUTE change;
SELECT * FROM versioned_rows.verify();
SELECT versioned_rows.enable('part', period_column => 'valid');
SELECT * FROM versioned_rows.verify();
-- One that is versioned itself has to give that up.
CREATE TABLE part_4 (LIKE part INCLUDING DEFAULTS, PRIMARY KEY (id, version_id));
SELECT versioned_rows.enable('part_4', period_column => 'valid');
ALTER TABLE part ATTACH PARTITION part_4 FOR VALUES FROM (30) TO (40);
SELECT versioned_rows.disable('part_4');
ALTER TABLE part ATTACH PARTITION part_4 FOR VALUES FROM (30) TO (40);
INSERT INTO part (id, name) VALUES (31, 'a');
EXECUTE change;

-- Detached: its rows make no versions, which verify() says.
ALTER TABLE part DETACH PARTITION part_2 CONCURRENTLY;
ALTER TABLE part DETACH PARTITION part_3;
EXECUTE change;
UPDATE part_2 SET name = 'b' WHERE is_current_version RETURNING version_id;
TRUNCATE part_2;
SELECT * FROM versioned_rows.verify();
SELECT * FROM versioned_rows.verify('part_2');
-- It can go on alone,
SELECT versioned_rows.enable('part_2', period_column => 'valid');
UPDATE part_2 SET name = 'c' WHERE is_current_version RETURNING version_id;
-- end there,
SELECT versioned_rows.disable('part_3');
SELECT * FROM versioned_rows.verify('part_3');
TRUNCATE part_3;
-- or come back.
SELECT versioned_rows.disable('part_2');
ALTER TABLE part ATTACH PARTITION part_2 FOR VALUES FROM (10) TO (20);
SELECT versioned_rows.disable('part_1');
SELECT versioned_rows.enable('part', period_column => 'valid');
EXECUTE change;
SELECT * FROM versioned_rows.verify();

-- A row does not move to another partition: what it would move by is its key.
UPDATE part SET id = 12 WHERE id = 1;

-- A versioned table that follows it has a foreign key to each partition, besides.
CREATE TABLE follower (id int PRIMARY KEY, part_id int);
SELECT versioned_rows.enable('follower');
SELECT versioned_rows.add_reference('follower', '{part_id}', 'part', 'follow');
INSERT INTO follower VALUES (1, 31);
SELECT versioned_rows.enable('follower');
UPDATE part SET name = 'd' WHERE id = 31 AND is_current_version RETURNING version_id;
SELECT version_id, part_version_id FROM follower ORDER BY version_id;
SELECT * FROM versioned_rows.verify();
DROP TABLE follower;

-- A table that is somebody else's is none of ours to tell.
CREATE ROLE regress_owner;
ALTER TABLE part DETACH PARTITION part_4;
SET ROLE regress_owner;
SELECT * FROM versioned_rows.verify();
RESET ROLE;
DROP ROLE regress_owner;

DROP TABLE part, part_3, part_4;
DROP EXTENSION versioned_rows;

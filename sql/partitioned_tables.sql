-- A table that is partitioned by its key, by hash, range or list, is versioned
-- with all of its partitions, those that are attached later included.
\set SHOW_CONTEXT never
\set QUIET off
CREATE EXTENSION versioned_rows;

CREATE TABLE by_hash (id int PRIMARY KEY, name text) PARTITION BY HASH (id);
CREATE TABLE by_hash_0 PARTITION OF by_hash
	FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE by_hash_1 (name text, id int NOT NULL);
ALTER TABLE by_hash ATTACH PARTITION by_hash_1
	FOR VALUES WITH (MODULUS 2, REMAINDER 1);
SELECT versioned_rows.enable('by_hash', current_view => 'by_hash_now');
SELECT relation, key_columns FROM versioned_rows.tables;
INSERT INTO by_hash SELECT i, 'a' FROM generate_series(1, 4) i;
UPDATE by_hash SET name = 'b' WHERE id <> 4;
UPDATE by_hash_now SET name = 'c' WHERE id < 3;
DELETE FROM by_hash WHERE id = 2;
INSERT INTO by_hash VALUES (2, 'd') RETURNING *;
INSERT INTO by_hash VALUES (1, 'e'), (5, 'e')
	ON CONFLICT (id) WHERE is_current_version
	DO UPDATE SET name = excluded.name;
SELECT *, b.calc_is_current_version FROM by_hash b ORDER BY id, version_id;
SELECT * FROM by_hash_now ORDER BY id;

-- A partition by its own name.
UPDATE by_hash_1 SET name = 'f';
SELECT b.*, tableoid = 'by_hash_1'::regclass AS in_1 FROM by_hash b
WHERE name = 'f' ORDER BY id;
TRUNCATE by_hash;
TRUNCATE by_hash_1;

-- References to versions.
CREATE TABLE box (id int PRIMARY KEY, hash_id int, hash_version int,
	FOREIGN KEY (hash_id, hash_version) REFERENCES by_hash (id, version_id)
		ON UPDATE CASCADE);
CREATE TABLE slip (id int PRIMARY KEY, hash_id int, hash_version int,
	FOREIGN KEY (hash_id, hash_version) REFERENCES by_hash (id, version_id));
INSERT INTO box VALUES (1, 4, 2);
INSERT INTO slip VALUES (1, 4, 2);
UPDATE by_hash SET name = 'g' WHERE id = 4 RETURNING version_id;
SELECT box.hash_version AS followed, slip.hash_version AS stayed FROM box, slip;
SELECT versioned_rows.disable('by_hash');
SELECT tgname FROM pg_trigger
WHERE tgrelid IN ('by_hash'::regclass, 'by_hash_1'::regclass)
	AND NOT tgisinternal;

-- By range, of two levels, with a partition that comes later and one that goes.
CREATE TABLE by_range (day int, id int, name text, PRIMARY KEY (day, id))
	PARTITION BY RANGE (day);
CREATE TABLE by_range_1 PARTITION OF by_range FOR VALUES FROM (1) TO (10)
	PARTITION BY LIST (id);
CREATE TABLE by_range_1_1 PARTITION OF by_range_1 FOR VALUES IN (1);
CREATE TABLE by_range_1_x PARTITION OF by_range_1 DEFAULT;
SELECT versioned_rows.enable('by_range');
CREATE TABLE by_range_2 PARTITION OF by_range FOR VALUES FROM (10) TO (20);
INSERT INTO by_range VALUES (1, 1, 'a'), (1, 2, 'a'), (10, 1, 'a');
UPDATE by_range SET name = 'b';
SELECT tableoid::regclass AS partition, * FROM by_range
ORDER BY day, id, version_id;
TRUNCATE by_range_1_x;
-- Statement triggers are not handed down: calling enable() again protects a
-- partition that is new, and keeps all others.
SELECT versioned_rows.enable('by_range');
TRUNCATE by_range_2;
-- A row does not move to another partition, since its key does not change.
UPDATE by_range SET day = 12 WHERE day = 1 AND id = 1;
-- A partition that is detached is a plain table, until it is enabled itself;
-- then it goes on, and can be attached again when it is disabled.
ALTER TABLE by_range DETACH PARTITION by_range_2;
SELECT relation FROM versioned_rows.tables ORDER BY relation::text;
SELECT versioned_rows.enable('by_range_2');
UPDATE by_range_2 SET name = 'c';
SELECT * FROM by_range_2 ORDER BY version_id;
ALTER TABLE by_range ATTACH PARTITION by_range_2 FOR VALUES FROM (10) TO (20);
SELECT versioned_rows.disable('by_range_2');
ALTER TABLE by_range ATTACH PARTITION by_range_2 FOR VALUES FROM (10) TO (20);
UPDATE by_range SET name = 'd' WHERE day = 10 RETURNING *;

-- By list, as a facade.
CREATE TABLE by_list (country text, id int, name text,
	PRIMARY KEY (country, id)) PARTITION BY LIST (country);
CREATE TABLE by_list_de PARTITION OF by_list FOR VALUES IN ('de');
CREATE TABLE by_list_rest PARTITION OF by_list DEFAULT;
SELECT versioned_rows.enable('by_list', facade => true);
INSERT INTO by_list VALUES ('de', 1, 'a'), ('fr', 1, 'a');
UPDATE by_list SET name = 'b' WHERE country = 'fr' RETURNING *;
SELECT tableoid::regclass AS partition, * FROM by_list_versions
ORDER BY country, id, version_id;
SELECT versioned_rows.disable('by_list');

DROP TABLE box, slip, by_hash, by_range, by_list;
DROP EXTENSION versioned_rows;

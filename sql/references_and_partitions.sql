-- Partitioned tables refer to versions, and are referred to, as others do: by
-- hash, list and range, in every mode, and to themselves.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/sql/helpers/held_by.sql

-- Referenced, with partitions whose columns are in another order.
CREATE TABLE by_hash (id int PRIMARY KEY, t text) PARTITION BY HASH (id);
CREATE TABLE by_hash_0 PARTITION OF by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE by_hash_1 (t text, id int NOT NULL);
ALTER TABLE by_hash ATTACH PARTITION by_hash_1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE by_list (country text, id int, t text, PRIMARY KEY (country, id)) PARTITION BY LIST (country);
CREATE TABLE by_list_de PARTITION OF by_list FOR VALUES IN ('de');
CREATE TABLE by_list_rest PARTITION OF by_list DEFAULT;
CREATE TABLE by_range (id int, day int, t text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE by_range_1 PARTITION OF by_range FOR VALUES FROM (1) TO (10) PARTITION BY RANGE (id);
CREATE TABLE by_range_1_1 PARTITION OF by_range_1 FOR VALUES FROM (1) TO (5);
CREATE TABLE by_range_1_2 PARTITION OF by_range_1 FOR VALUES FROM (5) TO (10);
CREATE TABLE by_range_2 PARTITION OF by_range FOR VALUES FROM (10) TO (20);
SELECT versioned_rows.enable(t) FROM unnest('{by_hash,by_list,by_range}'::regclass[]) t;
INSERT INTO by_hash SELECT i, 'a' FROM generate_series(1, 6) i;
INSERT INTO by_list VALUES ('de', 1, 'a'), ('fr', 1, 'a');
INSERT INTO by_range VALUES (1, 1, 'a'), (6, 1, 'a'), (1, 11, 'a');

-- Referring, by hash of another column.
CREATE TABLE line (id int PRIMARY KEY, hash_id int, country text, list_id int, range_id int, range_day int)
	PARTITION BY HASH (id);
CREATE TABLE line_0 PARTITION OF line FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE line_1 (range_day int, range_id int, list_id int, country text, hash_id int, id int NOT NULL);
ALTER TABLE line ATTACH PARTITION line_1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO line SELECT i, i, 'de', 1, 1, 1 FROM generate_series(1, 4) i;
SELECT versioned_rows.add_reference('line', '{hash_id}', 'by_hash', 'pin');
SELECT versioned_rows.add_reference('line', '{country,list_id}', 'by_list', 'follow', 'list_v');
SELECT versioned_rows.add_reference('line', '{range_id,range_day}', 'by_range', 'freeze', 'range_v');
UPDATE by_hash SET t = 'b' WHERE id < 6;
UPDATE by_list SET t = 'b';
UPDATE by_range SET t = 'b' WHERE day = 11;
SELECT pg_temp.held_by($$UPDATE by_range SET t = 'b' WHERE id = 1 AND day = 1$$, false);
SELECT pg_temp.held_by($$DELETE FROM by_range WHERE id = 1 AND day = 1$$, false);
SELECT pg_temp.held_by($$DELETE FROM by_list WHERE country = 'de'$$, false);
DELETE FROM by_hash WHERE id = 4;
INSERT INTO line VALUES (5, 5, 'fr', 1, 1, 11), (6, 6, NULL, 1, NULL, NULL);
INSERT INTO line VALUES (7, 4);
INSERT INTO line (id, hash_id, hash_version_id) VALUES (7, 4, 2);
INSERT INTO line_1 (id, hash_id) VALUES (8, 1);
SELECT tableoid::regclass AS partition, * FROM line ORDER BY id;

-- The modes change over.
SELECT versioned_rows.add_reference('line', '{hash_id}', 'by_hash', 'follow');
UPDATE line SET hash_id = NULL WHERE hash_id = 4;
SELECT versioned_rows.add_reference('line', '{hash_id}', 'by_hash', 'follow');
SELECT versioned_rows.add_reference('line', '{country,list_id}', 'by_list', 'freeze', 'list_v', 'deferrable');
SELECT versioned_rows.add_reference('line', '{range_id,range_day}', 'by_range', 'pin', 'range_v', 'deferred');
UPDATE by_hash SET t = 'c';
SELECT pg_temp.held_by($$UPDATE by_list SET t = 'c'$$, false);
UPDATE by_range SET t = 'c';
SELECT tableoid::regclass AS partition, * FROM line ORDER BY id;
SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = 'line'::regclass AND contype = 'f' AND conparentid = 0 ORDER BY conname COLLATE "C";
-- What is not there yet, of a deferred key and in a partition that is new.
BEGIN;
INSERT INTO line (id, range_id, range_day) VALUES (10, 3, 3) RETURNING range_v;
INSERT INTO by_range VALUES (3, 3, 'late');
COMMIT;
CREATE TABLE by_range_3 PARTITION OF by_range FOR VALUES FROM (20) TO (30);
SELECT versioned_rows.enable('by_range');
INSERT INTO by_range VALUES (3, 23, 'new');
INSERT INTO line (id, range_id, range_day) VALUES (11, 3, 23) RETURNING range_v;
UPDATE by_range SET t = 'newer' WHERE day = 23 RETURNING version_id;
-- A partition that is referenced can be neither dropped nor detached.
DROP TABLE by_range_3;
SELECT pg_temp.held_by($$ALTER TABLE by_range DETACH PARTITION by_range_3$$, false);
SELECT * FROM versioned_rows.verify();

-- A partitioned table that is versioned itself, and follows.
SELECT versioned_rows.enable('line');
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = 'line'::regclass AND conname ~ 'hash' AND conparentid = 0;
UPDATE by_hash SET t = 'd' WHERE id < 3;
SELECT pg_temp.held_by($$DELETE FROM by_hash WHERE id = 1$$, false);
UPDATE line SET hash_id = NULL WHERE hash_id = 1;
DELETE FROM by_hash WHERE id = 1;
SELECT tableoid::regclass AS partition, id, version_id, is_current_version, hash_id, hash_version_id
FROM line WHERE id < 3 OR id = 8 ORDER BY 2, 3;
SELECT * FROM versioned_rows.verify();
-- A key of one partition counts as one of the table.
SELECT versioned_rows.disable('line');
CREATE TABLE note (id int PRIMARY KEY);
ALTER TABLE line ADD note_id int;
ALTER TABLE line_1 ADD CONSTRAINT of_partition FOREIGN KEY (note_id) REFERENCES note ON DELETE SET NULL;
SELECT versioned_rows.enable('line');
DROP TABLE line, note;

-- The partition is told by values of the types of other tables, too, and found
-- where they cannot tell.  No partition is no row.
CREATE TABLE big (id bigint PRIMARY KEY) PARTITION BY HASH (id);
CREATE TABLE big_0 PARTITION OF big FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE big_1 PARTITION OF big FOR VALUES WITH (MODULUS 6, REMAINDER 1);
CREATE TABLE big_2 PARTITION OF big FOR VALUES WITH (MODULUS 6, REMAINDER 2);
CREATE TABLE small (id smallint PRIMARY KEY) PARTITION BY LIST (id);
CREATE TABLE small_1 PARTITION OF small FOR VALUES IN (1, 3);
CREATE TABLE small_2 PARTITION OF small FOR VALUES IN (2);
CREATE TABLE moment (at timestamp, word varchar(10), PRIMARY KEY (word, at)) PARTITION BY RANGE (at, word);
CREATE TABLE moment_1 PARTITION OF moment FOR VALUES FROM (MINVALUE, MINVALUE) TO ('2024-01-01', 'm');
CREATE TABLE moment_2 PARTITION OF moment FOR VALUES FROM ('2024-01-01', 'm') TO ('2025-01-01', MAXVALUE);
CREATE TABLE exact (n numeric PRIMARY KEY) PARTITION BY RANGE (n);
CREATE TABLE exact_1 PARTITION OF exact FOR VALUES FROM (0) TO (1.5);
CREATE TABLE exact_2 PARTITION OF exact DEFAULT;
SELECT versioned_rows.enable(t) FROM unnest('{big,small,moment,exact}'::regclass[]) t;
INSERT INTO big SELECT i FROM generate_series(1, 20) i
WHERE satisfies_hash_partition('big'::regclass, 3, 0, i::bigint) OR satisfies_hash_partition('big'::regclass, 6, 1, i::bigint)
	OR satisfies_hash_partition('big'::regclass, 6, 2, i::bigint);
INSERT INTO small VALUES (1), (2), (3);
INSERT INTO moment VALUES ('2024-01-01', 'a'), ('2024-01-01', 'z'), ('2023-06-01', 'z');
INSERT INTO exact VALUES (1), (1.5), (2);
CREATE DOMAIN word AS text;
CREATE TABLE line (id serial PRIMARY KEY, big_id int, small_id bigint, day date, word word, exact_id int);
SELECT versioned_rows.add_reference('line', '{big_id}', 'big', 'pin');
SELECT versioned_rows.add_reference('line', '{small_id}', 'small', 'pin');
SELECT versioned_rows.add_reference('line', '{word,day}', 'moment', 'pin');
SELECT versioned_rows.add_reference('line', '{exact_id}', 'exact', 'pin');
INSERT INTO line (big_id) SELECT id FROM big;
INSERT INTO line (small_id) VALUES (1), (2), (3);
INSERT INTO line (day, word) SELECT at, word FROM moment;
INSERT INTO line (exact_id) VALUES (1), (2);
SELECT count(*), count(big_version_id) AS big, count(small_version_id) AS small, count(word_version_id) AS moment, count(exact_version_id) AS exact FROM line;
INSERT INTO line (big_id) SELECT i FROM generate_series(1, 20) i
WHERE satisfies_hash_partition('big'::regclass, 6, 4, i::bigint) LIMIT 1;
INSERT INTO line (small_id) VALUES (4);
INSERT INTO line (small_id) VALUES (65537);
INSERT INTO line (day, word) VALUES ('2026-01-01', 'a');
INSERT INTO line (exact_id) VALUES (3);
DROP TABLE line, big, small, moment, exact;
DROP DOMAIN word;

-- References that are there when the table is enabled, from plain and from
-- partitioned tables, and the table's own.
CREATE TABLE part (id int PRIMARY KEY, part_of int REFERENCES part, t text) PARTITION BY HASH (id);
CREATE TABLE part_0 PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE part_1 PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE plain (id int PRIMARY KEY, part_id int CONSTRAINT "Plain" REFERENCES part);
CREATE TABLE parted (id int, part_id int CONSTRAINT "Parted" REFERENCES part ON DELETE CASCADE DEFERRABLE) PARTITION BY LIST (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1, 2, 3);
CREATE TABLE parted_2 PARTITION OF parted DEFAULT;
INSERT INTO part VALUES (1, NULL, 'a'), (2, 1, 'a'), (3, 1, 'a'), (4, 2, 'a');
INSERT INTO plain VALUES (1, 1), (2, 2);
INSERT INTO parted VALUES (1, 1), (4, 4), (5, NULL);
CREATE VIEW keys AS
SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE confrelid = 'part'::regclass AND conparentid = 0 ORDER BY conname COLLATE "C";
SELECT versioned_rows.enable('part');
BEGIN;
SELECT versioned_rows.enable('part', inbound => 'pin');
TABLE keys;
UPDATE part SET t = 'b';
INSERT INTO parted VALUES (2, 2), (6, 3) RETURNING *;
SELECT * FROM part ORDER BY id, version_id;
TABLE plain ORDER BY id;
TABLE parted ORDER BY id;
ROLLBACK;
SELECT versioned_rows.enable('part', inbound => 'follow');
TABLE keys;
UPDATE part SET t = 'b' WHERE id = 1;
SELECT * FROM part ORDER BY id, version_id;
TABLE plain ORDER BY id;
TABLE parted ORDER BY id;
SELECT pg_temp.held_by($$DELETE FROM part WHERE id = 1$$, false);
DELETE FROM part WHERE id = 4;
TABLE parted ORDER BY id;
SELECT * FROM versioned_rows.verify();

-- A tree in a partitioned table: one statement moves all of it.
INSERT INTO part VALUES (5, 1, 'a'), (6, 5, 'a') RETURNING part_of_version_id;
UPDATE part SET t = 'c';
SELECT id, version_id, is_current_version AS current, part_of, part_of_version_id, t FROM part WHERE is_current_version ORDER BY id;
UPDATE part SET part_of = 1 WHERE id = 1;
UPDATE part SET t = 'd' WHERE id = 1;
SELECT id, version_id, part_of, part_of_version_id, t FROM part WHERE is_current_version ORDER BY id;
SELECT * FROM versioned_rows.verify();

DROP VIEW keys;
DROP TABLE plain, parted, part, by_hash, by_list, by_range;
DROP EXTENSION versioned_rows;

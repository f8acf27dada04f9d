-- Versions in a table of their own: a dump that loads versions before their rows,
-- or rows before there is a key, restores both as they were.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE numbered (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('numbered', versions_table => 'numbered_versions', period_column => 'valid');
CREATE TABLE plain (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('plain', versions_table => 'plain_versions', version_column => NULL);
COPY numbered_versions FROM stdin;
1	a	1	[2020-01-01 00:00:00+00,2021-01-01 00:00:00+00)
1	b	2	[2021-01-01 00:00:00+00,)
2	gone	1	[2020-01-01 00:00:00+00,2021-01-01 00:00:00+00)
3	first	1	[2020-01-01 00:00:00+00,)
\.
COPY plain_versions FROM stdin;
1	a	1
1	b	2
2	gone	1
\.
COPY numbered FROM stdin;
3	first	1
1	b	2
\.
COPY plain FROM stdin;
1	b
\.
SELECT id, version_id, name, upper_inf(valid) AS open FROM numbered_versions ORDER BY 1, 2;
SELECT * FROM plain_versions ORDER BY 1, 3;
SELECT * FROM numbered ORDER BY 1;
SELECT * FROM versioned_rows.verify();
-- What is loaded with other contents, or had ended, is a row that comes back; so is
-- every row that somebody else loads.
COPY numbered FROM stdin;
2	gone	1
\.
COPY plain FROM stdin;
2	back
\.
DELETE FROM plain WHERE id = 1;
CREATE ROLE regress_writer;
GRANT INSERT ON plain TO regress_writer;
SET ROLE regress_writer;
COPY plain FROM stdin;
1	b
\.
RESET ROLE;
SELECT id, version_id, name, upper_inf(valid) AS open FROM numbered_versions WHERE id = 2 ORDER BY 2;
SELECT * FROM plain_versions ORDER BY 1, 3;

-- The order in which several processes restore a partitioned table: its triggers
-- first, then its partitions, then their keys.
CREATE TABLE part (id int, name text) PARTITION BY HASH (id);
CREATE TABLE part_versions (id int, name text, version_id int);
ALTER TABLE part ADD version_id int NOT NULL DEFAULT 1;
CREATE TABLE part1 PARTITION OF part FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TRIGGER zzz_versioned_rows_stamp BEFORE INSERT OR UPDATE ON part
	FOR EACH ROW EXECUTE FUNCTION versioned_rows.stamp('version=version_id');
CREATE CONSTRAINT TRIGGER "000_versioned_rows_archive" AFTER UPDATE ON part FROM part_versions
	FOR EACH ROW EXECUTE FUNCTION versioned_rows.archive('version=version_id');
CREATE CONSTRAINT TRIGGER "000_versioned_rows_archive_ends" AFTER INSERT OR DELETE ON part FROM part_versions
	FOR EACH ROW EXECUTE FUNCTION versioned_rows.archive('version=version_id');
COPY part1 (id, name, version_id) FROM stdin;
1	b	2
\.
COPY part_versions FROM stdin;
1	a	1
1	b	2
\.
-- By hand it would lose versions.
INSERT INTO part VALUES (2, 'new');
ALTER TABLE part_versions ADD PRIMARY KEY (id, version_id);
ALTER TABLE part ADD PRIMARY KEY (id);
UPDATE part SET name = 'c' RETURNING *;
SELECT * FROM part_versions ORDER BY 1, 3;

DROP TABLE numbered, numbered_versions, plain, plain_versions, part, part_versions;
DROP ROLE regress_writer;
DROP EXTENSION versioned_rows;

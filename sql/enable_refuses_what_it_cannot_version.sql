-- What cannot be versioned is refused with one clear error, and is afterwards
-- what it was before.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;

-- Not a table.
CREATE VIEW a_view AS SELECT 1 AS id;
CREATE MATERIALIZED VIEW a_matview AS SELECT 1 AS id;
CREATE SEQUENCE a_sequence;
CREATE TYPE a_type AS (id int);
CREATE TABLE a_table (id int PRIMARY KEY, name text);
CREATE FOREIGN DATA WRAPPER a_wrapper;
CREATE SERVER a_server FOREIGN DATA WRAPPER a_wrapper;
CREATE FOREIGN TABLE a_foreign_table (id int) SERVER a_server;
SELECT versioned_rows.enable('a_view');
SELECT versioned_rows.enable('a_matview');
SELECT versioned_rows.enable('a_sequence');
SELECT versioned_rows.enable('a_type');
SELECT versioned_rows.enable('a_table_pkey');
SELECT versioned_rows.enable('a_foreign_table');
SELECT versioned_rows.enable('nothing');
SELECT versioned_rows.enable(NULL);
SELECT versioned_rows.enable(0);
SELECT versioned_rows.enable('pg_class');
SELECT versioned_rows.enable('pg_statistic');
SELECT versioned_rows.enable('information_schema.sql_features');
DROP FOREIGN TABLE a_foreign_table;
DROP SERVER a_server;
DROP FOREIGN DATA WRAPPER a_wrapper;

-- Not by this user.
CREATE ROLE regress_clerk;
GRANT ALL ON a_table TO regress_clerk;
SET ROLE regress_clerk;
SELECT versioned_rows.enable('a_table');
SELECT versioned_rows.enable('a_view');
RESET ROLE;
REVOKE ALL ON a_table FROM regress_clerk;
DROP ROLE regress_clerk;

-- No primary key; a unique index is none.
CREATE TABLE no_key (id int NOT NULL UNIQUE);
SELECT versioned_rows.enable('no_key');

-- A partition, a parent of inheritance; a child is fine.
CREATE TABLE measure (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE measure_1 PARTITION OF measure FOR VALUES FROM (1) TO (10)
	PARTITION BY RANGE (id);
CREATE TABLE measure_1_1 PARTITION OF measure_1 FOR VALUES FROM (1) TO (5);
SELECT versioned_rows.enable('measure_1');
SELECT versioned_rows.enable('measure_1_1');
CREATE TABLE animal (id int PRIMARY KEY, name text);
CREATE TABLE cat (PRIMARY KEY (id)) INHERITS (animal);
SELECT versioned_rows.enable('animal');
SELECT versioned_rows.enable('cat');
INSERT INTO cat VALUES (1, 'Tom');
UPDATE animal SET name = 'Thomas';
SELECT * FROM cat ORDER BY version_id;

-- Partitioned by a column that changes with every version.
CREATE TABLE by_version (id int, version_id int, PRIMARY KEY (id, version_id))
	PARTITION BY LIST (version_id);
SELECT versioned_rows.enable('by_version');
CREATE TABLE by_flag (id int, version_id int, is_current_version boolean,
	PRIMARY KEY (id, version_id, is_current_version))
	PARTITION BY LIST (is_current_version);
SELECT versioned_rows.enable('by_flag');

-- Columns of the wrong kind.
CREATE TABLE wrong (id int PRIMARY KEY, version_id text,
	is_current_version int, numbers numeric, many int[],
	computed int GENERATED ALWAYS AS (id + 1) STORED,
	counted int GENERATED ALWAYS AS IDENTITY);
SELECT versioned_rows.enable('wrong');
SELECT versioned_rows.enable('wrong', version_column => 'numbers');
SELECT versioned_rows.enable('wrong', version_column => 'many');
SELECT versioned_rows.enable('wrong', version_column => 'computed');
SELECT versioned_rows.enable('wrong', version_column => 'counted');
SELECT versioned_rows.enable('wrong', version_column => 'ctid');
SELECT versioned_rows.enable('wrong', version_column => 'v');
SELECT versioned_rows.enable('wrong', version_column => 'v',
	current_column => 'numbers');
SELECT versioned_rows.enable('wrong', version_column => 'id',
	current_column => 'c');
CREATE TABLE hides (id int PRIMARY KEY, calc_is_current_version text);
SELECT versioned_rows.enable('hides');

-- Options that contradict each other, or say nothing.
SELECT versioned_rows.enable('a_table', version_column => NULL);
SELECT versioned_rows.enable('a_table', version_column => '');
SELECT versioned_rows.enable('a_table', version_column => 'v',
	current_column => 'v');
SELECT versioned_rows.enable('a_table', inbound => 'cascade');
SELECT versioned_rows.enable('a_table', inbound => NULL);
SELECT versioned_rows.enable('a_table', facade => NULL);
SELECT versioned_rows.enable('a_table', reinsert => NULL);
SELECT versioned_rows.enable('a_table', current_view => '');
SELECT versioned_rows.enable('a_table', current_view => 'a_view');
SELECT versioned_rows.enable('a_table', current_view => 'a_table');

-- Nothing has become versioned, and nothing has changed, but for the cats.
SELECT relation FROM versioned_rows.tables ORDER BY relation::text;
\d a_table
\d wrong
DROP VIEW a_view;
DROP MATERIALIZED VIEW a_matview;
DROP SEQUENCE a_sequence;
DROP TYPE a_type;
DROP TABLE a_table, no_key, measure, cat, animal, by_version, by_flag, wrong,
	hides;
DROP EXTENSION versioned_rows;

-- A table that an ORM made with key, version and flag is adopted as it is:
-- neither the table nor any of its indexes is written again.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;

CREATE TABLE example (
	id integer NOT NULL,
	version_id integer NOT NULL,
	is_current_version boolean,
	code varchar(20),
	data varchar,
	PRIMARY KEY (id, version_id)
);
CREATE UNIQUE INDEX example_id_current ON example (id)
	WHERE is_current_version;
CREATE UNIQUE INDEX example_code_current ON example (code)
	WHERE is_current_version AND code <> '';
CREATE UNIQUE INDEX example_code_version ON example (code, version_id);
CREATE INDEX example_data ON example (data);
INSERT INTO example VALUES (1, 1, false, 'a', 'e1'), (1, 2, true, 'a', 'e2'),
	(2, 1, true, 'b', 'f1');

CREATE TEMPORARY TABLE files AS
SELECT c.oid, c.relname, c.relfilenode, pg_get_indexdef(c.oid) AS definition
FROM pg_class c
WHERE c.oid = 'example'::regclass
	OR c.oid IN (SELECT indexrelid FROM pg_index
				 WHERE indrelid = 'example'::regclass);

SELECT versioned_rows.enable('example');

-- Every file is still the same, and none was added.
SELECT coalesce(f.relname, c.relname) AS relation,
	f.relfilenode = c.relfilenode AS same_file,
	f.definition IS NOT DISTINCT FROM pg_get_indexdef(c.oid) AS same_definition
FROM files f FULL JOIN
	(SELECT * FROM pg_class
	 WHERE oid = 'example'::regclass
		OR oid IN (SELECT indexrelid FROM pg_index
				   WHERE indrelid = 'example'::regclass)) c USING (oid)
ORDER BY 1;
\d example

-- The ORM's rows are history and current rows.
UPDATE example SET data = 'e3' WHERE id = 1;
UPDATE example SET data = 'f2' WHERE id = 2 AND version_id = 1;
SELECT *, e.calc_is_current_version FROM example e ORDER BY id, version_id;

-- An index that says the same in another way is taken, too.
CREATE TABLE another (LIKE example INCLUDING DEFAULTS,
	PRIMARY KEY (id, version_id));
ALTER TABLE another ALTER is_current_version DROP DEFAULT,
	ALTER is_current_version DROP NOT NULL;
CREATE UNIQUE INDEX another_current ON another (id)
	WHERE is_current_version = true;
SELECT versioned_rows.enable('another');
SELECT indexrelid::regclass AS index FROM pg_index
WHERE indrelid = 'another'::regclass ORDER BY indexrelid::regclass::text;

-- Columns of another name and type are adopted by their name.
CREATE TABLE renamed (
	id uuid NOT NULL,
	revision smallint NOT NULL DEFAULT 1,
	latest boolean NOT NULL DEFAULT true,
	PRIMARY KEY (id, revision)
);
SELECT versioned_rows.enable('renamed', version_column => 'revision',
	current_column => 'latest');
\d renamed

-- Rows that the ORM left without a flag would be neither: that is an error.
CREATE TABLE unclear (
	id integer NOT NULL,
	version_id integer NOT NULL,
	is_current_version boolean,
	PRIMARY KEY (id, version_id)
);
INSERT INTO unclear VALUES (1, 1, NULL);
SELECT versioned_rows.enable('unclear');

-- So are two current rows of one key.
UPDATE unclear SET is_current_version = true;
INSERT INTO unclear VALUES (1, 2, true);
SELECT versioned_rows.enable('unclear');
SELECT * FROM unclear ORDER BY id, version_id;

DROP TABLE example, another, renamed, unclear;
DROP TABLE files;
DROP EXTENSION versioned_rows;

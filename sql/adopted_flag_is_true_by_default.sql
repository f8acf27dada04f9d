-- A flag of current rows that would make history of every row that is
-- inserted is not adopted.
CREATE EXTENSION versioned_rows;
CREATE TABLE page (
	id int, version_id int, is_current_version boolean NOT NULL DEFAULT false,
	text text, PRIMARY KEY (id, version_id));
\set SHOW_CONTEXT never
SELECT versioned_rows.enable('page');

ALTER TABLE page ALTER COLUMN is_current_version SET DEFAULT 'yes';
SELECT versioned_rows.enable('page');
INSERT INTO page (id, text) VALUES (1, 'a') RETURNING *;
SELECT * FROM versioned_rows.verify('page');
DROP TABLE page;
DROP EXTENSION versioned_rows;

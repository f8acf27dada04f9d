-- A view that has taken the name of a current view does not stand for the
-- table of that one.
CREATE EXTENSION versioned_rows;
CREATE TABLE pen (id int PRIMARY KEY, name text);
CREATE TABLE ink (id int PRIMARY KEY, name text);
INSERT INTO pen VALUES (1, 'quill');
INSERT INTO ink VALUES (1, 'blue');
SELECT versioned_rows.enable('pen', current_view => 'current_one');
SELECT "row" ->> 'name' AS name FROM versioned_rows.history('current_one', '{"id": 1}');

DROP VIEW current_one;
CREATE VIEW current_one AS SELECT 1 AS id;
\set SHOW_CONTEXT never
SELECT * FROM versioned_rows.history('current_one', '{"id": 1}');

DROP VIEW current_one;
SELECT versioned_rows.enable('ink', current_view => 'current_one');
SELECT "row" ->> 'name' AS name FROM versioned_rows.history('current_one', '{"id": 1}');
DROP VIEW current_one;
DROP TABLE pen, ink;
DROP EXTENSION versioned_rows;

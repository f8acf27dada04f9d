-- A version column of 2, 4 or 8 bytes counts to its end; the UPDATE that would
-- go beyond it fails, and nothing is lost.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE DOMAIN tiny AS smallint CHECK (value < 10);
CREATE TABLE two (id int, v smallint, name text, PRIMARY KEY (id, v));
CREATE TABLE four (id int, v integer, name text, PRIMARY KEY (id, v));
CREATE TABLE eight (id int, v bigint, name text, PRIMARY KEY (id, v));
CREATE TABLE tenth (id int, v tiny, name text, PRIMARY KEY (id, v));
SELECT versioned_rows.enable('two', version_column => 'v');
SELECT versioned_rows.enable('four', version_column => 'v');
SELECT versioned_rows.enable('eight', version_column => 'v');
SELECT versioned_rows.enable('tenth', version_column => 'v');

INSERT INTO two VALUES (1, 32766, 'a');
UPDATE two SET name = 'b';
UPDATE two SET name = 'c';
SELECT * FROM two ORDER BY v;
UPDATE two SET name = 'b' RETURNING v;
DELETE FROM two;
INSERT INTO two (id, name) VALUES (1, 'd');
SELECT * FROM two ORDER BY v;

INSERT INTO four VALUES (1, 2147483646, 'a');
UPDATE four SET name = 'b';
UPDATE four SET name = 'c';
SELECT * FROM four ORDER BY v;
DELETE FROM four;
INSERT INTO four (id, name) VALUES (1, 'd');
SELECT * FROM four ORDER BY v;
-- A wider type gives room, and the row goes on.
ALTER TABLE four ALTER v TYPE bigint;
INSERT INTO four (id, name) VALUES (1, 'd') RETURNING v;
UPDATE four SET name = 'e' RETURNING v;

INSERT INTO eight VALUES (1, 9223372036854775806, 'a');
UPDATE eight SET name = 'b';
UPDATE eight SET name = 'c';
UPDATE eight SET v = -9223372036854775808;
SELECT * FROM eight ORDER BY v;
DELETE FROM eight;
INSERT INTO eight (id, name) VALUES (1, 'd');
SELECT * FROM eight ORDER BY v;

-- Numbers below 1 count, too.
INSERT INTO eight VALUES (2, -2, 'a');
UPDATE eight SET name = 'b' WHERE id = 2 RETURNING v;
UPDATE eight SET name = 'c' WHERE id = 2 RETURNING v;
UPDATE eight SET name = 'd' WHERE id = 2 RETURNING v;

-- A domain has the last word.
INSERT INTO tenth VALUES (1, 8, 'a');
UPDATE tenth SET name = 'b';
UPDATE tenth SET name = 'c';
SELECT * FROM tenth ORDER BY v;

DROP TABLE two, four, eight, tenth;
DROP DOMAIN tiny;
DROP EXTENSION versioned_rows;

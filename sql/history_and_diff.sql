-- Reads: history() shows every version of a row, oldest first; diff() shows
-- the columns in which two versions differ, by image.
CREATE EXTENSION versioned_rows;
\set SHOW_CONTEXT never

CREATE TABLE product (id int PRIMARY KEY, name text, price numeric, spec json,
					  gross numeric GENERATED ALWAYS AS (price * 1.2) STORED,
					  seen int);
SELECT versioned_rows.enable('product', ignore_columns => '{seen}',
							 current_view => 'product_now');
INSERT INTO product VALUES (1, 'pen', 1.0, '{"a":1}'), (2, 'ink', 5, NULL);
UPDATE product SET price = 1.00 WHERE id = 1;
UPDATE product SET name = NULL, spec = '{ "a": 1 }' WHERE id = 1;
UPDATE product SET seen = 7 WHERE id = 1;
DELETE FROM product WHERE id = 2;

SELECT version, is_current, period, "row"
FROM versioned_rows.history('product', '{"id": 1}');
SELECT version, is_current, "row"->>'name' AS name
FROM versioned_rows.history(relation => 'product', key => '{"id": 2}');
-- A row that never was has no history, and a view of ours stands for its table.
SELECT * FROM versioned_rows.history('product', '{"id": 3}');
SELECT count(*) FROM versioned_rows.history('product_now', '{"id": 1}');

-- 1.0 and 1.00 differ; so do two spellings of a json, shown as text.
SELECT * FROM versioned_rows.diff('product', '{"id": 1}', 1, 2);
SELECT * FROM versioned_rows.diff('product', '{"id": 1}', 2, 3);
SELECT * FROM versioned_rows.diff('product', '{"id": 1}', 3, 1);
SELECT * FROM versioned_rows.diff('product', '{"id": 1}', 2, 2);

-- Bad input.
SELECT * FROM versioned_rows.history(NULL, '{"id": 1}');
SELECT * FROM versioned_rows.history('pg_class', '{"oid": 1}');
SELECT * FROM versioned_rows.history('product', NULL);
SELECT * FROM versioned_rows.history('product', '[1]');
SELECT * FROM versioned_rows.history('product', '{}');
SELECT * FROM versioned_rows.history('product', '{"id": null}');
SELECT * FROM versioned_rows.history('product', '{"id": 1, "version_id": 1}');
SELECT * FROM versioned_rows.history('product', '{"id": "one"}');
SELECT * FROM versioned_rows.diff('product', '{"id": 1}', 1, 4);
SELECT * FROM versioned_rows.diff('product', '{"id": 3}', 1, 2);
SELECT * FROM versioned_rows.diff('product', '{"id": 1}', NULL, 1);
DROP TABLE product CASCADE;

-- Keys of any type, in any order, with any name; values are never truncated
-- or rounded to fit.
CREATE DOMAIN code AS text CHECK (VALUE <> '');
CREATE TABLE "odd ""t" ("a b" varchar(3), u uuid, f float8, d code, n int[],
						at timestamptz, t text,
						PRIMARY KEY (u, "a b", f, d, n, at));
SELECT versioned_rows.enable('"odd ""t"');
INSERT INTO "odd ""t" VALUES ('x''y', '00000000-0000-0000-0000-000000000001',
							  0.1, E'\\ "', '{1,2}', '2024-05-06 07:08:09+00', 't');
UPDATE "odd ""t" SET t = 'u';
SELECT version, "row"->'t' AS t
FROM versioned_rows.history('"odd ""t"', '{"a b": "x''y", "n": [1,2], "f": 0.1,
	"d": "\\ \"", "u": "00000000-0000-0000-0000-000000000001",
	"at": "2024-05-06T07:08:09Z"}');
SELECT version
FROM versioned_rows.history('"odd ""t"', '{"a b": "x''yz", "n": [1,2], "f": 0.1,
	"d": "\\ \"", "u": "00000000-0000-0000-0000-000000000001",
	"at": "2024-05-06T07:08:09Z"}');
DROP TABLE "odd ""t";
DROP DOMAIN code;

-- Without a flag, the number tells which version is current.
CREATE TABLE plain (k int PRIMARY KEY, v int);
SELECT versioned_rows.enable('plain', current_column => NULL);
INSERT INTO plain VALUES (1, 1);
UPDATE plain SET v = 2;
SELECT version, is_current FROM versioned_rows.history('plain', '{"k": 1}');
DROP TABLE plain;

-- Readers see history under the grants of the table.
CREATE ROLE regress_reader;
CREATE TABLE secret (k int PRIMARY KEY, v int);
SELECT versioned_rows.enable('secret');
INSERT INTO secret VALUES (1, 1);
SET ROLE regress_reader;
SELECT version FROM versioned_rows.history('secret', '{"k": 1}');
RESET ROLE;
GRANT SELECT ON secret TO regress_reader;
SET ROLE regress_reader;
SELECT version FROM versioned_rows.history('secret', '{"k": 1}');
RESET ROLE;
DROP TABLE secret;
DROP ROLE regress_reader;
DROP EXTENSION versioned_rows;

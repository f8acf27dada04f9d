-- Columns go blank in all versions of one row by redact(), which keeps its
-- key, numbers, times and references, and leaves a record.
CREATE EXTENSION versioned_rows;
\set SHOW_CONTEXT never

CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE DOMAIN mail AS text CHECK (VALUE NOT LIKE '% %');
CREATE TABLE country (id int PRIMARY KEY);
CREATE TABLE person (
	id int PRIMARY KEY, name text NOT NULL, mail mail NOT NULL, phone text,
	tags text[] NOT NULL, born date NOT NULL, doc jsonb NOT NULL, n int NOT NULL,
	mood mood NOT NULL DEFAULT 'sad', country int REFERENCES country,
	label text GENERATED ALWAYS AS (name || '!') STORED);
SELECT versioned_rows.enable('person');
CREATE TABLE letter (person_id int, person_version_id int,
	FOREIGN KEY (person_id, person_version_id) REFERENCES person);
INSERT INTO country VALUES (1);
INSERT INTO person VALUES
	(1, 'Ann', 'ann@x', '1', '{a}', '2000-01-01', '{}', 1, 'sad', 1),
	(2, 'Bob', 'bob@x', '2', '{b}', '2000-01-01', '{}', 1, 'sad', 1);
INSERT INTO letter VALUES (1, 1);
UPDATE person SET name = name || 'e' WHERE id = 1;

SELECT versioned_rows.redact('person', '{"id": 1}',
							 '{name,mail,phone,tags,born,doc,n,phone}');
SELECT * FROM person ORDER BY id, version_id;
SELECT * FROM letter;
-- The next version starts from the blank one.
UPDATE person SET phone = '3' WHERE id = 1 RETURNING version_id, name, phone;
SELECT versioned_rows.redact('person', '{"id": 1}', '{phone}');
SELECT key, columns, versions, redacted_at <= now() AS past,
	   redacted_by = session_user AS by_us
FROM person_redactions ORDER BY versions;

-- Bad input.
SELECT versioned_rows.redact('person', '{"id": 9}', '{name}');
SELECT versioned_rows.redact('person', '{"id": 1}', '{}');
SELECT versioned_rows.redact('person', '{"id": 1}', NULL);
SELECT versioned_rows.redact('person', '{"id": 1}', '{nam}');
SELECT versioned_rows.redact('person', '{"id": 1}', '{id}');
SELECT versioned_rows.redact('person', '{"id": 1}', '{is_current_version}');
SELECT versioned_rows.redact('person', '{"id": 1}', '{label}');
SELECT versioned_rows.redact('person', '{"id": 1}', '{country}');
SELECT versioned_rows.redact('person', '{"id": 1}', '{mood}');
SELECT versioned_rows.redact('country', '{"id": 1}', '{id}');
CREATE ROLE regress_writer;
GRANT ALL ON person TO regress_writer;
SET ROLE regress_writer;
SELECT versioned_rows.redact('person', '{"id": 1}', '{name}');
RESET ROLE;
-- Nothing of these is on record.
SELECT count(*) FROM person_redactions;

DROP TABLE letter, person_redactions, person, country;
DROP TYPE mood;
DROP DOMAIN mail;
DROP ROLE regress_writer;
DROP EXTENSION versioned_rows;

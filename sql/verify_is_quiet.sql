-- Versioned tables of any shape give verify() nothing to say, whatever
-- ordinary statements have done to them; what prune() has left is no problem.
CREATE EXTENSION versioned_rows;
SET client_min_messages = warning;
CREATE SCHEMA "Odd ""schema""";
SET search_path = "Odd ""schema""", public;

CREATE TABLE plain (id int PRIMARY KEY, content text UNIQUE);
CREATE TABLE "Odd 'table'" ("the ""key""" uuid, "another Key" text,
	content json, PRIMARY KEY ("the ""key""", "another Key"));
CREATE TABLE numbered (id int PRIMARY KEY, content text);
CREATE TABLE timed (id int PRIMARY KEY, content text);
CREATE TABLE faced (id int PRIMARY KEY, content text);
CREATE TABLE parted (id int, region text, content text,
	PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE parted_north PARTITION OF parted FOR VALUES IN ('north');
CREATE TABLE parted_rest PARTITION OF parted DEFAULT PARTITION BY HASH (id);
CREATE TABLE parted_rest_0 PARTITION OF parted_rest
	FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TEMPORARY TABLE passing (id int PRIMARY KEY, content text);
CREATE UNLOGGED TABLE light (id int PRIMARY KEY, content text);

SELECT versioned_rows.enable('plain', period_column => 'valid', current_view => 'plain_now');
SELECT versioned_rows.enable('"Odd ''table''"', version_column => 'Nr.', current_column => 'cur"rent');
SELECT versioned_rows.enable('numbered', current_column => NULL);
SELECT versioned_rows.enable('timed', current_column => NULL, period_column => 'valid');
SELECT versioned_rows.enable('faced', facade => true);
SELECT versioned_rows.enable('parted', ignore_columns => '{content}');
SELECT versioned_rows.enable('passing');
SELECT versioned_rows.enable('light');

-- A user's trigger where it may be, and references of every mode.
CREATE FUNCTION leave_alone() RETURNS trigger LANGUAGE plpgsql
	AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER before_ours BEFORE INSERT OR UPDATE ON plain
	FOR EACH ROW EXECUTE FUNCTION leave_alone();
CREATE TRIGGER zzzz_after_ours AFTER UPDATE ON plain
	FOR EACH ROW EXECUTE FUNCTION leave_alone();
CREATE TABLE referencing (id int PRIMARY KEY,
	followed int, followed_version int,
	pinned int, pinned_version int,
	FOREIGN KEY (followed, followed_version) REFERENCES plain
		ON UPDATE CASCADE,
	FOREIGN KEY (pinned, pinned_version) REFERENCES plain
		DEFERRABLE INITIALLY DEFERRED);
SELECT versioned_rows.enable('referencing');

INSERT INTO plain SELECT n, n FROM generate_series(1, 10) n;
INSERT INTO referencing VALUES (1, 1, 1, 1, 1), (2, NULL, NULL, 2, 1);
UPDATE plain SET content = content || '!';
UPDATE plain SET content = content || '?' WHERE id < 4;
DELETE FROM plain WHERE id = 2;
INSERT INTO plain VALUES (2, 'again');
UPDATE plain_now SET content = 'seen' WHERE id = 5;
INSERT INTO "Odd 'table'" VALUES
	('00000000-0000-0000-0000-000000000001', 'a', '1'),
	('00000000-0000-0000-0000-000000000001', 'b', '{"a": 1}');
UPDATE "Odd 'table'" SET content = '2' WHERE "another Key" = 'a';
INSERT INTO numbered VALUES (1, 'a');
UPDATE numbered SET content = 'b';
UPDATE numbered SET content = 'c' WHERE version_id = 2;
INSERT INTO timed VALUES (1, 'a'), (2, 'b');
UPDATE timed SET content = content || '!';
DELETE FROM timed WHERE id = 1;
INSERT INTO faced VALUES (1, 'a');
UPDATE faced SET content = 'b';
DELETE FROM faced;
INSERT INTO parted SELECT n, CASE n % 2 WHEN 0 THEN 'north' ELSE 'south' END, 'a'
	FROM generate_series(1, 6) n;
UPDATE parted SET content = 'b';
DELETE FROM parted WHERE id > 4;
INSERT INTO passing VALUES (1, 'a');
UPDATE passing SET content = 'b';
INSERT INTO light VALUES (1, 'a');
UPDATE light SET content = 'b';

-- Loaded history of unknown time, with a gap above it.
INSERT INTO plain (id, content, version_id, is_current_version, valid) VALUES
	(50, 'a', 3, false, 'empty'),
	(50, 'b', 7, false, '[2020-01-01, 2021-01-01)'),
	(50, 'c', 8, true, '[2021-01-01,)');

SELECT count(*), count(*) FILTER (WHERE NOT is_current_version) AS history FROM plain;
SELECT id, followed, followed_version, pinned, pinned_version
FROM referencing WHERE is_current_version ORDER BY id;
SELECT * FROM versioned_rows.verify();

-- It stays quiet for a view of ours, and for a partition.
SELECT * FROM versioned_rows.verify('plain_now');
SELECT * FROM versioned_rows.verify('faced');
SELECT * FROM versioned_rows.verify('parted_rest_0');

-- And when options have changed.
SELECT versioned_rows.enable('plain', period_column => 'valid', ignore_columns => '{content}');
SELECT versioned_rows.enable('parted');
SELECT * FROM versioned_rows.verify();

DROP TABLE passing;
DROP SCHEMA "Odd ""schema""" CASCADE;
DROP EXTENSION versioned_rows;

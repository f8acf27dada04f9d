-- Rows whose numbers, flags and periods contradict each other are reported by
-- verify(), by key and version, wherever in the table they are.
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int, lang text, name text, PRIMARY KEY (id, lang));
SELECT versioned_rows.enable('product', period_column => 'valid');
INSERT INTO product (id, lang, name, version_id, is_current_version, valid) VALUES
	(1, 'en', 'a', 1, false, '[2020-01-01, 2021-01-01)'),
	(1, 'en', 'b', 2, false, '[2021-01-01, 2022-01-01)'),
	(1, 'en', 'c', 3, true,  '[2022-01-01,)'),
	(1, 'de', 'a', 1, true,  '[2020-01-01,)');
SELECT * FROM versioned_rows.verify();

-- What follows goes past every check that would have refused it.
ALTER TABLE product DISABLE TRIGGER USER;
DROP INDEX product_current_key;
CREATE INDEX product_current_key ON product (id, lang) WHERE is_current_version;
PREPARE problems AS
	SELECT key, version, problem FROM versioned_rows.verify('product') WHERE key IS NOT NULL;

-- Two current versions.
BEGIN;
UPDATE product SET is_current_version = true, valid = '[2021-01-01,)' WHERE version_id = 2;
EXECUTE problems;
ROLLBACK;

-- A current version that is not the highest.
BEGIN;
UPDATE product SET is_current_version = (version_id = 2), valid = CASE version_id
		WHEN 2 THEN '[2022-01-01,)' ELSE '[2021-01-01, 2022-01-01)' END::tstzrange
	WHERE version_id IN (2, 3);
EXECUTE problems;
ROLLBACK;

-- Flags that contradict the periods.
BEGIN;
UPDATE product SET valid = '[2022-01-01, 2023-01-01)' WHERE version_id = 3;
UPDATE product SET valid = 'empty' WHERE lang = 'de';
EXECUTE problems;
ROLLBACK;
BEGIN;
UPDATE product SET is_current_version = false WHERE version_id = 3;
EXECUTE problems;
ROLLBACK;
BEGIN;
UPDATE product SET valid = '[2021-01-01,)' WHERE version_id = 2;
EXECUTE problems;
ROLLBACK;

-- Periods that overlap, also a version further on, and touch no more.
BEGIN;
UPDATE product SET valid = '[2020-01-01, 2021-07-01)' WHERE version_id = 1 AND lang = 'en';
EXECUTE problems;
UPDATE product SET valid = 'empty' WHERE version_id = 2;
EXECUTE problems;
UPDATE product SET valid = '[2020-01-01, 2022-07-01)' WHERE version_id = 1 AND lang = 'en';
EXECUTE problems;
ROLLBACK;

-- Periods that run backwards.
BEGIN;
UPDATE product SET valid = '[2019-01-01, 2020-01-01)' WHERE version_id = 2;
EXECUTE problems;
ROLLBACK;

-- Bounds that a reader at one instant would count twice, or not at all.
BEGIN;
UPDATE product SET valid = '[2020-01-01, 2020-07-01]' WHERE version_id = 1 AND lang = 'en';
UPDATE product SET valid = '(2021-01-01, 2022-01-01)' WHERE version_id = 2;
EXECUTE problems;
ROLLBACK;

-- Nothing where there must be something.
BEGIN;
ALTER TABLE product ALTER is_current_version DROP NOT NULL, ALTER valid DROP NOT NULL;
UPDATE product SET is_current_version = NULL WHERE version_id = 3;
UPDATE product SET valid = NULL WHERE lang = 'de';
EXECUTE problems;
ROLLBACK;

-- A row that is there twice, because the index was told to look away.
BEGIN;
UPDATE pg_index SET indisunique = false WHERE indexrelid = 'product_pkey'::regclass;
INSERT INTO product (id, lang, version_id, is_current_version, valid) VALUES
	(1, 'en', 1, false, 'empty');
EXECUTE problems;
ROLLBACK;

DEALLOCATE problems;
DROP TABLE product;

-- Without a flag the period tells what is current.
CREATE TABLE timed (id int PRIMARY KEY);
SELECT versioned_rows.enable('timed', current_column => NULL, period_column => 'valid');
ALTER TABLE timed DISABLE TRIGGER USER;
DROP INDEX timed_current_key;
INSERT INTO timed (id, version_id, valid) VALUES
	(1, 1, '[2020-01-01,)'), (1, 2, '[2021-01-01,)'),
	(2, 1, '[2020-01-01,)'), (2, 2, '[2019-01-01, 2020-01-01)');
SELECT key, version, problem FROM versioned_rows.verify('timed') WHERE key IS NOT NULL;
DROP TABLE timed;

-- In every partition; keys of any type.
CREATE DOMAIN label AS text;
CREATE TYPE size AS ENUM ('small', 'large');
CREATE TABLE parted (id bigint, day date, label label, size size, price numeric,
	PRIMARY KEY (id, day, label, size, price)) PARTITION BY LIST (day);
CREATE TABLE parted_first PARTITION OF parted FOR VALUES IN ('2020-01-01');
CREATE TABLE parted_rest PARTITION OF parted DEFAULT;
SELECT versioned_rows.enable('parted');
ALTER TABLE parted DISABLE TRIGGER USER;
DROP INDEX parted_current_key;
INSERT INTO parted SELECT 1, d::date, 'it''s', 'large', 1.50, v
	FROM unnest('{2020-01-01, 2020-01-02}'::date[]) d, generate_series(1, 2) v;
SELECT key, version, problem FROM versioned_rows.verify('parted') WHERE key IS NOT NULL;
DROP TABLE parted;
DROP TYPE size;
DROP DOMAIN label;

DROP EXTENSION versioned_rows;

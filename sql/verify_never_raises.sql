-- Whatever has become of a table, verify() reports it or passes over it, goes on
-- with the next, and raises no error.
CREATE EXTENSION versioned_rows;
\set SHOW_CONTEXT never
CREATE ROLE regress_owner;
CREATE SCHEMA shop AUTHORIZATION regress_owner;
SET search_path = shop;
SET ROLE regress_owner;
CREATE TABLE first (id int PRIMARY KEY, name text);
CREATE TABLE last (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('first', period_column => 'valid', changed_by_column => 'who', current_view => 'first_now');
SELECT versioned_rows.enable('last');
INSERT INTO first (id, name) VALUES (1, 'a');
UPDATE first SET name = 'b';
INSERT INTO last VALUES (1, 'a');
SELECT * FROM versioned_rows.verify();

-- Rows that the owner may not read, or that a policy hides.
BEGIN;
REVOKE SELECT ON first FROM regress_owner;
SELECT * FROM versioned_rows.verify();
ROLLBACK;
BEGIN;
ALTER TABLE first ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- Periods without an end, a beginning, or anything.
BEGIN;
SELECT versioned_rows.begin_maintenance('first');
UPDATE first SET valid = '(,)' WHERE version_id = 1;
SELECT key, version, problem FROM versioned_rows.verify();
UPDATE first SET valid = '[-infinity,infinity)' WHERE version_id = 1;
SELECT key, version, problem FROM versioned_rows.verify();
UPDATE first SET valid = '[infinity,)' WHERE version_id = 1;
SELECT key, version, problem FROM versioned_rows.verify();
UPDATE first SET valid = 'empty';
SELECT key, version, problem FROM versioned_rows.verify();
ROLLBACK;

-- No numbers, or no keys.
BEGIN;
ALTER TABLE first DROP CONSTRAINT first_pkey;
ALTER TABLE first ALTER version_id DROP NOT NULL, ALTER id DROP NOT NULL;
SELECT versioned_rows.begin_maintenance('last');
UPDATE last SET version_id = -7;
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- A generated function that is not ours any more, or does not even parse, and a
-- view of our name that looks at something else.
BEGIN;
CREATE OR REPLACE FUNCTION calc_is_current_version(first) RETURNS boolean LANGUAGE sql AS 'SELECT 1 / 0 = 1';
DROP VIEW first_now;
CREATE VIEW first_now AS SELECT 1 / 0 AS id;
DROP FUNCTION first_as_of(timestamptz);
CREATE TABLE first_as_of (id int);
SELECT * FROM versioned_rows.verify();
SELECT * FROM versioned_rows.verify('first_now');
ROLLBACK;

-- Trigger arguments of another time, or nonsense.
BEGIN;
CREATE OR REPLACE TRIGGER zzz_versioned_rows_stamp BEFORE INSERT OR UPDATE OR DELETE ON first
	FOR EACH ROW EXECUTE FUNCTION versioned_rows.stamp('nonsense', '', '=', 'version=', 'current=id', 'period=name', 'ignore==');
SELECT * FROM versioned_rows.verify();
CREATE OR REPLACE TRIGGER zzz_versioned_rows_stamp BEFORE INSERT OR UPDATE OR DELETE ON first
	FOR EACH ROW EXECUTE FUNCTION versioned_rows.stamp();
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- What can carry a trigger and is not a table.
BEGIN;
CREATE VIEW pretended AS SELECT 1 / 0 AS id, 1 AS version_id;
CREATE TRIGGER stamp INSTEAD OF UPDATE ON pretended
	FOR EACH ROW EXECUTE FUNCTION versioned_rows.stamp('version=version_id');
SELECT DISTINCT relation FROM versioned_rows.verify();
ROLLBACK;

-- Something that never was.
SELECT versioned_rows.verify(0);
RESET ROLE;
SELECT * FROM versioned_rows.verify('pg_toast.pg_toast_1255');
SELECT * FROM versioned_rows.verify('first_pkey');

SET client_min_messages = warning;
DROP SCHEMA shop CASCADE;
RESET search_path;
DROP ROLE regress_owner;
DROP EXTENSION versioned_rows;

-- A trigger of ours that is missing, misnamed, disabled, doubled, ill-timed or
-- out of order is reported by verify(), in the table and in each partition.
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, name text);
CREATE TABLE line (id int, product_id int, product_version_id int);
SELECT versioned_rows.enable('product');
ALTER TABLE line ADD FOREIGN KEY (product_id, product_version_id) REFERENCES product;
CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (10);
SELECT versioned_rows.enable('parted');
CREATE FUNCTION leave_alone() RETURNS trigger LANGUAGE plpgsql
	AS 'BEGIN RETURN NEW; END';
SELECT * FROM versioned_rows.verify();

-- Missing.
BEGIN;
DROP TRIGGER zzz_versioned_rows_stamp ON product;
SELECT * FROM versioned_rows.verify();
ROLLBACK;
BEGIN;
DROP TRIGGER "000_versioned_rows_archive" ON product;
SELECT * FROM versioned_rows.verify();
ROLLBACK;
BEGIN;
DROP TRIGGER "000_versioned_rows_truncate" ON product;
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- All of them: the table is no longer known as versioned.
BEGIN;
DROP TRIGGER zzz_versioned_rows_stamp ON product;
DROP TRIGGER "000_versioned_rows_archive" ON product;
DROP TRIGGER "000_versioned_rows_truncate" ON product;
SELECT * FROM versioned_rows.verify();
SELECT * FROM versioned_rows.verify('product');
ROLLBACK;

-- Renamed, with and without harm.
BEGIN;
ALTER TRIGGER "000_versioned_rows_archive" ON product RENAME TO "001_archive";
SELECT * FROM versioned_rows.verify();
ALTER TRIGGER "001_archive" ON product RENAME TO archive;
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- Disabled, or enabled for replication alone.
BEGIN;
ALTER TABLE product DISABLE TRIGGER USER;
SELECT * FROM versioned_rows.verify();
ROLLBACK;
BEGIN;
ALTER TABLE product ENABLE REPLICA TRIGGER zzz_versioned_rows_stamp;
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- Enabled for local and replicated rows is a choice, but one for both.
BEGIN;
ALTER TABLE product ENABLE ALWAYS TRIGGER zzz_versioned_rows_stamp;
SELECT * FROM versioned_rows.verify();
ALTER TABLE product ENABLE ALWAYS TRIGGER "000_versioned_rows_archive";
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- Twice.
BEGIN;
CREATE TRIGGER zzz_versioned_rows_stamp_2 BEFORE INSERT OR UPDATE OR DELETE ON product
	FOR EACH ROW EXECUTE FUNCTION versioned_rows.stamp('version=version_id', 'current=is_current_version');
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- For other events, with a condition, and with other arguments.
BEGIN;
CREATE OR REPLACE TRIGGER zzz_versioned_rows_stamp BEFORE UPDATE ON product
	FOR EACH ROW EXECUTE FUNCTION versioned_rows.stamp('version=version_id', 'current=is_current_version');
CREATE OR REPLACE TRIGGER "000_versioned_rows_archive" AFTER UPDATE OR DELETE ON product
	FOR EACH ROW WHEN (OLD.id > 0) EXECUTE FUNCTION versioned_rows.archive('version=version_id');
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- After another trigger that may change the row; one that is disabled, fires
-- afterwards, or for DELETE only cannot.
BEGIN;
CREATE TRIGGER zzzz BEFORE UPDATE ON product FOR EACH ROW EXECUTE FUNCTION leave_alone();
SELECT * FROM versioned_rows.verify();
ALTER TABLE product DISABLE TRIGGER zzzz;
SELECT * FROM versioned_rows.verify();
CREATE OR REPLACE TRIGGER zzzz AFTER UPDATE ON product FOR EACH ROW EXECUTE FUNCTION leave_alone();
SELECT * FROM versioned_rows.verify();
CREATE OR REPLACE TRIGGER zzzz BEFORE DELETE ON product FOR EACH ROW EXECUTE FUNCTION leave_alone();
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- In one partition only; a partition that came later can be truncated.
BEGIN;
ALTER TABLE parted_low DISABLE TRIGGER zzz_versioned_rows_stamp;
CREATE TABLE parted_high PARTITION OF parted FOR VALUES FROM (10) TO (20);
SELECT * FROM versioned_rows.verify();
SELECT versioned_rows.enable('parted');
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- Who may create triggers may replace ours, and PostgreSQL asks for no more.
BEGIN;
CREATE ROLE regress_clerk;
GRANT ALL ON product TO regress_clerk;
GRANT TRIGGER ON product TO PUBLIC;
SELECT * FROM versioned_rows.verify();
SET LOCAL ROLE regress_clerk;
CREATE OR REPLACE TRIGGER zzz_versioned_rows_stamp BEFORE INSERT OR UPDATE OR DELETE ON product
	FOR EACH ROW EXECUTE FUNCTION leave_alone();
RESET ROLE;
REVOKE TRIGGER ON product FROM regress_clerk, PUBLIC;
SELECT * FROM versioned_rows.verify();
DROP TRIGGER zzz_versioned_rows_stamp ON product;
SELECT versioned_rows.enable('product');
SELECT * FROM versioned_rows.verify();
ROLLBACK;

DROP FUNCTION leave_alone();
DROP TABLE line, product, parted;
DROP EXTENSION versioned_rows;

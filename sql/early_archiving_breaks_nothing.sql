-- A version that is archived before its row moves on is never left alone beside
-- it, and is seen by nobody while both are there.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\set QUIET off
CREATE EXTENSION versioned_rows;

-- A versioned table that was attached as a partition: its rows can leave it,
-- and a trigger can keep them from leaving.
CREATE TABLE leaf (id int PRIMARY KEY, region text, n int);
SELECT versioned_rows.enable('leaf');
CREATE TABLE root (id int NOT NULL, region text, n int, version_id int NOT NULL DEFAULT 1,
				   is_current_version boolean NOT NULL DEFAULT true) PARTITION BY LIST (region);
ALTER TABLE root ATTACH PARTITION leaf FOR VALUES IN ('a');
CREATE TABLE other PARTITION OF root FOR VALUES IN ('b');
INSERT INTO leaf (id, region, n) VALUES (1, 'a', 1), (2, 'a', 1);
UPDATE root SET n = 2 WHERE is_current_version;
UPDATE root SET region = 'b' WHERE id = 1 AND is_current_version;
SELECT tableoid::regclass, * FROM root ORDER BY id, version_id, region;
CREATE FUNCTION return_null() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER stay BEFORE DELETE ON leaf FOR EACH ROW EXECUTE FUNCTION return_null();
UPDATE root SET region = 'b' WHERE id = 2 AND is_current_version;
SELECT tableoid::regclass, * FROM root WHERE id = 2 ORDER BY version_id;
DROP TABLE root;

-- A primary key with the flag in it is another key in history.
CREATE TABLE flagged (id int, flag boolean NOT NULL DEFAULT true, n int, PRIMARY KEY (id, flag));
SELECT versioned_rows.enable('flagged', current_column => 'flag');
INSERT INTO flagged (id, n) VALUES (1, 1);
INSERT INTO flagged (id, flag, n, version_id) VALUES (1, false, 99, 1);
UPDATE flagged SET n = 2 WHERE flag;
SELECT * FROM flagged ORDER BY version_id, flag;
DROP TABLE flagged;

-- A trigger that fires after ours, and that the statement itself hides.
CREATE ROLE regress_mallory;
CREATE TABLE product (id int PRIMARY KEY, n int);
SELECT versioned_rows.enable('product');
INSERT INTO product VALUES (1, 1);
GRANT SELECT, UPDATE, TRIGGER ON product TO regress_mallory;
CREATE FUNCTION return_new() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
SET ROLE regress_mallory;
CREATE TRIGGER zzzzz BEFORE UPDATE ON product FOR EACH ROW EXECUTE FUNCTION return_null();
CREATE FUNCTION pg_temp.hide() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	CREATE OR REPLACE TRIGGER zzzzz AFTER UPDATE ON product FOR EACH ROW EXECUTE FUNCTION return_new();
	RETURN 7;
END
$$;
UPDATE product SET n = pg_temp.hide() WHERE id = 1;
RESET ROLE;
SELECT * FROM product ORDER BY version_id;
DROP TRIGGER zzzzz ON product;
CREATE TRIGGER zzzzz BEFORE UPDATE ON product FOR EACH ROW EXECUTE FUNCTION return_null();
CREATE FUNCTION drop_it() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	DROP TRIGGER zzzzz ON product;
	RETURN 7;
END
$$;
UPDATE product SET n = drop_it() WHERE id = 1;
SELECT * FROM product ORDER BY version_id;
SELECT * FROM versioned_rows.verify('product');
DROP TRIGGER IF EXISTS zzzzz ON product;

-- Another trigger with the arguments of ours is not taken for archive().
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE NOTICE 'from version % to %', OLD.version_id, NEW.version_id;
	RETURN NULL;
END
$$;
CREATE TRIGGER my_audit AFTER UPDATE ON product FOR EACH ROW
EXECUTE FUNCTION tell('version=version_id', 'current=is_current_version');
UPDATE product SET n = n WHERE is_current_version;
UPDATE product SET n = n + 1 WHERE is_current_version;
DROP TRIGGER my_audit ON product;
-- nor is archive() forgotten under another name
ALTER TRIGGER "000_versioned_rows_archive" ON product RENAME TO "000";
UPDATE product SET n = n + 1 WHERE is_current_version;
SELECT * FROM product ORDER BY version_id;
ALTER TRIGGER "000" ON product RENAME TO "000_versioned_rows_archive";

-- Functions that look into the table while the row is checked see one row.
CREATE FUNCTION how_many(key int, number int) RETURNS bigint LANGUAGE plpgsql AS
'BEGIN RETURN (SELECT count(*) FROM product p WHERE p.id = key AND p.version_id = number - 1); END';
ALTER TABLE product ADD CONSTRAINT one_row CHECK (how_many(id, version_id) <= 1);
UPDATE product SET n = n + 1 WHERE is_current_version;
ALTER TABLE product DROP CONSTRAINT one_row;
GRANT EXECUTE ON FUNCTION how_many TO regress_mallory;
CREATE POLICY one_row ON product TO regress_mallory USING (true)
	WITH CHECK (how_many(id, version_id) <= 1);
ALTER TABLE product ENABLE ROW LEVEL SECURITY;
SET ROLE regress_mallory;
UPDATE product SET n = n + 1 WHERE is_current_version;
RESET ROLE;
SELECT * FROM product ORDER BY version_id;
SELECT * FROM versioned_rows.verify('product');

-- The policies of a partitioned table judge the rows of its partitions.
CREATE TABLE part (id int PRIMARY KEY, n int) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (1) TO (10);
SELECT versioned_rows.enable('part');
INSERT INTO part VALUES (1, 1);
CREATE FUNCTION how_many_parts(key int, number int) RETURNS bigint LANGUAGE plpgsql AS
'BEGIN RETURN (SELECT count(*) FROM part p WHERE p.id = key AND p.version_id = number - 1); END';
CREATE POLICY one_row ON part TO regress_mallory USING (true)
	WITH CHECK (how_many_parts(id, version_id) <= 1);
ALTER TABLE part ENABLE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE ON part TO regress_mallory;
SET ROLE regress_mallory;
UPDATE part SET n = n + 1 WHERE is_current_version;
RESET ROLE;
SELECT * FROM part ORDER BY version_id;
DROP TABLE part;

-- A CHECK that looks at tableoid sees it in a historical row, too, however that was made.
CREATE TABLE page (id int PRIMARY KEY, n int);
SELECT versioned_rows.enable('page', period_column => 'valid');
ALTER TABLE page ADD CHECK (is_current_version OR tableoid = 'page'::regclass);
INSERT INTO page VALUES (1, 1);
UPDATE page SET n = 2 WHERE is_current_version;
DELETE FROM page WHERE is_current_version;
SELECT id, n, version_id, is_current_version FROM page ORDER BY version_id;

DROP TABLE product, page;
DROP FUNCTION return_null, return_new, drop_it, tell, how_many, how_many_parts, pg_temp.hide;
DROP ROLE regress_mallory;
DROP EXTENSION versioned_rows;

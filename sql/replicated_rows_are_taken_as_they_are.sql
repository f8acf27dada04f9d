-- With session_replication_role = replica rows are written as they come, which
-- are versions already; who wants versions made of them says ENABLE ALWAYS.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('product');
INSERT INTO product VALUES (1, 'a');
CREATE TABLE log (n serial, what text);
CREATE FUNCTION write_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO log (what) VALUES (concat_ws(' ', TG_NAME, TG_OP, OLD.version_id, NEW.version_id));
	RETURN NULL;
END
$$;
CREATE TRIGGER on_origin AFTER INSERT OR UPDATE OR DELETE ON product
	FOR EACH ROW EXECUTE FUNCTION write_log();
CREATE TRIGGER on_replica AFTER INSERT OR UPDATE OR DELETE ON product
	FOR EACH ROW EXECUTE FUNCTION write_log();
CREATE TRIGGER on_both AFTER INSERT OR UPDATE OR DELETE ON product
	FOR EACH ROW EXECUTE FUNCTION write_log();
ALTER TABLE product ENABLE REPLICA TRIGGER on_replica, ENABLE ALWAYS TRIGGER on_both;

UPDATE product SET name = 'b';
SET session_replication_role = replica;
UPDATE product SET name = 'c', version_id = 3 WHERE version_id = 2;
INSERT INTO product VALUES (1, 'b', 2, false);
DELETE FROM product WHERE version_id = 1;
SET session_replication_role = local;
UPDATE product SET name = 'd' WHERE is_current_version;
RESET session_replication_role;
UPDATE product SET name = 'e' WHERE is_current_version;
SELECT * FROM product ORDER BY version_id;
SELECT what FROM log ORDER BY n;
SELECT * FROM versioned_rows.verify();

-- The triggers that make versions, for replicated rows, too; enable() keeps it.
ALTER TABLE product ENABLE ALWAYS TRIGGER zzz_versioned_rows_stamp,
	ENABLE ALWAYS TRIGGER "000_versioned_rows_archive";
SELECT versioned_rows.enable('product', ignore_columns => '{}');
SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'product'::regclass
ORDER BY tgname COLLATE "C";
SET session_replication_role = replica;
UPDATE product SET name = 'f' WHERE is_current_version RETURNING version_id;
RESET session_replication_role;
SELECT * FROM product WHERE version_id > 4 ORDER BY version_id;
SELECT * FROM versioned_rows.verify();

-- On partitions as well.
CREATE TABLE part (id int PRIMARY KEY, name text) PARTITION BY HASH (id);
CREATE TABLE part_0 PARTITION OF part FOR VALUES WITH (MODULUS 1, REMAINDER 0);
SELECT versioned_rows.enable('part');
INSERT INTO part VALUES (1, 'a');
ALTER TABLE part ENABLE ALWAYS TRIGGER zzz_versioned_rows_stamp,
	ENABLE ALWAYS TRIGGER "000_versioned_rows_archive";
SELECT versioned_rows.enable('part');
SET session_replication_role = replica;
UPDATE part SET name = 'b' RETURNING version_id;
RESET session_replication_role;
SELECT tgrelid::regclass, tgname, tgenabled FROM pg_trigger
WHERE tgrelid IN ('part'::regclass, 'part_0'::regclass)
ORDER BY tgrelid::regclass::text, tgname COLLATE "C";
SELECT * FROM versioned_rows.verify();

DROP TABLE product, log, part;
DROP FUNCTION write_log;
DROP EXTENSION versioned_rows;

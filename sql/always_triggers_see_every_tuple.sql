-- AFTER ROW triggers that are enabled ALWAYS see the UPDATE and then the INSERT
-- of the old version, so that what they write down is the table; others one UPDATE.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, name text, price int);
SELECT versioned_rows.enable('product');
CREATE TABLE log (n serial, what text);

CREATE FUNCTION write_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO log (what) VALUES (concat_ws(' ', TG_NAME, TG_OP,
		OLD.id || '/' || OLD.version_id || CASE WHEN OLD.is_current_version THEN '*' ELSE '' END,
		NEW.id || '/' || NEW.version_id || CASE WHEN NEW.is_current_version THEN '*' ELSE '' END));
	RETURN NULL;
END
$$;
CREATE TRIGGER "000_always" AFTER INSERT OR UPDATE OR DELETE ON product
	FOR EACH ROW EXECUTE FUNCTION write_log();
CREATE TRIGGER always AFTER INSERT OR UPDATE OR DELETE ON product
	FOR EACH ROW EXECUTE FUNCTION write_log();
CREATE TRIGGER origin AFTER INSERT OR UPDATE OR DELETE ON product
	FOR EACH ROW EXECUTE FUNCTION write_log();
ALTER TABLE product ENABLE ALWAYS TRIGGER "000_always", ENABLE ALWAYS TRIGGER always;

-- Wherever they sort, the change comes first: its old key is free by then.
INSERT INTO product VALUES (1, 'a', 1), (2, 'b', 2);
TRUNCATE log;
UPDATE product SET price = price + 1 WHERE is_current_version;
SELECT what FROM log ORDER BY n;
-- Nothing is stored for history and for a row that stays as it is.
TRUNCATE log;
UPDATE product SET price = price;
SELECT what FROM log ORDER BY n;
TRUNCATE log;
DELETE FROM product WHERE id = 2;
SELECT what FROM log ORDER BY n;
DROP TRIGGER "000_always" ON product;

-- A condition is asked about the old version; a list of columns is for UPDATE alone.
DROP TRIGGER always ON product;
CREATE TRIGGER always AFTER INSERT OR UPDATE OF name ON product
	FOR EACH ROW WHEN (NEW.price > 2) EXECUTE FUNCTION write_log();
ALTER TABLE product ENABLE ALWAYS TRIGGER always;
TRUNCATE log;
UPDATE product SET price = 3 WHERE id = 1;
UPDATE product SET price = 4 WHERE id = 1;
UPDATE product SET price = 1, name = 'c' WHERE id = 1;
UPDATE product SET price = 2 WHERE id = 1;
SELECT what FROM log WHERE what LIKE 'always%' ORDER BY n;
DROP TRIGGER always ON product;

-- Not those that stand BEFORE a row, which could change it or leave it out, nor
-- those of a statement or with its tables, which ask what the statement did.
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
	'BEGIN RAISE EXCEPTION ''% fires for history'', TG_NAME; END';
CREATE TRIGGER before BEFORE INSERT ON product
	FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER statement AFTER INSERT ON product
	FOR EACH STATEMENT EXECUTE FUNCTION refuse();
CREATE TRIGGER tables AFTER INSERT ON product REFERENCING NEW TABLE AS new_table
	FOR EACH ROW EXECUTE FUNCTION refuse();
ALTER TABLE product ENABLE ALWAYS TRIGGER before, ENABLE ALWAYS TRIGGER statement,
	ENABLE ALWAYS TRIGGER tables;
UPDATE product SET name = 'd' WHERE id = 1 RETURNING version_id;
DELETE FROM product WHERE id = 1 RETURNING version_id;
DROP TRIGGER before ON product;
DROP TRIGGER statement ON product;
DROP TRIGGER tables ON product;

-- One that is deferred waits for the end, and can refuse the old version.
CREATE FUNCTION refuse_price() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'version % has a price of %', NEW.version_id, NEW.price;
END
$$;
CREATE CONSTRAINT TRIGGER always AFTER INSERT ON product DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW WHEN (NEW.price = 13) EXECUTE FUNCTION refuse_price();
INSERT INTO product VALUES (3, 'a', 1);
UPDATE product SET price = 13 WHERE id = 3;
UPDATE product SET price = 14 WHERE id = 3 AND is_current_version;
UPDATE product SET price = 13 WHERE id = 3 AND is_current_version;
ALTER TABLE product ENABLE ALWAYS TRIGGER always;
BEGIN;
SAVEPOINT s;
UPDATE product SET price = 15 WHERE id = 3 AND is_current_version;
ROLLBACK TO s;
COMMIT;
BEGIN;
UPDATE product SET price = 16 WHERE id = 3 AND is_current_version;
UPDATE product SET price = 17 WHERE id = 3 AND is_current_version;
COMMIT;
DELETE FROM product WHERE id = 3 AND is_current_version;
SELECT version_id, price FROM product WHERE id = 3 AND is_current_version;
DROP TRIGGER always ON product;

-- On a replica nobody archives versions, unless our triggers are told to; a trigger
-- for the replica alone is an application's.
CREATE TRIGGER always AFTER INSERT OR UPDATE OR DELETE ON product
	FOR EACH ROW EXECUTE FUNCTION write_log();
CREATE TRIGGER replica AFTER INSERT OR UPDATE OR DELETE ON product
	FOR EACH ROW EXECUTE FUNCTION write_log();
ALTER TABLE product ENABLE ALWAYS TRIGGER always, ENABLE REPLICA TRIGGER replica;
INSERT INTO product VALUES (4, 'a', 1);
TRUNCATE log;
SET session_replication_role = replica;
UPDATE product SET version_id = 2, price = 2 WHERE id = 4 AND is_current_version;
INSERT INTO product VALUES (4, 'a', 1, 1, false);
SELECT what FROM log ORDER BY n;
ALTER TABLE product ENABLE ALWAYS TRIGGER zzz_versioned_rows_stamp,
	ENABLE ALWAYS TRIGGER "000_versioned_rows_archive";
TRUNCATE log;
UPDATE product SET price = 3 WHERE id = 4;
SELECT what FROM log ORDER BY n;
RESET session_replication_role;
TRUNCATE log;
UPDATE product SET price = 4 WHERE id = 4;
SELECT what FROM log ORDER BY n;
SELECT * FROM versioned_rows.verify();
DROP TABLE product;

-- The trigger runs as who writes, with the settings of the session, as for any
-- row; its table needs the privileges of the writer, history none.
CREATE ROLE regress_owner;
CREATE ROLE regress_writer;
GRANT CREATE ON SCHEMA public TO regress_owner;
SET ROLE regress_owner;
CREATE TABLE owned (id int PRIMARY KEY, n int);
SELECT versioned_rows.enable('owned');
INSERT INTO owned VALUES (1, 1);
CREATE FUNCTION write_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE NOTICE '% %/% by %, search_path %', TG_OP, NEW.id, NEW.version_id,
		current_user, current_setting('search_path');
	RETURN NULL;
END
$$;
CREATE TRIGGER always AFTER INSERT OR UPDATE ON owned
	FOR EACH ROW EXECUTE FUNCTION write_user();
ALTER TABLE owned ENABLE ALWAYS TRIGGER always;
GRANT SELECT, UPDATE, TRIGGER ON owned TO regress_writer;
SET ROLE regress_writer;
SET search_path = pg_temp, public;
UPDATE owned SET n = 2 WHERE is_current_version;
-- who may create triggers may not say ALWAYS
ALTER TABLE owned ENABLE ALWAYS TRIGGER always;
RESET search_path;
RESET ROLE;
DROP TABLE owned;
DROP FUNCTION write_user;
REVOKE CREATE ON SCHEMA public FROM regress_owner;
DROP ROLE regress_owner, regress_writer;

-- A second copy that is kept by such triggers has the same rows, whatever is
-- done.  Its primary key would refuse an old version that came before the UPDATE.
CREATE FUNCTION keep_mirror() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
DECLARE
	changed int;
BEGIN
	IF TG_OP <> 'INSERT' THEN
		EXECUTE format('DELETE FROM %I AS m WHERE m = ($1::text)::%1$I', TG_ARGV[0])
			USING OLD::text;
		GET DIAGNOSTICS changed = ROW_COUNT;
		IF changed <> 1 THEN
			RAISE EXCEPTION '% of a row that % does not have: %', TG_OP, TG_ARGV[0], OLD;
		END IF;
	END IF;
	IF TG_OP <> 'DELETE' THEN
		EXECUTE format('INSERT INTO %I SELECT ($1::text::%1$I).*', TG_ARGV[0])
			USING NEW::text;
	END IF;
	RETURN NULL;
END
$$;
CREATE FUNCTION add_mirror(original text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	mirror text := original || '_mirror';
BEGIN
	EXECUTE format('CREATE TABLE %I (LIKE %I)', mirror, original);
	EXECUTE format('ALTER TABLE %I ADD PRIMARY KEY (id, version_id)', mirror);
	EXECUTE format('INSERT INTO %I TABLE %I', mirror, original);
	EXECUTE format('CREATE TRIGGER mirror AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION keep_mirror(%L)',
				   original, mirror);
	EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER mirror', original);
END
$$;
CREATE FUNCTION differences(original text, OUT versions int, OUT missing int, OUT left_over int)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SELECT count(*), count(*) FILTER (WHERE m.id IS NULL), count(*) FILTER (WHERE o.id IS NULL) FROM %I AS o FULL JOIN %I AS m ON o::text = m::text',
				   original, original || '_mirror') INTO versions, missing, left_over;
END
$$;
CREATE TABLE product (id int PRIMARY KEY, name text, price int);
SELECT versioned_rows.enable('product', period_column => 'valid', changed_by_column => 'changed_by', deletion_column => 'deleted');
CREATE TABLE line (id int PRIMARY KEY, product_id int, other_id int, amount int);
SELECT versioned_rows.enable('line', per_transaction => true);
SELECT versioned_rows.add_reference('line', '{product_id}', 'product', 'follow');
SELECT versioned_rows.add_reference('line', '{other_id}', 'line', 'pin');
CREATE TABLE part (id int PRIMARY KEY, name text) PARTITION BY RANGE (id);
CREATE TABLE part_0 PARTITION OF part FOR VALUES FROM (0) TO (10);
SELECT versioned_rows.enable('part');
SELECT add_mirror(t) FROM unnest('{product,line,part}'::text[]) AS t;
-- a partition that is attached gets the trigger as it is
CREATE TABLE part_1 (LIKE part INCLUDING ALL);
ALTER TABLE part ATTACH PARTITION part_1 FOR VALUES FROM (10) TO (20);
SELECT versioned_rows.enable('part');

INSERT INTO product (id, name, price) SELECT i, 'p' || i, i FROM generate_series(1, 6) AS i;
INSERT INTO line SELECT i, i, NULL, 1 FROM generate_series(1, 5) AS i;
UPDATE line SET other_id = 1 WHERE id > 1;
UPDATE product SET price = price + 1 WHERE id <> 4;
UPDATE line SET amount = 2 WHERE is_current_version;
BEGIN;
UPDATE line SET amount = 3 WHERE id = 1 AND is_current_version;
UPDATE line SET amount = 4 WHERE id = 1 AND is_current_version;
UPDATE product SET price = 0 WHERE id = 1 AND is_current_version;
SAVEPOINT s;
UPDATE product SET price = 1 WHERE id = 1 AND is_current_version;
ROLLBACK TO s;
COMMIT;
DELETE FROM line WHERE id = 5;
DELETE FROM product WHERE id = 5;
INSERT INTO product (id, name, price) VALUES (5, 'back', 1), (1, 'again', 2)
	ON CONFLICT (id) WHERE is_current_version DO UPDATE SET name = excluded.name;
MERGE INTO product p USING (VALUES (1), (5), (6), (7)) AS s (id) ON p.id = s.id AND p.is_current_version
	WHEN MATCHED AND p.id = 5 THEN DELETE
	WHEN MATCHED THEN UPDATE SET name = 'merged'
	WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, 'merged');
WITH u AS (UPDATE product SET name = 'u' WHERE id = 3 AND is_current_version RETURNING id)
	INSERT INTO product (id, name) SELECT id + 10, 'i' FROM u;
SELECT versioned_rows.revert('product', '{"id": 3}', 1);
SELECT versioned_rows.redact('product', '{"id": 1}', '{name}') > 0 AS redacted;
SELECT removed > 0 AS removed FROM versioned_rows.prune('product', keep => 1);
CREATE TABLE past (id int, name text, price int, valid tstzrange);
INSERT INTO past VALUES (4, 'past', 0, '[2001-01-01,2002-01-01)'), (20, 'past', 0, '[2001-01-01,2002-01-01)');
SELECT versioned_rows.import('product', 'past');
SELECT * FROM differences('product');
SELECT * FROM differences('line');

INSERT INTO part VALUES (1, 'a'), (2, 'b'), (11, 'c');
UPDATE part SET name = 'x' || name;
DELETE FROM part_1 WHERE id = 11;
UPDATE part_0 SET name = 'y' WHERE id = 1 AND is_current_version;
SELECT * FROM differences('part');
SELECT * FROM versioned_rows.verify();

DROP TABLE product, line, part, past, log, product_redactions,
	product_mirror, line_mirror, part_mirror;
DROP FUNCTION write_log, refuse, refuse_price, keep_mirror, add_mirror, differences;
DROP EXTENSION versioned_rows;

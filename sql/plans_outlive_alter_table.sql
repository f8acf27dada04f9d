-- Every form of ALTER TABLE takes effect on statements that are prepared
-- already, and they go on making versions; what it breaks fails, with a hint.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION versioned_rows;
CREATE ACCESS METHOD regress_heap TYPE TABLE HANDLER heap_tableam_handler;
CREATE TABLE supplier (id int PRIMARY KEY);
INSERT INTO supplier VALUES (1);
CREATE TABLE parent (name text COLLATE "C");
CREATE TABLE product (id int PRIMARY KEY, name text COLLATE "C", price int DEFAULT 1,
	supplier int DEFAULT 1 REFERENCES supplier,
	twice int GENERATED ALWAYS AS (price * 2) STORED);
SELECT versioned_rows.enable('product');
INSERT INTO product (id, name) SELECT i, 'a' FROM generate_series(1, 4) AS i;
-- One table is pinned to versions, another one follows them.
CREATE TABLE sale (id int PRIMARY KEY, product_id int);
SELECT versioned_rows.add_reference('sale', '{product_id}', 'product', 'pin');
CREATE TABLE follower (id int PRIMARY KEY, product_id int);
SELECT versioned_rows.enable('follower');
SELECT versioned_rows.add_reference('follower', '{product_id}', 'product', 'follow');

SET plan_cache_mode = force_generic_plan;
PREPARE ins AS INSERT INTO product (id, name) VALUES ($1, 'a');
PREPARE upd AS UPDATE product SET name = name || '!' WHERE id = $1;
PREPARE del AS DELETE FROM product WHERE id = $1 AND is_current_version;
PREPARE sel AS SELECT name, version_id FROM product WHERE id = $1;
PREPARE pin AS INSERT INTO sale VALUES ($1, $1);
PREPARE fol AS INSERT INTO follower VALUES ($1, $1);

-- Run them, alter the table, run them again; say what has come of it: errors,
-- versions that are not the expected ones, what verify() says.  Then undo it.
CREATE FUNCTION after(command text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	lines text[] := ARRAY[command];
	c text;
BEGIN
	BEGIN
		FOREACH c IN ARRAY ARRAY['ins(5)', 'upd(1)', 'del(2)', 'sel(1)', 'pin(1)', 'fol(1)'] LOOP
			EXECUTE 'EXECUTE ' || c;
		END LOOP;
		FOREACH c IN ARRAY ARRAY[command, 'EXECUTE upd(1)', 'EXECUTE upd(3)', 'EXECUTE del(3)', 'EXECUTE ins(2)',
								 'EXECUTE ins(6)', 'EXECUTE sel(1)', 'EXECUTE pin(5)', 'EXECUTE fol(5)',
								 'EXECUTE upd(5)', 'SET CONSTRAINTS ALL IMMEDIATE'] LOOP
			BEGIN
				EXECUTE c;
			EXCEPTION WHEN OTHERS THEN
				lines := lines || format('    %s: %s', c, SQLERRM);
			END;
		END LOOP;
		BEGIN
			SELECT string_agg(format('%s:%s%s', id, version_id, CASE WHEN is_current_version THEN '*' END),
							  ' ' ORDER BY id, version_id) INTO c FROM product;
			IF c <> '1:1 1:2 1:3* 2:1 2:2* 3:1 3:2 4:1* 5:1 5:2* 6:1*' THEN
				lines := lines || ('    versions: ' || c);
			END IF;
		EXCEPTION WHEN undefined_column OR undefined_table THEN
		END;
		FOR c IN SELECT format('    verify: %s %s%s', v.relation, v.key, v.problem) FROM versioned_rows.verify() v LOOP
			lines := lines || c;
		END LOOP;
		RAISE SQLSTATE 'UNDOO';
	EXCEPTION WHEN SQLSTATE 'UNDOO' THEN
	END;
	RETURN QUERY SELECT unnest(lines);
END
$$;
\t
\pset format unaligned
-- Columns.
SELECT after('ALTER TABLE product ADD c int');
SELECT after('ALTER TABLE product ADD c int NOT NULL DEFAULT 5');
SELECT after('ALTER TABLE product ADD c float DEFAULT random()');
SELECT after('ALTER TABLE product ADD c int NOT NULL');
SELECT after('ALTER TABLE product ADD c int GENERATED ALWAYS AS IDENTITY');
SELECT after('ALTER TABLE product ADD c int GENERATED ALWAYS AS (price + version_id) STORED');
SELECT after('ALTER TABLE product ADD c int UNIQUE');
SELECT after('ALTER TABLE product ADD c int DEFAULT 1 REFERENCES supplier');
SELECT after('ALTER TABLE product DROP twice');
SELECT after('ALTER TABLE product DROP supplier');
SELECT after('ALTER TABLE product DROP price CASCADE');
SELECT after('ALTER TABLE product DROP name');
SELECT after('ALTER TABLE product DROP id');
SELECT after('ALTER TABLE product DROP id CASCADE');
SELECT after('ALTER TABLE product DROP version_id');
SELECT after('ALTER TABLE product DROP version_id CASCADE');
SELECT after('ALTER TABLE product DROP is_current_version');
SELECT after('ALTER TABLE product RENAME price TO cost');
SELECT after('ALTER TABLE product RENAME id TO nr');
SELECT after('ALTER TABLE product RENAME version_id TO v');
SELECT after('ALTER TABLE product RENAME is_current_version TO c');
SELECT after('ALTER TABLE product ALTER supplier TYPE bigint');
SELECT after('ALTER TABLE product ALTER price TYPE numeric');
SELECT after('ALTER TABLE product DROP twice, ALTER price TYPE numeric USING price * 1.5');
SELECT after('ALTER TABLE product ALTER name TYPE text COLLATE "C"');
SELECT after('ALTER TABLE product ALTER name TYPE varchar(3)');
SELECT after('ALTER TABLE product ALTER id TYPE bigint');
SELECT after('ALTER TABLE product ALTER version_id TYPE bigint');
SELECT after('ALTER TABLE product ALTER version_id TYPE smallint');
SELECT after('ALTER TABLE product ALTER version_id TYPE numeric');
SELECT after('ALTER TABLE product ALTER is_current_version TYPE text');
SELECT after('ALTER TABLE product ALTER twice DROP EXPRESSION');
SELECT after('ALTER TABLE product ALTER price SET DEFAULT 7');
SELECT after('ALTER TABLE product ALTER price DROP DEFAULT');
SELECT after('ALTER TABLE product ALTER version_id DROP DEFAULT');
SELECT after('ALTER TABLE product ALTER is_current_version DROP DEFAULT');
SELECT after('ALTER TABLE product ALTER is_current_version SET DEFAULT false');
SELECT after('ALTER TABLE product ALTER is_current_version DROP NOT NULL');
SELECT after('ALTER TABLE product ALTER version_id DROP NOT NULL');
SELECT after('ALTER TABLE product ALTER name SET NOT NULL');
SELECT after('ALTER TABLE product ALTER name SET STATISTICS 10');
SELECT after('ALTER TABLE product ALTER name SET STORAGE EXTERNAL');
SELECT after('ALTER TABLE product ALTER name SET COMPRESSION pglz');
SELECT after('ALTER TABLE product ALTER name SET (n_distinct = 5)');
SELECT after('ALTER TABLE product ALTER id ADD GENERATED BY DEFAULT AS IDENTITY');
SELECT after('ALTER TABLE product ALTER id ADD GENERATED ALWAYS AS IDENTITY');
-- Constraints and indexes.
SELECT after('ALTER TABLE product ADD CHECK (price < 100)');
SELECT after('ALTER TABLE product ADD CHECK (name <> ''a!'') NOT VALID');
SELECT after('ALTER TABLE product ADD UNIQUE (id, name)');
SELECT after('ALTER TABLE product ADD UNIQUE (id, price)');
SELECT after('ALTER TABLE product ADD UNIQUE (id, name) DEFERRABLE INITIALLY DEFERRED');
SELECT after('ALTER TABLE product ADD EXCLUDE USING btree (id WITH =, name WITH =)');
SELECT after('ALTER TABLE product ADD FOREIGN KEY (price) REFERENCES supplier');
SELECT after('ALTER TABLE product ADD FOREIGN KEY (price) REFERENCES supplier ON DELETE CASCADE');
SELECT after('ALTER TABLE product ALTER CONSTRAINT product_supplier_fkey DEFERRABLE INITIALLY DEFERRED');
SELECT after('ALTER TABLE product DROP CONSTRAINT product_supplier_fkey');
SELECT after('ALTER TABLE product DROP CONSTRAINT product_pkey');
SELECT after('ALTER TABLE product DROP CONSTRAINT product_pkey CASCADE');
SELECT after('ALTER TABLE product DROP CONSTRAINT product_pkey CASCADE, ADD PRIMARY KEY (version_id, id)');
SELECT after('ALTER TABLE product RENAME CONSTRAINT product_pkey TO k');
SELECT after('CREATE UNIQUE INDEX i ON product (id, version_id);
ALTER TABLE product DROP CONSTRAINT product_pkey CASCADE, ADD PRIMARY KEY USING INDEX i');
SELECT after('DROP INDEX product_current_key');
SELECT after('REINDEX TABLE product');
-- The table.
SELECT after('ALTER TABLE product RENAME TO article');
SELECT after('ALTER TABLE product SET SCHEMA versioned_rows');
SELECT after('ALTER TABLE product SET UNLOGGED');
SELECT after('ALTER TABLE product SET ACCESS METHOD regress_heap');
SELECT after('ALTER TABLE product SET (fillfactor = 50), CLUSTER ON product_pkey');
SELECT after('CLUSTER product USING product_pkey');
SELECT after('ALTER TABLE product REPLICA IDENTITY FULL');
SELECT after('ALTER TABLE product REPLICA IDENTITY USING INDEX product_pkey');
SELECT after('ALTER TABLE product REPLICA IDENTITY NOTHING');
SELECT after('ALTER TABLE product ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY');
SELECT after('ALTER TABLE product INHERIT parent');
SELECT after('ALTER TABLE product INHERIT parent; ALTER TABLE product NO INHERIT parent');
SELECT after('CREATE TABLE child () INHERITS (product)');
SELECT after('CREATE TYPE kind AS (id int, name text COLLATE "C", price int, supplier int, twice int, version_id int,
is_current_version boolean); ALTER TABLE product OF kind');
-- Triggers and rules.
SELECT after('ALTER TABLE product DISABLE TRIGGER ALL');
SELECT after('ALTER TABLE product DISABLE TRIGGER USER; ALTER TABLE product ENABLE TRIGGER USER');
SELECT after('ALTER TABLE product DISABLE TRIGGER "000_versioned_rows_archive"');
SELECT after('ALTER TABLE product DISABLE TRIGGER zzz_versioned_rows_stamp');
SELECT after('ALTER TABLE product ENABLE REPLICA TRIGGER zzz_versioned_rows_stamp');
SELECT after('ALTER TABLE product ENABLE ALWAYS TRIGGER zzz_versioned_rows_stamp');
SELECT after('DROP TRIGGER zzz_versioned_rows_stamp ON product');
SELECT after('DROP TRIGGER "000_versioned_rows_archive" ON product');
SELECT after('ALTER TRIGGER "000_versioned_rows_archive" ON product RENAME TO zzz');
SELECT after('CREATE RULE r AS ON UPDATE TO product DO ALSO NOTHING');
-- The tables that refer to it.
SELECT after('ALTER TABLE sale ALTER product_version_id TYPE bigint');
SELECT after('ALTER TABLE sale RENAME product_version_id TO v');
SELECT after('ALTER TABLE follower RENAME product_id TO p');
SELECT after('ALTER TABLE follower DROP product_version_id');
SELECT after('ALTER TABLE follower RENAME version_id TO v');
SELECT after('ALTER TABLE follower ADD c int DEFAULT 1, ALTER id TYPE bigint');

DEALLOCATE ALL;
DROP FUNCTION after;
DROP TABLE sale, follower, product, supplier, parent;
DROP ACCESS METHOD regress_heap;
DROP EXTENSION versioned_rows;

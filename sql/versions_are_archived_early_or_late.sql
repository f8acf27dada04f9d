-- The old row is stored by stamp(), before the new one takes its place, where
-- nothing minds that both are there for a moment, and by archive() otherwise.
\set SHOW_CONTEXT never
\set QUIET off
CREATE EXTENSION versioned_rows;

-- The rows do not tell which it was. EXPLAIN counts the calls of archive().

CREATE FUNCTION calls_of_archive(command text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (ANALYZE, FORMAT JSON) ' || command INTO plan;
	RETURN (SELECT coalesce(sum((t ->> 'Calls')::float), 0)
			FROM json_array_elements(plan -> 0 -> 'Triggers') AS t
			WHERE t ->> 'Trigger Name' = '000_versioned_rows_archive');
END
$$;
-- Logical decoding would send the old version before the change that makes room for it.
CREATE FUNCTION is_early(command text, updates integer) RETURNS boolean LANGUAGE sql AS $$
	SELECT calls_of_archive(command)
		   = CASE current_setting('wal_level') WHEN 'logical' THEN updates ELSE 0 END
$$;

CREATE TABLE product (id int PRIMARY KEY, name text, price numeric, shop int);
INSERT INTO product VALUES (1, 'teapot', 10, 1), (2, 'kettle', 35, 1);
SELECT versioned_rows.enable('product');

SELECT is_early('UPDATE product SET price = price + 1 WHERE is_current_version', 2);
SELECT id, version_id, is_current_version, name, price FROM product ORDER BY id, version_id;

-- What changes nothing needs no archive(), wherever it runs, and history is skipped.
SELECT calls_of_archive('UPDATE product SET price = price WHERE id = 1');
SELECT calls_of_archive('UPDATE product SET price = 0 WHERE NOT is_current_version');
SELECT count(*) FROM product;

-- A DELETE has no successor: archive() stores its last version, also when the
-- statement has updated other rows just before.
SELECT calls_of_archive('DELETE FROM product WHERE id = 2');
INSERT INTO product VALUES (2, 'kettle', 36, 1), (3, 'pan', 20, 1);
SELECT calls_of_archive($$
	MERGE INTO product p USING (VALUES (1, 'keep'), (2, 'drop'), (3, 'keep')) AS v (id, what)
		ON p.id = v.id AND p.is_current_version
	WHEN MATCHED AND v.what = 'keep' THEN UPDATE SET price = price * 2
	WHEN MATCHED THEN DELETE $$)
	= CASE current_setting('wal_level') WHEN 'logical' THEN 3 ELSE 1 END AS the_deleted_one;
SELECT id, version_id, is_current_version, name, price FROM product ORDER BY id, version_id;
SELECT * FROM versioned_rows.verify('product');

-- Any kind of index that is no constraint gets its entry, one with an expression, too.
CREATE INDEX ON product USING gin (to_tsvector('simple', name));
CREATE INDEX ON product (lower(name));
CREATE INDEX ON product (price) INCLUDE (name);
SELECT is_early('UPDATE product SET name = upper(name) WHERE is_current_version', 2);
SET enable_seqscan = off;
SELECT version_id FROM product WHERE to_tsvector('simple', name) @@ 'teapot'::tsquery ORDER BY 1;
SELECT version_id, name FROM product WHERE lower(name) = 'teapot' ORDER BY 1;
SELECT name FROM product WHERE price = 22 ORDER BY version_id;
RESET enable_seqscan;

-- A constraint that was added after enable() is asked when the row has moved on.
CREATE UNIQUE INDEX product_name ON product (name, price, version_id);
SELECT calls_of_archive('UPDATE product SET price = 1 WHERE id = 1 AND is_current_version');
DROP INDEX product_name;
ALTER TABLE product ADD CONSTRAINT one_version EXCLUDE USING btree (id WITH =, version_id WITH =);
SELECT calls_of_archive('UPDATE product SET price = 2 WHERE id = 1 AND is_current_version');
ALTER TABLE product DROP CONSTRAINT one_version;
SELECT is_early('UPDATE product SET price = 3 WHERE id = 1 AND is_current_version', 1);

-- A foreign key that only the old version holds is checked for it at once.
CREATE TABLE shop (id int PRIMARY KEY);
INSERT INTO shop VALUES (1), (2);
ALTER TABLE product ADD FOREIGN KEY (shop) REFERENCES shop;
SELECT is_early('UPDATE product SET price = 4 WHERE id = 1 AND is_current_version', 1);
SELECT is_early('UPDATE product SET shop = 2 WHERE id = 1 AND is_current_version', 1);
DELETE FROM shop WHERE id = 1;

-- A period and large values make no difference.
CREATE TABLE page (id int PRIMARY KEY, body text, note text);
ALTER TABLE page ALTER body SET STORAGE EXTERNAL;
INSERT INTO page VALUES (1, repeat('x', 10000), 'a');
SELECT versioned_rows.enable('page', period_column => 'valid');
SELECT is_early($$UPDATE page SET note = 'b' WHERE is_current_version$$, 1) AS first_period;
SELECT is_early($$UPDATE page SET note = 'c' WHERE is_current_version$$, 1) AS next_period;
SELECT version_id, length(body), note, upper_inf(valid) FROM page ORDER BY 1;
SELECT * FROM versioned_rows.verify('page');

-- The owner who loads a version that the same statement archives is told so.
\set VERBOSITY terse
WITH u AS (UPDATE page SET note = 'd' WHERE is_current_version RETURNING id)
INSERT INTO page (id, version_id, is_current_version, note, valid)
SELECT id, 3, false, 'forged', 'empty' FROM u;
\set VERBOSITY default
SELECT version_id, note FROM page ORDER BY 1;

-- Triggers that come while the statement runs are not mistaken for ours.
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION create_trigger() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	CREATE TRIGGER "0" AFTER UPDATE ON page FOR EACH ROW EXECUTE FUNCTION nothing();
	CREATE TRIGGER b AFTER UPDATE ON page FOR EACH ROW EXECUTE FUNCTION nothing();
	RETURN 'e';
END
$$;
SELECT calls_of_archive('UPDATE page SET note = create_trigger() WHERE is_current_version');
SELECT is_early($$UPDATE page SET note = 'f' WHERE is_current_version$$, 1);
SELECT version_id, note FROM page ORDER BY 1;

DROP TABLE product, shop, page;
DROP FUNCTION calls_of_archive, is_early, nothing, create_trigger;
DROP EXTENSION versioned_rows;

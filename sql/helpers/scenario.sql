-- What happens to the table "product" in both layouts: see layouts.sql.  :columns
-- are its columns, :partitions what follows them, and :own and :apart the options.
CREATE SCHEMA own;
CREATE SCHEMA apart;
CREATE TABLE own.product (:columns) :partitions;
CREATE TABLE apart.product (:columns) :partitions;
SELECT format('CREATE TABLE %1$s.product_%2$s PARTITION OF %1$s.product FOR VALUES WITH (MODULUS 2, REMAINDER %2$s)', s, r)
FROM unnest('{own,apart}'::text[]) AS s, generate_series(0, 1) AS r WHERE :'partitions' <> '' \gexec
SET client_min_messages = warning;
SELECT pg_temp.both($$ALTER TABLE product DROP COLUMN IF EXISTS gone$$);
RESET client_min_messages;
SELECT pg_temp.both($$INSERT INTO product (id, name, price) VALUES (1, 'teapot', 10), (2, 'cup', 2), (3, 'jug', 3)$$);
BEGIN;
SELECT versioned_rows.enable('own.product', :own);
SELECT versioned_rows.enable('apart.product', :apart, versions_table => 'product_versions');
COMMIT;
SELECT pg_temp.both($$UPDATE product SET price = price + 1 WHERE id = 1$$);
SELECT pg_temp.both($$UPDATE product SET name = upper(name), price = 12 WHERE id < 3$$);
SELECT pg_temp.both($$UPDATE product SET price = price WHERE id = 3$$);
SELECT pg_temp.both($$UPDATE product SET seen = 1 WHERE id = 3$$);
SELECT pg_temp.both($$DELETE FROM product WHERE id > 1$$);
SELECT pg_temp.both($$INSERT INTO product (id, name) VALUES (2, 'new cup')$$);
SELECT pg_temp.both(format($$SELECT * FROM versioned_rows.history('product', '{"id": %s}')$$, i)) FROM generate_series(1, 4) AS i;
SELECT pg_temp.both($$SELECT * FROM versioned_rows.diff('product', '{"id": 1}', 1, 3)$$);
SELECT pg_temp.both($$SELECT * FROM versioned_rows.diff('product', '{"id": 1}', 1, 4)$$);
SELECT pg_temp.both($$SELECT * FROM versioned_rows.history('product', '{"name": 1}')$$);
SELECT pg_temp.both(format($$SELECT * FROM versioned_rows.timeline('product', '{"id": %s}')$$, i)) FROM generate_series(1, 3) AS i;
SELECT pg_temp.both($$SELECT id, version_id, name, calc_is_current_version(p) AS c FROM VERSIONS AS p ORDER BY id, version_id$$);
SELECT pg_temp.both($$SELECT * FROM product_as_of(now()) ORDER BY id$$);
SELECT pg_temp.both($$SELECT * FROM product_between('-infinity', now()) ORDER BY id, version_id$$);
SELECT pg_temp.both($$SELECT versioned_rows.revert('product', '{"id": 1}', 1)$$);
SELECT pg_temp.both($$SELECT versioned_rows.revert('product', '{"id": 1}', 1)$$);
SELECT pg_temp.both($$SELECT versioned_rows.revert('product', '{"id": 3}', 1)$$);
SELECT pg_temp.both($$SELECT versioned_rows.revert('product', '{"id": 3}', 9)$$);
SELECT pg_temp.both($$UPDATE product SET price = -1 WHERE id = 2$$);
SELECT pg_temp.both($$SELECT versioned_rows.revert('product', '{"id": 2}', 1)$$);
CREATE TABLE old (id int, name text, price numeric, seen int, since timestamptz, until timestamptz);
INSERT INTO old VALUES (1, 'pot', 1, 0, '2000-01-01', '2001-01-01'), (1, 'can', 1, 0, '2001-01-01', '2002-01-01'),
	(7, 'mug', 7, 0, '2001-01-01', '2002-01-01'), (7, 'MUG', 7, 0, '2002-01-01', NULL), (8, 'tray', 8, 0, '2001-01-01', '2002-01-01');
SELECT pg_temp.both($$SELECT versioned_rows.import('product', 'public.old', start_column => 'since', end_column => 'until')$$);
SELECT pg_temp.both($$SELECT versioned_rows.import('product', 'public.old', start_column => 'since', end_column => 'until')$$);
DROP TABLE old;
SELECT pg_temp.both($$UPDATE product SET name = 'mug!' WHERE id = 7$$);
SELECT pg_temp.both($$INSERT INTO product (id, name) VALUES (8, 'tray!')$$);
SELECT pg_temp.both(format($$SELECT * FROM versioned_rows.history('product', '{"id": %s}')$$, i)) FROM generate_series(1, 8) AS i;
-- Nothing that was blanked is left, in the table or among its versions.
SELECT pg_temp.both($$SELECT versioned_rows.redact('product', '{"id": 1}', '{name}')$$);
SELECT pg_temp.both($$SELECT versioned_rows.redact('product', '{"id": 1}', '{seen}')$$);
SELECT pg_temp.both($$SELECT versioned_rows.redact('product', '{"id": 9}', '{name}')$$);
SELECT pg_temp.both($$SELECT versioned_rows.redact('product', '{"id": 1}', '{id}')$$);
SELECT pg_temp.both($$SELECT FROM product WHERE id = 1 AND num_nonnulls(name, seen) > 0$$);
SELECT pg_temp.both($$SELECT * FROM versioned_rows.history('product', '{"id": 1}')$$);
SELECT pg_temp.both($$SELECT removed, kept_for_reference, kept_for_lock, referenced_by FROM versioned_rows.prune('product', 1)$$);
SELECT pg_temp.both($$SELECT id, version_id, name, calc_is_current_version(p) AS c FROM VERSIONS AS p ORDER BY id, version_id$$);
SELECT pg_temp.both($$SELECT to_jsonb(t) - '{relation,current_column,versions_table}'::text[] AS x FROM versioned_rows.tables t WHERE relation = 'product'::regclass$$);
SELECT * FROM versioned_rows.verify();
SELECT versioned_rows.disable('own.product'), versioned_rows.disable('apart.product');
SELECT versioned_rows.enable('own.product', :own);
SELECT versioned_rows.enable('apart.product', :apart, versions_table => 'product_versions');
SELECT pg_temp.both($$UPDATE product SET price = 99 WHERE id = 1$$);
SELECT pg_temp.both($$SELECT id, version_id, name, calc_is_current_version(p) AS c FROM VERSIONS AS p ORDER BY id, version_id$$);
SELECT * FROM versioned_rows.verify();
SET client_min_messages = warning;
DROP SCHEMA own, apart CASCADE;
RESET client_min_messages;

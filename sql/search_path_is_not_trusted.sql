-- Nothing of the extension looks at the caller's search_path: operators,
-- functions, types and tables that wait there are never called.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE ROLE regress_victim SUPERUSER;
CREATE SCHEMA regress_trap;
CREATE TABLE regress_trap.calls (what text);
GRANT ALL ON SCHEMA regress_trap TO PUBLIC;
GRANT ALL ON regress_trap.calls TO PUBLIC;

-- A function for every operator and call that such code tends to use.
DO $$
DECLARE
	op text;
	t text;
	types text[] := '{int4,int8,int2,text,name,oid,bool,"char",anyelement,regclass}';
BEGIN
	CREATE FUNCTION regress_trap.spring(text) RETURNS bool LANGUAGE sql AS
		'INSERT INTO regress_trap.calls VALUES ($1) RETURNING true';
	FOREACH t IN ARRAY types LOOP
		EXECUTE format('CREATE FUNCTION regress_trap.compare(%s, %s) '
					   'RETURNS bool LANGUAGE sql AS $f$ '
					   'SELECT regress_trap.spring(%L) $f$', t, t, 'operator of ' || t);
		FOREACH op IN ARRAY '{=,<>,<,>,<=,>=}'::text[] LOOP
			EXECUTE format('CREATE OPERATOR regress_trap.%s '
						   '(LEFTARG = %s, RIGHTARG = %s, '
						   'FUNCTION = regress_trap.compare)', op, t, t);
		END LOOP;
	END LOOP;
	CREATE FUNCTION regress_trap.concat(text, text) RETURNS text LANGUAGE sql AS
		'SELECT regress_trap.spring(''||'')::text';
	CREATE OPERATOR regress_trap.|| (LEFTARG = text, RIGHTARG = text,
									 FUNCTION = regress_trap.concat);
	FOREACH t IN ARRAY '{format,quote_ident,quote_literal,coalesce,upper_inf,now,array_remove,to_regprocedure,obj_description,starts_with,pg_get_indexdef}'::text[] LOOP
		EXECUTE format('CREATE FUNCTION regress_trap.%I(VARIADIC anyarray) '
					   'RETURNS text LANGUAGE sql AS $f$ '
					   'SELECT regress_trap.spring(%L)::text $f$', t, t);
		EXECUTE format('CREATE FUNCTION regress_trap.%I(text) '
					   'RETURNS text LANGUAGE sql AS $f$ '
					   'SELECT regress_trap.spring(%L)::text $f$', t, t);
	END LOOP;
END
$$;
CREATE VIEW regress_trap.pg_class AS SELECT 1 AS trapped;
CREATE VIEW regress_trap.pg_trigger AS SELECT 1 AS trapped;
CREATE VIEW regress_trap.tables AS SELECT 1 AS trapped;
CREATE DOMAIN regress_trap.int4 AS pg_catalog.text;
CREATE DOMAIN regress_trap.name AS pg_catalog.int4;
CREATE DOMAIN regress_trap.regclass AS pg_catalog.int4;

CREATE SCHEMA regress_shop;
CREATE TABLE regress_shop.product (
	id pg_catalog.int4 PRIMARY KEY, name text, code text UNIQUE);
CREATE TABLE regress_shop.part (id pg_catalog.int4 PRIMARY KEY, product_id pg_catalog.int4);
CREATE TABLE regress_shop.flagless (id pg_catalog.int4 PRIMARY KEY, name text);

SET ROLE regress_victim;
SET search_path = regress_trap, regress_shop, pg_catalog, public;
-- The trap works.
SELECT 1 = 1 AS sprung, regress_trap.compare(1, 2) AS called;
SELECT what FROM calls;
DELETE FROM calls;

SELECT versioned_rows.enable('product'::pg_catalog.regclass,
	current_view => 'product_now'::pg_catalog.name,
	facade => true, ignore_columns => '{code}'::pg_catalog.name[]);
SELECT versioned_rows.enable('flagless'::pg_catalog.regclass,
	current_column => NULL, current_view => 'flagless_now'::pg_catalog.name);
INSERT INTO product_versions (id, name) VALUES (1, 'teapot');
UPDATE product_versions SET name = 'big teapot';
UPDATE product SET name = 'huge teapot';
UPDATE product_now SET name = 'pot';
DELETE FROM product;
INSERT INTO product VALUES (1, 'jug');
SELECT versioned_rows.enable('part'::pg_catalog.regclass);
SELECT versioned_rows.add_reference('part'::pg_catalog.regclass, '{product_id}'::pg_catalog.name[],
	'product'::pg_catalog.regclass, 'follow');
INSERT INTO part (id, product_id) VALUES (1, 1);
UPDATE product SET name = 'red jug';
DELETE FROM product;
SELECT version_id, product_version_id FROM part ORDER BY version_id USING OPERATOR(pg_catalog.<);
SELECT * FROM versioned_rows.verify();
SELECT versioned_rows.revert('product'::pg_catalog.regclass, '{"id": 1}', 5);
SELECT pg_catalog.count(*) FROM versioned_rows.history('product'::pg_catalog.regclass, '{"id": 1}');
SELECT column_name FROM versioned_rows.diff('product'::pg_catalog.regclass, '{"id": 1}', 1, 2);
SELECT versioned_rows.redact('product'::pg_catalog.regclass, '{"id": 1}', '{code}'::pg_catalog.name[]);
SELECT versioned_rows.disable('part'::pg_catalog.regclass);
DROP TABLE part;
INSERT INTO flagless VALUES (1, 'teapot');
UPDATE flagless SET name = 'big teapot';
UPDATE flagless_now SET name = 'huge teapot';
SELECT p.version_id, p.is_current_version, p.calc_is_current_version, p.name
FROM product_versions p ORDER BY version_id USING OPERATOR(pg_catalog.<);
SELECT f.version_id, f.calc_is_current_version, f.name
FROM flagless f ORDER BY version_id USING OPERATOR(pg_catalog.<);
SELECT count(*) FROM versioned_rows.tables;
-- A procedure that commits cannot have a search_path of its own.
CREATE DOMAIN regress_trap.text AS pg_catalog.int4;
CALL versioned_rows.prune_in_batches('product'::pg_catalog.regclass, keep => 0);
DROP DOMAIN regress_trap.text;
SELECT versioned_rows.disable('product'::pg_catalog.regclass);
SELECT versioned_rows.disable('flagless'::pg_catalog.regclass);

-- Nothing was called.
SELECT what FROM calls;

-- Temporary objects come before all others, if one lets them.
CREATE TEMPORARY TABLE pg_trigger (trapped pg_catalog.int4);
CREATE TEMPORARY TABLE pg_index (trapped pg_catalog.int4);
CREATE TEMPORARY TABLE product (trapped pg_catalog.int4);
SET search_path = pg_temp, regress_trap, regress_shop, pg_catalog;
SELECT versioned_rows.enable('regress_shop.product'::pg_catalog.regclass);
UPDATE regress_shop.product SET name = 'mug'
	WHERE id OPERATOR(pg_catalog.=) 1;
SELECT p.version_id, p.calc_is_current_version, p.name
FROM regress_shop.product p ORDER BY version_id USING OPERATOR(pg_catalog.<);
SELECT what FROM calls;

RESET ROLE;
RESET search_path;
SET client_min_messages = warning;
DROP TABLE pg_temp.pg_trigger, pg_temp.pg_index, pg_temp.product;
DROP SCHEMA regress_trap, regress_shop CASCADE;
DROP ROLE regress_victim;
DROP EXTENSION versioned_rows;

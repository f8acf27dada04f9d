-- The functions that are generated beside a versioned table:
-- calc_is_current_version(row), and for time travel <table>_as_of() and
-- <table>_between(), which the planner inlines.

-- Lets DROP TABLE take a generated function along; both must belong to the
-- caller.
CREATE FUNCTION @internal@.drop_with(function regprocedure, relation regclass)
RETURNS void
LANGUAGE c STRICT
AS 'MODULE_PATHNAME', 'versioned_rows_drop_with';

-- Creates a function that belongs to the owner of a table and is dropped with
-- it; command is CREATE or CREATE OR REPLACE.
CREATE FUNCTION @internal@.generate_function(relation regclass, command text, name text,
											 types text, parameters text, result text,
											 body text, comment text)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	signature text := format('%s(%s)', name, types);
BEGIN
	/*
	 * The body is a string.  One in SQL-standard style would follow renamings,
	 * but stand in the way of ALTER TABLE ... ADD COLUMN with a default, and of
	 * ALTER TYPE of every column that it names.  With SET, or if it were
	 * VOLATILE, the function could not be inlined.
	 */
	EXECUTE format('%s FUNCTION %s(%s) RETURNS %s LANGUAGE sql STABLE PARALLEL SAFE AS %L',
				   command, name, parameters, result, body);
	EXECUTE format('COMMENT ON FUNCTION %s IS %L', signature, 'versioned_rows: ' || comment);
	EXECUTE format('ALTER FUNCTION %s OWNER TO %s', signature,
				   (SELECT relowner::regrole FROM pg_class WHERE oid = relation));
	PERFORM @internal@.drop_with(to_regprocedure(signature), relation);
END
$$;

-- The functions that take or return a row of a table.
CREATE FUNCTION @internal@.row_functions(relation regclass)
RETURNS SETOF pg_proc LANGUAGE sql STABLE ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
	/* by what depends on the row type: the functions of all tables have one name */
	SELECT p.*
	FROM pg_class c
		 JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid = c.reltype
							 AND d.classid = 'pg_proc'::regclass
		 JOIN pg_proc p ON p.oid = d.objid
	WHERE c.oid = relation
$$;

-- The functions calc_is_current_version(row) of a table that are the
-- caller's, in whatever schema the table was when they were generated.
CREATE FUNCTION @internal@.calc_functions(relation regclass)
RETURNS SETOF regprocedure LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT p.oid FROM pg_class c CROSS JOIN LATERAL @internal@.row_functions(c.oid) p
	WHERE c.oid = relation AND p.proargtypes[0] = c.reltype
		  AND p.proname = 'calc_is_current_version' AND p.pronargs = 1
		  AND pg_has_role(p.proowner, 'USAGE')
$$;

-- The function calc_is_current_version(row) in the schema of a table, whoever
-- owns it, or NULL.
CREATE FUNCTION @internal@.calc_function(relation regclass)
RETURNS regprocedure LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT p.oid
	FROM pg_class c CROSS JOIN LATERAL @internal@.row_functions(c.oid) p
	WHERE c.oid = relation AND p.pronamespace = c.relnamespace AND p.proname = 'calc_is_current_version'
		  AND p.pronargs = 1 AND p.proargtypes[0] = c.reltype
$$;

-- The text of calc_is_current_version(row).
CREATE FUNCTION @internal@.calc_body(target @extschema@.tables)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT 'SELECT ' || concat_ws(' AND ', @internal@.current_column_condition(target, '($1)'),
								  @internal@.current_number_condition(target, '($1)'))
$$;

-- Drops calc_is_current_version(row) of a table.
CREATE FUNCTION @internal@.drop_calc_function(relation regclass)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM @internal@.execute_all(ARRAY(SELECT format('DROP FUNCTION %s', f)
										 FROM @internal@.calc_functions(relation) f));
END
$$;

-- Generates calc_is_current_version(row) in the schema of the table that holds
-- the versions.
CREATE FUNCTION @internal@.create_calc_function(target @extschema@.tables)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	relation regclass := @internal@.versions_relation(target);
	namespace oid := (SELECT c.relnamespace FROM pg_class c WHERE c.oid = @internal@.versions_relation(target));
BEGIN
	IF @internal@.column_number(relation, 'calc_is_current_version') IS NOT NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'duplicate_column',
			MESSAGE = format('column "calc_is_current_version" of table "%s" would hide the function of that name',
							 @internal@.relation_name(relation)),
			HINT = 'Rename the column.';
	END IF;

	/* the table may have moved to another schema since */
	PERFORM @internal@.execute_all(ARRAY(
		SELECT format('ALTER FUNCTION %s SET SCHEMA %s', f, namespace::regnamespace)
		FROM @internal@.calc_functions(relation) f
		WHERE (SELECT p.pronamespace FROM pg_proc p WHERE p.oid = f) <> namespace));
	PERFORM @internal@.generate_function(
		relation, 'CREATE OR REPLACE', @internal@.name_beside(relation, 'calc_is_current_version'),
		relation::text, relation::text, 'boolean', @internal@.calc_body(target),
		'is this the current version of its row, by its number?');
END
$$;

-- Drops the functions <table>_as_of() and <table>_between() of a table.
CREATE FUNCTION @internal@.drop_time_functions(relation regclass)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	/* by what they return, since the table may have been renamed */
	PERFORM @internal@.execute_all(ARRAY(
		SELECT format('DROP FUNCTION %s', p.oid::regprocedure)
		FROM pg_class c CROSS JOIN LATERAL @internal@.row_functions(c.oid) p
		WHERE c.oid = relation AND p.prorettype = c.reltype AND p.proretset
			  AND p.proname ~ '_(as_of|between)$'
			  AND obj_description(p.oid, 'pg_proc') LIKE 'versioned_rows: %'
			  AND pg_has_role(p.proowner, 'USAGE')));
END
$$;

-- The name of a function for time travel, after the facade where there is
-- one.
CREATE FUNCTION @internal@.time_function_name(target @extschema@.tables, suffix text)
RETURNS name LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT @internal@.generated_name(
		coalesce(target.facade, @internal@.relation_name(target.relation)), suffix)
$$;

-- Generates a function that returns the rows of a table whose period meets a
-- condition.
CREATE FUNCTION @internal@.create_time_function(target @extschema@.tables, suffix text,
												types text, parameters text,
												condition text, comment text)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	relation regclass := @internal@.versions_relation(target);
	name text := @internal@.name_beside(target.relation, @internal@.time_function_name(target, suffix));
BEGIN
	IF to_regprocedure(format('%s(%s)', name, types)) IS NOT NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'duplicate_function',
			MESSAGE = format('function %s(%s) already exists', name, types),
			DETAIL = format('Table "%s" needs a function of this name because it has a period column.',
							@internal@.relation_name(target.relation)),
			HINT = 'Rename or drop the function.';
	END IF;
	PERFORM @internal@.generate_function(
		relation, 'CREATE', name, types, parameters, format('SETOF %s', relation),
		format('SELECT t.* FROM %s AS t WHERE t.%I %s', relation, target.period_column, condition),
		comment);
END
$$;

-- Generates <table>_as_of() and <table>_between() in the schema of a table
-- that has a period column, and drops earlier ones.
CREATE FUNCTION @internal@.create_time_functions(target @extschema@.tables)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM @internal@.drop_time_functions(@internal@.versions_relation(target));
	IF target.period_column IS NULL THEN
		RETURN;
	END IF;
	PERFORM @internal@.create_time_function(
		target, '_as_of', 'timestamptz', 'instant timestamptz',
		'OPERATOR(pg_catalog.@>) $1',
		'the rows as they were at an instant: start <= instant < end');
	/* [a,b] has an instant in common with [start,end): start <= b and end > a */
	PERFORM @internal@.create_time_function(
		target, '_between', 'timestamptz, timestamptz',
		'first_instant timestamptz, last_instant timestamptz',
		'OPERATOR(pg_catalog.&&) CASE WHEN $1 OPERATOR(pg_catalog.<=) $2 THEN pg_catalog.tstzrange($1, $2, ''[]'') END',
		'the versions that were valid at some time between two instants, both included: start <= last_instant and end > first_instant; none if they are in the wrong order');
END
$$;

-- Time travel: generated functions that the planner inlines.

CREATE FUNCTION @internal@.generated_name(base name, suffix text)
RETURNS name
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	start text = base;
	unique_suffix text = '_' || left(md5(base), 8) || suffix;
BEGIN
	IF octet_length(base || suffix) <= 63 THEN
		RETURN base || suffix;
	END IF;
	/* shorten the table's name, but not to that of another table */
	WHILE octet_length(start || unique_suffix) > 63 LOOP
		start := left(start, -1);
	END LOOP;
	RETURN start || unique_suffix;
END
$$;
COMMENT ON FUNCTION @internal@.generated_name(name, text) IS
'The name of a generated object: the name of its table with a suffix, shortened so that no two tables share it.';

CREATE FUNCTION @internal@.drop_time_functions(relation regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	function regprocedure;
BEGIN
	/* by what they return: the table may have been renamed since */
	FOR function IN
		SELECT p.oid FROM pg_proc AS p JOIN pg_class AS c ON c.reltype = p.prorettype
		WHERE c.oid = relation AND p.proretset
			  AND p.proname ~ '_(as_of|between)$'
			  AND obj_description(p.oid, 'pg_proc') LIKE 'versioned_rows: %'
			  AND pg_has_role(p.proowner, 'USAGE')
	LOOP
		EXECUTE format('DROP FUNCTION %s', function);
	END LOOP;
END
$$;
COMMENT ON FUNCTION @internal@.drop_time_functions(regclass) IS
'Drops the functions _as_of and _between of a table.';

CREATE FUNCTION @internal@.create_time_function(relation regclass, suffix text,
												parameters text, types text,
												condition text, comment text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	function text;
	class pg_class;
BEGIN
	SELECT c.* INTO class FROM pg_class AS c WHERE c.oid = relation;
	SELECT format('%I.%I', n.nspname,
				  @internal@.generated_name(coalesce(t.facade, class.relname),
											suffix))
	INTO function
	FROM pg_namespace AS n LEFT JOIN @extschema@.tables AS t
		 ON t.relation = create_time_function.relation
	WHERE n.oid = class.relnamespace;

	IF to_regprocedure(format('%s(%s)', function, types)) IS NOT NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'duplicate_function',
			MESSAGE = format('function %s(%s) already exists', function, types),
			DETAIL = format('Table "%s" needs a function of this name because it has a period column.',
							class.relname),
			HINT = 'Rename or drop the function.';
	END IF;

	/*
	 * A string as the body, since a parsed one would stand in the way of
	 * ALTER TABLE.  No SET and not VOLATILE, or it could not be inlined.
	 */
	EXECUTE format('CREATE FUNCTION %s(%s) RETURNS SETOF %s LANGUAGE sql STABLE PARALLEL SAFE AS %L',
				   function, parameters, relation,
				   format('SELECT t.* FROM %s AS t WHERE %s', relation,
						  condition));
	function := format('%s(%s)', function, types);
	EXECUTE format('COMMENT ON FUNCTION %s IS %L', function,
				   'versioned_rows: ' || comment);
	EXECUTE format('ALTER FUNCTION %s OWNER TO %s', function,
				   class.relowner::regrole);
	PERFORM @internal@.drop_with(to_regprocedure(function), relation);
END
$$;
COMMENT ON FUNCTION @internal@.create_time_function(regclass, text, text, text, text, text) IS
'Generates a function that returns the rows of a table that fit a condition on its period.';

CREATE FUNCTION @internal@.create_time_functions(relation regclass, period_column name)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM @internal@.drop_time_functions(relation);
	IF period_column IS NULL THEN
		RETURN;
	END IF;
	PERFORM @internal@.create_time_function(
		relation, '_as_of', 'instant timestamptz', 'timestamptz',
		format('t.%I OPERATOR(pg_catalog.@>) $1', period_column),
		'the rows as they were at an instant: start <= instant < end');
	/* [a,b] has an instant in common with [start,end): start <= b and end > a */
	PERFORM @internal@.create_time_function(
		relation, '_between', 'first_instant timestamptz, last_instant timestamptz',
		'timestamptz, timestamptz',
		format('t.%I OPERATOR(pg_catalog.&&) CASE WHEN $1 OPERATOR(pg_catalog.<=) $2 THEN pg_catalog.tstzrange($1, $2, ''[]'') END',
			   period_column),
		'the versions that were valid at some time between two instants, both included: start <= last_instant and end > first_instant; none if they are in the wrong order');
END
$$;
COMMENT ON FUNCTION @internal@.create_time_functions(regclass, name) IS
'Generates <table>_as_of() and <table>_between() in the schema of a table that has a period column, and drops earlier ones.';

CREATE FUNCTION @internal@.is_shown_support(request internal)
RETURNS internal
LANGUAGE c STRICT
AS 'MODULE_PATHNAME', 'versioned_rows_is_shown_support';
COMMENT ON FUNCTION @internal@.is_shown_support(internal) IS
'The planner support function of is_shown().';

CREATE FUNCTION @extschema@.is_shown(is_current boolean, period tstzrange)
RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE
SUPPORT @internal@.is_shown_support
AS 'MODULE_PATHNAME', 'versioned_rows_is_shown';
COMMENT ON FUNCTION @extschema@.is_shown(boolean, tstzrange) IS
'Whether a view of current rows shows a row. Returns its first argument, or while the setting versioned_rows.as_of names an instant, whether the period contains that instant. The planner replaces the call, so it costs nothing.';

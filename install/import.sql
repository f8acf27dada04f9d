-- Import: history that another tool has kept becomes versions.

-- The SQL expression for the period of a row s of an import source.
CREATE FUNCTION @internal@.import_period_expression(target @extschema@.tables, source regclass,
													period_column name, start_column name,
													end_column name)
RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	missing name;
BEGIN
	IF period_column IS NULL AND start_column IS NULL AND end_column IS NULL THEN
		period_column := target.period_column;
	END IF;
	IF (period_column IS NULL) = (start_column IS NULL)
	   OR (start_column IS NULL) <> (end_column IS NULL) THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_parameter_value',
			MESSAGE = 'the times of the source must be given as period_column, or as start_column and end_column';
	END IF;

	SELECT c.name INTO missing
	FROM unnest(ARRAY[period_column, start_column, end_column]) AS c (name)
	WHERE c.name <> ALL (@internal@.column_names(source));
	IF FOUND THEN
		RAISE EXCEPTION USING
			ERRCODE = 'undefined_column',
			MESSAGE = format('column "%s" of source "%s" does not exist', missing,
							 @internal@.relation_name(source)),
			HINT = 'Name the times of the source with period_column, or with start_column and end_column.';
	END IF;
	/* some tools write infinity for "still valid" */
	RETURN CASE WHEN period_column IS NOT NULL
				THEN format('tstzrange(lower(s.%I), nullif(upper(s.%I), ''infinity''))', period_column, period_column)
				ELSE format('tstzrange(s.%I::timestamptz, nullif(s.%I::timestamptz, ''infinity''))', start_column, end_column) END;
END
$$;

-- The import source as an SQL table expression with the columns of the target
-- and "?period".
CREATE FUNCTION @internal@.import_source_expression(target @extschema@.tables, source regclass,
													period text, times name[])
RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	wanted name[];
	given name[] := @internal@.column_names(source);
	missing text;
	surplus text;
BEGIN
	wanted := ARRAY(SELECT c.name FROM @internal@.table_columns(target) c
					WHERE c.role <> 'managed' AND NOT c.generated);
	missing := @internal@.column_list(ARRAY(SELECT w FROM unnest(wanted) AS w WHERE w <> ALL (given)));
	surplus := @internal@.column_list(ARRAY(
		SELECT g FROM unnest(given) AS g
		WHERE g <> ALL (array_remove(times, NULL) || @internal@.column_names(target.relation))));
	IF missing IS NOT NULL OR surplus IS NOT NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'datatype_mismatch',
			MESSAGE = format('columns of source "%s" do not match table "%s"',
							 @internal@.relation_name(source),
							 @internal@.relation_name(target.relation)),
			DETAIL = concat_ws(E'\n', 'The source lacks: ' || missing || '.',
							   'The table lacks: ' || surplus || '.'),
			HINT = 'Give a view as the source that has the columns of the table and the times.';
	END IF;
	RETURN format('(SELECT %s, %s AS "?period" FROM %s AS s)',
				  (SELECT string_agg(format('s.%I::%s AS %I', c.name, c.type, c.name), ', ')
				   FROM @internal@.table_columns(target) c
				   WHERE c.name = ANY (wanted)),
				  period, source);
END
$$;

-- An error for an import source whose periods are missing, overlap, or do not
-- precede those of the table.
CREATE FUNCTION @internal@.check_import(target @extschema@.tables, source text)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	keys text := @internal@.column_list(target.key_columns, 's');
	/* the key of a row, for a message */
	key text := (SELECT format('jsonb_build_object(%s)', string_agg(format('%L, s.%I::text', k, k), ', '))
				 FROM unnest(target.key_columns) AS k);
	bad record;
BEGIN
	EXECUTE format('SELECT %s AS key, s."?period" AS period FROM %s AS s '
				   'WHERE num_nulls(%s, s."?period") > 0 OR isempty(s."?period") ORDER BY 1, 2 LIMIT 1',
				   key, source, keys)
	INTO bad;
	IF bad.key IS NOT NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'data_exception',
			MESSAGE = 'a row of the source has no key or no period',
			DETAIL = format('Key %s, period %s.', bad.key, coalesce(bad.period::text, 'NULL'));
	END IF;

	EXECUTE format('SELECT o.key, o.period, o.next FROM (SELECT %s AS key, s."?period" AS period, '
				   'lead(s."?period") OVER (PARTITION BY %s ORDER BY s."?period") AS next FROM %s AS s) AS o '
				   'WHERE o.period && o.next ORDER BY o.key, o.period LIMIT 1', key, keys, source)
	INTO bad;
	IF bad.key IS NOT NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'exclusion_violation',
			MESSAGE = 'periods of the source overlap',
			DETAIL = format('Key %s has %s and %s.', bad.key, bad.period, bad.next);
	END IF;

	EXECUTE format('SELECT %s AS key, s."?period" AS period, %s AS next FROM %s AS s JOIN %s AS t ON %s '
				   'WHERE %s ORDER BY 1, 2, 3 LIMIT 1',
				   key, coalesce(@internal@.column_list(ARRAY[target.period_column], 't'), '''unknown'''),
				   source, @internal@.versions_relation(target), @internal@.same_row_condition(target, 't', 's'),
				   coalesce('NOT s."?period" << ' || @internal@.column_list(ARRAY[target.period_column], 't'),
							'upper_inf(s."?period")'))
	INTO bad;
	IF bad.key IS NOT NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'exclusion_violation',
			MESSAGE = format('a period of the source does not end before those in table "%s"',
							 @internal@.relation_name(target.relation)),
			DETAIL = format('Key %s has %s in the source and %s in the table.',
							bad.key, bad.period, bad.next);
	END IF;
END
$$;

-- Raises the version numbers of the rows of a relation by the number of versions
-- that will be imported before them.
CREATE FUNCTION @internal@.make_room(target @extschema@.tables, relation regclass, source text)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	keys text := @internal@.column_list(target.key_columns, 's');
	version bigint;
BEGIN
	/* the last first, so that none moves to a number that is still taken */
	FOR version IN EXECUTE format('SELECT DISTINCT t.%I::bigint FROM %s AS t ORDER BY 1 DESC',
								  target.version_column, relation)
	LOOP
		EXECUTE format('UPDATE %s AS t SET %I = t.%I + s.n '
					   'FROM (SELECT %s, count(*) AS n FROM %s AS s GROUP BY %s) AS s WHERE %s AND t.%I = $1',
					   relation, target.version_column, target.version_column, keys, source, keys,
					   @internal@.same_row_condition(target, 't', 's'), target.version_column)
		USING version;
	END LOOP;
END
$$;

-- Inserts the rows of an import source that meet a condition into a relation
-- that has the columns of the target; returns their number.
CREATE FUNCTION @internal@.insert_imported(target @extschema@.tables, relation regclass, source text,
										   condition text)
RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	keys text := @internal@.column_list(target.key_columns, 's');
	columns text[];
	expressions text[];
	imported bigint;
BEGIN
	/* a column that is generated in the table is an ordinary one of its versions */
	SELECT array_agg(quote_ident(c.name) ORDER BY c.n), array_agg(coalesce(c.expression, quote_ident(c.name)) ORDER BY c.n)
	INTO columns, expressions
	FROM (SELECT x.name, x.n, CASE WHEN x.generated THEN pg_get_expr(d.adbin, d.adrelid) END AS expression
		  FROM @internal@.table_columns(target)
			   WITH ORDINALITY AS x (name, type, role, generated, identity_always, required, n)
			   LEFT JOIN pg_attrdef d ON d.adrelid = target.relation
										 AND d.adnum = @internal@.column_number(target.relation, x.name)
			   JOIN pg_attribute a ON a.attrelid = insert_imported.relation AND a.attname = x.name
									  AND NOT a.attisdropped AND a.attgenerated = ''
		  WHERE x.role <> 'managed'
		  UNION ALL
		  SELECT m.name, 10000 + m.n, m.expression
		  FROM (VALUES (target.version_column, 1, '"?version"'), (target.current_column, 2, 'upper_inf("?period")'),
					   (target.period_column, 3, '"?period"')) AS m (name, n, expression)
		  WHERE @internal@.column_number(insert_imported.relation, m.name) IS NOT NULL) AS c;
	EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s '
				   'FROM (SELECT s.*, row_number() OVER (PARTITION BY %s ORDER BY s."?period") AS "?version" '
				   'FROM %s AS s) AS s WHERE %s ORDER BY %s, s."?version"',
				   relation, array_to_string(columns, ', '), array_to_string(expressions, ', '),
				   keys, source, condition, keys);
	GET DIAGNOSTICS imported := ROW_COUNT;
	RETURN imported;
END
$$;

-- Inserts the current rows of an import source, where versions have a table of
-- their own: that gets their last versions as of any row.
CREATE FUNCTION @internal@.insert_current(target @extschema@.tables, source text)
RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	inserted bigint;
BEGIN
	PERFORM @internal@.end_maintenance(target.relation);
	inserted := @internal@.insert_imported(target, target.relation, source, 'upper_inf("?period")');
	PERFORM @internal@.begin_maintenance(target.relation);
	IF target.period_column IS NOT NULL THEN
		EXECUTE format('UPDATE %s AS t SET %I = s."?period" FROM %s AS s '
					   'WHERE upper_inf(s."?period") AND upper_inf(t.%I) AND %s',
					   target.versions_table, target.period_column, source, target.period_column,
					   @internal@.same_row_condition(target, 't', 's'));
	END IF;
	RETURN inserted;
END
$$;

CREATE FUNCTION @extschema@.import(relation regclass, source regclass,
								   period_column name DEFAULT NULL,
								   start_column name DEFAULT NULL, end_column name DEFAULT NULL)
RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET row_security = off AS $$
DECLARE
	target @extschema@.tables := @internal@.versioned_table(relation);
	versions regclass := @internal@.versions_relation(target);
	rows_from text;
	imported bigint;
	opened regclass[];
	/* their history moves along with what it refers to */
	followers regclass[] := ARRAY(
		SELECT t.relation FROM @extschema@.tables t
		WHERE t.relation <> target.relation AND t.versions_table IS NULL
			  AND NOT @internal@.in_maintenance(t.relation)
			  AND EXISTS (SELECT FROM pg_constraint c
						  WHERE c.conrelid = t.relation AND c.confrelid = target.relation
								AND c.contype = 'f' AND c.confupdtype = 'c'));
BEGIN
	PERFORM @internal@.check_owner(f) FROM unnest(target.relation || followers) AS f;
	IF source IS NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'null_value_not_allowed',
			MESSAGE = 'source must not be null';
	ELSIF target.versions_table IS NULL AND @internal@.current_column_condition(target) IS NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('versioned table "%s" stores neither a flag nor a period',
							 @internal@.relation_name(target.relation)),
			HINT = 'Call versioned_rows.enable() with a current_column or a period_column.';
	END IF;
	PERFORM @internal@.check_exists(source);
	EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', target.relation);

	rows_from := @internal@.import_source_expression(
		target, source,
		@internal@.import_period_expression(target, source, period_column, start_column, end_column),
		ARRAY[period_column, start_column, end_column]);
	PERFORM @internal@.check_import(target, rows_from);

	/* those that the user has opened stay open */
	opened := ARRAY(SELECT DISTINCT o.oid FROM unnest(ARRAY[target.relation, versions] || followers) AS o (oid)
					WHERE @internal@.open_history(o.oid));
	PERFORM @internal@.make_room(target, versions, rows_from);
	IF versions <> target.relation AND @internal@.has_version_column(target.relation) THEN
		PERFORM @internal@.make_room(target, target.relation, rows_from);
	END IF;
	PERFORM @internal@.end_maintenance(f) FROM unnest(followers) AS f WHERE f = ANY (opened);
	IF versions = target.relation THEN
		imported := @internal@.insert_imported(target, versions, rows_from, 'true');
	ELSE
		imported := @internal@.insert_imported(target, versions, rows_from, 'upper_inf("?period") IS NOT TRUE')
					+ @internal@.insert_current(target, rows_from);
	END IF;
	PERFORM @internal@.close_history(o, true) FROM unnest(opened) AS o WHERE o <> ALL (followers);
	RETURN imported;
END
$$;
COMMENT ON FUNCTION @extschema@.import(regclass, regclass, name, name, name) IS
'Adds the rows of source (a table or view with the columns of the table, and a period, or a start and an end) as the oldest versions, numbered from 1 in the order of time; existing versions get higher numbers. A row without an end becomes the current row of a key that the table does not have. Returns the number of imported versions. All or nothing: overlapping, empty and missing periods are errors. Blocks writers of the table (SHARE ROW EXCLUSIVE). Owner only, also of versioned tables that follow.';

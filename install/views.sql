-- What is generated beside a versioned table: calc_is_current_version(), the
-- view of current rows, and the facade.

CREATE FUNCTION @internal@.drop_with(function regprocedure, relation regclass)
RETURNS void
LANGUAGE c STRICT
AS 'MODULE_PATHNAME', 'versioned_rows_drop_with';
COMMENT ON FUNCTION @internal@.drop_with(regprocedure, regclass) IS
'Lets DROP TABLE take a generated function along; both must belong to the caller.';

CREATE FUNCTION @internal@.drop_calc_function(relation regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	calc regprocedure;
BEGIN
	/* in whatever schema the table was when it was generated */
	FOR calc IN
		SELECT p.oid FROM pg_class c JOIN pg_proc p ON p.proargtypes[0] = c.reltype
		WHERE c.oid = relation AND p.proname = 'calc_is_current_version' AND p.pronargs = 1
			  AND pg_has_role(p.proowner, 'USAGE')
	LOOP
		EXECUTE format('DROP FUNCTION %s', calc);
	END LOOP;
END
$$;
COMMENT ON FUNCTION @internal@.drop_calc_function(regclass) IS
'Drops calc_is_current_version(row) of a table.';

CREATE FUNCTION @internal@.calc_body(relation regclass, version_column name,
									 current_column name, period_column name)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('SELECT %sNOT EXISTS (SELECT FROM %s AS n WHERE %s AND n.%I OPERATOR(pg_catalog.>) ($1).%4$I)',
				  @internal@.current_column_condition(current_column, period_column, '($1)') || ' AND ',
				  relation,
				  @internal@.same_row_condition(relation, version_column, 'n', '($1)'),
				  version_column)
$$;
COMMENT ON FUNCTION @internal@.calc_body(regclass, name, name, name) IS
'The text of calc_is_current_version(row).';

CREATE FUNCTION @internal@.calc_function(relation regclass)
RETURNS regprocedure
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT p.oid
	FROM pg_class c JOIN pg_proc p ON p.pronamespace = c.relnamespace
	WHERE c.oid = relation AND p.proname = 'calc_is_current_version'
		  AND p.pronargs = 1 AND p.proargtypes[0] = c.reltype
$$;
COMMENT ON FUNCTION @internal@.calc_function(regclass) IS
'The function calc_is_current_version(row) of a table, or NULL.';

CREATE FUNCTION @internal@.create_calc_function(relation regclass, version_column name,
												current_column name, period_column name)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	calc text;
	conflict text;
	moved regprocedure;
BEGIN
	SELECT format('%I.calc_is_current_version(%s)', n.nspname, relation)
	INTO calc
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE c.oid = relation;

	SELECT 'column' INTO conflict FROM pg_attribute
	WHERE attrelid = relation AND attname = 'calc_is_current_version' AND NOT attisdropped;
	IF FOUND THEN
		RAISE EXCEPTION 'column "calc_is_current_version" of table % would hide the function of that name', relation
			USING ERRCODE = 'duplicate_column', HINT = 'Rename the column.';
	END IF;

	/* the table may have moved to another schema since */
	FOR moved IN
		SELECT p.oid FROM pg_class c JOIN pg_proc p ON p.proargtypes[0] = c.reltype
		WHERE c.oid = relation AND p.proname = 'calc_is_current_version' AND p.pronargs = 1
			  AND p.pronamespace <> c.relnamespace AND pg_has_role(p.proowner, 'USAGE')
	LOOP
		EXECUTE format('ALTER FUNCTION %s SET SCHEMA %s', moved,
					   (SELECT relnamespace::regnamespace FROM pg_class WHERE oid = relation));
	END LOOP;

	/*
	 * Not a body in SQL-standard style, though it would follow renamings: on a
	 * row type such a function blocks ALTER TABLE ... ADD COLUMN with a
	 * default, and ALTER TYPE of every column that it names.
	 */
	EXECUTE format(
		'CREATE OR REPLACE FUNCTION %s RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS %L', calc,
		@internal@.calc_body(relation, version_column, current_column, period_column));
	EXECUTE format('COMMENT ON FUNCTION %s IS %L', calc,
				   'versioned_rows: is this the current version of its row, by its number?');
	EXECUTE format('ALTER FUNCTION %s OWNER TO %s', calc,
				   (SELECT relowner::regrole FROM pg_class WHERE oid = relation));
	PERFORM @internal@.drop_with(to_regprocedure(calc), relation);
END
$$;
COMMENT ON FUNCTION @internal@.create_calc_function(regclass, name, name, name) IS
'Generates calc_is_current_version(row) in the schema of the table.';

CREATE FUNCTION @internal@.copy_grants(source regclass, target regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	command text;
BEGIN
	FOR command IN
		SELECT format('GRANT %s ON %s TO %s%s', g.what, target,
					  CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END,
					  CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
		FROM (SELECT x.privilege_type AS what, x.grantee, x.is_grantable
			  FROM pg_class c, aclexplode(c.relacl) x
			  WHERE c.oid = source
			  UNION ALL
			  SELECT format('%s (%I)', x.privilege_type, a.attname), x.grantee, x.is_grantable
			  FROM pg_attribute a, aclexplode(a.attacl) x
			  WHERE a.attrelid = source AND NOT a.attisdropped
					AND EXISTS (SELECT FROM pg_attribute t
								WHERE t.attrelid = target AND t.attname = a.attname)) g
	LOOP
		EXECUTE command;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @internal@.copy_grants(regclass, regclass) IS
'Grants on one relation the privileges that are granted on another, also those on columns.';

CREATE FUNCTION @internal@.invoker_security(relation regclass)
RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	column_grants boolean := EXISTS (SELECT FROM pg_attribute
									 WHERE attrelid = relation AND attacl IS NOT NULL
										   AND NOT attisdropped);
BEGIN
	/*
	 * Only a view with its invoker's rights respects the row security of the
	 * table.  But it asks for the right to read all of the columns, also of a
	 * user who was granted some and reads no others.
	 */
	IF column_grants AND (SELECT relrowsecurity FROM pg_class WHERE oid = relation) THEN
		RAISE EXCEPTION 'a view of table % cannot keep both its row security and its privileges on columns', relation
			USING ERRCODE = 'feature_not_supported',
				  HINT = 'Revoke the privileges on columns, or disable row security, or do without a current_view or facade.';
	END IF;
	RETURN NOT column_grants;
END
$$;
COMMENT ON FUNCTION @internal@.invoker_security(regclass) IS
'Whether a view of the current rows must be security_invoker to show everybody what the table shows; an error if no view can do that.';

CREATE FUNCTION @internal@.rename_view_columns(view regclass, columns name[])
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	att record;
BEGIN
	FOR att IN
		SELECT a.attname AS old, c AS new
		FROM pg_attribute a JOIN unnest(columns) WITH ORDINALITY AS u (c, n) ON a.attnum = n
		WHERE a.attrelid = view AND a.attname <> c
		ORDER BY n
	LOOP
		EXECUTE format('ALTER VIEW %s RENAME COLUMN %I TO %I', view, att.old, att.new);
	END LOOP;
END
$$;
COMMENT ON FUNCTION @internal@.rename_view_columns(regclass, name[]) IS
'Renames the columns of a view of current rows as those of the table were renamed, by their order.';

CREATE FUNCTION @internal@.write_current_view(relation regclass, view_name name, replace boolean,
											  columns name[], version_column name,
											  current_column name, period_column name)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	source pg_class;
	view text;
	condition text;
BEGIN
	SELECT * INTO source FROM pg_class WHERE oid = relation;
	view := format('%I.%I', (SELECT nspname FROM pg_namespace WHERE oid = source.relnamespace),
				   view_name);
	/* the planner puts what it is about in the place of is_shown() */
	condition := coalesce('@extschema@.is_shown(' ||
						  @internal@.current_column_condition(current_column, period_column, 't') ||
						  format(', %s)', coalesce('t.' || quote_ident(period_column), 'NULL')),
						  format('NOT EXISTS (SELECT FROM %s AS n WHERE %s AND n.%I OPERATOR(pg_catalog.>) t.%3$I)',
								 relation,
								 @internal@.same_row_condition(relation, version_column, 'n', 't'),
								 version_column));

	IF replace THEN
		PERFORM @internal@.rename_view_columns(view, columns);
	END IF;
	EXECUTE format('CREATE %s VIEW %s WITH (security_invoker = %s) AS SELECT %s FROM %s AS t WHERE %s',
				   CASE WHEN replace THEN 'OR REPLACE' END, view,
				   @internal@.invoker_security(relation)::text,
				   (SELECT string_agg(format('t.%I', c), ', ' ORDER BY n)
					FROM unnest(columns) WITH ORDINALITY AS u (c, n)),
				   relation, condition);
	/* the table may have got another owner since */
	EXECUTE format('ALTER VIEW %s OWNER TO %s', view, source.relowner::regrole);
	IF NOT replace THEN
		PERFORM @internal@.copy_grants(relation, view::regclass);
		EXECUTE format('COMMENT ON VIEW %s IS %L', view,
					   coalesce(obj_description(relation, 'pg_class'),
								format('The current rows of %s.', relation)));
	END IF;
END
$$;
COMMENT ON FUNCTION @internal@.write_current_view(regclass, name, boolean, name[], name, name, name) IS
'Creates or replaces the view of the current rows, automatically updatable and with the privileges of the table.';

CREATE FUNCTION @internal@.check_readers(relation regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	readers text;
BEGIN
	SELECT string_agg(DISTINCT pg_describe_object(d.classid, d.objid, 0), E'\n')
	INTO readers
	FROM pg_depend d LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
		 LEFT JOIN pg_class v ON v.oid = r.ev_class
	WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = relation AND d.deptype = 'n'
		  AND (v.relkind = 'm' OR v.relkind IN ('r', 'p') AND v.oid <> relation
			   OR d.classid = 'pg_proc'::regclass
				  AND d.objid NOT IN (SELECT p.oid FROM pg_proc p
									  WHERE p.proname = 'calc_is_current_version'));
	IF readers IS NOT NULL THEN
		RAISE EXCEPTION 'relation % cannot change its name because other objects read it', relation
			USING ERRCODE = 'dependent_objects_still_exist', DETAIL = readers,
				  HINT = 'Drop them, and create them again afterwards: they would read history, too.';
	END IF;
END
$$;
COMMENT ON FUNCTION @internal@.check_readers(regclass) IS
'An error for objects that read a relation and are not views: they cannot be moved to another relation of that name.';

CREATE FUNCTION @internal@.view_commands(relation regclass, but regclass = NULL)
RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT array_agg(format('CREATE OR REPLACE VIEW %s%s AS %s', v.oid::regclass,
							' WITH (' || array_to_string(v.reloptions, ', ') || ')',
							pg_get_viewdef(v.oid)))
	FROM pg_class v
	WHERE v.relkind = 'v'
		  AND v.oid IN (SELECT r.ev_class FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
						WHERE d.classid = 'pg_rewrite'::regclass
							  AND d.refclassid = 'pg_class'::regclass
							  AND d.refobjid = relation AND r.ev_class <> relation
							  AND r.ev_class IS DISTINCT FROM but)
$$;
COMMENT ON FUNCTION @internal@.view_commands(regclass, regclass) IS
'The commands that create the views which read a relation, without the view "but". They name the relation as it is called now; after a renaming they read whatever has that name then.';

CREATE FUNCTION @internal@.create_facade(relation regclass, current_view name, columns name[],
										 version_column name, current_column name,
										 period_column name)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	old_name name := (SELECT relname FROM pg_class WHERE oid = relation);
	command text;
	commands text[];
BEGIN
	IF octet_length(old_name || '_versions') > 63 THEN
		RAISE EXCEPTION 'name of table % is too long for a facade', relation
			USING ERRCODE = 'name_too_long',
				  DETAIL = 'The table gets its name with "_versions" appended.';
	END IF;
	PERFORM @internal@.check_readers(relation);

	/* views over the table are to show what they showed: the current rows */
	commands := @internal@.view_commands(relation, @internal@.view_oid(relation, current_view));
	EXECUTE format('ALTER TABLE %s RENAME TO %I', relation, old_name || '_versions');
	PERFORM @internal@.write_current_view(relation, old_name, false, columns, version_column,
										  current_column, period_column);
	FOREACH command IN ARRAY coalesce(commands, '{}') LOOP
		EXECUTE command;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @internal@.create_facade(regclass, name, name[], name, name, name) IS
'Renames the table and puts a view of its current rows under the old name; views over the table move to it.';

CREATE FUNCTION @internal@.drop_facade(relation regclass, facade name)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	view regclass := @internal@.view_oid(relation, facade);
	command text;
	commands text[];
BEGIN
	IF view IS NULL THEN
		/* somebody has dropped it: the table gets its name back all the same */
		EXECUTE format('ALTER TABLE %s RENAME TO %I', relation, facade);
		RETURN;
	END IF;
	PERFORM @internal@.check_readers(view);
	commands := @internal@.view_commands(view);
	EXECUTE format('ALTER VIEW %s RENAME TO %I', view, @internal@.free_name(relation, '_facade'));
	EXECUTE format('ALTER TABLE %s RENAME TO %I', relation, facade);
	FOREACH command IN ARRAY coalesce(commands, '{}') LOOP
		EXECUTE command;
	END LOOP;
	EXECUTE format('DROP VIEW %s', view);
END
$$;
COMMENT ON FUNCTION @internal@.drop_facade(regclass, name) IS
'Gives the table behind a facade its name back; views over the facade move to the table.';

CREATE FUNCTION @internal@.column_names(relation regclass)
RETURNS name[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT array_agg(attname ORDER BY attnum) FROM pg_attribute
	WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped
$$;
COMMENT ON FUNCTION @internal@.column_names(regclass) IS
'The columns of a relation in their order.';

CREATE FUNCTION @internal@.write_views(relation regclass, before @extschema@.tables,
									   original name[], managed name[])
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	t @extschema@.tables;
	all_columns name[] := @internal@.column_names(relation);
	facade regclass;
	shown name[];
BEGIN
	SELECT * INTO t FROM @extschema@.tables x WHERE x.relation = write_views.relation;

	IF before.current_view <> t.current_view AND @internal@.view_oid(relation, before.current_view) IS NOT NULL THEN
		EXECUTE format('DROP VIEW %s', @internal@.view_oid(relation, before.current_view));
	END IF;
	IF t.current_view IS NOT NULL THEN
		PERFORM @internal@.write_current_view(
			relation, t.current_view,
			before.current_view = t.current_view AND @internal@.view_oid(relation, t.current_view) IS NOT NULL,
			all_columns, t.version_column, t.current_column, t.period_column);
	END IF;

	IF t.facade IS NOT NULL THEN
		/* existing SQL is not to see columns that were added here */
		facade := @internal@.view_oid(relation, t.facade);
		IF before.facade IS NULL THEN
			PERFORM @internal@.create_facade(relation, t.current_view, original, t.version_column,
											 t.current_column, t.period_column);
		ELSIF facade IS NULL THEN
			/* somebody has dropped or moved it: the table has its new name already */
			PERFORM @internal@.write_current_view(
				relation, t.facade, false,
				ARRAY(SELECT c FROM unnest(all_columns) WITH ORDINALITY AS u (c, n)
					  WHERE c <> ALL (managed) ORDER BY n),
				t.version_column, t.current_column, t.period_column);
		ELSE
			shown := @internal@.column_names(facade);
			PERFORM @internal@.write_current_view(
				relation, t.facade, true,
				ARRAY(SELECT c FROM unnest(all_columns) WITH ORDINALITY AS u (c, n)
					  WHERE c = ANY (shown) OR c <> ALL (managed) ORDER BY n),
				t.version_column, t.current_column, t.period_column);
		END IF;
	END IF;
END
$$;
COMMENT ON FUNCTION @internal@.write_views(regclass, @extschema@.tables, name[], name[]) IS
'Creates or refreshes the views that the configuration of a table names.';

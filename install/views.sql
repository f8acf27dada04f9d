-- The views that are generated beside a versioned table: that of its current
-- rows, and the facade, which has the table's old name.

-- Grants on one relation the privileges that are granted on another, also
-- those on columns.
CREATE FUNCTION @internal@.copy_grants(source regclass, target regclass)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM @internal@.execute_all(ARRAY(
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
					AND @internal@.column_number(target, a.attname) IS NOT NULL) AS g));
END
$$;

-- Whether a view of the current rows is security_invoker, to give everybody
-- what the table gives.
CREATE FUNCTION @internal@.is_invoker_view(relation regclass)
RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	/*
	 * A view with its invoker's rights respects the row security of the table,
	 * but asks for the right to read all of the columns, also of a user who was
	 * granted some and reads no others.
	 */
	SELECT NOT EXISTS (SELECT FROM pg_attribute
					   WHERE attrelid = relation AND attacl IS NOT NULL AND NOT attisdropped)
$$;

-- An error for a table of which no view gives everybody what the table gives.
CREATE FUNCTION @internal@.check_viewable(relation regclass)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT @internal@.is_invoker_view(relation)
	   AND (SELECT relrowsecurity FROM pg_class WHERE oid = relation) THEN
		RAISE EXCEPTION USING
			ERRCODE = 'feature_not_supported',
			MESSAGE = format('a view of table "%s" cannot keep both its row security and its privileges on columns',
							 @internal@.relation_name(relation)),
			HINT = 'Revoke the privileges on columns, or disable row security, or do without a current_view or facade.';
	END IF;
END
$$;

-- Renames the columns of a view of current rows as those of the table were
-- renamed, by their order.
CREATE FUNCTION @internal@.rename_view_columns(view regclass, columns name[])
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM @internal@.execute_all(ARRAY(
		SELECT format('ALTER VIEW %s RENAME COLUMN %I TO %I', view, a.attname, u.col)
		FROM pg_attribute a JOIN unnest(columns) WITH ORDINALITY AS u (col, n) ON a.attnum = u.n
		WHERE a.attrelid = view AND a.attname <> u.col
		ORDER BY u.n));
END
$$;

-- The condition that a view of current rows shows a row.
CREATE FUNCTION @internal@.shown_condition(target @extschema@.tables)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	/* the planner puts another condition in the place of is_shown() */
	SELECT coalesce('@extschema@.is_shown(' || @internal@.current_column_condition(target, 't') || ', '
					|| coalesce(@internal@.column_list(ARRAY[target.period_column], 't'), 'NULL') || ')',
					@internal@.current_number_condition(target, 't'))
$$;

-- Creates or replaces the view of the current rows, with the privileges of the
-- table that holds them; automatically updatable where that is the table itself.
CREATE FUNCTION @internal@.write_current_view(target @extschema@.tables, view_name name,
											  replace boolean, columns name[])
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	relation regclass := @internal@.versions_relation(target);
	view text := @internal@.name_beside(target.relation, view_name);
BEGIN
	PERFORM @internal@.check_viewable(relation);
	IF replace THEN
		PERFORM @internal@.rename_view_columns(view::regclass, columns);
	END IF;
	EXECUTE format('CREATE %s VIEW %s WITH (security_invoker = %s) AS SELECT %s FROM %s AS t WHERE %s',
				   CASE WHEN replace THEN 'OR REPLACE' END, view, @internal@.is_invoker_view(relation)::text,
				   @internal@.column_list(columns, 't'), relation, @internal@.shown_condition(target));
	/* the table may have got another owner since */
	EXECUTE format('ALTER VIEW %s OWNER TO %s', view,
				   (SELECT relowner::regrole FROM pg_class WHERE oid = relation));
	IF NOT replace THEN
		PERFORM @internal@.copy_grants(relation, view::regclass);
		EXECUTE format('COMMENT ON VIEW %s IS %L', view,
					   coalesce(obj_description(relation, 'pg_class'),
								format('The current rows of %s.', relation)));
	END IF;
END
$$;

-- An error for objects that read a relation and are not views: they cannot be
-- moved to another relation of that name.
CREATE FUNCTION @internal@.check_readers(relation regclass)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
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
		RAISE EXCEPTION USING
			ERRCODE = 'dependent_objects_still_exist',
			MESSAGE = format('relation "%s" cannot change its name because other objects read it',
							 @internal@.relation_name(relation)),
			DETAIL = readers,
			HINT = 'Drop them, and create them again afterwards: they would read history, too.';
	END IF;
END
$$;

-- The commands that create the views which read a relation, without the view
-- "but". They name the relation as it is called now; after a renaming they
-- read whatever has that name then.
CREATE FUNCTION @internal@.view_commands(relation regclass, but regclass DEFAULT NULL)
RETURNS text[] LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
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

-- Renames the table and puts a view of its current rows under the old name;
-- views over the table move to it.
CREATE FUNCTION @internal@.create_facade(target @extschema@.tables, columns name[])
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	relation regclass := target.relation;
	table_name text := @internal@.relation_name(relation) || '_versions';
	commands text[];
BEGIN
	IF octet_length(table_name) > 63 THEN
		RAISE EXCEPTION USING
			ERRCODE = 'name_too_long',
			MESSAGE = format('name of table "%s" is too long for a facade', @internal@.relation_name(relation)),
			DETAIL = 'The table gets its name with "_versions" appended.';
	END IF;
	PERFORM @internal@.check_readers(relation);

	/* views over the table are to show what they showed: the current rows */
	commands := @internal@.view_commands(relation, @internal@.view_oid(relation, target.current_view));
	EXECUTE format('ALTER TABLE %s RENAME TO %I', relation, table_name);
	PERFORM @internal@.write_current_view(target, target.facade, false, columns);
	PERFORM @internal@.execute_all(commands);
END
$$;

-- Gives the table behind a facade its name back; views over the facade move
-- to the table.
CREATE FUNCTION @internal@.drop_facade(relation regclass, facade name)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	view regclass := @internal@.view_oid(relation, facade);
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
	PERFORM @internal@.execute_all(commands);
	EXECUTE format('DROP VIEW %s', view);
END
$$;

-- Drops the view of current rows, if it is there.
CREATE FUNCTION @internal@.drop_current_view(relation regclass, view_name name)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	view regclass := @internal@.view_oid(relation, view_name);
BEGIN
	IF view IS NOT NULL THEN
		EXECUTE format('DROP VIEW %s', view);
	END IF;
END
$$;

-- Creates or refreshes the views that the configuration of a table names.
CREATE FUNCTION @internal@.write_views(target @extschema@.tables, before @extschema@.tables,
									   original name[])
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	relation regclass := target.relation;
	columns name[] := @internal@.column_names(@internal@.versions_relation(target));
	facade regclass := @internal@.view_oid(relation, target.facade);
BEGIN
	IF before.current_view <> target.current_view THEN
		PERFORM @internal@.drop_current_view(relation, before.current_view);
	END IF;
	IF target.current_view IS NOT NULL THEN
		PERFORM @internal@.write_current_view(
			target, target.current_view,
			before.current_view = target.current_view
			AND @internal@.view_oid(relation, target.current_view) IS NOT NULL, columns);
	END IF;

	IF target.facade IS NULL THEN
		RETURN;
	ELSIF before.facade IS NULL THEN
		/* existing SQL is not to see columns that were added here */
		PERFORM @internal@.create_facade(target, original);
	ELSE
		/* where somebody has dropped it, the table has its new name already */
		PERFORM @internal@.write_current_view(
			target, target.facade, facade IS NOT NULL,
			ARRAY(SELECT u.col FROM unnest(columns) WITH ORDINALITY AS u (col, n)
				  WHERE u.col <> ALL (@internal@.managed_columns(target))
						OR u.col = ANY (@internal@.column_names(facade))
				  ORDER BY u.n));
	END IF;
END
$$;

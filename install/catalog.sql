-- What is versioned, and how: read from pg_trigger, which is the registry.

CREATE FUNCTION @internal@.trigger_options(tgargs bytea)
RETURNS TABLE (option text, value text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	/* the arguments are separated by zero bytes: 00 in whole hex pairs */
	SELECT split_part(a.arg, '=', 1), substr(a.arg, strpos(a.arg, '=') + 1)
	FROM regexp_matches(encode(tgargs, 'hex'),
						'((?:(?!00)[0-9a-f]{2})*)00', 'g')
		 WITH ORDINALITY AS m (hex, n),
		 LATERAL (SELECT convert_from(decode(m.hex[1], 'hex'),
									  getdatabaseencoding())) AS a (arg)
	ORDER BY m.n
$$;
COMMENT ON FUNCTION @internal@.trigger_options(bytea) IS
'The name=value arguments of a trigger, from pg_trigger.tgargs.';

CREATE VIEW @extschema@.tables AS
SELECT t.tgrelid::regclass AS relation,
	   (SELECT array_agg(a.attname ORDER BY k.n)
		FROM pg_catalog.pg_index i
			 CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, n)
			 JOIN pg_catalog.pg_attribute a
				  ON a.attrelid = i.indrelid AND a.attnum = k.attnum
		WHERE i.indrelid = t.tgrelid AND i.indisprimary
			  AND k.n <= i.indnkeyatts
			  AND a.attname <> o.version_column) AS key_columns,
	   o.version_column,
	   o.current_column,
	   o.period_column,
	   o.ignore_columns,
	   o.reinsert,
	   o.current_view,
	   o.facade,
	   o.changed_by_column,
	   o.transaction_id_column,
	   o.application_name_column,
	   o.reason_column,
	   o.deletion_column,
	   o.per_transaction,
	   o.erase
FROM (SELECT DISTINCT ON (g.tgrelid) g.tgrelid, g.tgargs
	  FROM pg_catalog.pg_trigger g
	  WHERE g.tgfoid IN ('@extschema@.stamp()'::regprocedure,
						 '@extschema@.archive()'::regprocedure)
			AND g.tgparentid = 0
	  ORDER BY g.tgrelid, g.tgfoid <> '@extschema@.stamp()'::regprocedure) AS t
	 CROSS JOIN LATERAL
	 (SELECT max(p.value::name::text) FILTER (WHERE p.option = 'version')::name AS version_column,
			 max(p.value::name::text) FILTER (WHERE p.option = 'current')::name AS current_column,
			 max(p.value::name::text) FILTER (WHERE p.option = 'period')::name AS period_column,
			 coalesce(array_agg(p.value::name) FILTER (WHERE p.option = 'ignore'), '{}') AS ignore_columns,
			 count(*) FILTER (WHERE p.option = 'reinsert' AND p.value = 'off') = 0 AS reinsert,
			 max(p.value::name::text) FILTER (WHERE p.option = 'view')::name AS current_view,
			 max(p.value::name::text) FILTER (WHERE p.option = 'facade')::name AS facade,
			 max(p.value::name::text) FILTER (WHERE p.option = 'changed_by')::name AS changed_by_column,
			 max(p.value::name::text) FILTER (WHERE p.option = 'transaction_id')::name AS transaction_id_column,
			 max(p.value::name::text) FILTER (WHERE p.option = 'application_name')::name AS application_name_column,
			 max(p.value::name::text) FILTER (WHERE p.option = 'reason')::name AS reason_column,
			 max(p.value::name::text) FILTER (WHERE p.option = 'deletion')::name AS deletion_column,
			 count(*) FILTER (WHERE p.option = 'per_transaction' AND p.value = 'on') > 0 AS per_transaction,
			 count(*) FILTER (WHERE p.option = 'erase' AND p.value = 'on') > 0 AS erase
	  FROM @internal@.trigger_options(t.tgargs) AS p) AS o;
COMMENT ON VIEW @extschema@.tables IS
'Every versioned table with its key and options. The names of views have no schema: it is that of the table.';

GRANT SELECT ON @extschema@.tables TO PUBLIC;

CREATE FUNCTION @internal@.who_types(target @extschema@.tables)
RETURNS TABLE (col name, types regtype[], wanted text)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT w.col, w.types, w.wanted
	FROM (VALUES (target.changed_by_column, '{name,text}'::regtype[], 'name or text'),
				 (target.transaction_id_column, '{xid8}', 'xid8'),
				 (target.application_name_column, '{text}', 'text'),
				 (target.reason_column, '{text}', 'text'),
				 (target.deletion_column, '{jsonb}', 'jsonb')) AS w (col, types, wanted)
	WHERE w.col IS NOT NULL
$$;
COMMENT ON FUNCTION @internal@.who_types(@extschema@.tables) IS
'The columns that say who made a version or deleted the row, each with the types that it can have. A new column gets the first type.';

CREATE FUNCTION @internal@.who_columns(target @extschema@.tables)
RETURNS name[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ARRAY(SELECT w.col FROM @internal@.who_types(target) AS w)
$$;
COMMENT ON FUNCTION @internal@.who_columns(@extschema@.tables) IS
'The columns of a versioned table that say who made a version or deleted the row.';

CREATE FUNCTION @internal@.view_oid(relation regclass, view_name name)
RETURNS regclass
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT v.oid FROM pg_class c JOIN pg_class v ON v.relnamespace = c.relnamespace
	WHERE c.oid = relation AND v.relname = view_name AND v.relkind = 'v'
		  /* not another view that has the name, perhaps of somebody else */
		  AND EXISTS (SELECT FROM pg_rewrite r JOIN pg_depend d ON d.objid = r.oid
					  WHERE r.ev_class = v.oid AND d.classid = 'pg_rewrite'::regclass
							AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid)
$$;
COMMENT ON FUNCTION @internal@.view_oid(regclass, name) IS
'The view that has the given name, is in the schema of the table and reads the table; NULL if there is none.';

CREATE FUNCTION @internal@.table_behind(relation regclass)
RETURNS regclass
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce((SELECT t.relation
					 FROM @extschema@.tables t
						  JOIN pg_class b ON b.oid = t.relation
						  JOIN pg_class v ON v.relnamespace = b.relnamespace
					 WHERE v.oid = table_behind.relation AND v.relkind = 'v'
						   AND v.relname IN (t.facade, t.current_view)
						   AND @internal@.view_oid(t.relation, v.relname) = v.oid),
					relation)
$$;
COMMENT ON FUNCTION @internal@.table_behind(regclass) IS
'The versioned table behind its facade or current view; any other relation as it is.';

CREATE FUNCTION @internal@.check_exists(relation regclass)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF relation IS NULL THEN
		RAISE EXCEPTION 'relation must not be null'
			USING ERRCODE = 'null_value_not_allowed';
	ELSIF NOT EXISTS (SELECT FROM pg_class WHERE oid = relation) THEN
		RAISE EXCEPTION 'relation with OID % does not exist', relation::oid
			USING ERRCODE = 'undefined_table';
	END IF;
END
$$;
COMMENT ON FUNCTION @internal@.check_exists(regclass) IS
'An error unless there is such a relation; any number can be made a regclass.';

CREATE FUNCTION @internal@.check_owner(relation regclass)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM @internal@.check_exists(relation);
	IF NOT pg_has_role((SELECT relowner FROM pg_class WHERE oid = relation), 'USAGE') THEN
		RAISE EXCEPTION 'must be owner of relation %', relation
			USING ERRCODE = 'insufficient_privilege';
	END IF;
END
$$;
COMMENT ON FUNCTION @internal@.check_owner(regclass) IS
'An error unless the relation is there and the current user owns it.';

CREATE FUNCTION @internal@.current_column_condition(current_column name, period_column name,
													alias text = NULL)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN current_column IS NOT NULL
				THEN format('%s%I', alias || '.', current_column)
				WHEN period_column IS NOT NULL
				THEN format('pg_catalog.upper_inf(%s%I)', alias || '.', period_column)
		   END
$$;
COMMENT ON FUNCTION @internal@.current_column_condition(name, name, text) IS
'The SQL condition that is true for current rows; NULL if the table has neither a flag nor a period.';

CREATE FUNCTION @internal@.same_row_condition(relation regclass, version_column name,
											  left_alias text, right_alias text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	/* by the operators of the primary key, whatever the search path */
	SELECT string_agg(format('%1$s.%3$I OPERATOR(%4$I.%5$s) %2$s.%3$I',
							 left_alias, right_alias, a.attname,
							 n.nspname, o.oprname), ' AND ' ORDER BY k.n)
	FROM pg_index i
		 CROSS JOIN LATERAL unnest(i.indkey::int2[], i.indclass::oid[])
					WITH ORDINALITY AS k (attnum, opclass, n)
		 JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
		 JOIN pg_opclass c ON c.oid = k.opclass
		 JOIN pg_amop m ON m.amopfamily = c.opcfamily AND m.amopstrategy = 3
						AND m.amoplefttype = c.opcintype
						AND m.amoprighttype = c.opcintype
		 JOIN pg_operator o ON o.oid = m.amopopr
		 JOIN pg_namespace n ON n.oid = o.oprnamespace
	WHERE i.indrelid = relation AND i.indisprimary AND a.attname <> version_column
$$;
COMMENT ON FUNCTION @internal@.same_row_condition(regclass, name, text, text) IS
'The SQL condition that two rows of a versioned table have the same key.';

CREATE FUNCTION @internal@.column_list(names name[])
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT string_agg(quote_ident(u.c), ', ' ORDER BY u.n) FROM unnest(names) WITH ORDINALITY AS u (c, n)
$$;
COMMENT ON FUNCTION @internal@.column_list(name[]) IS
'Names as a list in SQL.';

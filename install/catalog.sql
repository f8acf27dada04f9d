-- What is versioned, and how: read from pg_trigger, which is the registry; and
-- what the other catalogs say of tables, columns, indexes and foreign keys.
-- Nothing here builds SQL (see sqltext.sql) or changes anything.

-- The bare name of a relation, for messages.
CREATE FUNCTION @internal@.relation_name(relation regclass)
RETURNS name LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT relname FROM pg_class WHERE oid = relation
$$;

-- An error for a regclass that is the number of no relation: any number can
-- be cast to regclass.
CREATE FUNCTION @internal@.check_exists(relation regclass)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF relation IS NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'null_value_not_allowed',
			MESSAGE = 'relation must not be null';
	ELSIF NOT EXISTS (SELECT FROM pg_class WHERE oid = relation) THEN
		RAISE EXCEPTION USING
			ERRCODE = 'undefined_table',
			MESSAGE = format('relation with OID %s does not exist', relation::oid);
	END IF;
END
$$;

-- An error unless the relation is there and the current user owns it.
CREATE FUNCTION @internal@.check_owner(relation regclass)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM @internal@.check_exists(relation);
	IF NOT pg_has_role((SELECT relowner FROM pg_class WHERE oid = relation), 'USAGE') THEN
		RAISE EXCEPTION USING
			ERRCODE = 'insufficient_privilege',
			MESSAGE = format('must be owner of relation %s', @internal@.relation_name(relation));
	END IF;
END
$$;

-- A relation and all of its partitions.
CREATE FUNCTION @internal@.partitions(relation regclass)
RETURNS SETOF regclass LANGUAGE sql STABLE ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
	SELECT relation
	UNION
	SELECT p.relid FROM pg_partition_tree(relation) p
$$;

-- The type behind a domain, with its modifier; any other type as it is.
CREATE FUNCTION @internal@.base_type(INOUT type oid, INOUT typmod integer DEFAULT -1)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE domains (type, typmod) AS (
		VALUES (base_type.type, base_type.typmod)
		UNION ALL
		SELECT t.typbasetype, t.typtypmod FROM domains d JOIN pg_type t ON t.oid = d.type
		WHERE t.typtype = 'd')
	SELECT d.type, d.typmod
	FROM domains d JOIN pg_type t ON t.oid = d.type WHERE t.typtype <> 'd'
$$;

-- The columns of a relation in their order.
CREATE FUNCTION @internal@.column_names(relation regclass)
RETURNS name[] LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT array_agg(attname ORDER BY attnum) FROM pg_attribute
	WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped
$$;

-- The number of a column; NULL for one that does not exist.
CREATE FUNCTION @internal@.column_number(relation regclass, col name)
RETURNS int2 LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT attnum FROM pg_attribute
	WHERE attrelid = relation AND attname = col AND attnum > 0 AND NOT attisdropped
$$;

-- Whether a table has a column of that name and of one of the given types.
CREATE FUNCTION @internal@.has_column_of_type(relation regclass, col name, types regtype[])
RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT EXISTS (SELECT FROM pg_attribute a
				   WHERE a.attrelid = relation AND a.attname = col AND a.attnum > 0
						 AND NOT a.attisdropped
						 AND (@internal@.base_type(a.atttypid)).type = ANY (types))
$$;

-- The numbers of columns in the given order; NULL for one that does not
-- exist.
CREATE FUNCTION @internal@.column_numbers(relation regclass, columns name[])
RETURNS int2[] LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT array_agg(@internal@.column_number(relation, u.col) ORDER BY u.n)
	FROM unnest(columns) WITH ORDINALITY AS u (col, n)
$$;

-- The key columns of an index; NULL stands for an expression.
CREATE FUNCTION @internal@.index_columns(index regclass)
RETURNS name[] LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT array_agg(a.attname ORDER BY k.n)
	FROM pg_index i
		 CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, n)
		 LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid
									 AND a.attnum = k.attnum AND k.attnum > 0
	WHERE i.indexrelid = index AND k.n <= i.indnkeyatts
$$;

-- The columns of the primary key, with the version column; NULL if there is
-- no primary key.
CREATE FUNCTION @internal@.primary_key(relation regclass)
RETURNS name[] LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT @internal@.index_columns(indexrelid) FROM pg_index
	WHERE indrelid = relation AND indisprimary
$$;

-- The pairs of columns of a foreign key, each with the operator that compares
-- the referenced column with the referencing one.
CREATE FUNCTION @internal@.reference_columns(con oid)
RETURNS TABLE (n bigint, referencing name, referenced name, operator oid)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT k.n, f.attname, p.attname, k.operator
	FROM pg_constraint c
		 CROSS JOIN LATERAL unnest(c.conkey, c.confkey, c.conpfeqop)
					WITH ORDINALITY AS k (referencing, referenced, operator, n)
		 JOIN pg_attribute f ON f.attrelid = c.conrelid AND f.attnum = k.referencing
		 JOIN pg_attribute p ON p.attrelid = c.confrelid AND p.attnum = k.referenced
	WHERE c.oid = con
$$;

-- The name=value arguments of a trigger, from pg_trigger.tgargs.
CREATE FUNCTION @internal@.trigger_options(tgargs bytea)
RETURNS TABLE (option text, value text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
	/* the arguments are separated by zero bytes: 00 in whole hex pairs */
	SELECT split_part(a.arg, '=', 1), substr(a.arg, strpos(a.arg, '=') + 1)
	FROM regexp_matches(encode(tgargs, 'hex'),
						'((?:(?!00)[0-9a-f]{2})*)00', 'g')
		 WITH ORDINALITY AS m (hex, n),
		 LATERAL (SELECT convert_from(decode(m.hex[1], 'hex'),
									  getdatabaseencoding())) AS a (arg)
	ORDER BY m.n
$$;

CREATE VIEW @extschema@.tables AS
SELECT t.tgrelid::regclass AS relation,
	   nullif(array_remove(@internal@.primary_key(t.tgrelid), o.version_column), '{}') AS key_columns,
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
	   (SELECT l.tgconstrrelid::regclass FROM pg_catalog.pg_trigger l
		WHERE l.tgrelid = t.tgrelid AND l.tgconstrrelid <> 0
			  AND l.tgfoid = '@extschema@.archive()'::regprocedure
		LIMIT 1) AS versions_table
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
			 count(*) FILTER (WHERE p.option = 'per_transaction' AND p.value = 'on') > 0 AS per_transaction
	  FROM @internal@.trigger_options(t.tgargs) p) AS o;
COMMENT ON VIEW @extschema@.tables IS
'Every versioned table with its key and options. The names of views have no schema: it is that of the table.';

GRANT SELECT ON @extschema@.tables TO PUBLIC;

-- The columns that say who made a version or deleted the row, each with the
-- types that it can have. A new column gets the first type.
CREATE FUNCTION @internal@.who_types(target @extschema@.tables)
RETURNS TABLE (col name, types regtype[], wanted text)
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT w.col, w.types, w.wanted
	FROM (VALUES (target.changed_by_column, '{name,text}'::regtype[], 'name or text'),
				 (target.transaction_id_column, '{xid8}', 'xid8'),
				 (target.application_name_column, '{text}', 'text'),
				 (target.reason_column, '{text}', 'text'),
				 (target.deletion_column, '{jsonb}', 'jsonb')) AS w (col, types, wanted)
	WHERE w.col IS NOT NULL
$$;

-- The columns of a versioned table that say who made a version or deleted the
-- row.
CREATE FUNCTION @internal@.who_columns(target @extschema@.tables)
RETURNS name[] LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT ARRAY(SELECT w.col FROM @internal@.who_types(target) w)
$$;

-- The columns of a versioned table that versioned_rows maintains.
CREATE FUNCTION @internal@.managed_columns(target @extschema@.tables)
RETURNS name[] LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT array_remove(ARRAY[target.version_column, target.current_column,
							  target.period_column], NULL)
		   || @internal@.who_columns(target)
$$;

-- The table that holds the versions of a versioned table; NULL if that is the
-- table itself.
CREATE FUNCTION @internal@.versions_table(relation regclass)
RETURNS regclass LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT g.tgconstrrelid FROM pg_trigger g
	WHERE g.tgrelid = relation AND g.tgconstrrelid <> 0
		  AND g.tgfoid = '@extschema@.archive()'::regprocedure
	LIMIT 1
$$;

-- The versioned table whose versions a table holds, or NULL.
CREATE FUNCTION @internal@.live_table(versions regclass)
RETURNS regclass LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT g.tgrelid FROM pg_trigger g
	WHERE g.tgconstrrelid = versions AND g.tgparentid = 0
		  AND g.tgfoid = '@extschema@.archive()'::regprocedure
	LIMIT 1
$$;

-- The view that has the given name, is in the schema of the table and reads
-- its versions; NULL if there is none.
CREATE FUNCTION @internal@.view_oid(relation regclass, view_name name)
RETURNS regclass LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT v.oid FROM pg_class c JOIN pg_class v ON v.relnamespace = c.relnamespace
	WHERE c.oid = relation AND v.relname = view_name AND v.relkind = 'v'
		  /* not another view that has the name, perhaps of somebody else */
		  AND EXISTS (SELECT FROM pg_rewrite r JOIN pg_depend d ON d.objid = r.oid
					  WHERE r.ev_class = v.oid AND d.classid = 'pg_rewrite'::regclass
							AND d.refclassid = 'pg_class'::regclass
							AND d.refobjid IN (c.oid, @internal@.versions_table(c.oid)))
$$;

-- The versioned table behind its facade or current view; any other relation
-- as it is.
CREATE FUNCTION @internal@.table_behind(relation regclass)
RETURNS regclass LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	/* from the view to what it reads: the number of versioned tables is no matter */
	SELECT coalesce((SELECT t.relation
					 FROM pg_class v
						  JOIN pg_rewrite r ON r.ev_class = v.oid
						  JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
											  AND d.refclassid = 'pg_class'::regclass
						  CROSS JOIN LATERAL
						  (SELECT coalesce(@internal@.live_table(d.refobjid), d.refobjid) AS oid) AS l
						  JOIN pg_class b ON b.oid = l.oid AND b.relkind IN ('r', 'p')
											 AND b.relnamespace = v.relnamespace
						  CROSS JOIN LATERAL
						  (SELECT x.* FROM @extschema@.tables x WHERE x.relation = b.oid OFFSET 0) AS t
					 WHERE v.oid = table_behind.relation AND v.relkind = 'v'
						   AND v.relname IN (t.facade, t.current_view)
					 LIMIT 1),
					relation)
$$;

-- Whether a table is versioned.
CREATE FUNCTION @internal@.is_versioned(relation regclass)
RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT EXISTS (SELECT FROM @extschema@.tables t WHERE t.relation = is_versioned.relation)
$$;

-- The row of versioned_rows.tables for a table, its versions table or one of its
-- views, or an error.
CREATE FUNCTION @internal@.versioned_table(relation regclass)
RETURNS @extschema@.tables LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	target @extschema@.tables;
	class pg_class;
BEGIN
	PERFORM @internal@.check_exists(versioned_table.relation);
	/* a view of ours stands for its table */
	SELECT t.* INTO target FROM @extschema@.tables t
	WHERE t.relation = coalesce(@internal@.live_table(versioned_table.relation),
								@internal@.table_behind(versioned_table.relation));
	IF NOT FOUND THEN
		SELECT * INTO class FROM pg_class WHERE oid = versioned_table.relation;
		RAISE EXCEPTION USING
			ERRCODE = 'wrong_object_type',
			MESSAGE = format('relation "%s" is not versioned', class.relname),
			HINT = CASE WHEN class.relispartition
						THEN 'Name the partitioned table, not its partition.'
						ELSE 'Call versioned_rows.enable() first; the view versioned_rows.tables lists the versioned tables.' END,
			SCHEMA = class.relnamespace::regnamespace::text,
			TABLE = class.relname;
	END IF;
	IF target.key_columns IS NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_table_definition',
			MESSAGE = format('versioned table "%s" has no primary key with the version column',
							 @internal@.relation_name(target.relation)),
			HINT = 'Call versioned_rows.enable() to build it, or versioned_rows.disable() to end versioning.';
	END IF;
	RETURN target;
END
$$;

-- The relation that holds the versions of a versioned table.
CREATE FUNCTION @internal@.versions_relation(target @extschema@.tables)
RETURNS regclass LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(target.versions_table, target.relation)
$$;

-- Has a versioned table a version column itself, and not only its versions
-- table?
CREATE FUNCTION @internal@.has_version_column(relation regclass)
RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT NOT EXISTS (SELECT FROM pg_trigger g
							CROSS JOIN LATERAL @internal@.trigger_options(g.tgargs) AS o
					   WHERE g.tgrelid = relation AND g.tgconstrrelid <> 0
							 AND g.tgfoid = '@extschema@.archive()'::regprocedure
							 AND o.option = 'live_version' AND o.value = 'off')
$$;

-- A versioned table as if the relation that holds its versions were all of
-- it.
CREATE FUNCTION @internal@.as_versions(target @extschema@.tables)
RETURNS @extschema@.tables LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	target.relation := @internal@.versions_relation(target);
	IF target.versions_table IS NOT NULL THEN
		target.ignore_columns := '{}';
		target.versions_table := NULL;
	END IF;
	RETURN target;
END
$$;

-- The columns of a versioned table and what they are in it (key, managed,
-- ignored, content).
CREATE FUNCTION @internal@.table_columns(target @extschema@.tables)
RETURNS TABLE (name name, type text, role text, generated boolean,
			   identity_always boolean, required boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT a.attname, format_type(a.atttypid, -1),
		   CASE WHEN a.attname = ANY (target.key_columns) THEN 'key'
				WHEN a.attname = ANY (@internal@.managed_columns(target)) THEN 'managed'
				WHEN a.attname = ANY (target.ignore_columns) THEN 'ignored'
				ELSE 'content' END,
		   a.attgenerated <> '', a.attidentity = 'a',
		   a.attnotnull OR t.typnotnull
	FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
	WHERE a.attrelid = target.relation AND a.attnum > 0
		  AND NOT a.attisdropped
	ORDER BY a.attnum
$$;

-- The columns of what versions say of a row: neither its key nor managed.
CREATE FUNCTION @internal@.versioned_columns(target @extschema@.tables)
RETURNS name[] LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT ARRAY(SELECT u.col
				 FROM unnest(@internal@.column_names(@internal@.versions_relation(target))) WITH ORDINALITY AS u (col, n)
				 WHERE u.col <> ALL (target.key_columns || @internal@.managed_columns(target))
				 ORDER BY u.n)
$$;

-- enable() and disable().

CREATE FUNCTION @internal@.check_versionable(relation regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	c pg_class;
	kind text;
BEGIN
	PERFORM @internal@.check_owner(relation);
	SELECT * INTO c FROM pg_class WHERE oid = relation;
	kind := CASE c.relkind WHEN 'v' THEN 'views' WHEN 'm' THEN 'materialized views'
							WHEN 'f' THEN 'foreign tables' WHEN 'S' THEN 'sequences'
							WHEN 'c' THEN 'composite types' WHEN 't' THEN 'TOAST tables'
							WHEN 'i' THEN 'indexes' WHEN 'I' THEN 'partitioned indexes' END;
	IF kind IS NOT NULL THEN
		RAISE EXCEPTION '"%" is not a table', c.relname
			USING ERRCODE = 'wrong_object_type',
				  DETAIL = format('This operation is not supported for %s.', kind);
	END IF;

	IF c.relnamespace = 'pg_catalog'::regnamespace THEN
		RAISE EXCEPTION '"%" is a system catalog', c.relname
			USING ERRCODE = 'wrong_object_type';
	ELSIF c.relispartition THEN
		RAISE EXCEPTION 'table "%" is a partition', c.relname
			USING ERRCODE = 'wrong_object_type',
				  HINT = format('Enable its partitioned table %s: the partitions come along.',
								pg_partition_root(relation));
	ELSIF c.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits WHERE inhparent = relation) THEN
		RAISE EXCEPTION 'table "%" has inheritance children', c.relname
			USING ERRCODE = 'feature_not_supported',
				  DETAIL = 'A command on the parent would change rows of children that are not versioned.',
				  HINT = 'Enable the children one by one, or use partitions.';
	ELSIF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = relation AND contype = 'p') THEN
		RAISE EXCEPTION 'table "%" has no primary key', c.relname
			USING ERRCODE = 'invalid_table_definition',
				  HINT = 'Add one: it says which rows are versions of each other.';
	ELSIF EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid
					  AND a.attnum = ANY (i.indkey::int2[])
				  WHERE i.indrelid = relation AND i.indisprimary AND a.attgenerated <> '') THEN
		RAISE EXCEPTION 'primary key of table "%" has a generated column', c.relname
			USING ERRCODE = 'feature_not_supported',
				  DETAIL = 'The key of a row must not change, and this one changes with other columns.',
				  HINT = 'Use an ordinary or an identity column.';
	ELSIF EXISTS (SELECT FROM pg_index WHERE indrelid = relation AND indisprimary AND indisexclusion) THEN
		RAISE EXCEPTION 'primary key of table "%" is temporal', c.relname
			USING ERRCODE = 'feature_not_supported',
				  DETAIL = 'The key of a row must not change, and its period would be part of it.',
				  HINT = 'Use another primary key, and UNIQUE (... WITHOUT OVERLAPS) for this one.';
	END IF;
END
$$;
COMMENT ON FUNCTION @internal@.check_versionable(regclass) IS
'An error for a relation that cannot be versioned, or that the current user may not make versioned.';

CREATE FUNCTION @internal@.check_options(wanted @extschema@.tables, inbound text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	relation regclass := wanted.relation;
	ignore_columns name[] := wanted.ignore_columns;
	managed name[] := array_remove(ARRAY[wanted.version_column, wanted.current_column, wanted.period_column], NULL)
					  || @internal@.who_columns(wanted);
	present name[] := @internal@.column_names(wanted.relation);
	before @extschema@.tables;
	col name;
	given name;
	option text;
BEGIN
	IF wanted.version_column IS NULL THEN
		RAISE EXCEPTION 'version_column must not be null'
			USING ERRCODE = 'null_value_not_allowed';
	ELSIF cardinality(managed) > (SELECT count(DISTINCT m) FROM unnest(managed) AS m) THEN
		RAISE EXCEPTION 'the columns that versioned_rows maintains must be different ones'
			USING ERRCODE = 'invalid_parameter_value';
	ELSIF inbound IS NULL OR inbound NOT IN ('refuse', 'follow', 'pin') THEN
		RAISE EXCEPTION 'unrecognized value for inbound: %', coalesce(quote_literal(inbound), 'NULL')
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'Valid values are "refuse", "follow" and "pin".';
	ELSIF ignore_columns IS NULL OR array_position(ignore_columns, NULL) IS NOT NULL THEN
		RAISE EXCEPTION 'ignore_columns must not be null or contain null'
			USING ERRCODE = 'null_value_not_allowed',
				  HINT = 'The empty array ''{}'' ignores no column.';
	END IF;

	FOREACH col IN ARRAY ignore_columns LOOP
		IF col <> ALL (present) THEN
			RAISE EXCEPTION 'column "%" of table % does not exist', col, relation
				USING ERRCODE = 'undefined_column';
		ELSIF col = ANY (managed)
			  OR EXISTS (SELECT FROM pg_index WHERE indrelid = relation AND indisprimary
								AND col = ANY (@internal@.index_columns(indexrelid))) THEN
			RAISE EXCEPTION 'column "%" cannot be ignored', col
				USING ERRCODE = 'invalid_parameter_value',
					  DETAIL = 'It is part of the key or maintained by versioned_rows.';
		END IF;
	END LOOP;

	/* a managed column that is still there, if under another name, cannot be given up silently */
	SELECT * INTO before FROM @extschema@.tables t WHERE t.relation = wanted.relation;
	FOR col, given, option IN
		VALUES (before.version_column, wanted.version_column, 'version_column'),
			   (before.current_column, wanted.current_column, 'current_column'),
			   (before.period_column, wanted.period_column, 'period_column'),
			   (before.changed_by_column, wanted.changed_by_column, 'changed_by_column'),
			   (before.transaction_id_column, wanted.transaction_id_column, 'transaction_id_column'),
			   (before.application_name_column, wanted.application_name_column, 'application_name_column'),
			   (before.reason_column, wanted.reason_column, 'reason_column'),
			   (before.deletion_column, wanted.deletion_column, 'deletion_column')
	LOOP
		IF col = ANY (present) AND col IS DISTINCT FROM given THEN
			RAISE EXCEPTION 'table % has "%" as its %', relation, col, option
				USING ERRCODE = 'object_not_in_prerequisite_state',
					  HINT = format('Call enable() with %s => %L to keep it; to give it up, disable(), drop the column and enable() again.',
									option, col);
		ELSIF col <> ALL (present) AND (given = ANY (present)) IS NOT TRUE THEN
			RAISE EXCEPTION 'table % had "%" as its %, and has no such column', relation, col, option
				USING ERRCODE = 'undefined_column',
					  HINT = format('If it was renamed, call enable() with %s => its new name; if it was dropped, disable() and enable() again.',
									option);
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @internal@.check_options(@extschema@.tables, text) IS
'An error for options of enable() that make no sense, or do not fit the table.';

CREATE FUNCTION @internal@.check_inbound(relation regclass, version_column name)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	keys text;
	to_others text;
	primary_key int2[] := (SELECT array_remove(i.indkey::int2[], (@internal@.column_numbers(relation, ARRAY[version_column]))[1])
						   FROM pg_index i WHERE i.indrelid = relation AND i.indisprimary);
BEGIN
	SELECT string_agg(format('%s.%I: %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid)),
					  E'\n' ORDER BY c.conrelid::regclass::text, c.conname),
		   string_agg(format('%I', c.conname), ', ' ORDER BY c.conrelid::regclass::text, c.conname)
		   FILTER (WHERE NOT (c.confkey @> primary_key AND c.confkey <@ primary_key))
	INTO keys, to_others
	FROM pg_constraint c
	WHERE c.confrelid = relation AND c.contype = 'f' AND c.conparentid = 0
		  AND NOT EXISTS (SELECT FROM pg_attribute a
						  WHERE a.attrelid = relation AND a.attnum = ANY (c.confkey)
								AND a.attname = version_column);
	IF keys IS NOT NULL THEN
		RAISE EXCEPTION 'table % is referenced by its key without a version', relation
			USING ERRCODE = 'dependent_objects_still_exist',
				  DETAIL = keys,
				  HINT = CASE WHEN to_others IS NOT NULL
							  THEN format('Drop what does not reference the primary key, since other unique columns will hold for current rows only: %s. ', to_others)
							  ELSE '' END ||
						 'Call enable() with inbound => ''follow'' or inbound => ''pin'' to rewrite these foreign keys, or drop them.';
	END IF;
END
$$;
COMMENT ON FUNCTION @internal@.check_inbound(regclass, name) IS
'An error that lists the foreign keys that reference a table without a version.';

CREATE FUNCTION @internal@.erasing_keys(relation regclass)
RETURNS TABLE (name name, definition text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT c.conname, pg_get_constraintdef(c.oid)
	FROM pg_constraint c
	/* a partition may have keys of its own, and a key to a partitioned table has parts */
	WHERE (c.conrelid = relation OR c.conrelid IN (SELECT p.relid FROM pg_partition_tree(relation) p))
		  AND c.contype = 'f' AND c.conparentid = 0
		  /* one to the table itself will reference a version */
		  AND c.confrelid <> relation
		  AND (c.confdeltype IN ('c', 'n', 'd') OR c.confupdtype IN ('c', 'n', 'd'))
		  AND NOT EXISTS (SELECT FROM @extschema@.tables t
						  LEFT JOIN pg_attribute a ON a.attrelid = t.relation AND a.attname = t.version_column
						  /* a version column that is not found was renamed */
						  WHERE t.relation = c.confrelid AND (a.attnum = ANY (c.confkey)) IS NOT FALSE)
	ORDER BY c.conname
$$;
COMMENT ON FUNCTION @internal@.erasing_keys(regclass) IS
'The foreign keys of a table whose actions contradict immutable history.';

CREATE FUNCTION @internal@.check_outgoing(relation regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	keys text := (SELECT string_agg(format('%I: %s', k.name, k.definition), E'\n' ORDER BY k.name)
				  FROM @internal@.erasing_keys(relation) k);
BEGIN
	IF keys IS NOT NULL THEN
		RAISE EXCEPTION 'foreign keys of table % would change its history', relation
			USING ERRCODE = 'object_not_in_prerequisite_state',
				  DETAIL = keys,
				  HINT = 'Let them say ON UPDATE NO ACTION ON DELETE NO ACTION, make the referenced table versioned first, or call enable() with erase => true: rows then go with their history.';
	END IF;
END
$$;
COMMENT ON FUNCTION @internal@.check_outgoing(regclass) IS
'An error that lists the foreign keys of a table whose actions contradict immutable history.';

CREATE FUNCTION @internal@.check_partition_key(relation regclass, managed name[])
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF EXISTS (SELECT FROM pg_partitioned_table p, pg_attribute a
			   WHERE p.partrelid = relation AND a.attrelid = relation
					 AND a.attnum = ANY (p.partattrs::int2[]) AND a.attname = ANY (managed)) THEN
		RAISE EXCEPTION 'table % is partitioned by a column that versioned_rows maintains', relation
			USING ERRCODE = 'feature_not_supported',
				  DETAIL = 'Every UPDATE would move the row to another partition.',
				  HINT = 'Partition by columns of the key.';
	END IF;
END
$$;
COMMENT ON FUNCTION @internal@.check_partition_key(regclass, name[]) IS
'An error for a table that is partitioned by a managed column.';

CREATE FUNCTION @internal@.drop_triggers(relation regclass)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	/* the owner of a subscriber may have chosen so */
	always boolean := EXISTS (SELECT FROM pg_trigger g
							  WHERE g.tgrelid = relation AND g.tgenabled = 'A'
									AND g.tgfoid = '@extschema@.stamp()'::regprocedure);
	t record;
BEGIN
	FOR t IN
		SELECT g.tgname, g.tgrelid::regclass AS rel
		FROM pg_trigger g
		WHERE (g.tgrelid = relation
			   OR g.tgrelid IN (SELECT p.relid FROM pg_partition_tree(relation) p))
			  AND g.tgparentid = 0
			  AND (g.tgfoid IN ('@extschema@.stamp()'::regprocedure,
								'@extschema@.archive()'::regprocedure,
								'@extschema@.refuse_truncate()'::regprocedure)
				   /* what CREATE OR REPLACE TRIGGER has put in the place of ours */
				   OR g.tgname IN ('zzz_versioned_rows_stamp', '000_versioned_rows_archive',
								   '000_versioned_rows_truncate'))
	LOOP
		EXECUTE format('DROP TRIGGER %I ON %s', t.tgname, t.rel);
	END LOOP;
	RETURN always;
END
$$;
COMMENT ON FUNCTION @internal@.drop_triggers(regclass) IS
'Drops the triggers of the extension from a table and its partitions; returns whether they fired for replicated rows, too.';

CREATE FUNCTION @internal@.detached_tables()
RETURNS SETOF regclass
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	/* DETACH PARTITION takes the row triggers away, but not that for TRUNCATE */
	SELECT g.tgrelid
	FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
	WHERE g.tgfoid = '@extschema@.refuse_truncate()'::regprocedure AND NOT c.relispartition
		  AND NOT EXISTS (SELECT FROM @extschema@.tables t WHERE t.relation = g.tgrelid)
	ORDER BY g.tgrelid::regclass::text COLLATE "C"
$$;
COMMENT ON FUNCTION @internal@.detached_tables() IS
'The tables that hold versions, but make none: partitions that were detached from versioned tables, and tables that have lost their triggers.';

CREATE FUNCTION @internal@.check_triggers(relation regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	late record;
BEGIN
	SELECT g.tgname, g.tgrelid::regclass AS rel INTO late
	FROM pg_trigger g
	WHERE (g.tgrelid = relation OR g.tgrelid IN (SELECT p.relid FROM pg_partition_tree(relation) p))
		  AND g.tgname > 'zzz_versioned_rows_stamp' AND g.tgenabled <> 'D'
		  /* BEFORE ROW, INSERT or UPDATE */
		  AND g.tgtype & 67 = 3 AND g.tgtype & 20 <> 0
	ORDER BY g.tgrelid::regclass::text COLLATE "C", g.tgname LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'BEFORE trigger "%" of table % sorts after "zzz_versioned_rows_stamp"', late.tgname, late.rel
			USING ERRCODE = 'object_not_in_prerequisite_state',
				  DETAIL = 'It could change the number, the flag or the time of a version.',
				  HINT = 'Rename it: triggers fire in the order of their names.';
	END IF;
END
$$;
COMMENT ON FUNCTION @internal@.check_triggers(regclass) IS
'An error for a BEFORE trigger that would fire after stamp(): stamp() would refuse every row.';

CREATE FUNCTION @internal@.create_triggers(relation regclass, options text[], always boolean)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	args text := (SELECT string_agg(quote_literal(o), ', ' ORDER BY n)
				  FROM unnest(options) WITH ORDINALITY AS u (o, n));
	part regclass;
BEGIN
	PERFORM @internal@.check_triggers(relation);
	/*
	 * Triggers fire in the order of their names' bytes: stamp must see what
	 * the user's BEFORE triggers made of the row, archive must have stored
	 * the copy before the foreign keys ("RI_...") look for it.
	 */
	EXECUTE format('CREATE TRIGGER zzz_versioned_rows_stamp '
				   'BEFORE INSERT OR UPDATE OR DELETE ON %s '
				   'FOR EACH ROW EXECUTE FUNCTION @extschema@.stamp(%s)', relation, args);
	EXECUTE format('CREATE TRIGGER "000_versioned_rows_archive" '
				   'AFTER UPDATE OR DELETE ON %s '
				   'FOR EACH ROW EXECUTE FUNCTION @extschema@.archive(%s)', relation, args);
	IF always THEN
		EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER zzz_versioned_rows_stamp, '
					   'ENABLE ALWAYS TRIGGER "000_versioned_rows_archive"', relation);
	END IF;
	/* statement triggers are not handed down to partitions */
	FOR part IN SELECT relation UNION SELECT p.relid FROM pg_partition_tree(relation) p LOOP
		EXECUTE format('CREATE TRIGGER "000_versioned_rows_truncate" BEFORE TRUNCATE ON %s '
					   'EXECUTE FUNCTION @extschema@.refuse_truncate()', part);
	END LOOP;
END
$$;
COMMENT ON FUNCTION @internal@.create_triggers(regclass, text[], boolean) IS
'Installs the triggers of a versioned table; their arguments are its configuration.';

CREATE FUNCTION @internal@.lock_table(relation regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	view regclass;
BEGIN
	/* the views first, in the order in which their users lock them and the table */
	FOR view IN
		SELECT v.oid
		FROM @extschema@.tables t CROSS JOIN unnest(ARRAY[t.facade, t.current_view]) AS u (name)
			 CROSS JOIN LATERAL (SELECT @internal@.view_oid(t.relation, u.name)) AS v (oid)
		WHERE t.relation = lock_table.relation AND v.oid IS NOT NULL
	LOOP
		PERFORM @internal@.check_owner(view);
		EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', view);
	END LOOP;
	EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', relation);
END
$$;
COMMENT ON FUNCTION @internal@.lock_table(regclass) IS
'Takes an ACCESS EXCLUSIVE lock on the views that are generated for a table, then on the table.';

CREATE FUNCTION @extschema@.enable(relation regclass,
								   version_column name = 'version_id',
								   current_column name = 'is_current_version',
								   period_column name = NULL,
								   ignore_columns name[] = '{}',
								   inbound text = 'refuse',
								   current_view name = NULL,
								   facade boolean = false,
								   reinsert boolean = true,
								   period_start timestamptz = NULL,
								   changed_by_column name = NULL,
								   transaction_id_column name = NULL,
								   application_name_column name = NULL,
								   reason_column name = NULL,
								   deletion_column name = NULL,
								   per_transaction boolean = false,
								   erase boolean = false)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	base regclass := @internal@.table_behind(relation);
	before @extschema@.tables;
	wanted @extschema@.tables;
	managed name[];
	original name[];
	facade_name name;
	view_name name;
	references_to_it jsonb;
	always boolean;
BEGIN
	PERFORM @internal@.check_versionable(base);
	IF num_nulls(facade, reinsert, per_transaction, erase) > 0 THEN
		RAISE EXCEPTION 'facade, reinsert, per_transaction and erase must not be null' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	PERFORM @internal@.lock_table(base);
	SELECT * INTO before FROM @extschema@.tables t WHERE t.relation = base;

	wanted.relation := base;
	wanted.version_column := version_column;
	wanted.current_column := current_column;
	wanted.period_column := period_column;
	wanted.ignore_columns := ignore_columns;
	wanted.changed_by_column := changed_by_column;
	wanted.transaction_id_column := transaction_id_column;
	wanted.application_name_column := application_name_column;
	wanted.reason_column := reason_column;
	wanted.deletion_column := coalesce(deletion_column, CASE WHEN @internal@.who_columns(wanted) <> '{}'
															 THEN coalesce(before.deletion_column, 'deletion') END);
	managed := array_remove(ARRAY[version_column, current_column, period_column], NULL)
			   || @internal@.who_columns(wanted);
	PERFORM @internal@.check_options(wanted, inbound);
	PERFORM @internal@.check_partition_key(base, managed);
	IF NOT erase THEN
		PERFORM @internal@.check_outgoing(base);
	END IF;
	IF inbound = 'refuse' THEN
		PERFORM @internal@.check_inbound(base, version_column);
	END IF;
	references_to_it := @internal@.drop_inbound(base, version_column);

	original := @internal@.column_names(base);
	facade_name := coalesce(before.facade, CASE WHEN facade THEN (SELECT relname FROM pg_class WHERE oid = base) END);
	view_name := coalesce(current_view, before.current_view);

	always := @internal@.drop_triggers(base);
	PERFORM @internal@.prepare_version_column(base, version_column);
	PERFORM @internal@.prepare_primary_key(base, version_column);
	IF current_column IS NOT NULL THEN
		PERFORM @internal@.prepare_current_column(
			base, current_column,
			CASE WHEN version_column = ANY (original) THEN version_column END, period_column);
	END IF;
	IF period_column IS NOT NULL THEN
		PERFORM @internal@.prepare_period_column(base, period_column, current_column, period_start);
	END IF;
	PERFORM @internal@.prepare_who_columns(wanted);
	PERFORM @internal@.prepare_uniques(base, version_column, current_column, period_column);
	PERFORM @internal@.create_triggers(base, array_remove(
		ARRAY['version=' || version_column, 'current=' || current_column,
			  'period=' || period_column, 'view=' || view_name, 'facade=' || facade_name,
			  CASE WHEN NOT reinsert THEN 'reinsert=off' END,
			  CASE WHEN per_transaction THEN 'per_transaction=on' END, CASE WHEN erase THEN 'erase=on' END,
			  'changed_by=' || changed_by_column, 'transaction_id=' || transaction_id_column,
			  'application_name=' || application_name_column, 'reason=' || reason_column,
			  'deletion=' || wanted.deletion_column]
		|| ARRAY(SELECT 'ignore=' || c FROM unnest(ignore_columns) WITH ORDINALITY AS u (c, n)
				 GROUP BY c ORDER BY min(n)), NULL), always);
	PERFORM @internal@.restore_inbound(base, references_to_it, inbound);
	PERFORM @internal@.adopt_references(base);
	PERFORM @internal@.write_views(base, before, original, managed);
	/* by its name, which a facade has just changed */
	PERFORM @internal@.create_calc_function(base, version_column, current_column, period_column);
	PERFORM @internal@.create_time_functions(base, period_column);
END
$$;
COMMENT ON FUNCTION @extschema@.enable(regclass, name, name, name, name[], text, name, boolean, boolean, timestamptz, name, name, name, name, name, boolean, boolean) IS
'Makes a table versioned, or changes the options of one that is. Columns and indexes that are there are adopted, missing ones are built; existing rows become version 1. Takes an ACCESS EXCLUSIVE lock. Owner only.';

CREATE FUNCTION @extschema@.disable(relation regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	base regclass := @internal@.table_behind(relation);
	t @extschema@.tables;
BEGIN
	PERFORM @internal@.check_owner(base);
	PERFORM @internal@.lock_table(base);
	SELECT * INTO t FROM @extschema@.tables x WHERE x.relation = base;
	IF NOT FOUND AND base NOT IN (SELECT @internal@.detached_tables()) THEN
		RAISE EXCEPTION 'table % is not versioned', base
			USING ERRCODE = 'object_not_in_prerequisite_state',
				  HINT = 'The view versioned_rows.tables lists the tables that are.';
	END IF;

	IF t.facade IS NOT NULL THEN
		PERFORM @internal@.drop_facade(base, t.facade);
	END IF;
	IF @internal@.view_oid(base, t.current_view) IS NOT NULL THEN
		EXECUTE format('DROP VIEW %s', @internal@.view_oid(base, t.current_view));
	END IF;
	PERFORM @internal@.drop_calc_function(base);
	PERFORM @internal@.drop_time_functions(base);
	PERFORM @internal@.drop_triggers(base);
	/* nobody fills it in any more */
	IF t.period_column = ANY (@internal@.column_names(base)) THEN
		EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT tstzrange(CURRENT_TIMESTAMP, NULL)',
					   base, t.period_column);
	END IF;
	PERFORM @internal@.report_references(base);
END
$$;
COMMENT ON FUNCTION @extschema@.disable(regclass) IS
'Ends versioning: removes the triggers and the generated views and functions; keeps every row, column, key and index; a period gets a default. enable() continues the numbering. Takes an ACCESS EXCLUSIVE lock. Owner only.';

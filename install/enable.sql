-- enable() and disable().

-- An error for a table without a primary key, or with one that cannot be
-- extended by the version.
CREATE FUNCTION @internal@.check_primary_key(relation regclass)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	table_name name := @internal@.relation_name(relation);
	i pg_index;
BEGIN
	SELECT * INTO i FROM pg_index x WHERE x.indrelid = relation AND x.indisprimary;
	IF NOT FOUND THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_table_definition',
			MESSAGE = format('table "%s" has no primary key', table_name),
			HINT = 'Add one: it says which rows are versions of each other.';
	ELSIF EXISTS (SELECT FROM pg_attribute a
				  WHERE a.attrelid = relation AND a.attnum = ANY (i.indkey::int2[])
						AND a.attgenerated <> '') THEN
		RAISE EXCEPTION USING
			ERRCODE = 'feature_not_supported',
			MESSAGE = format('primary key of table "%s" has a generated column', table_name),
			DETAIL = 'The key of a row must not change, and this one changes with other columns.',
			HINT = 'Use an ordinary or an identity column.';
	ELSIF i.indisexclusion THEN
		RAISE EXCEPTION USING
			ERRCODE = 'feature_not_supported',
			MESSAGE = format('primary key of table "%s" is temporal', table_name),
			DETAIL = 'The key of a row must not change, and its period would be part of it.',
			HINT = 'Use another primary key, and UNIQUE (... WITHOUT OVERLAPS) for this one.';
	END IF;
END
$$;

-- An error for a relation that cannot be versioned, or that the current user
-- may not make versioned.
CREATE FUNCTION @internal@.check_versionable(relation regclass)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
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
		RAISE EXCEPTION USING
			ERRCODE = 'wrong_object_type',
			MESSAGE = format('"%s" is not a table', c.relname),
			DETAIL = format('This operation is not supported for %s.', kind);
	ELSIF c.relnamespace = 'pg_catalog'::regnamespace THEN
		RAISE EXCEPTION USING
			ERRCODE = 'wrong_object_type',
			MESSAGE = format('"%s" is a system catalog', c.relname);
	ELSIF c.relispartition THEN
		RAISE EXCEPTION USING
			ERRCODE = 'wrong_object_type',
			MESSAGE = format('table "%s" is a partition', c.relname),
			HINT = format('Enable its partitioned table "%s": the partitions come along.',
						  @internal@.relation_name(pg_partition_root(relation)));
	ELSIF c.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits WHERE inhparent = relation) THEN
		RAISE EXCEPTION USING
			ERRCODE = 'feature_not_supported',
			MESSAGE = format('table "%s" has inheritance children', c.relname),
			DETAIL = 'A command on the parent would change rows of children that are not versioned.',
			HINT = 'Enable the children one by one, or use partitions.';
	END IF;
	PERFORM @internal@.check_primary_key(relation);
END
$$;

-- An error for ignore_columns that enable() cannot take.
CREATE FUNCTION @internal@.check_ignored(wanted @extschema@.tables)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	col name;
BEGIN
	IF wanted.ignore_columns IS NULL OR array_position(wanted.ignore_columns, NULL) IS NOT NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'null_value_not_allowed',
			MESSAGE = 'ignore_columns must not be null or contain null',
			HINT = 'The empty array ''{}'' ignores no column.';
	END IF;
	FOREACH col IN ARRAY wanted.ignore_columns LOOP
		IF @internal@.column_number(wanted.relation, col) IS NULL THEN
			RAISE EXCEPTION USING
				ERRCODE = 'undefined_column',
				MESSAGE = format('column "%s" of table "%s" does not exist', col,
								 @internal@.relation_name(wanted.relation));
		ELSIF col = ANY (@internal@.managed_columns(wanted) || @internal@.primary_key(wanted.relation)) THEN
			RAISE EXCEPTION USING
				ERRCODE = 'invalid_parameter_value',
				MESSAGE = format('column "%s" cannot be ignored', col),
				DETAIL = 'It is part of the key or maintained by versioned_rows.';
		END IF;
	END LOOP;
END
$$;

-- An error for a managed column of a versioned table that enable() would
-- forget.
CREATE FUNCTION @internal@.check_managed(wanted @extschema@.tables, before @extschema@.tables)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	table_name name := @internal@.relation_name(wanted.relation);
	present name[] := @internal@.column_names(wanted.relation);
	option text;
	col name;
	given name;
BEGIN
	/* no managed column is given up silently that is there, or has another name now */
	FOR option, col, given IN
		SELECT b.key, b.value, to_jsonb(wanted) ->> b.key
		FROM jsonb_each_text(to_jsonb(before)) AS b WHERE b.key LIKE '%\_column'
		ORDER BY @internal@.column_number('@extschema@.tables', b.key::name)
	LOOP
		IF col = ANY (present) AND col IS DISTINCT FROM given THEN
			RAISE EXCEPTION USING
				ERRCODE = 'object_not_in_prerequisite_state',
				MESSAGE = format('table "%s" has "%s" as its %s', table_name, col, option),
				HINT = format('Call enable() with %s => %L to keep it; to give it up, disable(), drop the column and enable() again.',
							  option, col);
		ELSIF col <> ALL (present) AND (given = ANY (present)) IS NOT TRUE THEN
			RAISE EXCEPTION USING
				ERRCODE = 'undefined_column',
				MESSAGE = format('table "%s" had "%s" as its %s, and has no such column', table_name, col, option),
				HINT = format('If it was renamed, call enable() with %s => its new name; if it was dropped, disable() and enable() again.',
							  option);
		END IF;
	END LOOP;
END
$$;

-- An error for options of enable() that make no sense, or do not fit the
-- table.
CREATE FUNCTION @internal@.check_options(wanted @extschema@.tables, before @extschema@.tables,
										 inbound text)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	managed name[] := @internal@.managed_columns(wanted);
BEGIN
	IF wanted.version_column IS NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'null_value_not_allowed',
			MESSAGE = 'version_column must not be null';
	ELSIF cardinality(managed) > (SELECT count(DISTINCT m) FROM unnest(managed) AS m) THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_parameter_value',
			MESSAGE = 'the columns that versioned_rows maintains must be different ones';
	ELSIF inbound IS NULL OR inbound NOT IN ('refuse', 'follow', 'pin') THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('unrecognized value for inbound: %s', coalesce(quote_literal(inbound), 'NULL')),
			HINT = 'Valid values are "refuse", "follow" and "pin".';
	END IF;
	PERFORM @internal@.check_ignored(wanted);
	PERFORM @internal@.check_managed(wanted, before);
END
$$;

-- An error that lists the foreign keys that reference a table without a
-- version.
CREATE FUNCTION @internal@.check_inbound(relation regclass, version_column name)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	primary_key name[] := array_remove(@internal@.primary_key(relation), version_column);
	keys text;
	to_others text;
BEGIN
	SELECT string_agg(format('%s.%I: %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid)),
					  E'\n' ORDER BY c.conrelid::regclass::text, c.conname),
		   string_agg(quote_ident(c.conname), ', ' ORDER BY c.conrelid::regclass::text, c.conname)
		   FILTER (WHERE NOT (k.columns @> primary_key AND k.columns <@ primary_key))
	INTO keys, to_others
	FROM pg_constraint c
		 CROSS JOIN LATERAL (SELECT ARRAY(SELECT r.referenced FROM @internal@.reference_columns(c.oid) r)) AS k (columns)
	WHERE c.confrelid = relation AND c.contype = 'f' AND c.conparentid = 0
		  AND version_column <> ALL (k.columns);
	IF keys IS NOT NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'dependent_objects_still_exist',
			MESSAGE = format('table "%s" is referenced by its key without a version',
							 @internal@.relation_name(relation)),
			DETAIL = keys,
			HINT = concat('Drop what does not reference the primary key, since other unique columns will hold for current rows only: '
						  || to_others || '. ',
						  'Call enable() with inbound => ''follow'' or inbound => ''pin'' to rewrite these foreign keys, or drop them.');
	END IF;
END
$$;

-- The foreign keys of a table whose actions contradict immutable history.
CREATE FUNCTION @internal@.acting_keys(relation regclass)
RETURNS TABLE (name name, definition text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT c.conname, pg_get_constraintdef(c.oid)
	FROM pg_constraint c
	/* a partition may have keys of its own, and a key to a partitioned table has parts */
	WHERE c.conrelid IN (SELECT @internal@.partitions(relation))
		  AND c.contype = 'f' AND c.conparentid = 0
		  /* one to the table itself will reference a version */
		  AND c.confrelid <> relation
		  AND (c.confdeltype IN ('c', 'n', 'd') OR c.confupdtype IN ('c', 'n', 'd'))
		  /* a version column that is not found was renamed */
		  AND NOT EXISTS (SELECT FROM @extschema@.tables t
						  WHERE t.relation = c.confrelid
								AND (@internal@.column_number(t.relation, t.version_column) = ANY (c.confkey))
									IS NOT FALSE)
	ORDER BY c.conname
$$;

-- An error that lists the foreign keys of a table whose actions contradict
-- immutable history.
CREATE FUNCTION @internal@.check_outgoing(relation regclass)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	keys text := (SELECT string_agg(format('%I: %s', k.name, k.definition), E'\n' ORDER BY k.name)
				  FROM @internal@.acting_keys(relation) k);
BEGIN
	IF keys IS NOT NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('foreign keys of table "%s" would change its history',
							 @internal@.relation_name(relation)),
			DETAIL = keys,
			HINT = 'Let them say ON UPDATE NO ACTION ON DELETE NO ACTION, make the referenced table versioned first, or give versions a table of their own with versions_table: there such keys act on the current row alone.';
	END IF;
END
$$;

-- An error for a table that is partitioned by a managed column.
CREATE FUNCTION @internal@.check_partition_key(target @extschema@.tables)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF EXISTS (SELECT FROM pg_partitioned_table p JOIN pg_attribute a ON a.attrelid = p.partrelid
			   WHERE p.partrelid = target.relation AND a.attnum = ANY (p.partattrs::int2[])
					 AND a.attname = ANY (@internal@.managed_columns(target))) THEN
		RAISE EXCEPTION USING
			ERRCODE = 'feature_not_supported',
			MESSAGE = format('table "%s" is partitioned by a column that versioned_rows maintains',
							 @internal@.relation_name(target.relation)),
			DETAIL = 'Every UPDATE would move the row to another partition.',
			HINT = 'Partition by columns of the key.';
	END IF;
END
$$;

-- Drops the triggers of the extension from a table and its partitions;
-- returns whether they fired for replicated rows, too.
CREATE FUNCTION @internal@.drop_triggers(relation regclass)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
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
		WHERE g.tgrelid IN (SELECT @internal@.partitions(relation))
			  AND g.tgparentid = 0
			  AND (g.tgfoid IN ('@extschema@.stamp()'::regprocedure,
								'@extschema@.archive()'::regprocedure,
								'@extschema@.refuse_truncate()'::regprocedure,
								'@extschema@.guard()'::regprocedure,
								'@extschema@.end_all()'::regprocedure)
				   /* what CREATE OR REPLACE TRIGGER has put in the place of ours */
				   OR g.tgname IN ('zzz_versioned_rows_stamp', '000_versioned_rows_archive',
								   '000_versioned_rows_truncate', '000_versioned_rows_archive_ends',
								   '000_versioned_rows_guard'))
	LOOP
		EXECUTE format('DROP TRIGGER %I ON %s', t.tgname, t.rel);
	END LOOP;
	RETURN always;
END
$$;

-- The tables that hold versions, but make none: partitions that were detached
-- from versioned tables, and tables that have lost their triggers.
CREATE FUNCTION @internal@.detached_tables()
RETURNS SETOF regclass LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	/* DETACH PARTITION takes the row triggers away, but not that for TRUNCATE */
	SELECT g.tgrelid
	FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
	WHERE g.tgfoid = '@extschema@.refuse_truncate()'::regprocedure AND NOT c.relispartition
		  AND NOT EXISTS (SELECT FROM @extschema@.tables t WHERE t.relation = g.tgrelid)
	ORDER BY g.tgrelid::regclass::text COLLATE "C"
$$;

-- An error for a BEFORE trigger that would fire after stamp(): stamp() would
-- refuse every row.
CREATE FUNCTION @internal@.check_triggers(relation regclass)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	late record;
BEGIN
	SELECT g.tgname, g.tgrelid AS rel INTO late
	FROM pg_trigger g
	WHERE g.tgrelid IN (SELECT @internal@.partitions(relation))
		  /* not as a name: those of all tables would be looked through */
		  AND g.tgname::text COLLATE "C" > 'zzz_versioned_rows_stamp' AND g.tgenabled <> 'D'
		  /* BEFORE ROW, INSERT or UPDATE */
		  AND g.tgtype & 67 = 3 AND g.tgtype & 20 <> 0
	ORDER BY g.tgrelid::regclass::text COLLATE "C", g.tgname LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION USING
			ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('BEFORE trigger "%s" of table "%s" sorts after "zzz_versioned_rows_stamp"',
							 late.tgname, @internal@.relation_name(late.rel)),
			DETAIL = 'It could change the number, the flag or the time of a version.',
			HINT = 'Rename it: triggers fire in the order of their names.';
	END IF;
END
$$;

-- The options of a table as the arguments of its triggers.
CREATE FUNCTION @internal@.trigger_arguments(target @extschema@.tables)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT string_agg(quote_literal(o.name || '=' || o.value), ', ' ORDER BY o.n)
	FROM (VALUES (1, 'version', target.version_column::text),
				 (2, 'current', target.current_column),
				 (3, 'period', target.period_column),
				 (4, 'view', target.current_view),
				 (5, 'facade', target.facade),
				 (6, 'reinsert', CASE WHEN NOT target.reinsert THEN 'off' END),
				 (7, 'per_transaction', CASE WHEN target.per_transaction THEN 'on' END),
				 (8, 'changed_by', target.changed_by_column),
				 (9, 'transaction_id', target.transaction_id_column),
				 (10, 'application_name', target.application_name_column),
				 (11, 'reason', target.reason_column),
				 (12, 'deletion', target.deletion_column),
				 (13, 'live_version', CASE WHEN target.versions_table IS NOT NULL
												AND @internal@.column_number(target.relation,
																			 target.version_column) IS NULL
										   THEN 'off' END)
		  UNION ALL
		  SELECT 14 + min(u.n), 'ignore', u.col
		  FROM unnest(target.ignore_columns) WITH ORDINALITY AS u (col, n)
		  GROUP BY u.col) AS o (n, name, value)
	WHERE o.value IS NOT NULL
$$;

-- Installs the triggers of a versioned table; their arguments are its
-- configuration.
CREATE FUNCTION @internal@.create_triggers(target @extschema@.tables, always boolean)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	relation regclass := target.relation;
	args text := @internal@.trigger_arguments(target);
	part regclass;
BEGIN
	PERFORM @internal@.check_triggers(relation);
	/*
	 * Triggers fire in the order of their names' bytes: stamp must see what
	 * the user's BEFORE triggers made of the row, archive must have stored
	 * the old version before the foreign keys ("RI_...") look for it.
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
	FOR part IN SELECT @internal@.partitions(relation) LOOP
		EXECUTE format('CREATE TRIGGER "000_versioned_rows_truncate" BEFORE TRUNCATE ON %s '
					   'EXECUTE FUNCTION @extschema@.refuse_truncate()', part);
	END LOOP;
END
$$;

-- Takes an ACCESS EXCLUSIVE lock on the views that are generated for a table,
-- then on the table.
CREATE FUNCTION @internal@.lock_table(relation regclass)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
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

CREATE FUNCTION @extschema@.enable(relation regclass,
								   version_column name DEFAULT 'version_id',
								   current_column name DEFAULT 'is_current_version',
								   period_column name DEFAULT NULL,
								   ignore_columns name[] DEFAULT '{}',
								   inbound text DEFAULT 'refuse',
								   current_view name DEFAULT NULL,
								   facade boolean DEFAULT false,
								   reinsert boolean DEFAULT true,
								   period_start timestamptz DEFAULT NULL,
								   changed_by_column name DEFAULT NULL,
								   transaction_id_column name DEFAULT NULL,
								   application_name_column name DEFAULT NULL,
								   reason_column name DEFAULT NULL,
								   deletion_column name DEFAULT NULL,
								   per_transaction boolean DEFAULT false,
								   versions_table name DEFAULT NULL)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	base regclass := @internal@.table_behind(relation);
	before @extschema@.tables;
	wanted @extschema@.tables;
	original name[];
	references_to_it jsonb;
	always boolean;
BEGIN
	PERFORM @internal@.check_module();
	PERFORM @internal@.check_versionable(base);
	IF num_nulls(facade, reinsert, per_transaction) > 0 THEN
		RAISE EXCEPTION USING
			ERRCODE = 'null_value_not_allowed',
			MESSAGE = 'facade, reinsert and per_transaction must not be null';
	END IF;
	PERFORM @internal@.lock_table(base);
	SELECT * INTO before FROM @extschema@.tables t WHERE t.relation = base;

	wanted.relation := base;
	wanted.version_column := version_column;
	wanted.current_column := current_column;
	wanted.period_column := period_column;
	wanted.ignore_columns := ignore_columns;
	wanted.reinsert := reinsert;
	wanted.current_view := coalesce(current_view, before.current_view);
	wanted.facade := coalesce(before.facade, CASE WHEN facade THEN @internal@.relation_name(base) END);
	wanted.changed_by_column := changed_by_column;
	wanted.transaction_id_column := transaction_id_column;
	wanted.application_name_column := application_name_column;
	wanted.reason_column := reason_column;
	wanted.deletion_column := coalesce(deletion_column, CASE WHEN @internal@.who_columns(wanted) <> '{}'
															 THEN coalesce(before.deletion_column, 'deletion') END);
	wanted.per_transaction := per_transaction;
	IF versions_table IS NOT NULL OR before.versions_table IS NOT NULL THEN
		PERFORM @internal@.enable_separate(wanted, before, versions_table, period_start);
		RETURN;
	END IF;
	PERFORM @internal@.check_options(wanted, before, inbound);
	PERFORM @internal@.check_partition_key(wanted);
	PERFORM @internal@.check_outgoing(base);
	IF inbound = 'refuse' THEN
		PERFORM @internal@.check_inbound(base, version_column);
	END IF;

	references_to_it := @internal@.drop_inbound(base, version_column);
	original := @internal@.column_names(base);
	always := @internal@.drop_triggers(base);
	PERFORM @internal@.prepare_version_column(wanted);
	PERFORM @internal@.prepare_primary_key(wanted);
	PERFORM @internal@.prepare_current_column(wanted, version_column = ANY (original));
	PERFORM @internal@.prepare_period_column(wanted, period_start);
	PERFORM @internal@.prepare_who_columns(wanted);
	PERFORM @internal@.prepare_uniques(wanted);
	PERFORM @internal@.create_triggers(wanted, always);
	PERFORM @internal@.restore_inbound(base, references_to_it, inbound);
	PERFORM @internal@.adopt_references(base);
	PERFORM @internal@.write_views(wanted, before, original);
	/* after the facade, which changes the name of the table */
	PERFORM @internal@.create_calc_function(wanted);
	PERFORM @internal@.create_time_functions(wanted);
END
$$;
COMMENT ON FUNCTION @extschema@.enable(regclass, name, name, name, name[], text, name, boolean, boolean, timestamptz, name, name, name, name, name, boolean, name) IS
'Makes a table versioned, or changes the options of one that is. Columns and indexes that are there are adopted, missing ones are built; existing rows become version 1. Takes an ACCESS EXCLUSIVE lock. Owner only.';

CREATE FUNCTION @extschema@.disable(relation regclass)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	base regclass := @internal@.table_behind(relation);
	t @extschema@.tables;
BEGIN
	PERFORM @internal@.check_owner(base);
	PERFORM @internal@.lock_table(base);
	SELECT * INTO t FROM @extschema@.tables x WHERE x.relation = base;
	IF NOT FOUND AND base NOT IN (SELECT @internal@.detached_tables()) THEN
		RAISE EXCEPTION USING
			ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('table "%s" is not versioned', @internal@.relation_name(base)),
			HINT = 'The view versioned_rows.tables lists the tables that are.';
	END IF;

	IF t.facade IS NOT NULL THEN
		PERFORM @internal@.drop_facade(base, t.facade);
	END IF;
	PERFORM @internal@.drop_current_view(base, t.current_view);
	PERFORM @internal@.drop_calc_function(coalesce(t.versions_table, base));
	PERFORM @internal@.drop_time_functions(coalesce(t.versions_table, base));
	PERFORM @internal@.drop_triggers(base);
	IF t.versions_table IS NOT NULL THEN
		PERFORM @internal@.drop_triggers(t.versions_table);
		RETURN;
	END IF;
	/* nobody fills it in any more */
	IF @internal@.column_number(base, t.period_column) IS NOT NULL THEN
		EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT tstzrange(CURRENT_TIMESTAMP, NULL)',
					   base, t.period_column);
	END IF;
	PERFORM @internal@.report_references(base);
END
$$;
COMMENT ON FUNCTION @extschema@.disable(regclass) IS
'Ends versioning: removes the triggers and the generated views and functions; keeps every row, column, key and index; a period gets a default. enable() continues the numbering. Takes an ACCESS EXCLUSIVE lock. Owner only.';

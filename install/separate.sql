-- Versions in a table of their own: its triggers, enable() and disable() there.

CREATE FUNCTION @extschema@.guard()
RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'versioned_rows_guard';
COMMENT ON FUNCTION @extschema@.guard() IS
'BEFORE trigger of a table that holds the versions of another: refuses changes, but lets its owner insert rows, as a restored dump does, and do all between begin_maintenance() and the end. Installed by enable().';

CREATE FUNCTION @extschema@.end_all()
RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'versioned_rows_end_all';
COMMENT ON FUNCTION @extschema@.end_all() IS
'BEFORE TRUNCATE trigger of a table whose versions are in another: ends all rows there as if they were deleted. Installed by enable().';

-- The columns of a versioned table, and whether its versions table has them,
-- too.
CREATE FUNCTION @internal@.live_columns(target @extschema@.tables)
RETURNS TABLE (name name, type text, collation_clause text, versioned boolean) LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT a.attname, format_type(a.atttypid, a.atttypmod),
		   CASE WHEN a.attcollation <> t.typcollation
				THEN format(' COLLATE %I.%I', n.nspname, c.collname) ELSE '' END,
		   a.attname <> ALL (target.ignore_columns) AND a.attgenerated <> 'v'
	FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
		 LEFT JOIN pg_collation c ON c.oid = a.attcollation
		 LEFT JOIN pg_namespace n ON n.oid = c.collnamespace
	WHERE a.attrelid = target.relation AND a.attnum > 0 AND NOT a.attisdropped
	ORDER BY a.attnum
$$;

-- An error where the columns of a table and of its versions do not go together.
CREATE FUNCTION @internal@.check_versions_columns(target @extschema@.tables, versions_name name)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	own name[] := array_remove(target.period_column || @internal@.who_columns(target), NULL);
	col name;
BEGIN
	IF EXISTS (SELECT FROM pg_index i
			   WHERE i.indrelid = target.relation AND i.indisprimary AND NOT i.indimmediate) THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_table_definition',
			MESSAGE = format('primary key of table "%s" is deferrable', @internal@.relation_name(target.relation)),
			HINT = 'Build one that is not: for a moment, two rows could have one key.';
	ELSIF versions_name = @internal@.relation_name(target.relation) THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('table "%s" cannot be its own versions table', versions_name),
			HINT = 'Leave versions_table out to keep versions in the table itself.';
	END IF;
	FOREACH col IN ARRAY own LOOP
		IF col = target.version_column OR cardinality(array_positions(own, col)) > 1
		   OR @internal@.column_number(target.relation, col) IS NOT NULL THEN
			RAISE EXCEPTION USING
				ERRCODE = 'duplicate_column',
				MESSAGE = format('column "%s" of the versions table of table "%s" is named twice', col,
								 @internal@.relation_name(target.relation)),
				DETAIL = 'The period and the columns of who and why are columns of the versions table alone.',
				HINT = 'Choose a name that neither the table nor another option has.';
		END IF;
	END LOOP;
END
$$;

-- An error unless a table that is there can hold the versions of another.
CREATE FUNCTION @internal@.check_versions_table(target @extschema@.tables)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	b pg_class;
	v pg_class;
	of_other regclass := nullif(@internal@.live_table(target.versions_table), target.relation);
	problem text;
BEGIN
	PERFORM @internal@.check_owner(target.versions_table);
	SELECT * INTO b FROM pg_class c WHERE c.oid = target.relation;
	SELECT * INTO v FROM pg_class c WHERE c.oid = target.versions_table;
	problem := CASE
		WHEN v.relkind <> 'r' OR v.relispartition
			 OR EXISTS (SELECT FROM pg_inherits WHERE v.oid IN (inhparent, inhrelid))
			THEN 'It is not a plain table.'
		WHEN v.relowner <> b.relowner
			THEN 'It has another owner.'
		WHEN v.relpersistence <> b.relpersistence
			THEN 'One is temporary or unlogged, the other is not.'
		WHEN @internal@.is_versioned(target.versions_table)
			THEN 'It is versioned itself.'
		WHEN of_other IS NOT NULL
			THEN format('It holds those of table "%s".', @internal@.relation_name(of_other))
	END;
	IF problem IS NOT NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'wrong_object_type',
			MESSAGE = format('table "%s" cannot hold the versions of table "%s"', v.relname, b.relname),
			DETAIL = problem,
			HINT = 'Choose another name for the versions table.';
	END IF;
END
$$;

-- Makes an empty table with the columns of another, for its versions.
-- Constraints and defaults are not those of history.
CREATE FUNCTION @internal@.create_versions_table(target @extschema@.tables, versions_name name)
RETURNS regclass LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	base pg_class;
	full_name text;
BEGIN
	SELECT * INTO base FROM pg_class c WHERE c.oid = target.relation;
	full_name := CASE WHEN base.relpersistence = 't' THEN format('pg_temp.%I', versions_name)
					  ELSE @internal@.name_beside(target.relation, versions_name) END;
	EXECUTE format('CREATE %sTABLE %s (%s)%s',
				   CASE base.relpersistence WHEN 't' THEN 'TEMPORARY ' WHEN 'u' THEN 'UNLOGGED ' ELSE '' END,
				   full_name,
				   (SELECT string_agg(format('%I %s%s', l.name, l.type, l.collation_clause), ', ')
					FROM @internal@.live_columns(target) l WHERE l.versioned),
				   (SELECT ' TABLESPACE ' || quote_ident(s.spcname) FROM pg_tablespace s
					WHERE s.oid = base.reltablespace));
	EXECUTE format('ALTER TABLE %s OWNER TO %s', full_name, base.relowner::regrole);
	RETURN full_name::regclass;
END
$$;

-- Adds to a versions table the columns that it lacks; an error for one that is
-- there with another type.
CREATE FUNCTION @internal@.prepare_versions_columns(target @extschema@.tables)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	versions regclass := target.versions_table;
	col record;
BEGIN
	FOR col IN
		SELECT l.*, format_type(a.atttypid, a.atttypmod) AS found
		FROM @internal@.live_columns(target) l
			 LEFT JOIN pg_attribute a ON a.attrelid = versions AND a.attname = l.name AND NOT a.attisdropped
		WHERE l.versioned AND format_type(a.atttypid, a.atttypmod) IS DISTINCT FROM l.type
	LOOP
		IF col.found IS NOT NULL THEN
			RAISE EXCEPTION USING
				ERRCODE = 'datatype_mismatch',
				MESSAGE = format('column "%s" of table "%s" is of type %s, not %s', col.name,
								 @internal@.relation_name(versions), col.found, col.type),
				DETAIL = format('It is of that type in table "%s", whose versions are held there.',
								@internal@.relation_name(target.relation)),
				HINT = 'Change its type, or rename it: then it stays as history.';
		END IF;
		EXECUTE format('ALTER TABLE %s ADD COLUMN %I %s%s', versions, col.name, col.type, col.collation_clause);
	END LOOP;

	IF NOT @internal@.adopt_column(versions, target.version_column, '{int2,int4,int8}',
								   'smallint, integer or bigint') THEN
		EXECUTE format('ALTER TABLE %s ADD COLUMN %I integer', versions, target.version_column);
	END IF;
	IF target.period_column IS NOT NULL
	   AND NOT @internal@.adopt_column(versions, target.period_column, '{tstzrange}', 'tstzrange') THEN
		/* when versions that are there already were valid is not known */
		EXECUTE format('ALTER TABLE %s ADD COLUMN %I tstzrange DEFAULT ''empty''', versions, target.period_column);
		EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', versions, target.period_column);
	END IF;
	FOR col IN SELECT * FROM @internal@.who_types(target) LOOP
		IF NOT @internal@.adopt_column(versions, col.col, col.types, col.wanted) THEN
			EXECUTE format('ALTER TABLE %s ADD COLUMN %I %s', versions, col.col, col.types[1]);
		END IF;
	END LOOP;
END
$$;

-- Builds the primary key of a versions table, or checks the one that is there.
CREATE FUNCTION @internal@.prepare_versions_key(target @extschema@.tables)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	wanted name[] := target.key_columns || target.version_column;
	present name[] := @internal@.primary_key(target.versions_table);
BEGIN
	IF present IS NULL THEN
		EXECUTE format('ALTER TABLE %s ADD PRIMARY KEY (%s)', target.versions_table,
					   @internal@.column_list(wanted));
	ELSIF present <> wanted THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_table_definition',
			MESSAGE = format('primary key of table "%s" is not (%s)', @internal@.relation_name(target.versions_table),
							 @internal@.column_list(wanted)),
			DETAIL = format('It holds the versions of table "%s", and its primary key is (%s).',
							@internal@.relation_name(target.relation), @internal@.column_list(present)),
			HINT = 'Build a primary key of the key columns followed by the version column.';
	END IF;
END
$$;

-- Stores a version of each row whose last one is missing or has other contents,
-- and ends those whose row is gone.  A new versions table is empty and has no
-- index yet, so that it is not asked for each row.
CREATE FUNCTION @internal@.catch_up(target @extschema@.tables, is_new boolean, period_start timestamptz)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET row_security = off AS $$
DECLARE
	numbered boolean := @internal@.column_number(target.relation, target.version_column) IS NOT NULL;
	contents name[] := ARRAY(SELECT l.name FROM @internal@.live_columns(target) l
							 WHERE l.versioned AND l.name <> target.version_column);
	/* by image: not every type can be compared */
	same_image text := format('ROW(%s)::pg_catalog.record OPERATOR(pg_catalog.*=) ROW(%s)::pg_catalog.record',
							  @internal@.column_list(contents, 'v'), @internal@.column_list(contents, 'l'));
	last_version text := format('(SELECT v.* FROM %s AS v WHERE %s ORDER BY v.%I DESC LIMIT 1) AS v',
								target.versions_table,
								CASE WHEN is_new THEN 'false' ELSE @internal@.same_row_condition(target, 'v', 'l') END,
								target.version_column);
	live text := format('%s AS l', @internal@.from_item(target.relation));
	last_number text := format('v.%I', target.version_column);
	live_number text := format('l.%I', target.version_column);
	same_number text := last_number || ' = ' || live_number;
	period text := @internal@.column_list(array_remove(ARRAY[target.period_column], NULL), 'v');
BEGIN
	/* what was changed while nobody looked gets the next number */
	IF numbered THEN
		PERFORM @internal@.change_unseen(target.relation, format(
			'UPDATE %s AS l SET %I = (SELECT %s + 1 FROM %s) '
			'WHERE EXISTS (SELECT FROM %s WHERE %s > %s OR %s AND NOT %s)',
			target.relation, target.version_column, last_number, last_version,
			last_version, last_number, live_number, same_number, same_image));
	END IF;
	IF target.period_column IS NOT NULL THEN
		/* a period that is new is known from here on */
		EXECUTE format(
			'UPDATE %s AS v SET %I = tstzrange(%L, NULL) WHERE isempty(%s) IS NOT FALSE AND %s '
			'AND EXISTS (SELECT FROM %s WHERE %s AND %s)',
			target.versions_table, target.period_column, coalesce(period_start, now()), period,
			@internal@.last_version_condition(target, 'v'), live, @internal@.same_row_condition(target, 'v', 'l'),
			CASE WHEN numbered THEN same_number ELSE same_image END);
		EXECUTE format(
			'UPDATE %s AS v SET %I = tstzrange(lower(%s), greatest(now(), lower(%s) + interval ''1us'')) '
			'WHERE upper_inf(%s) AND NOT EXISTS (SELECT FROM %s WHERE %s AND %s)',
			target.versions_table, target.period_column, period, period, period, live,
			@internal@.same_row_condition(target, 'v', 'l'),
			CASE WHEN numbered THEN same_number ELSE same_image END);
	END IF;
	EXECUTE format(
		'INSERT INTO %s (%s) SELECT %s FROM %s LEFT JOIN LATERAL %s ON true WHERE %s IS NULL OR NOT (%s)',
		target.versions_table,
		@internal@.column_list(array_remove(contents || target.version_column || target.period_column, NULL)),
		concat_ws(', ', @internal@.column_list(contents, 'l'),
				  CASE WHEN numbered THEN live_number ELSE format('coalesce(%s, 0) + 1', last_number) END,
				  CASE WHEN target.period_column IS NOT NULL
					   THEN format('CASE WHEN %s IS NULL THEN tstzrange(%L, NULL) '
								   'ELSE tstzrange(greatest(now(), upper(%s)), NULL) END',
								   last_number, coalesce(period_start, now()), period) END),
		live, last_version, last_number, CASE WHEN numbered THEN same_number ELSE same_image END);
END
$$;

-- Lets those read the versions of a table who may read the table; where that
-- has row security, those of the rows that they see.
CREATE FUNCTION @internal@.copy_read_rights(target @extschema@.tables)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	c pg_class;
	versions regclass := target.versions_table;
BEGIN
	SELECT * INTO c FROM pg_class x WHERE x.oid = target.relation;
	PERFORM @internal@.execute_all(ARRAY(
		SELECT format('GRANT %s ON %s TO %s%s', g.what, versions,
					  CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END,
					  CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
		FROM (SELECT x.privilege_type AS what, x.privilege_type, x.grantee, x.is_grantable
			  FROM aclexplode(c.relacl) x
			  UNION ALL
			  SELECT format('%s (%I)', x.privilege_type, a.attname), x.privilege_type, x.grantee, x.is_grantable
			  FROM pg_attribute a CROSS JOIN LATERAL aclexplode(a.attacl) x
			  WHERE a.attrelid = target.relation AND NOT a.attisdropped
					AND @internal@.column_number(versions, a.attname) IS NOT NULL) AS g
		WHERE g.privilege_type IN ('SELECT', 'REFERENCES')));

	IF EXISTS (SELECT FROM pg_policy WHERE polrelid = versions AND polname = 'versioned_rows_as_live') THEN
		EXECUTE format('DROP POLICY versioned_rows_as_live ON %s', versions);
	END IF;
	IF c.relrowsecurity THEN
		EXECUTE format('CREATE POLICY versioned_rows_as_live ON %s FOR SELECT USING (EXISTS (SELECT FROM %s AS l WHERE %s))',
					   versions, target.relation,
					   @internal@.same_row_condition(target, 'l', quote_ident(@internal@.relation_name(versions))));
		EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, %s FORCE ROW LEVEL SECURITY', versions,
					   CASE WHEN c.relforcerowsecurity THEN '' ELSE 'NO' END);
	END IF;
END
$$;

-- Installs the triggers of a table that has its versions in another, and of
-- that one.
CREATE FUNCTION @internal@.create_separate_triggers(target @extschema@.tables, always boolean)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	relation regclass := target.relation;
	versions regclass := target.versions_table;
	args text := @internal@.trigger_arguments(target);
	part regclass;
BEGIN
	PERFORM @internal@.check_triggers(relation);
	/* their order is that of create_triggers() */
	EXECUTE format('CREATE TRIGGER zzz_versioned_rows_stamp BEFORE %sUPDATE ON %s '
				   'FOR EACH ROW EXECUTE FUNCTION @extschema@.stamp(%s)',
				   CASE WHEN @internal@.column_number(relation, target.version_column) IS NULL
						THEN '' ELSE 'INSERT OR ' END, relation, args);
	/* FROM is what tells archive() the versions table, whatever its name will be */
	EXECUTE format('CREATE CONSTRAINT TRIGGER "000_versioned_rows_archive" '
				   'AFTER UPDATE ON %s FROM %s NOT DEFERRABLE '
				   'FOR EACH ROW EXECUTE FUNCTION @extschema@.archive(%s)', relation, versions, args);
	/* stamp() spares an UPDATE the first one, and must not spare others this one */
	EXECUTE format('CREATE CONSTRAINT TRIGGER "000_versioned_rows_archive_ends" '
				   'AFTER INSERT OR DELETE ON %s FROM %s NOT DEFERRABLE '
				   'FOR EACH ROW EXECUTE FUNCTION @extschema@.archive(%s)', relation, versions, args);
	IF always THEN
		EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER zzz_versioned_rows_stamp, '
					   'ENABLE ALWAYS TRIGGER "000_versioned_rows_archive", '
					   'ENABLE ALWAYS TRIGGER "000_versioned_rows_archive_ends"', relation);
	END IF;
	/* statement triggers are not handed down to partitions */
	IF target.period_column IS NOT NULL OR target.deletion_column IS NOT NULL THEN
		FOR part IN SELECT @internal@.partitions(relation) LOOP
			EXECUTE format('CREATE TRIGGER "000_versioned_rows_truncate" BEFORE TRUNCATE ON %s '
						   'EXECUTE FUNCTION @extschema@.end_all()', part);
		END LOOP;
	END IF;
	EXECUTE format('CREATE TRIGGER "000_versioned_rows_guard" BEFORE INSERT OR UPDATE OR DELETE ON %s '
				   'FOR EACH ROW EXECUTE FUNCTION @extschema@.guard()', versions);
	FOR part IN SELECT @internal@.partitions(versions) LOOP
		EXECUTE format('CREATE TRIGGER "000_versioned_rows_truncate" BEFORE TRUNCATE ON %s '
					   'EXECUTE FUNCTION @extschema@.guard()', part);
	END LOOP;
END
$$;

-- What a version column is called that only the versions table has.
CREATE FUNCTION @internal@.free_version_column(target @extschema@.tables)
RETURNS name LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce((@internal@.primary_key(target.versions_table))[cardinality(target.key_columns) + 1],
					(SELECT u.name FROM unnest('{version_id,row_version_id,_version_id}'::name[])
											   WITH ORDINALITY AS u (name, n)
					 WHERE @internal@.column_number(target.relation, u.name) IS NULL
					 ORDER BY u.n LIMIT 1))
$$;

-- An error where the options of enable() do not fit a versions table.
CREATE FUNCTION @internal@.check_separate(target @extschema@.tables, before @extschema@.tables,
										  versions_name name)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	base name := @internal@.relation_name(target.relation);
BEGIN
	IF before.relation IS NOT NULL AND before.versions_table IS NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'feature_not_supported',
			MESSAGE = format('table "%s" has its versions in itself', base),
			HINT = 'Leave versions_table out.';
	ELSIF versions_name <> @internal@.relation_name(before.versions_table) THEN
		RAISE EXCEPTION USING
			ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('table "%s" has its versions in table "%s"', base,
							 @internal@.relation_name(before.versions_table)),
			HINT = 'Leave versions_table out to keep it there, or call disable() first.';
	ELSIF target.facade IS NOT NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'feature_not_supported',
			MESSAGE = 'a facade is for versions in the table itself',
			HINT = 'Where versions have a table of their own, the table shows current rows only.';
	END IF;
END
$$;

-- enable() where versions have a table of their own: makes that table or adopts
-- it, and brings it in step.
CREATE FUNCTION @internal@.enable_separate(target @extschema@.tables, before @extschema@.tables,
										   versions_name name, period_start timestamptz)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	numbered boolean := target.version_column IS NOT NULL;
	is_new boolean;
	always boolean;
BEGIN
	PERFORM @internal@.check_separate(target, before, versions_name);
	target.current_column := NULL;
	target.key_columns := @internal@.primary_key(target.relation);
	target.versions_table := coalesce(before.versions_table,
		(SELECT c.oid FROM pg_class c JOIN pg_class b ON b.relnamespace = c.relnamespace
		 WHERE b.oid = target.relation AND c.relname = versions_name));
	is_new := target.versions_table IS NULL;
	IF NOT numbered THEN
		target.version_column := @internal@.free_version_column(target);
	END IF;
	PERFORM @internal@.check_versions_columns(target, versions_name),
			@internal@.check_ignored(target);

	always := @internal@.drop_triggers(target.relation);
	IF NOT is_new THEN
		PERFORM @internal@.check_versions_table(target),
				@internal@.lock_table(target.versions_table),
				@internal@.drop_triggers(target.versions_table);
	END IF;
	IF numbered THEN
		PERFORM @internal@.prepare_version_column(target);
	END IF;
	IF is_new THEN
		target.versions_table := @internal@.create_versions_table(target, versions_name);
	END IF;
	PERFORM @internal@.prepare_versions_columns(target);
	IF is_new THEN
		/* an index is built faster than filled */
		PERFORM @internal@.catch_up(target, is_new, period_start);
		PERFORM @internal@.prepare_versions_key(target);
	ELSE
		PERFORM @internal@.prepare_versions_key(target);
		PERFORM @internal@.catch_up(target, is_new, period_start);
	END IF;
	PERFORM @internal@.copy_read_rights(target),
			@internal@.create_separate_triggers(target, always),
			@internal@.write_views(target, before, NULL),
			@internal@.create_calc_function(target),
			@internal@.create_time_functions(target);
END
$$;

-- What is wrong with the triggers, columns and keys of a table and of the one
-- that holds its versions.
CREATE FUNCTION @internal@.verify_separate(target @extschema@.tables)
RETURNS TABLE (key jsonb, version bigint, problem text) LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH numbered (yes) AS (
		SELECT @internal@.has_version_column(target.relation)
	), expected (rel, function, name, type) AS (
		/* the types are TRIGGER_TYPE_... of pg_trigger.h, added up */
		SELECT p.rel, e.function, e.name, e.type
		FROM @internal@.partitions(target.relation) AS p (rel)
			 CROSS JOIN numbered
			 CROSS JOIN LATERAL
			 (VALUES ('@extschema@.stamp()'::regprocedure, 'zzz_versioned_rows_stamp'::name,
					  CASE WHEN numbered.yes THEN 23 ELSE 19 END),
					 ('@extschema@.archive()', '000_versioned_rows_archive', 17),
					 ('@extschema@.archive()', '000_versioned_rows_archive_ends', 13)) AS e (function, name, type)
		UNION ALL
		SELECT p.rel, '@extschema@.end_all()', '000_versioned_rows_truncate', 34
		FROM @internal@.partitions(target.relation) AS p (rel)
		WHERE target.period_column IS NOT NULL OR target.deletion_column IS NOT NULL
		UNION ALL
		SELECT target.versions_table, '@extschema@.guard()', e.name, e.type
		FROM (VALUES ('000_versioned_rows_guard'::name, 31), ('000_versioned_rows_truncate', 34)) AS e (name, type)
	)
	SELECT NULL::jsonb, NULL::bigint, x.problem
	FROM (SELECT CASE WHEN g.oid IS NULL
					  THEN format('trigger "%s" of %s is missing', e.name, e.rel)
					  WHEN g.tgfoid <> e.function OR g.tgtype <> e.type OR g.tgqual IS NOT NULL
						   OR g.tgattr <> ''::int2vector OR g.tgdeferrable
					  THEN format('trigger "%s" of %s is not what enable() has made', e.name, e.rel)
					  WHEN g.tgenabled NOT IN ('O', 'A')
					  THEN format('trigger "%s" of %s does not fire', e.name, e.rel) END
		  FROM expected e LEFT JOIN pg_trigger g ON g.tgrelid = e.rel AND g.tgname = e.name
		  UNION ALL
		  SELECT format('trigger "%s" of %s sorts after "%s" and may change what that has set',
						u.tgname, u.tgrelid::regclass, 'zzz_versioned_rows_stamp')
		  FROM pg_trigger u
		  WHERE u.tgrelid IN (SELECT @internal@.partitions(target.relation))
				AND u.tgname > 'zzz_versioned_rows_stamp' AND u.tgenabled <> 'D'
				/* BEFORE ROW, INSERT or UPDATE */
				AND u.tgtype & 67 = 3 AND u.tgtype & 20 <> 0
		  UNION ALL
		  SELECT 'the triggers have different arguments'
		  FROM pg_trigger g
		  WHERE g.tgrelid = target.relation
				AND g.tgfoid IN ('@extschema@.stamp()'::regprocedure, '@extschema@.archive()'::regprocedure)
		  HAVING count(DISTINCT g.tgargs) > 1
		  UNION ALL
		  SELECT format('column "%s" is missing in %s, or has another type there; call enable() again',
						l.name, target.versions_table)
		  FROM @internal@.live_columns(target) l
			   LEFT JOIN pg_attribute a ON a.attrelid = target.versions_table AND a.attname = l.name
										   AND NOT a.attisdropped
		  WHERE l.versioned AND format_type(a.atttypid, a.atttypmod) IS DISTINCT FROM l.type
		  UNION ALL
		  SELECT format('column "%s" of %s is missing', m.col, target.versions_table)
		  FROM unnest(@internal@.managed_columns(target)) AS m (col)
		  WHERE @internal@.column_number(target.versions_table, m.col) IS NULL
		  UNION ALL
		  SELECT format('the primary key of %s is not that of the table, followed by the version column',
						target.versions_table)
		  WHERE @internal@.primary_key(target.versions_table)
				IS DISTINCT FROM target.key_columns || target.version_column
		  UNION ALL
		  SELECT format('%s belongs to %s, not to the owner of the table', v.oid::regclass, v.relowner::regrole)
		  FROM pg_class v JOIN pg_class b ON b.relowner <> v.relowner
		  WHERE v.oid = target.versions_table AND b.oid = target.relation
		  UNION ALL
		  /* by CREATE OR REPLACE TRIGGER, which asks for nothing else */
		  SELECT format('%s may replace triggers of %s, by the privilege TRIGGER',
						CASE WHEN acl.grantee = 0 THEN 'everybody'
							 ELSE format('role %s', acl.grantee::regrole) END, c.oid::regclass)
		  FROM pg_class c CROSS JOIN aclexplode(c.relacl) acl
		  WHERE (c.oid = target.versions_table OR c.oid IN (SELECT @internal@.partitions(target.relation)))
				AND acl.privilege_type = 'TRIGGER'
				AND (acl.grantee = 0 OR NOT pg_has_role(acl.grantee, c.relowner, 'USAGE'))) AS x (problem)
	WHERE x.problem IS NOT NULL
	ORDER BY x.problem COLLATE "C"
$$;

-- What is wrong with the rows of a table and their versions in another: images,
-- numbers and periods.
CREATE FUNCTION @internal@.verify_separate_rows(target @extschema@.tables, by_name boolean)
RETURNS TABLE (key jsonb, version bigint, problem text) LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	numbered boolean := @internal@.has_version_column(target.relation);
	contents name[] := ARRAY(SELECT l.name FROM @internal@.live_columns(target) l
							 WHERE l.versioned AND l.name <> target.version_column
								   AND @internal@.column_number(target.versions_table, l.name) IS NOT NULL);
	keys text[] := ARRAY(SELECT format('r.%I', k) FROM unnest(target.key_columns) k);
	period text := CASE WHEN target.period_column IS NULL THEN 'NULL::tstzrange'
						ELSE format('v.%I', target.period_column) END;
	last_number text := format('v.%I', target.version_column);
	live_number text := CASE WHEN numbered THEN format('l.%I', target.version_column) ELSE last_number END;
	same_row text := format('ROW(%s)::record OPERATOR(pg_catalog.*=) ROW(%s)::record AND %s = %s',
							@internal@.column_list(contents, 'v'), @internal@.column_list(contents, 'l'),
							last_number, live_number);
BEGIN
	IF @internal@.column_number(target.versions_table, target.version_column) IS NULL
	   OR target.period_column IS NOT NULL
		  AND @internal@.column_number(target.versions_table, target.period_column) IS NULL THEN
		RETURN;
	END IF;
	RETURN QUERY EXECUTE format($query$
		SELECT %s, r.version::bigint, p.problem
		FROM (SELECT %s, %s AS version, v.number IS NULL AS is_missing,
					 v.number > %s AS is_late, NOT (%s) AS differs,
					 NOT coalesce(upper_inf(v.period), true) AS has_ended
			  FROM %s AS l LEFT JOIN LATERAL
				   (SELECT v.*, %s AS number, %s AS period
					FROM %s AS v WHERE %s ORDER BY %s DESC LIMIT 1) AS v ON true) AS r
			 CROSS JOIN LATERAL
			 unnest(ARRAY[CASE WHEN r.is_missing THEN 'has no version in the versions table' END,
						  CASE WHEN r.is_late THEN 'there is a later version in the versions table' END,
						  CASE WHEN r.differs AND NOT r.is_late
							   THEN 'its last version has another number or other contents' END,
						  CASE WHEN r.has_ended THEN 'is there, but the period of its last version has ended' END])
			 WITH ORDINALITY AS p (problem, n)
		WHERE p.problem IS NOT NULL
		ORDER BY %s, p.n
		$query$,
		@internal@.json_object_expression(target.relation, target.key_columns, keys),
		@internal@.column_list(target.key_columns, 'l'), live_number, live_number, same_row,
		@internal@.from_item(target.relation), last_number, period, target.versions_table,
		@internal@.same_row_condition(target, 'v', 'l'), last_number, array_to_string(keys, ', '));
	IF target.period_column IS NOT NULL THEN
		RETURN QUERY EXECUTE format(
			'SELECT %s, %s::bigint, ''is history, but its period is open'' FROM %s AS v '
			'WHERE upper_inf(%s) AND %s AND NOT %s ORDER BY 1, 2',
			@internal@.json_object_expression(target.relation, target.key_columns,
											  ARRAY(SELECT format('v.%I', k) FROM unnest(target.key_columns) k)),
			last_number, target.versions_table, period, @internal@.last_version_condition(target, 'v'),
			@internal@.live_row_condition(target, 'v'));
	END IF;
	RETURN QUERY SELECT * FROM @internal@.verify_rows(@internal@.as_versions(target), by_name);
END
$$;

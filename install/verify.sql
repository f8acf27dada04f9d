-- verify(): does a versioned table keep its promises?
--
-- Each part below looks at one thing and returns what it found; the catalogs
-- are read first, then the rows once, then the rows of each foreign key once.
-- A part may meet anything (columns that are gone, types that do not fit): the
-- caller turns an error into a finding.  No function of a user is called: the
-- one who verifies may be a superuser, the one who made the table need not.
-- But the planner computes what it can for any query, the predicate of an index
-- for instance: so it reads the tables of others only if they are named, and
-- otherwise says of them what the catalogs know.

-- What is wrong with the triggers of a versioned table and its partitions.
CREATE FUNCTION @internal@.verify_triggers(target @extschema@.tables)
RETURNS TABLE (key jsonb, version bigint, problem text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH expected (function, name, type) AS (
		/* the types are TRIGGER_TYPE_... of pg_trigger.h, added up */
		VALUES ('@extschema@.stamp()'::regprocedure, 'zzz_versioned_rows_stamp'::name, 31),
			   ('@extschema@.archive()', '000_versioned_rows_archive', 25),
			   ('@extschema@.refuse_truncate()', '000_versioned_rows_truncate', 34)
	), places (rel, place) AS (
		SELECT target.relation::oid, ''
		UNION ALL
		SELECT p.relid, format(' on partition %s', p.relid)
		FROM pg_partition_tree(target.relation) p
		WHERE p.relid <> target.relation
	), installed AS (
		SELECT p.rel, p.place, e.function, e.name, e.type, g.*
		FROM places p CROSS JOIN expected e
			 LEFT JOIN pg_trigger g ON g.tgrelid = p.rel AND g.tgfoid = e.function
	)
	SELECT NULL::jsonb, NULL::bigint, x.problem
	FROM (SELECT CASE WHEN count(i.oid) = 0
					  THEN format('no trigger%s calls %s', i.place, i.function)
					  WHEN count(i.oid) > 1
					  THEN format('several triggers%s call %s', i.place, i.function) END
		  FROM installed i
		  GROUP BY i.rel, i.place, i.function
		  UNION ALL
		  SELECT format('trigger "%s"%s %s', i.tgname, i.place, p.problem)
		  FROM installed i
			   CROSS JOIN LATERAL
			   (VALUES (CASE WHEN i.tgenabled = 'D' THEN 'is disabled' END),
					   (CASE WHEN i.tgenabled = 'R' THEN 'fires for replicated rows only' END),
					   (CASE WHEN i.tgtype <> i.type
							 THEN 'fires at another time, or for other events, than it must' END),
					   (CASE WHEN i.tgqual IS NOT NULL OR i.tgattr <> ''::int2vector OR i.tgdeferrable
							 THEN 'has a column list or a WHEN condition, or is deferrable' END),
					   (CASE WHEN NOT starts_with(i.tgname, i.name)
							 THEN format('is not named "%s"', i.name) END),
					   (CASE WHEN i.function = '@extschema@.archive()'::regprocedure
								  AND EXISTS (SELECT FROM pg_trigger r
											  WHERE r.tgrelid = i.rel AND r.tgisinternal
													AND r.tgconstraint <> 0
													AND r.tgtype & 2 = 0 AND r.tgtype & 24 <> 0
													AND r.tgname < i.tgname)
							 THEN 'sorts after the triggers of foreign keys' END)) AS p (problem)
		  WHERE p.problem IS NOT NULL
		  UNION ALL
		  SELECT format('trigger "%s"%s sorts after "%s" and may change what that has set',
						u.tgname, i.place, i.tgname)
		  FROM installed i JOIN pg_trigger u ON u.tgrelid = i.rel AND u.tgname > i.tgname
		  WHERE i.function = '@extschema@.stamp()'::regprocedure
				AND u.tgfoid <> i.function AND u.tgenabled <> 'D'
				/* BEFORE ROW, INSERT or UPDATE */
				AND u.tgtype & 67 = 3 AND u.tgtype & 20 <> 0
		  UNION ALL
		  SELECT format('triggers "%s" and "%s"%s have different arguments, or are not enabled alike',
						s.tgname, a.tgname, s.place)
		  FROM installed s JOIN installed a ON a.rel = s.rel
		  WHERE s.function = '@extschema@.stamp()'::regprocedure
				AND a.function = '@extschema@.archive()'::regprocedure
				AND (a.tgargs <> s.tgargs OR a.tgenabled <> s.tgenabled)
		  UNION ALL
		  SELECT 'the triggers do not say which column is that of the version'
		  WHERE target.version_column IS NULL
		  UNION ALL
		  /* by CREATE OR REPLACE TRIGGER, which asks for nothing else */
		  SELECT format('%s may replace triggers%s, by the privilege TRIGGER',
						CASE WHEN acl.grantee = 0 THEN 'everybody'
							 ELSE format('role %s', acl.grantee::regrole) END, p.place)
		  FROM places p JOIN pg_class c ON c.oid = p.rel CROSS JOIN aclexplode(c.relacl) acl
		  WHERE acl.privilege_type = 'TRIGGER'
				AND (acl.grantee = 0 OR NOT pg_has_role(acl.grantee, c.relowner, 'USAGE'))) AS x (problem)
	WHERE x.problem IS NOT NULL
	ORDER BY x.problem COLLATE "C"
$$;

-- What is wrong with the triggers that fill in versions, of a versioned table
-- and of unversioned tables that refer to it.
CREATE FUNCTION @internal@.verify_reference_triggers(target @extschema@.tables)
RETURNS TABLE (key jsonb, version bigint, problem text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH places (rel) AS (
		SELECT target.relation::oid
		UNION
		/* a versioned table that refers to this one answers for itself */
		SELECT c.conrelid FROM pg_constraint c
		WHERE c.confrelid = target.relation AND c.contype = 'f' AND c.conparentid = 0
			  AND NOT EXISTS (SELECT FROM @extschema@.tables t WHERE t.relation = c.conrelid)
	), parts (rel, root) AS (
		SELECT p.rel, l.rel FROM places l CROSS JOIN LATERAL @internal@.partitions(l.rel) AS p (rel)
	), installed AS (
		SELECT p.rel, p.root, g.*, o.value AS col,
			   format('trigger "%s" on %s', g.tgname, p.rel::regclass) AS name
		FROM parts p JOIN pg_trigger g ON g.tgrelid = p.rel AND g.tgfoid = '@extschema@.reference()'::regprocedure
			 LEFT JOIN LATERAL @internal@.trigger_options(g.tgargs) o ON o.option = 'version'
	)
	SELECT NULL::jsonb, NULL::bigint, format('%s %s', i.name, x.problem)
	FROM installed i
		 LEFT JOIN pg_attribute a ON a.attrelid = i.rel AND a.attname = i.col AND a.attnum > 0
								  AND NOT a.attisdropped
		 CROSS JOIN LATERAL
		 (VALUES (CASE WHEN i.tgenabled = 'D' THEN 'is disabled' END),
				 (CASE WHEN i.tgenabled = 'R' THEN 'fires for replicated rows only' END),
				 /* BEFORE ROW, INSERT and UPDATE */
				 (CASE WHEN i.tgtype <> 23
					   THEN 'fires at another time, or for other events, than it must' END),
				 (CASE WHEN i.tgqual IS NOT NULL OR i.tgattr <> ''::int2vector
					   THEN 'has a column list or a WHEN condition' END),
				 (CASE WHEN a.attnum IS NULL
					   THEN format('names column "%s", which does not exist; was it renamed? Then drop the trigger and call add_reference() again', i.col)
					   WHEN NOT EXISTS (SELECT FROM pg_constraint c JOIN @extschema@.tables t ON t.relation = c.confrelid
										WHERE c.contype = 'f' AND c.conrelid = i.rel AND a.attnum = ANY (c.conkey))
					   THEN format('names column "%s", which is not part of a foreign key to a versioned table', i.col) END)) AS x (problem)
	WHERE x.problem IS NOT NULL
	UNION ALL
	SELECT NULL, NULL, format('trigger "%s" sorts after %s and may change the key that has been looked for', u.tgname, i.name)
	FROM installed i JOIN pg_trigger u ON u.tgrelid = i.rel AND u.tgname > i.tgname
	WHERE u.tgfoid NOT IN (i.tgfoid, '@extschema@.stamp()'::regprocedure) AND u.tgenabled <> 'D'
		  AND u.tgtype & 67 = 3 AND u.tgtype & 20 <> 0
	ORDER BY 3
$$;

-- What is wrong with the columns that the configuration of a versioned table
-- names.
CREATE FUNCTION @internal@.verify_columns(target @extschema@.tables)
RETURNS TABLE (key jsonb, version bigint, problem text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT NULL::jsonb, NULL::bigint,
		   CASE WHEN a.attnum IS NULL
				THEN format('column "%s" does not exist; was it renamed? Then call enable() with its new name', w.col)
				WHEN w.types IS NOT NULL AND (@internal@.base_type(a.atttypid)).type <> ALL (w.types)
				THEN format('column "%s" is of type %s, not of type %s',
							w.col, format_type(a.atttypid, a.atttypmod), w.wanted)
				WHEN a.attgenerated <> '' OR a.attidentity <> ''
				THEN format('column "%s" is generated', w.col)
				ELSE format('default of column "%s" is %s, not true: what is inserted is history', w.col, d.expr) END
	FROM (SELECT 1, target.version_column, '{int2,int4,int8}'::regtype[], 'smallint, integer or bigint'
		  UNION ALL
		  SELECT 2, target.current_column, '{bool}', 'boolean'
		  UNION ALL
		  SELECT 3, target.period_column, '{tstzrange}', 'tstzrange'
		  UNION ALL
		  SELECT 4, t.col, t.types, t.wanted FROM @internal@.who_types(target) t
		  UNION ALL
		  SELECT 5, i.col, NULL, NULL FROM unnest(target.ignore_columns) AS i (col)) AS w (n, col, types, wanted)
		 LEFT JOIN pg_attribute a ON a.attrelid = target.relation AND a.attname = w.col
								  AND a.attnum > 0 AND NOT a.attisdropped
		 LEFT JOIN LATERAL (SELECT pg_get_expr(e.adbin, e.adrelid) AS expr FROM pg_attrdef e
							WHERE w.n = 2 AND e.adrelid = a.attrelid AND e.adnum = a.attnum) AS d ON true
	WHERE w.col IS NOT NULL
		  AND (a.attnum IS NULL OR d.expr <> 'true'
			   OR w.types IS NOT NULL AND ((@internal@.base_type(a.atttypid)).type <> ALL (w.types)
										   OR a.attgenerated <> '' OR a.attidentity <> ''))
	ORDER BY w.n, w.col COLLATE "C"
$$;

-- What is wrong with the primary key and the unique indexes of a versioned
-- table.
CREATE FUNCTION @internal@.verify_indexes(target @extschema@.tables)
RETURNS TABLE (key jsonb, version bigint, problem text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	u record;
	found_current boolean := @internal@.current_column_condition(target) IS NULL;
BEGIN
	SELECT i.indexrelid::regclass AS index, @internal@.index_columns(i.indexrelid) AS columns
	INTO u
	FROM pg_index i WHERE i.indrelid = target.relation AND i.indisprimary;
	IF NOT FOUND THEN
		problem := 'there is no primary key';
		found_current := true;
		RETURN NEXT;
	ELSIF target.version_column <> ALL (u.columns) OR array_length(u.columns, 1) = 1
		  OR u.columns[array_length(u.columns, 1)] <> target.version_column THEN
		problem := format('the primary key (%s) is not the key of the row followed by "%s"',
						  array_to_string(u.columns, ', '), target.version_column);
		RETURN NEXT;
	END IF;

	/* where the column of a predicate is missing, that is the problem */
	IF EXISTS (SELECT FROM @internal@.verify_columns(target)) THEN
		RETURN;
	END IF;

	FOR u IN
		SELECT i.indexrelid::regclass AS index, i.indisvalid, i.indisprimary,
			   i.indrelid = target.relation AS of_table, q.columns, q.restricted, q.of_current_key
		FROM @internal@.partitions(target.relation) AS r (rel)
			 CROSS JOIN LATERAL
			 (SELECT s.index, s.columns, s.restricted, s.of_current_key
			  FROM @internal@.uniques(target, r.rel) s
			  UNION ALL
			  SELECT p.indexrelid, NULL, NULL, NULL
			  FROM pg_index p WHERE p.indrelid = r.rel AND p.indisprimary) AS q
			 JOIN pg_index i ON i.indexrelid = q.index
			 JOIN pg_class x ON x.oid = q.index
		/* of the table, or built by hand on a partition alone */
		WHERE i.indrelid = target.relation OR NOT x.relispartition
		ORDER BY i.indexrelid::regclass::text COLLATE "C"
	LOOP
		problem := NULL;
		IF NOT u.indisvalid THEN
			problem := format('index %s is not valid', u.index);
		ELSIF (u.indisprimary OR u.restricted OR target.version_column = ANY (u.columns)
			   OR target.period_column = ANY (u.columns)) IS NOT TRUE THEN
			problem := format('unique index %s holds for history, too', u.index);
		END IF;
		IF problem IS NOT NULL THEN
			RETURN NEXT;
		ELSIF u.of_current_key AND u.of_table THEN
			found_current := true;
		END IF;
	END LOOP;

	IF NOT found_current THEN
		problem := 'there is no unique index on the key of the current rows';
		RETURN NEXT;
	END IF;
END
$$;

-- What is wrong with the objects beside a versioned table.
CREATE FUNCTION @internal@.verify_objects(target @extschema@.tables)
RETURNS TABLE (key jsonb, version bigint, problem text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT NULL::jsonb, NULL::bigint, x.problem
	FROM (SELECT CASE WHEN p.oid IS NULL
					  THEN 'function calc_is_current_version() is missing'
					  /* was the table, or a column of its key, renamed? */
					  WHEN p.prosrc <> @internal@.calc_body(target)
					  THEN 'function calc_is_current_version() is out of date; call enable() again'
					  WHEN p.proowner <> c.relowner
					  THEN format('function calc_is_current_version() belongs to %s, not to the owner of the table',
								  p.proowner::regrole) END
		  FROM pg_class c
			   CROSS JOIN LATERAL (SELECT @internal@.calc_function(@internal@.versions_relation(target))) AS f (oid)
			   LEFT JOIN pg_proc p ON p.oid = f.oid
		  WHERE c.oid = target.relation
		  UNION ALL
		  SELECT CASE WHEN p.oid IS NULL THEN format('function "%s" is missing', f.name)
					  WHEN NOT starts_with(p.prosrc, format('SELECT t.* FROM %s AS t WHERE t.%I ',
															@internal@.versions_relation(target), target.period_column))
					  THEN format('function "%s" is out of date; call enable() again', f.name)
					  WHEN p.proowner <> c.relowner
					  THEN format('function "%s" belongs to %s, not to the owner of the table',
								  f.name, p.proowner::regrole) END
		  FROM pg_class c JOIN pg_class h ON h.oid = @internal@.versions_relation(target)
			   CROSS JOIN (VALUES ('_as_of'), ('_between')) AS s (suffix)
			   CROSS JOIN LATERAL
			   (SELECT @internal@.time_function_name(target, s.suffix)) AS f (name)
			   LEFT JOIN pg_proc p ON p.pronamespace = c.relnamespace AND p.proname = f.name
								   AND p.prorettype = h.reltype AND p.proretset
		  WHERE c.oid = target.relation AND target.period_column IS NOT NULL
		  UNION ALL
		  SELECT CASE WHEN w.oid IS NULL THEN format('view "%s" is missing', v.name)
					  WHEN w.relowner <> c.relowner
					  THEN format('view "%s" belongs to %s, not to the owner of the table',
								  v.name, w.relowner::regrole) END
		  FROM pg_class c
			   CROSS JOIN unnest(ARRAY[target.current_view, target.facade]) AS v (name)
			   LEFT JOIN pg_class w ON w.oid = @internal@.view_oid(target.relation, v.name)
		  WHERE c.oid = target.relation AND v.name IS NOT NULL
		  UNION ALL
		  SELECT format('rows of inheritance child %s are not versioned with the table', i.inhrelid::regclass)
		  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		  WHERE i.inhparent = target.relation AND NOT c.relispartition AND c.relkind = 'r') AS x (problem)
	WHERE x.problem IS NOT NULL
	ORDER BY x.problem COLLATE "C"
$$;

-- The pairs of columns of a foreign key, with the SQL condition that compares
-- them as columns of f and p.
CREATE FUNCTION @internal@.compared_columns(con oid)
RETURNS TABLE (n bigint, referencing name, referenced name, equality text, comparable boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT k.n, k.referencing, k.referenced,
		   format('p.%I %s f.%I%s', k.referenced, @internal@.operator_name(k.operator), k.referencing,
				  ' COLLATE ' || nullif(p.attcollation, 0)::regcollation),
		   /* with a type of a user's there might be a cast of a user's */
		   b.f = b.p OR b.f < 16384 AND b.p < 16384
	FROM pg_constraint c
		 CROSS JOIN LATERAL @internal@.reference_columns(c.oid) k
		 JOIN pg_attribute f ON f.attrelid = c.conrelid AND f.attname = k.referencing
		 JOIN pg_attribute p ON p.attrelid = c.confrelid AND p.attname = k.referenced
		 CROSS JOIN LATERAL (SELECT (@internal@.base_type(f.atttypid)).type,
									(@internal@.base_type(p.atttypid)).type) AS b (f, p)
	WHERE c.oid = con
$$;

-- The versions of a versioned table that have a gap before them which prune()
-- cannot have made, since it takes older versions first. One pass, in the
-- order of the key.
CREATE FUNCTION @internal@.verify_gaps(target @extschema@.tables, by_name boolean)
RETURNS TABLE (key jsonb, version bigint, problem text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	is_referenced text;
	can_tell boolean;
BEGIN
	/*
	 * prune() takes the oldest versions first, and leaves of these what is
	 * referenced, and what ended nobody knows when.  So a gap above any other
	 * version is none of prune()'s.
	 */
	IF target.key_columns IS NULL
	   OR EXISTS (SELECT FROM @internal@.verify_columns(target)) THEN
		RETURN;
	END IF;
	SELECT string_agg(format('EXISTS (SELECT FROM %s AS f WHERE %s)', @internal@.from_item(c.conrelid), k.equality), ' OR '),
		   bool_and(k.comparable AND has_table_privilege(c.conrelid, 'SELECT')
					AND (by_name OR @internal@.trusts_owner(c.conrelid)))
	INTO is_referenced, can_tell
	FROM pg_constraint c
		 CROSS JOIN LATERAL (SELECT string_agg(r.equality, ' AND '), bool_and(r.comparable)
							 FROM @internal@.compared_columns(c.oid) r) AS k (equality, comparable)
	WHERE c.contype = 'f' AND c.conparentid = 0
		  AND c.confrelid IN (SELECT @internal@.partitions(target.relation));
	IF NOT can_tell THEN
		RETURN;
	END IF;

	RETURN QUERY EXECUTE (
		SELECT concat_ws(' ',
			'SELECT', @internal@.json_object_expression(target.relation, target.key_columns,
														array_agg('r.' || u.alias ORDER BY u.n)),
			$query$, r.version,
				   CASE WHEN r.previous + 2 = r.version THEN format('version %s is missing', r.previous + 1)
						ELSE format('versions %s to %s are missing', r.previous + 1, r.version - 1) END
				   || ', but prune() would have taken older ones first'$query$,
			format('FROM (SELECT %s, p.%I::bigint AS version, lag(p.%I::bigint) OVER (PARTITION BY %s ORDER BY p.%I) AS previous',
				   string_agg(format('p.%I AS %s', u.name, u.alias), ', '), target.version_column, target.version_column,
				   @internal@.column_list(target.key_columns, 'p'), target.version_column),
			format('FROM %s AS p) AS r', @internal@.from_item(target.relation)),
			'WHERE CASE WHEN r.previous < r.version THEN r.previous + 1 < r.version END',
			/* an older version that prune() would have taken */
			format('AND EXISTS (SELECT FROM %s AS p WHERE %s AND p.%I < r.version', @internal@.from_item(target.relation),
				   string_agg(format('p.%I %s r.%s', u.name, o.operator, u.alias), ' AND '), target.version_column),
			'AND isempty(p.' || quote_ident(target.period_column) || ') IS NOT TRUE',
			'AND NOT (' || is_referenced || ')',
			format(') ORDER BY %s, r.version', string_agg('r.' || u.alias, ', ' ORDER BY u.n)))
		FROM (SELECT k.n, k.name, 'k' || k.n
			  FROM unnest(target.key_columns) WITH ORDINALITY AS k (name, n)) AS u (n, name, alias)
			 JOIN @internal@.key_operators(target.relation) o ON o.column_name = u.name);
END
$$;

-- What is wrong with the rows of a versioned table: numbers, flags and
-- periods, and what is missing. Two passes, in the order of the key.
CREATE FUNCTION @internal@.verify_rows(target @extschema@.tables, by_name boolean)
RETURNS TABLE (key jsonb, version bigint, problem text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	flag text := CASE WHEN @internal@.has_column_of_type(target.relation, target.current_column, '{bool}')
					  THEN quote_ident(target.current_column) END;
	period text := CASE WHEN @internal@.has_column_of_type(target.relation, target.period_column, '{tstzrange}')
						THEN quote_ident(target.period_column) END;
	aliases name[] := ARRAY(SELECT 'k' || n FROM generate_subscripts(target.key_columns, 1) AS n);
	/* in a table of their own they begin at 0 for a client that counts so */
	lowest integer := CASE WHEN @internal@.live_table(target.relation) IS NULL THEN 1 ELSE 0 END;
	selected text := (SELECT string_agg(format('t.%I AS k%s', u.name, u.n), ', ')
					  FROM unnest(target.key_columns) WITH ORDINALITY AS u (name, n));
BEGIN
	/* what is missing has been found by others */
	IF target.key_columns IS NULL
	   OR NOT @internal@.has_column_of_type(target.relation, target.version_column, '{int2,int4,int8}')
	   OR target.version_column <> ALL (@internal@.primary_key(target.relation)) THEN
		RETURN;
	END IF;

	/* OFFSET 0: the problems of a row are to be put together once only */
	RETURN QUERY EXECUTE format($query$
		SELECT %s, r.version::bigint, p.problem
		FROM (SELECT v.*, array_remove(ARRAY[
					 CASE WHEN v.previous = v.version THEN 'there are two rows of this version' END,
					 CASE WHEN v.version < %s THEN 'the number is not positive' END,
					 CASE WHEN %L AND v.flag IS NULL THEN 'the flag of current rows is null' END,
					 CASE WHEN v.is_current AND v.is_second THEN 'there is an earlier current version' END,
					 CASE WHEN v.is_current AND v.has_next THEN 'is current, but not the highest version' END,
					 CASE WHEN %L AND v.period IS NULL THEN 'the period is null' END,
					 CASE WHEN v.flag AND NOT upper_inf(v.period) THEN 'is current, but its period has ended' END,
					 CASE WHEN NOT v.flag AND upper_inf(v.period) OR NOT v.is_current AND upper(v.period) = 'infinity'
						  THEN 'is history, but its period is open' END,
					 CASE WHEN upper_inc(v.period) OR NOT (lower_inc(v.period) OR lower_inf(v.period) OR isempty(v.period))
						  THEN 'the period is not half-open' END,
					 /* the times of history that a table had before its period are not known */
					 CASE WHEN isempty(v.period)
						  THEN CASE WHEN v.started IS NOT NULL THEN 'the period is empty, but that of an earlier version is not' END
						  WHEN coalesce(lower(v.period), '-infinity') < v.started
						  THEN 'the period starts before that of an earlier version'
						  WHEN coalesce(lower(v.period), '-infinity') < v.ended
						  THEN 'the period overlaps that of an earlier version' END], NULL) AS problems
			  FROM (SELECT t.*, coalesce(t.flag, upper_inf(t.period)) AS is_current,
						   lag(t.version) OVER versions AS previous,
						   lead(t.version) OVER versions IS NOT NULL AS has_next,
						   bool_or(coalesce(t.flag, upper_inf(t.period))) OVER earlier AS is_second,
						   max(coalesce(lower(t.period), '-infinity')) FILTER (WHERE NOT isempty(t.period)) OVER earlier AS started,
						   max(coalesce(upper(t.period), 'infinity')) FILTER (WHERE NOT isempty(t.period)) OVER earlier AS ended
					FROM (SELECT %s, t.%I AS version, %s AS flag, %s AS period FROM %s AS t) AS t
					WINDOW versions AS (PARTITION BY %s ORDER BY t.version),
						   earlier AS (versions ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS v
			  OFFSET 0) AS r
			 CROSS JOIN LATERAL unnest(r.problems) WITH ORDINALITY AS p (problem, n)
		WHERE r.problems <> '{}'
		ORDER BY %s, r.version, p.n
		$query$,
		@internal@.json_object_expression(target.relation, target.key_columns,
										  ARRAY(SELECT 'r.' || a FROM unnest(aliases) AS a)),
		lowest, flag IS NOT NULL, period IS NOT NULL, selected, target.version_column,
		coalesce('t.' || flag, 'NULL::boolean'), coalesce('t.' || period, 'NULL::tstzrange'),
		@internal@.from_item(target.relation), @internal@.column_list(aliases, 't'),
		@internal@.column_list(aliases, 'r'));
	RETURN QUERY SELECT * FROM @internal@.verify_gaps(target, by_name);
END
$$;

-- The rows that break one foreign key of a versioned table, or to it. One
-- pass over the referencing table.
CREATE FUNCTION @internal@.verify_reference(target @extschema@.tables, con pg_constraint)
RETURNS TABLE (key jsonb, version bigint, problem text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	outgoing boolean := con.conrelid = target.relation;
	key_text text;
	version_text text;
	is_set text;
	equality text;
BEGIN
	IF EXISTS (SELECT FROM @internal@.compared_columns(con.oid) r WHERE NOT r.comparable) THEN
		RAISE EXCEPTION USING
			ERRCODE = 'feature_not_supported',
			MESSAGE = 'its columns are of different types';
	END IF;
	SELECT string_agg(format('f.%I IS NOT NULL', r.referencing), ' AND ' ORDER BY r.n),
		   string_agg(r.equality, ' AND ' ORDER BY r.n),
		   /* from the outside it is the missing row that is shown */
		   @internal@.json_object_expression(target.relation,
											 array_agg(r.referenced ORDER BY r.n) FILTER (WHERE r.referenced <> target.version_column),
											 array_agg(format('f.%I', r.referencing) ORDER BY r.n) FILTER (WHERE r.referenced <> target.version_column)),
		   max(format('f.%I', r.referencing)) FILTER (WHERE r.referenced = target.version_column)
	INTO is_set, equality, key_text, version_text
	FROM @internal@.compared_columns(con.oid) r;
	IF outgoing THEN
		key_text := @internal@.json_object_expression(target.relation, target.key_columns,
													  ARRAY(SELECT format('f.%I', c) FROM unnest(target.key_columns) AS u (c)));
		version_text := CASE WHEN @internal@.has_column_of_type(target.relation, target.version_column, '{int2,int4,int8}')
							 THEN format('f.%I', target.version_column) END;
	END IF;

	RETURN QUERY EXECUTE format(
		'SELECT %s, %s::bigint, %L::text FROM %s AS f WHERE %s AND NOT EXISTS (SELECT FROM %s AS p WHERE %s) ORDER BY 1, 2',
		coalesce(key_text, 'NULL::jsonb'), coalesce(version_text, 'NULL'),
		format(CASE WHEN outgoing THEN 'references a row of %s that does not exist (foreign key "%s")'
					ELSE 'does not exist, but is referenced by %s (foreign key "%s")' END,
			   CASE WHEN outgoing THEN con.confrelid ELSE con.conrelid END::regclass, con.conname),
		@internal@.from_item(con.conrelid), is_set, @internal@.from_item(con.confrelid), equality);
END
$$;

-- The rows that should follow by one foreign key, from or to a versioned
-- table, and do not reference the newest version.
CREATE FUNCTION @internal@.verify_follower(target @extschema@.tables, con pg_constraint)
RETURNS TABLE (key jsonb, version bigint, problem text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	outgoing boolean := con.conrelid = target.relation;
	followed @extschema@.tables;
	follower @extschema@.tables;
	shown name := CASE WHEN outgoing THEN 'f' ELSE 'p' END;
BEGIN
	/* a key without reference() takes what it is given, also an old version */
	SELECT * INTO followed FROM @extschema@.tables t WHERE t.relation = con.confrelid;
	IF con.confupdtype <> 'c' OR followed.key_columns IS NULL
	   OR NOT EXISTS (SELECT FROM @internal@.reference_keys(con.oid) r
					  WHERE r.version_column IN (SELECT @internal@.filled_columns(con.conrelid))) THEN
		RETURN;
	END IF;
	SELECT * INTO follower FROM @extschema@.tables t WHERE t.relation = con.conrelid;
	IF EXISTS (SELECT FROM @internal@.verify_columns(followed)) OR EXISTS (SELECT FROM @internal@.verify_columns(follower)) THEN
		RETURN;
	END IF;

	RETURN QUERY EXECUTE format(
		'SELECT %s, %s.%I::bigint, %L::text FROM %s AS f JOIN %s AS p ON %s '
		'WHERE %s AND EXISTS (SELECT FROM %s AS l WHERE %s AND l.%I > p.%I) ORDER BY 1, 2',
		@internal@.json_object_expression(target.relation, target.key_columns,
										  ARRAY(SELECT format('%s.%I', shown, c) FROM unnest(target.key_columns) AS u (c))),
		shown, target.version_column,
		format(CASE WHEN outgoing THEN 'follows a row of %s, but has been left on an old version (foreign key "%s")'
					ELSE 'is not the highest version, but %s is to follow the row (foreign key "%s")' END,
			   CASE WHEN outgoing THEN con.confrelid ELSE con.conrelid END::regclass, con.conname),
		@internal@.from_item(con.conrelid), @internal@.from_item(con.confrelid),
		(SELECT string_agg(r.equality, ' AND ') FROM @internal@.compared_columns(con.oid) r),
		CASE WHEN follower.key_columns IS NULL THEN 'true' ELSE @internal@.no_history_condition(follower, 'f') END,
		@internal@.from_item(con.confrelid), @internal@.same_row_condition(followed, 'l', 'p'),
		followed.version_column, followed.version_column);
END
$$;

-- What is wrong with the references of a versioned table and to it.
CREATE FUNCTION @internal@.verify_references(target @extschema@.tables, by_name boolean)
RETURNS TABLE (key jsonb, version bigint, problem text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	con pg_constraint;
BEGIN
	RETURN QUERY SELECT NULL::jsonb, NULL::bigint,
						format('foreign key "%s" would change history: %s', k.name, k.definition)
	FROM @internal@.acting_keys(target.relation) k
	/* elsewhere they act on current rows alone */
	WHERE target.versions_table IS NULL;
	FOR con IN
		SELECT c.* FROM pg_constraint c
		WHERE c.contype = 'f' AND c.conparentid = 0
			  AND target.relation IN (c.conrelid, c.confrelid)
		ORDER BY c.conrelid::regclass::text COLLATE "C", c.conname
	LOOP
		BEGIN
			IF NOT (by_name OR @internal@.trusts_owner(CASE WHEN con.conrelid = target.relation THEN con.confrelid
															ELSE con.conrelid END)) THEN
				RAISE EXCEPTION USING
					ERRCODE = 'insufficient_privilege',
					MESSAGE = 'the other table belongs to somebody else';
			END IF;
			RETURN QUERY SELECT * FROM @internal@.verify_reference(target, con)
				   UNION ALL SELECT * FROM @internal@.verify_follower(target, con);
		EXCEPTION WHEN OTHERS THEN
			key := NULL;
			version := NULL;
			problem := format('foreign key "%s" of %s could not be checked: %s',
							  con.conname, con.conrelid::regclass, SQLERRM);
			RETURN NEXT;
		END;
	END LOOP;
	IF target.versions_table IS NOT NULL THEN
		RETURN QUERY SELECT * FROM @internal@.verify_references(@internal@.as_versions(target), by_name);
	END IF;
END
$$;

-- The versioned table that a relation stands for; for NULL all versioned
-- tables of the caller.
CREATE FUNCTION @internal@.verify_targets(relation regclass)
RETURNS SETOF @extschema@.tables LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT t.*
	FROM @extschema@.tables t JOIN pg_class c ON c.oid = t.relation
	WHERE CASE WHEN verify_targets.relation IS NULL
			   THEN pg_has_role(c.relowner, 'USAGE') AND NOT pg_is_other_temp_schema(c.relnamespace)
			   ELSE t.relation IN (SELECT coalesce(@internal@.live_table(verify_targets.relation),
												   @internal@.table_behind(verify_targets.relation))
								   UNION ALL
								   SELECT a.relid FROM pg_partition_ancestors(verify_targets.relation) a) END
	ORDER BY c.relnamespace::regnamespace::text COLLATE "C", c.relname
$$;

-- What is wrong with one versioned table. An error in a part is a finding.
CREATE FUNCTION @internal@.verify_table(target @extschema@.tables, by_name boolean)
RETURNS TABLE (key jsonb, version bigint, problem text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	parts text[] := CASE WHEN target.versions_table IS NULL
						 THEN '{triggers,reference_triggers,columns,indexes,objects}'
						 ELSE '{separate,reference_triggers,objects}' END;
	part text;
BEGIN
	/* waits for whoever is dropping it */
	PERFORM pg_relation_size(target.relation);
	IF pg_table_is_visible(target.relation) IS NULL THEN
		RETURN;
	ELSIF EXISTS (SELECT FROM pg_class c
				  WHERE c.oid = target.relation AND pg_is_other_temp_schema(c.relnamespace)) THEN
		problem := 'is a temporary table of another session, and cannot be checked';
		RETURN NEXT;
		RETURN;
	END IF;

	/* of what the caller has not named only that is read which is the caller's own */
	IF by_name OR @internal@.trusts_owner(target.relation)
				  AND @internal@.trusts_owner(@internal@.versions_relation(target)) THEN
		parts := parts || CASE WHEN target.versions_table IS NULL
							   THEN '{rows,references}' ELSE '{separate_rows,references}' END::text[];
	ELSE
		problem := 'rows could not be checked: the table, or a partition, belongs to somebody else; name it, or let its owner call verify()';
		RETURN NEXT;
	END IF;
	FOREACH part IN ARRAY parts LOOP
		BEGIN
			RETURN QUERY EXECUTE format('SELECT * FROM @internal@.%I($1%s)', 'verify_' || part,
										CASE WHEN part IN ('rows', 'separate_rows', 'references') THEN ', $2' END)
			USING target, by_name;
		EXCEPTION WHEN OTHERS THEN
			key := NULL;
			version := NULL;
			problem := format('%s could not be checked: %s', replace(part, '_', ' '), SQLERRM);
			RETURN NEXT;
		END;
	END LOOP;
END
$$;

CREATE FUNCTION @extschema@.verify(INOUT relation regclass DEFAULT NULL, OUT key jsonb,
								   OUT version bigint, OUT problem text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET row_security = off AS $$
DECLARE
	given regclass := relation;
	by_name boolean := given IS NOT NULL;
BEGIN
	IF by_name THEN
		PERFORM @internal@.check_owner(given);
	END IF;

	RETURN QUERY
	SELECT t.relation, v.*
	FROM @internal@.verify_targets(given) t CROSS JOIN LATERAL @internal@.verify_table(t, by_name) v;

	RETURN QUERY
	SELECT d, NULL::jsonb, NULL::bigint,
		   'keeps no versions: it was detached from a versioned table, or has lost its triggers; call enable() or disable() for it'
	FROM @internal@.detached_tables() d JOIN pg_class c ON c.oid = d
	WHERE CASE WHEN by_name THEN d = given ELSE pg_has_role(c.relowner, 'USAGE') END;

	IF by_name AND NOT EXISTS (SELECT FROM @internal@.verify_targets(given))
	   AND given NOT IN (SELECT @internal@.detached_tables()) THEN
		relation := given;
		problem := 'is not versioned';
		RETURN NEXT;
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.verify(regclass) IS
'Looks for everything that could be wrong with a versioned table, or with all of yours: triggers, columns, indexes, rows of all partitions, missing versions, references. It reads tables of other owners only if they are named. Returns a row for each problem, none when all is well; key and version are NULL where the problem is the table''s. Reads every row, takes no lock that stops writers. Owner only.';

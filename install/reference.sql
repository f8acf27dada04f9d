-- Foreign keys to a version: add_reference(), and enable() with inbound keys.

-- An error for arguments of add_reference() that make no sense, or for a user
-- who may not make that reference.
CREATE FUNCTION @internal@.check_reference(referencing regclass, key_columns name[],
										   referenced regclass, mode text, timing text)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	target @extschema@.tables;
	col name;
BEGIN
	IF mode IS NULL OR mode NOT IN ('follow', 'pin', 'freeze') THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('unrecognized mode: %s', coalesce(quote_literal(mode), 'NULL')),
			HINT = 'Valid modes are "follow", "pin" and "freeze".';
	ELSIF timing NOT IN ('immediate', 'deferrable', 'deferred') THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('unrecognized timing: %L', timing),
			HINT = 'Valid timings are "immediate", "deferrable" and "deferred".';
	ELSIF referencing IS NULL OR referenced IS NULL OR key_columns IS NULL
		  OR array_position(key_columns, NULL) IS NOT NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'null_value_not_allowed',
			MESSAGE = 'tables and key columns must not be null';
	ELSIF (SELECT relkind FROM pg_class WHERE oid = referencing) NOT IN ('r', 'p') THEN
		RAISE EXCEPTION USING
			ERRCODE = 'wrong_object_type',
			MESSAGE = format('"%s" is not a table', @internal@.relation_name(referencing));
	END IF;
	PERFORM @internal@.check_owner(referencing);
	PERFORM @internal@.check_exists(referenced);

	SELECT * INTO target FROM @extschema@.tables t WHERE t.relation = referenced;
	IF NOT FOUND THEN
		RAISE EXCEPTION USING
			ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('table "%s" is not versioned', @internal@.relation_name(referenced)),
			HINT = 'Call versioned_rows.enable() for it first.';
	ELSIF cardinality(key_columns) <> cardinality(target.key_columns) THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_foreign_key',
			MESSAGE = format('number of key columns does not match the key of table "%s"',
							 @internal@.relation_name(referenced)),
			DETAIL = format('Its key is (%s).', array_to_string(target.key_columns, ', '));
	END IF;
	FOREACH col IN ARRAY key_columns LOOP
		IF @internal@.column_number(referencing, col) IS NULL THEN
			RAISE EXCEPTION USING
				ERRCODE = 'undefined_column',
				MESSAGE = format('column "%s" of table "%s" does not exist', col,
								 @internal@.relation_name(referencing));
		END IF;
	END LOOP;
END
$$;

-- The columns of a foreign key to a versioned table: those of the key, in its
-- order, and that of the version, or NULL.
CREATE FUNCTION @internal@.reference_keys(con oid)
RETURNS TABLE (columns name[], version_column name)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT array_agg(k.referencing ORDER BY array_position(t.key_columns, k.referenced))
		   FILTER (WHERE k.referenced <> t.version_column),
		   max(k.referencing::text) FILTER (WHERE k.referenced = t.version_column)::name
	FROM pg_constraint c
		 JOIN @extschema@.tables t ON t.relation = c.confrelid
		 CROSS JOIN LATERAL @internal@.reference_columns(c.oid) k
	WHERE c.oid = con
$$;

-- The foreign key to a version on the given key columns, with the given
-- version column if there is one; NULL if there is no such key.
CREATE FUNCTION @internal@.reference_constraint(referencing regclass, key_columns name[],
												referenced regclass, version_column name)
RETURNS oid LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT c.oid
	FROM pg_constraint c CROSS JOIN LATERAL @internal@.reference_keys(c.oid) k
	WHERE c.conrelid = referencing AND c.confrelid = referenced AND c.contype = 'f'
		  AND k.columns @> reference_constraint.key_columns
		  AND k.columns <@ reference_constraint.key_columns
		  AND k.version_column = coalesce(reference_constraint.version_column, k.version_column)
	ORDER BY c.conname
	LIMIT 1
$$;

-- The default name of a version column: product_id gives product_version_id,
-- sku gives sku_version_id.
CREATE FUNCTION @internal@.default_version_column(key_column name)
RETURNS name LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
	SELECT @internal@.shortened_name(regexp_replace(key_column, '_id$', ''), '_version_id')
$$;

-- The SQL condition that a row p is the current version of the row that l
-- refers to; locks the referenced table.
CREATE FUNCTION @internal@.referenced_row_condition(referencing regclass, key_columns name[],
													referenced regclass, version_column name)
RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	target @extschema@.tables;
	condition text;
BEGIN
	SELECT * INTO target FROM @extschema@.tables t WHERE t.relation = referenced;

	/*
	 * A foreign key knows the operators, and locks the referenced table until
	 * the transaction ends, so that no row moves on.  This one checks nothing,
	 * and is dropped at once.
	 */
	EXECUTE format('ALTER TABLE %s ADD CONSTRAINT versioned_rows_scaffold FOREIGN KEY (%s) REFERENCES %s (%s)%s',
				   referencing, @internal@.column_list(key_columns || version_column), referenced,
				   @internal@.column_list(target.key_columns || target.version_column),
				   (SELECT ' NOT VALID' FROM pg_class WHERE oid = referencing AND relkind <> 'p'));
	SELECT string_agg(format('p.%I %s l.%I', k.referenced, @internal@.operator_name(k.operator),
							 k.referencing), ' AND ' ORDER BY k.n)
	INTO condition
	FROM pg_constraint c CROSS JOIN LATERAL @internal@.reference_columns(c.oid) k
	WHERE c.conrelid = referenced_row_condition.referencing AND c.conname = 'versioned_rows_scaffold'
		  AND k.referenced <> target.version_column;
	EXECUTE format('ALTER TABLE %s DROP CONSTRAINT versioned_rows_scaffold', referencing);
	RETURN condition || ' AND ' || @internal@.current_condition(target, 'p');
END
$$;

-- An error if a row, or in a versioned table a current row, has a key but no
-- version.
CREATE FUNCTION @internal@.check_filled(referencing regclass, key_columns name[],
										referenced regclass, version_column name)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	conditions text;
	missing text;
BEGIN
	/* history may refer to what is no longer there */
	SELECT concat_ws(' AND ', format('l.%I IS NULL', version_column),
					 (SELECT string_agg(format('l.%I IS NOT NULL', k), ' AND ') FROM unnest(key_columns) k),
					 (SELECT @internal@.current_column_condition(t, 'l')
					  FROM @extschema@.tables t WHERE t.relation = referencing))
	INTO conditions;
	EXECUTE format('SELECT format(''(%%s)'', concat_ws('', '', %s)) FROM %s AS l WHERE %s LIMIT 1',
				   @internal@.column_list(key_columns, 'l'), referencing, conditions)
	INTO missing;
	IF missing IS NOT NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'foreign_key_violation',
			MESSAGE = format('table "%s" refers to rows of table "%s" that have no current version',
							 @internal@.relation_name(referencing), @internal@.relation_name(referenced)),
			DETAIL = format('One of them is (%s)=%s.', array_to_string(key_columns, ', '), missing),
			HINT = 'Give these rows a version, or another key, or null.';
	END IF;
END
$$;

-- Adds a version column if it is missing, and fills in current versions:
-- where it is null, and for a reference that follows also where it names an
-- older version. If complete, a row without a version is an error.
CREATE FUNCTION @internal@.fill_versions(referencing regclass, key_columns name[],
										 referenced regclass, version_column name,
										 mode text, complete boolean)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET row_security = off AS $$
DECLARE
	target @extschema@.tables;
	is_filled boolean;
	wanted text := format('l.%I IS NULL', version_column);
BEGIN
	SELECT * INTO target FROM @extschema@.tables t WHERE t.relation = referenced;
	IF @internal@.column_number(referencing, version_column) IS NULL THEN
		EXECUTE format('ALTER TABLE %s ADD COLUMN %I %s', referencing, version_column,
					   (SELECT (@internal@.base_type(atttypid)).type::regtype FROM pg_attribute
						WHERE attrelid = referenced AND attname = target.version_column));
	END IF;
	/* whoever fills nothing need not read the referenced table */
	EXECUTE format('SELECT EXISTS (SELECT FROM %s)', referencing) INTO is_filled;
	IF NOT is_filled THEN
		RETURN;
	END IF;

	IF mode = 'follow' THEN
		/* a reference that was pinned catches up, but not in history */
		wanted := wanted || ' OR ' || concat_ws(' AND ',
			format('l.%I OPERATOR(pg_catalog.<>) p.%I', version_column, target.version_column),
			(SELECT @internal@.current_column_condition(t, 'l')
			 FROM @extschema@.tables t WHERE t.relation = referencing));
	END IF;
	PERFORM @internal@.change_unseen(referencing, format(
		'UPDATE %s AS l SET %I = p.%I FROM %s AS p WHERE (%s) AND %s',
		referencing, version_column, target.version_column, referenced, wanted,
		@internal@.referenced_row_condition(referencing, key_columns, referenced, version_column)));
	IF complete THEN
		PERFORM @internal@.check_filled(referencing, key_columns, referenced, version_column);
	END IF;
END
$$;

-- The name of the trigger of a reference to a version.
CREATE FUNCTION @internal@.reference_trigger_name(version_column name)
RETURNS name LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
	/* one name for each column, also where it would have to be cut off */
	SELECT ('zzy_versioned_rows_reference_' ||
			CASE WHEN octet_length(version_column) <= 34 THEN version_column::text
				 ELSE md5(version_column) END)::name
$$;

-- Builds the foreign key, the trigger and the index of a reference to a
-- version.
CREATE FUNCTION @internal@.build_reference(referencing regclass, key_columns name[],
										   referenced regclass, version_column name,
										   con_name name, valid boolean, clauses text,
										   comment text)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	target @extschema@.tables;
	columns name[] := key_columns || version_column;
BEGIN
	SELECT * INTO target FROM @extschema@.tables t WHERE t.relation = referenced;
	EXECUTE format('ALTER TABLE %s ADD %s FOREIGN KEY (%s) REFERENCES %s (%s) %s%s', referencing,
				   'CONSTRAINT ' || quote_ident(con_name), @internal@.column_list(columns), referenced,
				   @internal@.column_list(target.key_columns || target.version_column),
				   clauses, CASE WHEN NOT valid THEN ' NOT VALID' END);
	PERFORM @internal@.restore_comment('CONSTRAINT', quote_ident(con_name) || ' ON ' || referencing, comment);
	/* after the user's triggers, which may set the key; before stamp() */
	EXECUTE format('CREATE OR REPLACE TRIGGER %I BEFORE INSERT OR UPDATE ON %s FOR EACH ROW '
				   'EXECUTE FUNCTION @extschema@.reference(%L)',
				   @internal@.reference_trigger_name(version_column), referencing,
				   'version=' || version_column);

	/* every new version of a referenced row looks for the rows that refer to it */
	IF NOT EXISTS (SELECT FROM pg_index i
				   WHERE i.indrelid = referencing AND i.indisvalid AND i.indpred IS NULL
						 AND i.indnkeyatts >= cardinality(columns)
						 AND (SELECT array_agg(k.attnum) FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, n)
							  WHERE k.n <= cardinality(columns))
							 @> @internal@.column_numbers(referencing, columns)) THEN
		EXECUTE format('CREATE INDEX ON %s (%s)', referencing, @internal@.column_list(columns));
	END IF;
END
$$;

-- The SQL clause that says when a foreign key is checked.
CREATE FUNCTION @internal@.timing_clauses(timing text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE timing WHEN 'deferrable' THEN ' DEFERRABLE'
					   WHEN 'deferred' THEN ' DEFERRABLE INITIALLY DEFERRED' ELSE '' END
$$;

CREATE FUNCTION @extschema@.add_reference(referencing regclass, key_columns name[],
										  referenced regclass, mode text,
										  version_column name DEFAULT NULL, timing text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	source regclass := @internal@.table_behind(referencing);
	target regclass := @internal@.table_behind(referenced);
	actions text;
	existing record;
	col name;
BEGIN
	PERFORM @internal@.check_reference(source, key_columns, target, mode, timing);
	EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', source);
	/* history must not keep what it follows: archive() checks current rows */
	actions := CASE mode WHEN 'follow' THEN 'ON UPDATE CASCADE ON DELETE ' ||
							  CASE WHEN @internal@.is_versioned(source) THEN 'NO ACTION' ELSE 'RESTRICT' END
						 WHEN 'freeze' THEN 'ON UPDATE RESTRICT ON DELETE RESTRICT'
						 ELSE 'ON UPDATE NO ACTION ON DELETE NO ACTION' END;

	SELECT c.conname, k.version_column AS col,
		   CASE WHEN c.condeferred THEN 'deferred' WHEN c.condeferrable THEN 'deferrable' END AS timing,
		   CASE c.confmatchtype WHEN 'f' THEN 'MATCH FULL ' ELSE '' END AS match,
		   obj_description(c.oid, 'pg_constraint') AS comment
	INTO existing
	FROM pg_constraint c CROSS JOIN LATERAL @internal@.reference_keys(c.oid) k
	WHERE c.oid = @internal@.reference_constraint(source, add_reference.key_columns, target,
												  add_reference.version_column);
	col := coalesce(version_column, existing.col,
					@internal@.default_version_column(key_columns[1]));
	IF col = ANY (key_columns) THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('version column "%s" is one of the key columns', col),
			HINT = 'Name another column, or let it be added.';
	END IF;
	IF existing.conname IS NOT NULL THEN
		EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', source, existing.conname);
	END IF;

	PERFORM @internal@.fill_versions(source, key_columns, target, col, mode, true);
	PERFORM @internal@.build_reference(source, key_columns, target, col, existing.conname, true,
									   coalesce(existing.match, '') || actions
									   || @internal@.timing_clauses(coalesce(timing, existing.timing)),
									   existing.comment);
END
$$;
COMMENT ON FUNCTION @extschema@.add_reference(regclass, name[], regclass, text, name, text) IS
'Makes columns of a table a reference to a version of a row of a versioned table: with mode "follow" it moves on to every new version, with "pin" it stays on its version, with "freeze" it forbids new versions. A missing version column is added and filled with current versions. timing says when the foreign key is checked: "immediate", "deferrable" or "deferred". Calling it again switches the mode. Takes an ACCESS EXCLUSIVE lock on the referencing table and a SHARE ROW EXCLUSIVE lock on the referenced one. For the owner of the referencing table, who needs REFERENCES on the other one, and SELECT if there are rows to fill.';

-- Drops the foreign keys that reference a table without its version column;
-- returns what restore_inbound() needs.
CREATE FUNCTION @internal@.drop_inbound(relation regclass, version_column name)
RETURNS jsonb LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	keys name[] := array_remove(@internal@.primary_key(relation), version_column);
	k record;
	dropped jsonb := '[]';
BEGIN
	FOR k IN
		SELECT c.conname, c.conrelid::regclass AS referencing, c.confmatchtype, c.confdeltype,
			   c.condeferrable, c.condeferred, c.convalidated,
			   obj_description(c.oid, 'pg_constraint') AS comment,
			   /* in the order of the primary key */
			   (SELECT array_agg(u.referencing ORDER BY array_position(keys, u.referenced))
				FROM @internal@.reference_columns(c.oid) u WHERE u.referenced = ANY (keys)) AS columns,
			   (SELECT array_agg(a.attname ORDER BY u.n)
				FROM unnest(c.confdelsetcols) WITH ORDINALITY AS u (attnum, n)
					 JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = u.attnum) AS set_columns,
			   cardinality(c.conkey) AS number, pg_get_constraintdef(c.oid) AS def,
			   /* a column that PostgreSQL has since 18 */
			   coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true) AS enforced
		FROM pg_constraint c
		WHERE c.confrelid = relation AND c.contype = 'f' AND c.conparentid = 0
			  AND NOT EXISTS (SELECT FROM @internal@.reference_columns(c.oid) u
							  WHERE u.referenced = version_column)
		ORDER BY c.conrelid::regclass::text, c.conname
	LOOP
		IF k.number <> cardinality(keys) OR coalesce(cardinality(k.columns), 0) <> cardinality(keys) THEN
			RAISE EXCEPTION USING
				ERRCODE = 'feature_not_supported',
				MESSAGE = format('foreign key "%s" of table "%s" does not reference the primary key of table "%s"',
								 k.conname, @internal@.relation_name(k.referencing), @internal@.relation_name(relation)),
				DETAIL = k.def,
				HINT = 'Other unique columns hold for current rows only, and cannot be referenced. Drop the foreign key, or let it reference the primary key.';
		ELSIF NOT k.enforced THEN
			RAISE EXCEPTION USING
				ERRCODE = 'feature_not_supported',
				MESSAGE = format('foreign key "%s" of table "%s" is not enforced', k.conname,
								 @internal@.relation_name(k.referencing)),
				DETAIL = k.def,
				HINT = 'Drop it, or let it be enforced: a reference to a version always is.';
		END IF;
		EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', k.referencing, k.conname);
		dropped := dropped || to_jsonb(k);
	END LOOP;
	RETURN dropped;
END
$$;

-- The SQL clauses (match, actions, timing) of the foreign key that replaces
-- one that drop_inbound() has dropped.
CREATE FUNCTION @internal@.inbound_clauses(key jsonb, mode text, version_column name)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE key ->> 'confmatchtype' WHEN 'f' THEN 'MATCH FULL ' ELSE '' END ||
		   CASE WHEN mode = 'follow' THEN
				'ON UPDATE CASCADE ON DELETE ' ||
				CASE key ->> 'confdeltype' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL'
										   WHEN 'd' THEN 'SET DEFAULT'
										   ELSE CASE WHEN @internal@.is_versioned((key ->> 'referencing')::regclass)
													 THEN 'NO ACTION' ELSE 'RESTRICT' END END ||
				coalesce((SELECT ' (' || @internal@.column_list(array_agg(c.name ORDER BY c.n) || version_column) || ')'
						  FROM jsonb_array_elements_text(nullif(key -> 'set_columns', 'null'))
							   WITH ORDINALITY AS c (name, n)
						  HAVING count(*) > 0), '')
				ELSE 'ON UPDATE NO ACTION ON DELETE NO ACTION' END ||
		   @internal@.timing_clauses(CASE WHEN (key ->> 'condeferred')::boolean THEN 'deferred'
										  WHEN (key ->> 'condeferrable')::boolean THEN 'deferrable' END)
$$;

-- The version columns of a table that triggers of reference() fill in.
CREATE FUNCTION @internal@.filled_columns(relation regclass)
RETURNS SETOF name LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT o.value::name
	FROM pg_trigger g CROSS JOIN LATERAL @internal@.trigger_options(g.tgargs) o
	WHERE g.tgrelid = relation AND g.tgfoid = '@extschema@.reference()'::regprocedure
		  AND o.option = 'version'
$$;

-- For a table that becomes versioned: changes its keys that follow from ON
-- DELETE RESTRICT to NO ACTION, so that only its current rows prevent a
-- DELETE. A key without the trigger of add_reference() gets a notice.
CREATE FUNCTION @internal@.adopt_references(relation regclass)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	k record;
BEGIN
	FOR k IN
		SELECT c.conname, c.confrelid::regclass AS referenced, c.confmatchtype, c.confdeltype,
			   c.condeferrable, c.condeferred, c.convalidated, c.conrelid::regclass AS referencing,
			   obj_description(c.oid, 'pg_constraint') AS comment, r.columns, r.version_column AS col,
			   r.version_column IN (SELECT @internal@.filled_columns(c.conrelid)) AS kept
		FROM pg_constraint c CROSS JOIN LATERAL @internal@.reference_keys(c.oid) r
		WHERE c.conrelid = adopt_references.relation AND c.contype = 'f' AND c.conparentid = 0
			  AND c.confupdtype = 'c' AND c.confdeltype = 'r' AND r.version_column IS NOT NULL
		ORDER BY c.conname
	LOOP
		IF NOT k.kept THEN
			RAISE NOTICE USING
				MESSAGE = format('foreign key "%s" of table "%s" says ON DELETE RESTRICT: history, too, keeps the rows that it refers to from being deleted',
								 k.conname, @internal@.relation_name(relation)),
				HINT = format('Call versioned_rows.add_reference(%L, %L, %L, ''follow'', %L) to let only current rows do so.',
							  relation, k.columns, k.referenced, k.col);
			CONTINUE;
		END IF;
		EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', relation, k.conname);
		PERFORM @internal@.build_reference(relation, k.columns, k.referenced, k.col, k.conname, k.convalidated,
										   @internal@.inbound_clauses(to_jsonb(k), 'follow', k.col), k.comment);
	END LOOP;
END
$$;

-- Raises a notice for each reference to a table that is no longer versioned.
CREATE FUNCTION @internal@.report_references(relation regclass)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	k record;
BEGIN
	FOR k IN
		SELECT DISTINCT c.conrelid::regclass AS referencing, r.referencing AS col
		FROM pg_constraint c CROSS JOIN LATERAL @internal@.reference_columns(c.oid) r
		WHERE c.confrelid = relation AND c.contype = 'f' AND c.conparentid = 0
			  AND r.referencing IN (SELECT @internal@.filled_columns(c.conrelid))
		ORDER BY 1, 2
	LOOP
		RAISE NOTICE USING
			MESSAGE = format('table "%s" still references versions of table "%s"; its column "%s" must be given from now on',
							 @internal@.relation_name(k.referencing), @internal@.relation_name(relation), k.col);
	END LOOP;
END
$$;

-- The version column for a foreign key: no other key has it, and it is not
-- one of those that are taken.
CREATE FUNCTION @internal@.free_version_column(referencing regclass, key_columns name[],
											   taken name[])
RETURNS name LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	/* of several keys with the same first column only one gets its name */
	SELECT c.candidate
	FROM (SELECT @internal@.default_version_column(u.col) AS candidate, u.n
		  FROM unnest(key_columns) WITH ORDINALITY AS u (col, n)
		  UNION ALL
		  SELECT (left(@internal@.default_version_column(key_columns[1]), 30) || i)::name, 1000 + i
		  FROM generate_series(2, 99) i) AS c
	WHERE c.candidate <> ALL (taken)
		  AND NOT EXISTS (SELECT FROM pg_constraint f
						  WHERE f.conrelid = referencing AND f.contype = 'f'
								AND @internal@.column_number(referencing, c.candidate) = ANY (f.conkey))
	ORDER BY c.n LIMIT 1
$$;

-- Builds the foreign keys that drop_inbound() has dropped again, as
-- references to a version that follow or pin.
CREATE FUNCTION @internal@.restore_inbound(relation regclass, dropped jsonb, mode text)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	k record;
	col name;
	chosen jsonb := '[]';
BEGIN
	/* all columns first: a deferred key would wait for the end of the transaction */
	FOR k IN
		SELECT r.*, e.key
		FROM jsonb_array_elements(dropped) WITH ORDINALITY AS e (key, n)
			 CROSS JOIN LATERAL jsonb_to_record(e.key) AS r (
				referencing regclass, columns name[], convalidated boolean)
		ORDER BY e.n
	LOOP
		col := @internal@.free_version_column(k.referencing, k.columns, ARRAY(
			SELECT x ->> 'col' FROM jsonb_array_elements(chosen) x
			WHERE (x ->> 'referencing')::regclass = k.referencing)::name[]);
		PERFORM @internal@.fill_versions(k.referencing, k.columns, relation, col, mode, k.convalidated);
		chosen := chosen || jsonb_set(k.key, '{col}', to_jsonb(col));
	END LOOP;

	FOR k IN
		SELECT r.*, e.key
		FROM jsonb_array_elements(chosen) WITH ORDINALITY AS e (key, n)
			 CROSS JOIN LATERAL jsonb_to_record(e.key) AS r (
				conname name, referencing regclass, columns name[], confdeltype text,
				convalidated boolean, comment text, col name)
		ORDER BY e.n
	LOOP
		PERFORM @internal@.build_reference(k.referencing, k.columns, relation, k.col, k.conname, k.convalidated,
										   @internal@.inbound_clauses(k.key, mode, k.col), k.comment);
		RAISE NOTICE USING
			MESSAGE = format('foreign key "%s" of table "%s" now references a version, by column "%s"%s',
							 k.conname, @internal@.relation_name(k.referencing), k.col,
							 CASE WHEN mode = 'pin' AND k.confdeltype NOT IN ('a', 'r')
								  THEN '; it no longer acts ON DELETE' END);
	END LOOP;
END
$$;

-- Foreign keys to a version: add_reference(), and enable() with inbound keys.

CREATE FUNCTION @internal@.base_type(relation regclass, col name)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH RECURSIVE types (oid, typmod) AS (
		SELECT atttypid, atttypmod FROM pg_attribute
		WHERE attrelid = relation AND attname = col AND NOT attisdropped
		UNION ALL
		SELECT t.typbasetype, t.typtypmod FROM types d JOIN pg_type t ON t.oid = d.oid
		WHERE t.typtype = 'd')
	SELECT format_type(d.oid, d.typmod)
	FROM types d JOIN pg_type t ON t.oid = d.oid WHERE t.typtype <> 'd'
$$;
COMMENT ON FUNCTION @internal@.base_type(regclass, name) IS
'The type of a column, of a domain the type behind it; NULL if there is no such column.';

CREATE FUNCTION @internal@.column_numbers(relation regclass, columns name[])
RETURNS int2[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT array_agg(a.attnum ORDER BY u.n)
	FROM unnest(columns) WITH ORDINALITY AS u (c, n)
		 LEFT JOIN pg_attribute a ON a.attrelid = relation AND a.attname = u.c AND NOT a.attisdropped
$$;
COMMENT ON FUNCTION @internal@.column_numbers(regclass, name[]) IS
'The numbers of columns; NULL for one that does not exist.';

CREATE FUNCTION @internal@.check_reference(referencing regclass, key_columns name[],
										   referenced regclass, mode text, timing text)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	target @extschema@.tables;
	col name;
BEGIN
	IF mode IS NULL OR mode NOT IN ('follow', 'pin', 'freeze') THEN
		RAISE EXCEPTION 'unrecognized mode: %', coalesce(quote_literal(mode), 'NULL')
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'Valid modes are "follow", "pin" and "freeze".';
	ELSIF timing NOT IN ('immediate', 'deferrable', 'deferred') THEN
		RAISE EXCEPTION 'unrecognized timing: %', quote_literal(timing)
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'Valid timings are "immediate", "deferrable" and "deferred".';
	ELSIF referencing IS NULL OR referenced IS NULL OR key_columns IS NULL
		  OR array_position(key_columns, NULL) IS NOT NULL THEN
		RAISE EXCEPTION 'tables and key columns must not be null'
			USING ERRCODE = 'null_value_not_allowed';
	END IF;

	IF (SELECT relkind FROM pg_class WHERE oid = referencing) NOT IN ('r', 'p') THEN
		RAISE EXCEPTION '"%" is not a table', referencing
			USING ERRCODE = 'wrong_object_type';
	END IF;
	PERFORM @internal@.check_owner(referencing);

	PERFORM @internal@.check_exists(referenced);
	SELECT * INTO target FROM @extschema@.tables t WHERE t.relation = referenced;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'table % is not versioned', referenced
			USING ERRCODE = 'object_not_in_prerequisite_state',
				  HINT = 'Call versioned_rows.enable() for it first.';
	ELSIF cardinality(key_columns) <> cardinality(target.key_columns) THEN
		RAISE EXCEPTION 'number of key columns does not match the key of table %', referenced
			USING ERRCODE = 'invalid_foreign_key',
				  DETAIL = format('Its key is (%s).', array_to_string(target.key_columns, ', '));
	END IF;
	FOREACH col IN ARRAY key_columns LOOP
		IF (@internal@.column_numbers(referencing, ARRAY[col]))[1] IS NULL THEN
			RAISE EXCEPTION 'column "%" of table % does not exist', col, referencing
				USING ERRCODE = 'undefined_column';
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @internal@.check_reference(regclass, name[], regclass, text, text) IS
'An error for arguments of add_reference() that make no sense, or for a user who may not make that reference.';

CREATE FUNCTION @internal@.reference_constraint(referencing regclass, key_columns name[],
												referenced regclass, version_column name)
RETURNS oid
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT c.oid
	FROM pg_constraint c
		 JOIN @extschema@.tables t ON t.relation = c.confrelid
		 CROSS JOIN LATERAL (SELECT @internal@.column_numbers(referencing, reference_constraint.key_columns) AS numbers) k
		 CROSS JOIN LATERAL (SELECT c.conkey[array_position(c.confkey, (@internal@.column_numbers(
										referenced, ARRAY[t.version_column]))[1])] AS version) v
	WHERE c.conrelid = referencing AND c.confrelid = referenced AND c.contype = 'f'
		  AND cardinality(c.conkey) = cardinality(reference_constraint.key_columns) + 1
		  AND c.conkey @> k.numbers
		  AND NOT v.version = ANY (k.numbers)
		  AND (reference_constraint.version_column IS NULL
			   OR v.version = (@internal@.column_numbers(
								   referencing, ARRAY[reference_constraint.version_column]))[1])
	ORDER BY c.conname
	LIMIT 1
$$;
COMMENT ON FUNCTION @internal@.reference_constraint(regclass, name[], regclass, name) IS
'The foreign key to a version on the given key columns, with the given version column if there is one; NULL if there is no such key.';

CREATE FUNCTION @internal@.default_version_column(key_column name)
RETURNS name
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	/* shorten the key's name rather than lose the suffix, or it would be the key */
	SELECT (left(s.stem, max(l)) || '_version_id')::name
	FROM (SELECT regexp_replace(key_column, '_id$', '')) AS s (stem),
		 generate_series(1, 63) AS l
	WHERE octet_length(left(s.stem, l)) <= 52
	GROUP BY s.stem
$$;
COMMENT ON FUNCTION @internal@.default_version_column(name) IS
'The default name of a version column: product_id gives product_version_id, sku gives sku_version_id.';

CREATE FUNCTION @internal@.referenced_row_condition(referencing regclass, key_columns name[],
													referenced regclass, version_column name)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	target @extschema@.tables;
	con pg_constraint;
	condition text;
BEGIN
	SELECT * INTO target FROM @extschema@.tables t WHERE t.relation = referenced;

	/*
	 * A foreign key knows the operators, and locks the referenced table until
	 * the transaction ends, so that no row moves on.  It is not to be the
	 * last one, and checks nothing.
	 */
	EXECUTE format('ALTER TABLE %s ADD CONSTRAINT versioned_rows_scaffold FOREIGN KEY (%s) REFERENCES %s (%s)%s', referencing,
				   @internal@.column_list(key_columns || version_column), referenced,
				   @internal@.column_list(target.key_columns || target.version_column),
				   (SELECT ' NOT VALID' FROM pg_class WHERE oid = referencing AND relkind <> 'p'));
	SELECT * INTO con FROM pg_constraint WHERE conrelid = referencing AND conname = 'versioned_rows_scaffold';
	SELECT string_agg(format('p.%I OPERATOR(%I.%s) l.%I', p.attname, n.nspname, o.oprname, f.attname), ' AND ')
	INTO condition
	FROM unnest(con.conkey, con.confkey, con.conpfeqop) AS u (fk, pk, op)
		 JOIN pg_attribute f ON f.attrelid = con.conrelid AND f.attnum = u.fk
		 JOIN pg_attribute p ON p.attrelid = con.confrelid AND p.attnum = u.pk
		 JOIN pg_operator o ON o.oid = u.op
		 JOIN pg_namespace n ON n.oid = o.oprnamespace
	WHERE f.attname <> version_column;
	EXECUTE format('ALTER TABLE %s DROP CONSTRAINT versioned_rows_scaffold', referencing);

	RETURN condition || ' AND ' ||
		coalesce(@internal@.current_column_condition(target.current_column, target.period_column, 'p'),
				 format('NOT EXISTS (SELECT FROM %s AS n WHERE %s AND n.%I OPERATOR(pg_catalog.>) p.%3$I)',
						referenced, @internal@.same_row_condition(referenced, target.version_column, 'n', 'p'),
						target.version_column));
END
$$;
COMMENT ON FUNCTION @internal@.referenced_row_condition(regclass, name[], regclass, name) IS
'The SQL condition that a row p is the current version of the row that l refers to; locks the referenced table.';

CREATE FUNCTION @internal@.fill_versions(referencing regclass, key_columns name[],
										 referenced regclass, version_column name,
										 mode text, complete boolean)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET row_security = off
AS $$
DECLARE
	target name := (SELECT t.version_column FROM @extschema@.tables t WHERE t.relation = referenced);
	own_current text := (SELECT ' AND ' || @internal@.current_column_condition(t.current_column, t.period_column, 'l')
						 FROM @extschema@.tables t WHERE t.relation = referencing);
	condition text;
	wanted text := format('l.%I IS NULL', version_column);
	is_filled boolean;
	missing text;
BEGIN
	IF @internal@.base_type(referencing, version_column) IS NULL THEN
		EXECUTE format('ALTER TABLE %s ADD COLUMN %I %s', referencing, version_column,
					   @internal@.base_type(referenced, target));
	END IF;
	/* whoever fills nothing need not read the referenced table */
	EXECUTE format('SELECT EXISTS (SELECT FROM %s)', referencing) INTO is_filled;
	IF NOT is_filled THEN
		RETURN;
	END IF;
	condition := @internal@.referenced_row_condition(referencing, key_columns, referenced, version_column);
	IF mode = 'follow' THEN
		/* a reference that was pinned catches up, but not in history */
		wanted := format('(%s OR l.%I OPERATOR(pg_catalog.<>) p.%I%s)', wanted, version_column, target, own_current);
	END IF;
	PERFORM @internal@.change_unseen(referencing, format(
		'UPDATE %s AS l SET %I = p.%I FROM %s AS p WHERE %s AND %s',
		referencing, version_column, target, referenced, wanted, condition));

	IF NOT complete THEN
		RETURN;
	END IF;
	/* history may refer to what is no longer there */
	EXECUTE format('SELECT format(''(%%s)'', concat_ws('', '', %s)) FROM %s AS l WHERE l.%I IS NULL AND %s%s LIMIT 1',
				   (SELECT string_agg(format('l.%I', k), ', ') FROM unnest(key_columns) AS k), referencing, version_column,
				   (SELECT string_agg(format('l.%I IS NOT NULL', k), ' AND ') FROM unnest(key_columns) AS k),
				   own_current)
	INTO missing;
	IF missing IS NOT NULL THEN
		RAISE EXCEPTION 'table % refers to rows of table % that have no current version', referencing, referenced
			USING ERRCODE = 'foreign_key_violation',
				  DETAIL = format('One of them is (%s)=%s.', array_to_string(key_columns, ', '), missing),
				  HINT = 'Give these rows a version, or another key, or null.';
	END IF;
END
$$;
COMMENT ON FUNCTION @internal@.fill_versions(regclass, name[], regclass, name, text, boolean) IS
'Adds a version column if it is missing, and fills in current versions: where it is null, and for a reference that follows also where it names an older version. If complete, a row without a version is an error.';

CREATE FUNCTION @internal@.reference_trigger_name(version_column name)
RETURNS name
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	/* one name for each column, also where it would have to be cut off */
	SELECT ('zzy_versioned_rows_reference_' ||
			CASE WHEN octet_length(version_column) <= 34 THEN version_column::text
				 ELSE md5(version_column) END)::name
$$;
COMMENT ON FUNCTION @internal@.reference_trigger_name(name) IS
'The name of the trigger of a reference to a version.';

CREATE FUNCTION @internal@.build_reference(referencing regclass, key_columns name[],
										   referenced regclass, version_column name,
										   con_name name, valid boolean, clauses text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	target @extschema@.tables;
	columns name[] := key_columns || version_column;
BEGIN
	SELECT * INTO target FROM @extschema@.tables t WHERE t.relation = referenced;
	EXECUTE format('ALTER TABLE %s ADD %s FOREIGN KEY (%s) REFERENCES %s (%s) %s%s', referencing,
				   'CONSTRAINT ' || quote_ident(con_name), @internal@.column_list(columns), referenced,
				   @internal@.column_list(target.key_columns || target.version_column),
				   clauses, CASE WHEN NOT valid THEN ' NOT VALID' END);
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
COMMENT ON FUNCTION @internal@.build_reference(regclass, name[], regclass, name, name, boolean, text) IS
'The foreign key, trigger and index of a reference to a version.';

CREATE FUNCTION @internal@.is_versioned(relation regclass)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT EXISTS (SELECT FROM @extschema@.tables t WHERE t.relation = is_versioned.relation)
$$;
COMMENT ON FUNCTION @internal@.is_versioned(regclass) IS
'Whether a table is versioned.';

CREATE FUNCTION @internal@.timing_clauses(timing text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE timing WHEN 'deferrable' THEN ' DEFERRABLE'
					   WHEN 'deferred' THEN ' DEFERRABLE INITIALLY DEFERRED' ELSE '' END
$$;
COMMENT ON FUNCTION @internal@.timing_clauses(text) IS
'The SQL clause that says when a foreign key is checked.';

CREATE FUNCTION @extschema@.add_reference(referencing regclass, key_columns name[],
										  referenced regclass, mode text,
										  version_column name = NULL, timing text = NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
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

	SELECT c.conname, a.attname,
		   CASE WHEN c.condeferred THEN 'deferred' WHEN c.condeferrable THEN 'deferrable' END AS timing,
		   CASE c.confmatchtype WHEN 'f' THEN 'MATCH FULL ' ELSE '' END AS match,
		   obj_description(c.oid, 'pg_constraint') AS comment
	INTO existing
	FROM pg_constraint c
		 JOIN @extschema@.tables t ON t.relation = target
		 JOIN pg_attribute a ON a.attrelid = source AND a.attnum = c.conkey[array_position(
			c.confkey, (@internal@.column_numbers(target, ARRAY[t.version_column]))[1])]
	WHERE c.oid = @internal@.reference_constraint(source, add_reference.key_columns, target,
												  add_reference.version_column);
	col := coalesce(version_column, existing.attname,
					@internal@.default_version_column(key_columns[1]));
	IF col = ANY (key_columns) THEN
		RAISE EXCEPTION 'version column "%" is one of the key columns', col
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'Name another column, or let it be added.';
	END IF;
	IF existing.conname IS NOT NULL THEN
		EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', source, existing.conname);
	END IF;

	PERFORM @internal@.fill_versions(source, key_columns, target, col, mode, true);
	PERFORM @internal@.build_reference(source, key_columns, target, col, existing.conname, true,
									   coalesce(existing.match, '') || actions
									   || @internal@.timing_clauses(coalesce(timing, existing.timing)));
	IF existing.comment IS NOT NULL THEN
		EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L', existing.conname, source, existing.comment);
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.add_reference(regclass, name[], regclass, text, name, text) IS
'Makes columns of a table a reference to a version of a row of a versioned table: with mode "follow" it moves on to every new version, with "pin" it stays on its version, with "freeze" it forbids new versions. A missing version column is added and filled with current versions. timing says when the foreign key is checked: "immediate", "deferrable" or "deferred". Calling it again switches the mode. Takes an ACCESS EXCLUSIVE lock on the referencing table and a SHARE ROW EXCLUSIVE lock on the referenced one. For the owner of the referencing table, who needs REFERENCES on the other one, and SELECT if there are rows to fill.';

CREATE FUNCTION @internal@.drop_inbound(relation regclass, version_column name)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	keys name[];
	k record;
	dropped jsonb := '[]';
BEGIN
	SELECT @internal@.index_columns(indexrelid) INTO keys
	FROM pg_index WHERE indrelid = relation AND indisprimary;
	keys := array_remove(keys, version_column);

	FOR k IN
		SELECT c.conname, c.conrelid::regclass AS referencing, c.confmatchtype, c.confdeltype,
			   c.condeferrable, c.condeferred, c.convalidated,
			   obj_description(c.oid, 'pg_constraint') AS comment,
			   /* in the order of the primary key */
			   (SELECT array_agg(f.attname ORDER BY array_position(keys, p.attname))
				FROM unnest(c.conkey, c.confkey) AS u (fk, pk)
					 JOIN pg_attribute f ON f.attrelid = c.conrelid AND f.attnum = u.fk
					 JOIN pg_attribute p ON p.attrelid = c.confrelid AND p.attnum = u.pk
				WHERE p.attname = ANY (keys)) AS columns,
			   (SELECT array_agg(a.attname ORDER BY u.n)
				FROM unnest(c.confdelsetcols) WITH ORDINALITY AS u (attnum, n)
					 JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = u.attnum) AS set_columns,
			   cardinality(c.conkey) AS nkeys, pg_get_constraintdef(c.oid) AS def,
			   /* a column that PostgreSQL has since 18 */
			   coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true) AS enforced
		FROM pg_constraint c
		WHERE c.confrelid = relation AND c.contype = 'f' AND c.conparentid = 0
			  AND NOT EXISTS (SELECT FROM pg_attribute a
							  WHERE a.attrelid = relation AND a.attnum = ANY (c.confkey)
									AND a.attname = version_column)
		ORDER BY c.conrelid::regclass::text, c.conname
	LOOP
		IF k.nkeys <> cardinality(keys) OR coalesce(cardinality(k.columns), 0) <> cardinality(keys) THEN
			RAISE EXCEPTION 'foreign key "%" of table % does not reference the primary key of table %',
				k.conname, k.referencing, relation
				USING ERRCODE = 'feature_not_supported', DETAIL = k.def,
					  HINT = 'Other unique columns hold for current rows only, and cannot be referenced. Drop the foreign key, or let it reference the primary key.';
		ELSIF NOT k.enforced THEN
			RAISE EXCEPTION 'foreign key "%" of table % is not enforced', k.conname, k.referencing
				USING ERRCODE = 'feature_not_supported', DETAIL = k.def,
					  HINT = 'Drop it, or let it be enforced: a reference to a version always is.';
		END IF;
		EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', k.referencing, k.conname);
		dropped := dropped || to_jsonb(k);
	END LOOP;
	RETURN dropped;
END
$$;
COMMENT ON FUNCTION @internal@.drop_inbound(regclass, name) IS
'Drops the foreign keys that reference a table without its version column; returns what restore_inbound() needs.';

CREATE FUNCTION @internal@.inbound_clauses(key jsonb, mode text, version_column name)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
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
COMMENT ON FUNCTION @internal@.inbound_clauses(jsonb, text, name) IS
'The SQL clauses (match, actions, timing) of the foreign key that replaces one that drop_inbound() has dropped.';

CREATE FUNCTION @internal@.adopt_references(relation regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	k record;
BEGIN
	FOR k IN
		SELECT c.conname, c.confrelid::regclass AS referenced, c.confmatchtype, c.confdeltype,
			   c.condeferrable, c.condeferred, c.convalidated, c.conrelid::regclass AS referencing, v.attname AS col,
			   obj_description(c.oid, 'pg_constraint') AS comment,
			   (SELECT array_agg(f.attname ORDER BY array_position(t.key_columns, p.attname))
				FROM unnest(c.conkey, c.confkey) AS u (fk, pk)
					 JOIN pg_attribute f ON f.attrelid = c.conrelid AND f.attnum = u.fk
					 JOIN pg_attribute p ON p.attrelid = c.confrelid AND p.attnum = u.pk
				WHERE p.attname <> t.version_column) AS columns,
			   EXISTS (SELECT FROM pg_trigger g
					   WHERE g.tgrelid = c.conrelid AND g.tgfoid = '@extschema@.reference()'::regprocedure
							 AND ('version', v.attname::text) IN (SELECT * FROM @internal@.trigger_options(g.tgargs))) AS kept
		FROM pg_constraint c
			 JOIN @extschema@.tables t ON t.relation = c.confrelid
			 JOIN pg_attribute v ON v.attrelid = c.conrelid AND v.attnum = c.conkey[array_position(
				c.confkey, (@internal@.column_numbers(c.confrelid, ARRAY[t.version_column]))[1])]
		WHERE c.conrelid = adopt_references.relation AND c.contype = 'f' AND c.conparentid = 0
			  AND c.confupdtype = 'c' AND c.confdeltype = 'r'
		ORDER BY c.conname
	LOOP
		IF NOT k.kept THEN
			RAISE NOTICE 'foreign key "%" of table % says ON DELETE RESTRICT: history, too, keeps the rows that it refers to from being deleted',
				k.conname, relation
				USING HINT = format('Call versioned_rows.add_reference(%L, %L, %L, ''follow'', %L) to let only current rows do so.',
									relation, k.columns, k.referenced, k.col);
			CONTINUE;
		END IF;
		EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', relation, k.conname);
		PERFORM @internal@.build_reference(relation, k.columns, k.referenced, k.col, k.conname, k.convalidated,
										   @internal@.inbound_clauses(to_jsonb(k), 'follow', k.col));
		IF k.comment IS NOT NULL THEN
			EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L', k.conname, relation, k.comment);
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @internal@.adopt_references(regclass) IS
'For a table that becomes versioned: changes its keys that follow from ON DELETE RESTRICT to NO ACTION, so that only its current rows prevent a DELETE. A key without the trigger of add_reference() gets a notice.';

CREATE FUNCTION @internal@.report_references(relation regclass)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	k record;
BEGIN
	FOR k IN
		SELECT DISTINCT c.conrelid::regclass AS referencing, v.attname AS col
		FROM pg_constraint c
			 JOIN pg_attribute v ON v.attrelid = c.conrelid AND v.attnum = ANY (c.conkey)
			 JOIN pg_trigger g ON g.tgrelid = c.conrelid AND g.tgfoid = '@extschema@.reference()'::regprocedure
				  AND ('version', v.attname::text) IN (SELECT * FROM @internal@.trigger_options(g.tgargs))
		WHERE c.confrelid = relation AND c.contype = 'f' AND c.conparentid = 0
		ORDER BY 1, 2
	LOOP
		RAISE NOTICE 'table % still references versions of table %; its column "%" must be given from now on',
			k.referencing, relation, k.col;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @internal@.report_references(regclass) IS
'Raises a notice for each reference to a table that is no longer versioned.';

CREATE FUNCTION @internal@.restore_inbound(relation regclass, dropped jsonb, mode text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
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
		/* of several keys with the same first column only one gets its name */
		SELECT c.candidate INTO col
		FROM (SELECT @internal@.default_version_column(u.c) AS candidate, u.n
			  FROM unnest(k.columns) WITH ORDINALITY AS u (c, n)
			  UNION ALL
			  SELECT (left(@internal@.default_version_column(k.columns[1]), 30) || i)::name, 1000 + i
			  FROM generate_series(2, 99) i) c
		WHERE NOT EXISTS (SELECT FROM pg_constraint f
						  WHERE f.conrelid = k.referencing AND f.contype = 'f'
								AND (@internal@.column_numbers(k.referencing, ARRAY[c.candidate]))[1] = ANY (f.conkey))
			  AND NOT EXISTS (SELECT FROM jsonb_array_elements(chosen) x
							  WHERE (x ->> 'referencing')::regclass = k.referencing AND x ->> 'col' = c.candidate)
		ORDER BY c.n LIMIT 1;
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
										   @internal@.inbound_clauses(k.key, mode, k.col));
		IF k.comment IS NOT NULL THEN
			EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L', k.conname, k.referencing, k.comment);
		END IF;
		RAISE NOTICE 'foreign key "%" of table % now references a version, by column "%"%', k.conname, k.referencing, k.col,
			CASE WHEN mode = 'pin' AND k.confdeltype NOT IN ('a', 'r') THEN '; it no longer acts ON DELETE' ELSE '' END;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @internal@.restore_inbound(regclass, jsonb, text) IS
'Builds the foreign keys that drop_inbound() has dropped again, as references to a version that follow or pin.';

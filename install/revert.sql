-- Restore: an old version's content as a new version.

-- Gives the current row the content of an old version; false if no current row
-- was changed.
CREATE FUNCTION @internal@.restore_current(target @extschema@.tables,
										   key jsonb, to_version bigint)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	columns name[] := ARRAY(SELECT c.name FROM @internal@.table_columns(target) c
							WHERE c.role = 'content' AND NOT c.generated AND NOT c.identity_always);
	this_row text := concat_ws(' AND ', @internal@.key_condition(target, key, 't'),
							   @internal@.no_history_condition(target, 't'));
	changed bigint;
BEGIN
	IF columns = '{}' THEN
		EXECUTE format('SELECT count(*) FROM %s AS t WHERE %s', target.relation, this_row)
		INTO changed;
	ELSE
		EXECUTE format('UPDATE %s AS t SET (%s) = (SELECT %s FROM %s AS o WHERE %s AND o.%I = $1) WHERE %s',
					   target.relation, @internal@.column_list(columns),
					   @internal@.column_list(columns, 'o'), @internal@.versions_relation(target),
					   @internal@.key_condition(target, key, 'o'), target.version_column, this_row)
		USING to_version;
		GET DIAGNOSTICS changed := ROW_COUNT;
	END IF;
	RETURN changed > 0;
END
$$;

-- Inserts a deleted row again, with the content of an old version; false if it
-- was not.
CREATE FUNCTION @internal@.restore_deleted(target @extschema@.tables,
										   key jsonb, to_version bigint)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	versions regclass := @internal@.versions_relation(target);
	columns name[] := ARRAY(SELECT c.name FROM @internal@.table_columns(target) c
							WHERE c.role <> 'managed' AND NOT c.generated
								  AND c.name = ANY (@internal@.column_names(versions)));
	changed bigint;
BEGIN
	EXECUTE format('INSERT INTO %s AS t (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s AS o WHERE %s AND o.%I = $1',
				   target.relation, @internal@.column_list(columns), @internal@.column_list(columns, 'o'),
				   versions, @internal@.key_condition(target, key, 'o'), target.version_column)
	USING to_version;
	GET DIAGNOSTICS changed := ROW_COUNT;
	RETURN changed > 0;
END
$$;

CREATE FUNCTION @extschema@.revert(relation regclass, key jsonb,
								   to_version bigint)
RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	target @extschema@.tables := @internal@.versioned_table(relation);
	result bigint;
	is_changed boolean;
	is_there boolean;
	state text;
	message text;
	detail text;
	constraint_name text;
BEGIN
	PERFORM @internal@.check_version(target, key, to_version);
	is_changed := @internal@.restore_current(target, key, to_version);
	IF NOT is_changed THEN
		EXECUTE format('SELECT count(*) > 0 FROM %s AS t WHERE %s AND %s',
					   target.relation,
					   @internal@.key_condition(target, key, 't'),
					   @internal@.no_history_condition(target, 't'))
		INTO is_there;
		IF NOT is_there THEN
			is_changed := @internal@.restore_deleted(target, key, to_version);
		END IF;
	END IF;
	IF NOT is_changed THEN
		RAISE EXCEPTION USING
			ERRCODE = 'triggered_action_exception',
			MESSAGE = format('row %s of table "%s" was not changed', key,
							 @internal@.relation_name(target.relation)),
			DETAIL = 'A trigger or a row security policy has skipped it.';
	END IF;
	/* the row is locked, and nobody else makes a version of it */
	EXECUTE format('SELECT max(t.%I) FROM %s AS t WHERE %s', target.version_column,
				   @internal@.versions_relation(target), @internal@.key_condition(target, key, 't'))
	INTO result;
	RETURN result;
EXCEPTION
	WHEN integrity_constraint_violation THEN
		GET STACKED DIAGNOSTICS
			state := RETURNED_SQLSTATE, message := MESSAGE_TEXT,
			detail := PG_EXCEPTION_DETAIL, constraint_name := CONSTRAINT_NAME;
		RAISE EXCEPTION USING
			ERRCODE = state,
			MESSAGE = format('cannot revert row %s of table "%s" to version %s',
							 key, @internal@.relation_name(target.relation), to_version),
			DETAIL = concat_ws(E'\n', message, nullif(detail, '')),
			HINT = 'The old content no longer satisfies a constraint: change what stands in its way, or update the row by hand.',
			CONSTRAINT = constraint_name;
END
$$;
COMMENT ON FUNCTION @extschema@.revert(regclass, jsonb, bigint) IS
'Makes a new version with the content of an old one and returns its number. A deleted row comes back. If the content is that of the current version already, no version is made. Ignored columns keep their values, except in a row that comes back. Needs the privileges of the UPDATE or INSERT that it stands for.';

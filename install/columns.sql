-- The columns that a versioned table needs, added or adopted.

-- An error unless versioned_rows can maintain a column: it has one of the
-- types, and nothing else writes it.
CREATE FUNCTION @internal@.check_column(relation regclass, att pg_attribute,
										types regtype[], wanted text)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF att.attnum < 0 OR (@internal@.base_type(att.atttypid)).type <> ALL (types) THEN
		RAISE EXCEPTION USING
			ERRCODE = 'datatype_mismatch',
			MESSAGE = format('column "%s" of table "%s" must be of type %s', att.attname,
							 @internal@.relation_name(relation), wanted),
			DETAIL = format('It is of type %s.', format_type(att.atttypid, att.atttypmod)),
			HINT = 'Name another column, or change its type.';
	ELSIF att.attgenerated <> '' OR att.attidentity <> '' THEN
		RAISE EXCEPTION USING
			ERRCODE = 'wrong_object_type',
			MESSAGE = format('column "%s" of table "%s" is generated', att.attname,
							 @internal@.relation_name(relation)),
			HINT = 'versioned_rows writes this column itself: drop its expression or identity.';
	END IF;
END
$$;

-- Checks an existing column, and if a default is given, sets it and NOT NULL.
-- False if there is no such column.
CREATE FUNCTION @internal@.adopt_column(relation regclass, col name,
										types regtype[], wanted text,
										default_value text DEFAULT NULL)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	att pg_attribute;
BEGIN
	SELECT * INTO att FROM pg_attribute a
	WHERE a.attrelid = relation AND a.attname = col AND NOT a.attisdropped;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	PERFORM @internal@.check_column(relation, att, types, wanted);

	/* with another default, rows would be history from the beginning */
	IF default_value = 'true' AND EXISTS (SELECT FROM pg_attrdef d
										  WHERE d.adrelid = relation AND d.adnum = att.attnum
												AND pg_get_expr(d.adbin, d.adrelid) <> 'true') THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_table_definition',
			MESSAGE = format('default of column "%s" of table "%s" must be true', col,
							 @internal@.relation_name(relation)),
			HINT = 'A row that is inserted is current: change the default, or drop it.';
	END IF;

	IF default_value IS NOT NULL AND NOT att.atthasdef THEN
		EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s',
					   relation, col, default_value);
	END IF;
	IF default_value IS NOT NULL AND NOT att.attnotnull THEN
		EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', relation, col);
	END IF;
	RETURN true;
END
$$;

-- Disables the triggers and rules of a table, and the triggers of its
-- partitions; returns the commands that enable them again.
CREATE FUNCTION @internal@.pause_triggers(relation regclass)
RETURNS text[] LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	paused record;
	resume text[] := '{}';
BEGIN
	/*
	 * Triggers one by one, since partitions can have theirs in different
	 * states; rules, which could do something else instead.
	 */
	FOR paused IN
		SELECT x.rel, x.kind, x.name,
			   CASE x.state WHEN 'A' THEN 'ALWAYS ' WHEN 'R' THEN 'REPLICA ' ELSE '' END AS state
		FROM (SELECT t.tgrelid::regclass, 'TRIGGER', t.tgname, t.tgenabled
			  FROM pg_trigger t
			  WHERE t.tgrelid IN (SELECT @internal@.partitions(relation)) AND NOT t.tgisinternal
			  UNION ALL
			  SELECT relation, 'RULE', r.rulename, r.ev_enabled
			  FROM pg_rewrite r WHERE r.ev_class = relation) AS x (rel, kind, name, state)
		WHERE x.state <> 'D'
	LOOP
		EXECUTE format('ALTER TABLE ONLY %s DISABLE %s %I', paused.rel, paused.kind, paused.name);
		resume := resume || format('ALTER TABLE ONLY %s ENABLE %s%s %I',
								   paused.rel, paused.state, paused.kind, paused.name);
	END LOOP;
	RETURN resume;
END
$$;

-- Runs commands in their order, with the rights of the caller.
CREATE FUNCTION @internal@.execute_all(commands text[])
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	command text;
BEGIN
	FOREACH command IN ARRAY coalesce(commands, '{}') LOOP
		EXECUTE command;
	END LOOP;
END
$$;

-- Runs a command that changes rows of a table for a change of its schema: no
-- trigger or rule fires, no version is made, and row security is an error
-- rather than a filter.
CREATE FUNCTION @internal@.change_unseen(relation regclass, command text)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET row_security = off AS $$
DECLARE
	resume text[] := @internal@.pause_triggers(relation);
BEGIN
	EXECUTE command;
	PERFORM @internal@.execute_all(resume);
END
$$;

-- Adds or adopts the version column; existing rows are version 1.
CREATE FUNCTION @internal@.prepare_version_column(target @extschema@.tables)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT @internal@.adopt_column(target.relation, target.version_column, '{int2,int4,int8}',
								   'smallint, integer or bigint', '1') THEN
		EXECUTE format('ALTER TABLE %s ADD COLUMN %I integer NOT NULL DEFAULT 1',
					   target.relation, target.version_column);
	END IF;
END
$$;

-- Adds or adopts the flag of current rows, if there is to be one. If the
-- table has versions already, the last one of each row becomes current.
CREATE FUNCTION @internal@.prepare_current_column(target @extschema@.tables, is_numbered boolean)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	is_history text;
BEGIN
	IF target.current_column IS NULL
	   OR @internal@.adopt_column(target.relation, target.current_column, '{bool}', 'boolean', 'true') THEN
		RETURN;
	END IF;
	EXECUTE format('ALTER TABLE %s ADD COLUMN %I boolean NOT NULL DEFAULT true',
				   target.relation, target.current_column);
	/* there may be history from before */
	IF @internal@.column_number(target.relation, target.period_column) IS NOT NULL THEN
		is_history := format('NOT upper_inf(t.%I)', target.period_column);
	ELSIF is_numbered THEN
		is_history := 'NOT ' || @internal@.last_version_condition(target, 't');
	ELSE
		RETURN;
	END IF;
	PERFORM @internal@.change_unseen(target.relation, format(
		'UPDATE %s AS t SET %I = false WHERE %s', target.relation, target.current_column, is_history));
END
$$;

-- Adds or adopts the period, if there is to be one; existing current rows are
-- valid from the given time, or now.
CREATE FUNCTION @internal@.prepare_period_column(target @extschema@.tables, period_start timestamptz)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	col text := quote_ident(target.period_column);
	period text := quote_literal(tstzrange(coalesce(period_start, now()), NULL));
BEGIN
	IF target.period_column IS NULL THEN
		RETURN;
	ELSIF @internal@.adopt_column(target.relation, target.period_column, '{tstzrange}', 'tstzrange') THEN
		PERFORM @internal@.change_unseen(target.relation, format(
			'UPDATE %s SET %s = %s WHERE %s IS NULL', target.relation, col, period, col));
		/* a default would be taken for a value that the client sets */
		EXECUTE format('ALTER TABLE %s ALTER COLUMN %s SET NOT NULL, ALTER COLUMN %s DROP DEFAULT',
					   target.relation, col, col);
	ELSE
		/* a constant default fills the column without a rewrite */
		EXECUTE format('ALTER TABLE %s ADD COLUMN %s tstzrange NOT NULL DEFAULT %s',
					   target.relation, col, period);
		EXECUTE format('ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT', target.relation, col);
		IF target.current_column IS NOT NULL THEN
			/* history from before: when it was valid is not known */
			PERFORM @internal@.change_unseen(target.relation, format(
				'UPDATE %s SET %s = ''empty'' WHERE NOT %I', target.relation, col, target.current_column));
		END IF;
	END IF;
END
$$;

-- Adds or adopts the columns that say who made a version or deleted the row.
CREATE FUNCTION @internal@.prepare_who_columns(target @extschema@.tables)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	w record;
BEGIN
	FOR w IN SELECT * FROM @internal@.who_types(target) LOOP
		IF NOT @internal@.adopt_column(target.relation, w.col, w.types, w.wanted) THEN
			EXECUTE format('ALTER TABLE %s ADD COLUMN %I %s', target.relation, w.col, w.types[1]);
		END IF;
	END LOOP;
END
$$;

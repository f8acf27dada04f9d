-- The columns that a versioned table needs, added or adopted.

CREATE FUNCTION @internal@.adopt_column(relation regclass, col name,
										types regtype[], wanted text,
										default_value text)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	att pg_attribute;
	base regtype;
BEGIN
	SELECT * INTO att FROM pg_attribute a
	WHERE a.attrelid = relation AND a.attname = col AND NOT a.attisdropped;
	IF NOT FOUND THEN
		RETURN false;
	END IF;

	WITH RECURSIVE domains (oid) AS (
		SELECT att.atttypid
		UNION ALL
		SELECT t.typbasetype FROM domains d JOIN pg_type t ON t.oid = d.oid
		WHERE t.typtype = 'd')
	SELECT t.oid INTO base
	FROM domains d JOIN pg_type t ON t.oid = d.oid WHERE t.typtype <> 'd';

	IF att.attnum < 0 OR base <> ALL (types) THEN
		RAISE EXCEPTION 'column "%" of table % must be of type %', col, relation, wanted
			USING ERRCODE = 'datatype_mismatch',
				  DETAIL = format('It is of type %s.', format_type(att.atttypid, att.atttypmod)),
				  HINT = 'Name another column, or change its type.';
	END IF;
	IF att.attgenerated <> '' OR att.attidentity <> '' THEN
		RAISE EXCEPTION 'column "%" of table % is generated', col, relation
			USING ERRCODE = 'wrong_object_type',
				  HINT = 'versioned_rows writes this column itself: drop its expression or identity.';
	END IF;

	/* or else what is inserted would be history from the beginning */
	IF default_value = 'true' AND EXISTS (SELECT FROM pg_attrdef d
										  WHERE d.adrelid = relation AND d.adnum = att.attnum
												AND pg_get_expr(d.adbin, d.adrelid) <> 'true') THEN
		RAISE EXCEPTION 'default of column "%" of table % must be true', col, relation
			USING ERRCODE = 'invalid_table_definition',
				  HINT = 'A row that is inserted is current: change the default, or drop it.';
	END IF;

	IF default_value IS NOT NULL AND NOT att.atthasdef THEN
		EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s',
					   relation, col, default_value);
	END IF;
	IF NOT att.attnotnull AND default_value IS NOT NULL THEN
		EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', relation, col);
	END IF;
	RETURN true;
END
$$;
COMMENT ON FUNCTION @internal@.adopt_column(regclass, name, regtype[], text, text) IS
'Checks an existing column and gives it its default and NOT NULL; false if there is no such column.';

CREATE FUNCTION @internal@.prepare_version_column(relation regclass, col name)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT @internal@.adopt_column(relation, col, '{int2,int4,int8}',
								   'smallint, integer or bigint', '1') THEN
		EXECUTE format('ALTER TABLE %s ADD COLUMN %I integer NOT NULL DEFAULT 1',
					   relation, col);
	END IF;
END
$$;
COMMENT ON FUNCTION @internal@.prepare_version_column(regclass, name) IS
'Adds or adopts the version column; existing rows are version 1.';

CREATE FUNCTION @internal@.pause_triggers(relation regclass)
RETURNS text[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	g record;
	resume text[] := '{}';
BEGIN
	/* one by one: partitions can have their triggers in different states */
	FOR g IN
		SELECT t.tgrelid::regclass AS rel, t.tgname,
			   CASE t.tgenabled WHEN 'A' THEN 'ALWAYS ' WHEN 'R' THEN 'REPLICA ' ELSE '' END AS state
		FROM pg_trigger t
		WHERE (t.tgrelid = relation OR t.tgrelid IN (SELECT p.relid FROM pg_partition_tree(relation) p))
			  AND NOT t.tgisinternal AND t.tgenabled <> 'D'
	LOOP
		EXECUTE format('ALTER TABLE ONLY %s DISABLE TRIGGER %I', g.rel, g.tgname);
		resume := resume || format('ALTER TABLE ONLY %s ENABLE %sTRIGGER %I', g.rel, g.state, g.tgname);
	END LOOP;
	/* a rule would do so much more, or something else instead */
	FOR g IN
		SELECT r.rulename,
			   CASE r.ev_enabled WHEN 'A' THEN 'ALWAYS ' WHEN 'R' THEN 'REPLICA ' ELSE '' END AS state
		FROM pg_rewrite r
		WHERE r.ev_class = relation AND r.ev_enabled <> 'D'
	LOOP
		EXECUTE format('ALTER TABLE ONLY %s DISABLE RULE %I', relation, g.rulename);
		resume := resume || format('ALTER TABLE ONLY %s ENABLE %sRULE %I', relation, g.state, g.rulename);
	END LOOP;
	RETURN resume;
END
$$;
COMMENT ON FUNCTION @internal@.pause_triggers(regclass) IS
'Disables the triggers and rules of a table, and the triggers of its partitions; returns the commands that enable them again.';

CREATE FUNCTION @internal@.change_unseen(relation regclass, command text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET row_security = off
AS $$
DECLARE
	resume text[] := @internal@.pause_triggers(relation);
	c text;
BEGIN
	EXECUTE command;
	FOREACH c IN ARRAY resume LOOP
		EXECUTE c;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @internal@.change_unseen(regclass, text) IS
'Runs a command that changes rows of a table for a change of its schema: no trigger or rule fires, no version is made, and row security is an error rather than a filter.';

CREATE FUNCTION @internal@.prepare_current_column(relation regclass, col name,
												  version_column name, period_column name)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	has_period boolean := EXISTS (SELECT FROM pg_attribute
								  WHERE attrelid = relation AND attname = period_column
										AND NOT attisdropped);
BEGIN
	IF NOT @internal@.adopt_column(relation, col, '{bool}', 'boolean', 'true') THEN
		EXECUTE format('ALTER TABLE %s ADD COLUMN %I boolean NOT NULL DEFAULT true',
					   relation, col);
		/* there may be history from before */
		IF has_period THEN
			PERFORM @internal@.change_unseen(relation, format(
				'UPDATE %s SET %I = false WHERE NOT upper_inf(%I)', relation, col, period_column));
		ELSIF version_column IS NOT NULL THEN
			PERFORM @internal@.change_unseen(relation, format(
				'UPDATE %1$s AS t SET %2$I = false '
				'WHERE EXISTS (SELECT FROM %1$s AS n WHERE %3$s AND n.%4$I OPERATOR(pg_catalog.>) t.%4$I)',
				relation, col, @internal@.same_row_condition(relation, version_column, 'n', 't'), version_column));
		END IF;
	END IF;
END
$$;
COMMENT ON FUNCTION @internal@.prepare_current_column(regclass, name, name, name) IS
'Adds or adopts the flag of current rows. If the table has versions already, the last one of each row becomes current.';

CREATE FUNCTION @internal@.prepare_period_column(relation regclass, col name,
												 current_column name, period_start timestamptz)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	period text := quote_literal(tstzrange(coalesce(period_start, now()), NULL));
BEGIN
	IF @internal@.adopt_column(relation, col, '{tstzrange}', 'tstzrange', NULL) THEN
		PERFORM @internal@.change_unseen(relation, format('UPDATE %s SET %I = %s WHERE %2$I IS NULL', relation, col, period));
		/* a default would be taken for a value that the client sets */
		EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL, ALTER COLUMN %2$I DROP DEFAULT',
					   relation, col);
	ELSE
		/* a constant default fills the column without a rewrite */
		EXECUTE format('ALTER TABLE %s ADD COLUMN %I tstzrange NOT NULL DEFAULT %s',
					   relation, col, period);
		EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', relation, col);
		IF current_column IS NOT NULL THEN
			/* history from before: when it was valid is not known */
			PERFORM @internal@.change_unseen(relation, format(
				'UPDATE %s SET %I = ''empty'' WHERE NOT %I', relation, col, current_column));
		END IF;
	END IF;
END
$$;
COMMENT ON FUNCTION @internal@.prepare_period_column(regclass, name, name, timestamptz) IS
'Adds or adopts the period; existing current rows are valid from the given time, or now.';

CREATE FUNCTION @internal@.prepare_who_columns(target @extschema@.tables)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	w record;
BEGIN
	FOR w IN SELECT * FROM @internal@.who_types(target) LOOP
		IF NOT @internal@.adopt_column(target.relation, w.col, w.types, w.wanted, NULL) THEN
			EXECUTE format('ALTER TABLE %s ADD COLUMN %I %s', target.relation, w.col, w.types[1]);
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @internal@.prepare_who_columns(@extschema@.tables) IS
'Adds or adopts the columns that say who made a version or deleted the row.';

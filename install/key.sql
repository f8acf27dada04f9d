-- One row of a versioned table, by its key as JSON, and one of its versions.

-- An error unless the JSON object has a value for each key column and nothing
-- else.
CREATE FUNCTION @internal@.check_key(target @extschema@.tables, key jsonb)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	hint text;
	bad text;
BEGIN
	SELECT format('The key of this table is {%s}.',
				  string_agg(format('%s: …', to_json(c.name)), ', '))
	INTO hint
	FROM unnest(target.key_columns) AS c (name);

	IF key IS NULL OR jsonb_typeof(key) <> 'object' THEN
		RAISE EXCEPTION USING
			ERRCODE = CASE WHEN key IS NULL THEN 'null_value_not_allowed'
						   ELSE 'invalid_parameter_value' END,
			MESSAGE = format('key of a row of table "%s" must be a JSON object',
							 @internal@.relation_name(target.relation)),
			HINT = hint;
	END IF;

	SELECT k.name INTO bad FROM jsonb_object_keys(key) AS k (name)
	WHERE k.name <> ALL (target.key_columns::text[])
	ORDER BY k.name LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION USING
			ERRCODE = 'undefined_column',
			MESSAGE = format('column "%s" is not a key column of table "%s"',
							 bad, @internal@.relation_name(target.relation)),
			HINT = hint;
	END IF;

	SELECT c.name INTO bad
	FROM unnest(target.key_columns::text[]) WITH ORDINALITY AS c (name, n)
	WHERE coalesce(key -> c.name, 'null') = 'null'
	ORDER BY c.n LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION USING
			ERRCODE = CASE WHEN key ? bad THEN 'null_value_not_allowed'
						   ELSE 'invalid_parameter_value' END,
			MESSAGE = format(CASE WHEN key ? bad
								  THEN 'key column "%s" of table "%s" must not be null'
								  ELSE 'key column "%s" of table "%s" is missing' END,
							 bad, @internal@.relation_name(target.relation)),
			HINT = hint;
	END IF;
END
$$;

-- The SQL condition that an alias of a versioned table is a version of the
-- row with this key.
CREATE FUNCTION @internal@.key_condition(target @extschema@.tables,
										 key jsonb, alias name)
RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
DECLARE
	k record;
	literal text;
	conditions text[] := '{}';
BEGIN
	PERFORM @internal@.check_key(target, key);
	FOR k IN
		SELECT c.name, c.type, o.operator
		FROM @internal@.table_columns(target) c
			 JOIN @internal@.key_operators(target.relation) o ON o.column_name = c.name
		WHERE c.role = 'key'
		ORDER BY o.n
	LOOP
		/* JSON becomes a value of the column's type, and that a literal */
		EXECUTE format('SELECT r.%I::text FROM jsonb_to_record($1) AS r (%I %s)', k.name, k.name, k.type)
		INTO literal USING key;
		conditions := conditions || format('%I.%I %s %L::%s', alias, k.name, k.operator, literal, k.type);
	END LOOP;
	RETURN array_to_string(conditions, ' AND ');
END
$$;

-- An error unless the row has this version.
CREATE FUNCTION @internal@.check_version(target @extschema@.tables,
										 key jsonb, version bigint)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	known boolean;
	first bigint;
	last bigint;
BEGIN
	IF version IS NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'null_value_not_allowed',
			MESSAGE = 'version must not be null';
	END IF;
	EXECUTE format('SELECT bool_or(v.version = $1), min(v.version), max(v.version) '
				   'FROM (SELECT t.%I::bigint AS version FROM %s AS t WHERE %s) AS v',
				   target.version_column, @internal@.versions_relation(target),
				   @internal@.key_condition(target, key, 't'))
	INTO known, first, last USING version;
	IF known THEN
		RETURN;
	END IF;
	RAISE EXCEPTION USING
		ERRCODE = 'no_data_found',
		MESSAGE = format('version %s of row %s of table "%s" does not exist',
						 version, key, @internal@.relation_name(target.relation)),
		DETAIL = CASE WHEN first IS NULL
					  THEN 'There is no version of this row.'
					  ELSE format('Its versions go from %s to %s.', first,
								  last) END;
END
$$;

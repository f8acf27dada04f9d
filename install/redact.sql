-- Redaction: columns go blank in every version, and a record says so.

CREATE FUNCTION @internal@.record_redaction(relation regclass, key jsonb,
											columns name[], versions bigint)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	class pg_class;
	log name = @internal@.generated_name(@internal@.relation_name(relation), '_redactions');
	qualified text;
BEGIN
	SELECT c.* INTO class FROM pg_class AS c WHERE c.oid = relation;
	qualified := format('%I.%I', (SELECT n.nspname FROM pg_namespace AS n
								  WHERE n.oid = class.relnamespace), log);
	IF to_regclass(qualified) IS NULL THEN
		EXECUTE format('CREATE %sTABLE %s (key jsonb NOT NULL, columns name[] NOT NULL, versions bigint NOT NULL, redacted_at timestamptz NOT NULL DEFAULT now(), redacted_by name NOT NULL DEFAULT session_user)',
					   CASE class.relpersistence WHEN 't' THEN 'TEMPORARY '
												 WHEN 'u' THEN 'UNLOGGED ' END,
					   qualified);
		EXECUTE format('COMMENT ON TABLE %s IS %L', qualified,
					   format('versioned_rows: what redact() has blanked in %s.', class.relname));
		EXECUTE format('ALTER TABLE %s OWNER TO %s', qualified, class.relowner::regrole);
	ELSIF (SELECT c.relowner FROM pg_class AS c
		   WHERE c.oid = to_regclass(qualified)) <> class.relowner THEN
		/* its triggers would run with the rights of the caller */
		RAISE EXCEPTION USING
			ERRCODE = 'insufficient_privilege',
			MESSAGE = format('table "%s" does not belong to the owner of table "%s"',
							 log, class.relname),
			HINT = 'Rename or drop it: redact() keeps its record under this name.';
	END IF;
	EXECUTE format('INSERT INTO %s (key, columns, versions) VALUES ($1, $2, $3)', qualified)
	USING key, columns, versions;
END
$$;
COMMENT ON FUNCTION @internal@.record_redaction(regclass, jsonb, name[], bigint) IS
'Adds a record to the table <table>_redactions, which it creates if it is missing.';

CREATE FUNCTION @internal@.blank_expression(target @extschema@.tables, col name)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	c record;
	base oid;
	blank text;
BEGIN
	SELECT * INTO c FROM @internal@.table_columns(target) AS x WHERE x.name = col;
	IF NOT FOUND THEN
		RAISE EXCEPTION USING
			ERRCODE = 'undefined_column',
			MESSAGE = format('column "%s" of table "%s" does not exist', col,
							 @internal@.relation_name(target.relation));
	ELSIF c.role IN ('key', 'managed') THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('column "%s" of table "%s" cannot be redacted', col,
							 @internal@.relation_name(target.relation)),
			DETAIL = CASE c.role WHEN 'key' THEN 'It is part of the key.'
								 ELSE 'It is maintained by versioned_rows.' END;
	ELSIF c.generated THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('column "%s" of table "%s" cannot be redacted', col,
							 @internal@.relation_name(target.relation)),
			DETAIL = 'It is a generated column.',
			HINT = 'Redact the columns that it is computed from.';
	ELSIF EXISTS (SELECT FROM pg_constraint AS k JOIN pg_attribute AS a
					   ON a.attrelid = target.relation AND a.attname = col
				  WHERE k.contype = 'f'
						AND (k.conrelid = a.attrelid AND a.attnum = ANY (k.conkey)
							 OR k.confrelid = a.attrelid AND a.attnum = ANY (k.confkey))) THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('column "%s" of table "%s" cannot be redacted', col,
							 @internal@.relation_name(target.relation)),
			DETAIL = 'It is part of a foreign key.',
			HINT = 'Redact the row that it references.';
	END IF;

	IF NOT c.required THEN
		RETURN 'NULL';
	END IF;

	WITH RECURSIVE domains (oid) AS (
		SELECT a.atttypid FROM pg_attribute AS a
		WHERE a.attrelid = target.relation AND a.attname = col
		UNION ALL
		SELECT t.typbasetype FROM domains AS d JOIN pg_type AS t ON t.oid = d.oid
		WHERE t.typtype = 'd')
	SELECT t.oid, CASE WHEN t.typcategory = 'S' OR t.oid = 'bytea'::regtype THEN ''
					   WHEN t.typcategory = 'A' OR t.typtype = 'm' THEN '{}'
					   WHEN t.typtype = 'r' THEN 'empty'
					   WHEN t.oid IN ('json'::regtype, 'jsonb'::regtype) THEN 'null'
					   WHEN t.oid = 'bool'::regtype THEN 'false'
					   WHEN t.oid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype,
									  'numeric'::regtype, 'float4'::regtype,
									  'float8'::regtype, 'money'::regtype,
									  'interval'::regtype) THEN '0'
					   WHEN t.oid IN ('date'::regtype, 'timestamp'::regtype,
									  'timestamptz'::regtype) THEN '-infinity'
					   WHEN t.oid = 'uuid'::regtype
					   THEN '00000000-0000-0000-0000-000000000000' END
	INTO base, blank
	FROM domains AS d JOIN pg_type AS t ON t.oid = d.oid WHERE t.typtype <> 'd';
	IF blank IS NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'not_null_violation',
			MESSAGE = format('column "%s" of table "%s" cannot be redacted', col,
							 @internal@.relation_name(target.relation)),
			DETAIL = format('It is NOT NULL, and type %s has no blank value.',
							base::regtype),
			HINT = 'Make the column nullable, or correct it by hand between begin_maintenance() and end_maintenance().';
	END IF;
	RETURN format('%L::%s', blank, c.type);
END
$$;
COMMENT ON FUNCTION @internal@.blank_expression(@extschema@.tables, name) IS
'The SQL expression of the value that redact() writes into a column; an error for a column that cannot be blanked.';

CREATE FUNCTION @extschema@.redact(relation regclass, key jsonb, columns name[])
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET row_security = off
AS $$
DECLARE
	target @extschema@.tables = @internal@.versioned_table(relation);
	condition text;
	assignments text;
	versions bigint;
	was_open boolean = @internal@.in_maintenance(target.relation);
BEGIN
	PERFORM @internal@.check_owner(target.relation);
	condition := @internal@.key_condition(target, key, 't');
	IF coalesce(cardinality(columns), 0) = 0 THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_parameter_value',
			MESSAGE = 'columns must name at least one column';
	END IF;
	SELECT string_agg(format('%I = %s', c.name, @internal@.blank_expression(target, c.name)), ', ')
	INTO assignments
	FROM (SELECT DISTINCT u.name FROM unnest(columns) AS u (name)) AS c;

	/*
	 * A version that a running transaction is about to archive is seen only
	 * once that has ended: wait for it before looking for all versions.
	 */
	EXECUTE format('SELECT FROM %s AS t WHERE %s FOR UPDATE', target.relation, condition);

	PERFORM @internal@.begin_maintenance(target.relation);
	EXECUTE format('UPDATE %s AS t SET %s WHERE %s', target.relation, assignments, condition);
	GET DIAGNOSTICS versions = ROW_COUNT;
	IF versions = 0 THEN
		RAISE EXCEPTION USING
			ERRCODE = 'no_data_found',
			MESSAGE = format('row %s of table "%s" does not exist', key,
							 @internal@.relation_name(target.relation));
	END IF;
	PERFORM @internal@.record_redaction(target.relation, key, columns, versions);
	IF NOT was_open THEN
		PERFORM @internal@.end_maintenance(target.relation);
	END IF;
	RETURN versions;
END
$$;
COMMENT ON FUNCTION @extschema@.redact(regclass, jsonb, name[]) IS
'Blanks columns in all versions of one row, the current one included. A column becomes NULL, or if it is NOT NULL the empty value of its type. Makes no version; keeps key, numbers, times and references; adds a record to <table>_redactions beside the table. Returns the number of versions. The values remain in dead tuples until VACUUM, in WAL and in backups. Owner only.';

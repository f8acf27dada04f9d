-- Redaction: columns go blank in every version, and a record says so.

-- The name of the table <table>_redactions, with its schema; creates the
-- table if it is missing.
CREATE FUNCTION @internal@.redaction_log(relation regclass)
RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	class pg_class;
	log name := @internal@.generated_name(@internal@.relation_name(relation), '_redactions');
	qualified text := @internal@.name_beside(relation, log);
BEGIN
	SELECT * INTO class FROM pg_class WHERE oid = relation;
	IF to_regclass(qualified) IS NULL THEN
		EXECUTE format('CREATE %sTABLE %s (key jsonb NOT NULL, columns name[] NOT NULL, '
					   'versions bigint NOT NULL, redacted_at timestamptz NOT NULL DEFAULT now(), '
					   'redacted_by name NOT NULL DEFAULT session_user)',
					   CASE class.relpersistence WHEN 't' THEN 'TEMPORARY ' WHEN 'u' THEN 'UNLOGGED ' END,
					   qualified);
		EXECUTE format('COMMENT ON TABLE %s IS %L', qualified,
					   format('versioned_rows: what redact() has blanked in %s.', class.relname));
		EXECUTE format('ALTER TABLE %s OWNER TO %s', qualified, class.relowner::regrole);
	ELSIF (SELECT relowner FROM pg_class WHERE oid = to_regclass(qualified)) <> class.relowner THEN
		/* its triggers would run with the rights of the caller */
		RAISE EXCEPTION USING
			ERRCODE = 'insufficient_privilege',
			MESSAGE = format('table "%s" does not belong to the owner of table "%s"', log, class.relname),
			HINT = 'Rename or drop it: redact() keeps its record under this name.';
	END IF;
	RETURN qualified;
END
$$;

-- An error for a column that cannot be redacted, whatever its type.
CREATE FUNCTION @internal@.check_redactable(target @extschema@.tables, col name)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	number int2 := @internal@.column_number(target.relation, col);
	c record;
	detail text;
	hint text := 'Redact other columns.';
BEGIN
	SELECT * INTO c FROM @internal@.table_columns(target) x WHERE x.name = col;
	IF NOT FOUND THEN
		RAISE EXCEPTION USING
			ERRCODE = 'undefined_column',
			MESSAGE = format('column "%s" of table "%s" does not exist', col,
							 @internal@.relation_name(target.relation));
	END IF;
	CASE
		WHEN c.role = 'key' THEN
			detail := 'It is part of the key.';
		WHEN c.role = 'managed' THEN
			detail := 'It is maintained by versioned_rows.';
		WHEN c.generated THEN
			detail := 'It is a generated column.';
			hint := 'Redact the columns that it is computed from.';
		WHEN EXISTS (SELECT FROM pg_constraint k
					 WHERE k.contype = 'f'
						   AND (k.conrelid = target.relation AND number = ANY (k.conkey)
								OR k.confrelid = target.relation AND number = ANY (k.confkey))) THEN
			detail := 'It is part of a foreign key.';
			hint := 'Redact the row that it references.';
		ELSE
			RETURN;
	END CASE;
	RAISE EXCEPTION USING
		ERRCODE = 'invalid_parameter_value',
		MESSAGE = format('column "%s" of table "%s" cannot be redacted', col,
						 @internal@.relation_name(target.relation)),
		DETAIL = detail,
		HINT = hint;
END
$$;

-- The empty value of a type, for columns that are NOT NULL; NULL if the type
-- has none.
CREATE FUNCTION @internal@.blank_value(type oid)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN t.typcategory = 'S' OR t.oid = 'bytea'::regtype THEN ''
				WHEN t.typcategory = 'A' OR t.typtype = 'm' THEN '{}'
				WHEN t.typtype = 'r' THEN 'empty'
				WHEN t.oid IN ('json'::regtype, 'jsonb'::regtype) THEN 'null'
				WHEN t.oid = 'bool'::regtype THEN 'false'
				WHEN t.oid = ANY ('{int2,int4,int8,numeric,float4,float8,money,interval}'::regtype[]) THEN '0'
				WHEN t.oid = ANY ('{date,timestamp,timestamptz}'::regtype[]) THEN '-infinity'
				WHEN t.oid = 'uuid'::regtype THEN '00000000-0000-0000-0000-000000000000' END
	FROM pg_type t WHERE t.oid = type
$$;

-- The SQL expression of the value that redact() writes into a column; an
-- error for a column that cannot be blanked.
CREATE FUNCTION @internal@.blank_expression(target @extschema@.tables, col name)
RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	c record;
	base oid;
	blank text;
BEGIN
	PERFORM @internal@.check_redactable(target, col);
	SELECT * INTO c FROM @internal@.table_columns(target) x WHERE x.name = col;
	IF NOT c.required THEN
		RETURN 'NULL';
	END IF;
	SELECT (@internal@.base_type(a.atttypid)).type INTO base
	FROM pg_attribute a WHERE a.attrelid = target.relation AND a.attname = col;
	blank := @internal@.blank_value(base);
	IF blank IS NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'not_null_violation',
			MESSAGE = format('column "%s" of table "%s" cannot be redacted', col,
							 @internal@.relation_name(target.relation)),
			DETAIL = format('It is NOT NULL, and type %s has no blank value.', base::regtype),
			HINT = 'Make the column nullable, or correct it by hand between begin_maintenance() and end_maintenance().';
	END IF;
	RETURN format('%L::%s', blank, c.type);
END
$$;

-- Blanks columns in the rows of one relation of a versioned table that meet a
-- condition; returns how many rows there are.
CREATE FUNCTION @internal@.redact_rows(target @extschema@.tables, relation regclass, condition text,
									   columns name[])
RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET row_security = off AS $$
DECLARE
	/* ignored columns are not those of a versions table */
	assignments text := (SELECT string_agg(format('%I = %s', c.name, @internal@.blank_expression(target, c.name)), ', ')
						 FROM (SELECT DISTINCT u.name FROM unnest(columns) AS u (name)) AS c
						 WHERE @internal@.column_number(redact_rows.relation, c.name) IS NOT NULL);
	opened boolean;
	found bigint;
BEGIN
	IF assignments IS NULL THEN
		EXECUTE format('SELECT count(*) FROM %s AS t WHERE %s', relation, condition) INTO found;
		RETURN found;
	END IF;
	opened := @internal@.open_history(relation);
	EXECUTE format('UPDATE %s AS t SET %s WHERE %s', relation, assignments, condition);
	GET DIAGNOSTICS found := ROW_COUNT;
	PERFORM @internal@.close_history(relation, opened);
	RETURN found;
END
$$;

CREATE FUNCTION @extschema@.redact(relation regclass, key jsonb, columns name[])
RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET row_security = off AS $$
DECLARE
	target @extschema@.tables := @internal@.versioned_table(relation);
	condition text;
	versions bigint;
BEGIN
	PERFORM @internal@.check_owner(target.relation);
	condition := @internal@.key_condition(target, key, 't');
	IF coalesce(cardinality(columns), 0) = 0 THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_parameter_value',
			MESSAGE = 'columns must name at least one column';
	END IF;
	/* an error for what cannot be blanked, or is no column of the table */
	PERFORM @internal@.blank_expression(target, u.name) FROM unnest(columns) AS u (name);

	/*
	 * A version that a running transaction is about to archive is seen only
	 * once that has ended: wait for it before looking for all versions.
	 */
	EXECUTE format('SELECT FROM %s AS t WHERE %s FOR UPDATE', target.relation, condition);

	versions := @internal@.redact_rows(target, @internal@.versions_relation(target), condition, columns);
	IF versions = 0 THEN
		RAISE EXCEPTION USING
			ERRCODE = 'no_data_found',
			MESSAGE = format('row %s of table "%s" does not exist', key,
							 @internal@.relation_name(target.relation));
	ELSIF target.versions_table IS NOT NULL THEN
		PERFORM @internal@.redact_rows(target, target.relation, condition, columns);
	END IF;
	EXECUTE format('INSERT INTO %s (key, columns, versions) VALUES ($1, $2, $3)',
				   @internal@.redaction_log(target.relation))
	USING key, columns, versions;
	RETURN versions;
END
$$;
COMMENT ON FUNCTION @extschema@.redact(regclass, jsonb, name[]) IS
'Blanks columns in all versions of one row, the current one included. A column becomes NULL, or if it is NOT NULL the empty value of its type. Makes no version; keeps key, numbers, times and references; adds a record to <table>_redactions beside the table. Returns the number of versions. The values remain in dead tuples until VACUUM, in WAL and in backups. Owner only.';

-- Pieces of SQL: every function here returns text that others put into a
-- command.  Names are quoted, and operators are written with their schema,
-- since a condition may end in a view or a function with another search_path.

-- Columns as a list, of an alias if one is given; NULL if there are none.
CREATE FUNCTION @internal@.column_list(columns name[], alias text DEFAULT NULL)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
	SELECT string_agg(coalesce(alias || '.', '') || quote_ident(u.col), ', ' ORDER BY u.n)
	FROM unnest(columns) WITH ORDINALITY AS u (col, n)
$$;

-- A name with the schema of a relation.
CREATE FUNCTION @internal@.name_beside(relation regclass, name name)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('%I.%I', n.nspname, name_beside.name)
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE c.oid = relation
$$;

-- An operator with its schema, as it stands between its operands.
CREATE FUNCTION @internal@.operator_name(operator oid)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('OPERATOR(%I.%s)', n.nspname, o.oprname)
	FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
	WHERE o.oid = operator
$$;

-- The operator of a strategy of a btree operator class, 1 to 5 for <, <=, =,
-- >= and >.
CREATE FUNCTION @internal@.btree_operator(opclass oid, strategy integer)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT @internal@.operator_name(m.amopopr)
	FROM pg_opclass c
		 JOIN pg_amop m ON m.amopfamily = c.opcfamily AND m.amopstrategy = btree_operator.strategy
						   AND m.amoplefttype = c.opcintype AND m.amoprighttype = c.opcintype
	WHERE c.oid = opclass
$$;

-- The operator by which a btree of this operator class finds equal values.
CREATE FUNCTION @internal@.equality_operator(opclass oid)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT @internal@.btree_operator(opclass, 3)
$$;

-- The columns of a primary key, each with the operator that compares its
-- values.
CREATE FUNCTION @internal@.key_operators(relation regclass)
RETURNS TABLE (n bigint, column_name name, operator text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT k.n, a.attname, @internal@.equality_operator(k.opclass)
	FROM pg_index i
		 CROSS JOIN LATERAL unnest(i.indkey::int2[], i.indclass::oid[])
					WITH ORDINALITY AS k (attnum, opclass, n)
		 JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
	WHERE i.indrelid = relation AND i.indisprimary AND k.n <= i.indnkeyatts
$$;

-- The condition that two rows of a versioned table are versions of the same
-- row.
CREATE FUNCTION @internal@.same_row_condition(target @extschema@.tables,
											  left_alias text, right_alias text)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT string_agg(format('%s.%I %s %s.%I', left_alias, k.column_name, k.operator,
							 right_alias, k.column_name), ' AND ' ORDER BY k.n)
	FROM @internal@.key_operators(target.relation) k
	WHERE k.column_name <> target.version_column
$$;

-- The condition that the key of a row comes after (>) the given one, or not
-- after it (<=), in the order of the primary key.
CREATE FUNCTION @internal@.key_order_condition(target @extschema@.tables, alias text,
											   comparison text, key_values text[])
RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	columns text[] := ARRAY(SELECT format('%s.%I', alias, k) FROM unnest(target.key_columns) AS k);
	literals text[] := ARRAY(SELECT format('%L::%s', u.value, format_type(a.atttypid, -1))
							 FROM unnest(target.key_columns, key_values) WITH ORDINALITY AS u (name, value, n)
								  JOIN pg_attribute a ON a.attrelid = target.relation AND a.attname = u.name
							 ORDER BY u.n);
	classes oid[] := ARRAY(SELECT unnest(i.indclass::oid[]) FROM pg_index i
						   WHERE i.indrelid = target.relation AND i.indisprimary);
	n integer := cardinality(columns);
	is_after boolean := comparison = '>';
	operators text[] := ARRAY(SELECT @internal@.btree_operator(c, CASE WHEN is_after THEN 5 ELSE 2 END)
							  FROM unnest(classes[:n]) AS c);
	result text := format('%s %s %s', columns[n], operators[n], literals[n]);
BEGIN
	/* a btree goes right to the place of a row, which is compared by one operator */
	IF operators[1] = ALL (operators) THEN
		RETURN format('ROW (%s) %s ROW (%s)', array_to_string(columns, ', '), operators[1],
					  array_to_string(literals, ', '));
	END IF;
	/* operators of several schemas: column by column, from the last one */
	FOR i IN REVERSE n - 1 .. 1 LOOP
		result := format('%s %s %s AND (%s %s %s OR %s)',
						 columns[i], @internal@.btree_operator(classes[i], CASE WHEN is_after THEN 4 ELSE 2 END), literals[i],
						 columns[i], @internal@.btree_operator(classes[i], CASE WHEN is_after THEN 5 ELSE 1 END), literals[i],
						 result);
	END LOOP;
	RETURN result;
END
$$;

-- The condition that a row has no later version.
CREATE FUNCTION @internal@.last_version_condition(target @extschema@.tables, alias text)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('NOT EXISTS (SELECT FROM %s AS n WHERE %s AND n.%I OPERATOR(pg_catalog.>) %s.%I)',
				  @internal@.versions_relation(target), @internal@.same_row_condition(target, 'n', alias),
				  target.version_column, alias, target.version_column)
$$;

-- The condition that a row is current by its own columns; NULL for a table
-- with neither flag nor period.
CREATE FUNCTION @internal@.current_column_condition(target @extschema@.tables,
													alias text DEFAULT NULL)
RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN target.current_column IS NOT NULL
				THEN @internal@.column_list(ARRAY[target.current_column], alias)
				WHEN target.period_column IS NOT NULL
				THEN format('pg_catalog.upper_inf(%s)',
							@internal@.column_list(ARRAY[target.period_column], alias))
		   END
$$;

-- The condition that the row of a version is there, where versions have a table
-- of their own; NULL elsewhere.
CREATE FUNCTION @internal@.live_row_condition(target @extschema@.tables, alias text)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('EXISTS (SELECT FROM %s AS l WHERE %s)', target.relation,
				  @internal@.same_row_condition(target, 'l', alias))
	WHERE target.versions_table IS NOT NULL
$$;

-- The condition that a version is current by its number.
CREATE FUNCTION @internal@.current_number_condition(target @extschema@.tables, alias text)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT concat_ws(' AND ', @internal@.live_row_condition(target, alias),
					 @internal@.last_version_condition(target, alias))
$$;

-- The condition that a version of any versioned table is current.
CREATE FUNCTION @internal@.current_condition(target @extschema@.tables, alias text)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN target.versions_table IS NOT NULL THEN @internal@.current_number_condition(target, alias)
				ELSE coalesce(@internal@.current_column_condition(target, alias),
							  @internal@.last_version_condition(target, alias)) END
$$;

-- The condition that a row of the table itself is no history.
CREATE FUNCTION @internal@.no_history_condition(target @extschema@.tables, alias text)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN target.versions_table IS NOT NULL THEN 'true'
				ELSE @internal@.current_condition(target, alias) END
$$;

-- The condition that one row references another by a foreign key.
CREATE FUNCTION @internal@.reference_condition(con oid, referencing_alias text,
											   referenced_alias text)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT string_agg(format('%s.%I %s %s.%I', referenced_alias, k.referenced,
							 @internal@.operator_name(k.operator), referencing_alias,
							 k.referencing), ' AND ' ORDER BY k.n)
	FROM @internal@.reference_columns(con) k
$$;

-- A stem and a suffix as a name; the stem is cut off if both are too long.
CREATE FUNCTION @internal@.shortened_name(stem text, suffix text)
RETURNS name LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
	/* a name has 63 bytes; a character may have several */
	SELECT (left(stem, max(l)) || suffix)::name
	FROM generate_series(0, 63) AS l
	WHERE octet_length(left(stem, l) || suffix) <= 63
$$;

-- The name of a generated object: the name of its table with a suffix,
-- shortened so that no two tables share it.
CREATE FUNCTION @internal@.generated_name(base name, suffix text)
RETURNS name LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
	/* a shortened name must not be that of another table, too */
	SELECT CASE WHEN octet_length(base || suffix) <= 63 THEN (base || suffix)::name
				ELSE @internal@.shortened_name(base, '_' || left(md5(base), 8) || suffix) END
$$;

-- A name for a new index or view beside the relation that is not yet taken in
-- its schema.
CREATE FUNCTION @internal@.free_name(relation regclass, suffix text)
RETURNS name LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	base pg_class;
	found name;
BEGIN
	SELECT * INTO base FROM pg_class c WHERE c.oid = relation;
	FOR n IN 0..999 LOOP
		found := @internal@.shortened_name(base.relname, suffix || coalesce(nullif(n, 0)::text, ''));
		EXIT WHEN NOT EXISTS (SELECT FROM pg_class o
							  WHERE o.relnamespace = base.relnamespace AND o.relname = found);
	END LOOP;
	RETURN found;
END
$$;

-- The SQL expression that makes a JSON object of columns; aliases are the SQL
-- names of their values.
CREATE FUNCTION @internal@.json_object_expression(relation regclass, columns name[], aliases text[])
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	/* a value of a user's type as a string: a cast to json may be his, too */
	SELECT format('jsonb_build_object(%s)',
				  string_agg(CASE WHEN t.base < 16384
								  THEN format('%L, %s::%s', c.name, c.alias, t.base::regtype)
								  ELSE format('%L, format(''%%s'', %s)', c.name, c.alias) END,
							 ', ' ORDER BY c.n))
	FROM unnest(columns, aliases) WITH ORDINALITY AS c (name, alias, n)
		 JOIN pg_attribute a ON a.attrelid = relation AND a.attname = c.name
		 CROSS JOIN LATERAL (SELECT (@internal@.base_type(a.atttypid)).type) AS t (base)
$$;

-- A table with its partitions, but without its inheritance children, for
-- FROM.
CREATE FUNCTION @internal@.from_item(relation regclass)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN c.relkind = 'p' THEN '' ELSE 'ONLY ' END || relation
	FROM pg_class c WHERE c.oid = relation
$$;

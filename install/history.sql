-- Reads: all versions of a row, and what differs between two of them.

CREATE FUNCTION @extschema@.history(relation regclass, key jsonb)
RETURNS TABLE (version bigint, is_current boolean, period tstzrange,
			   "row" jsonb)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	target @extschema@.tables = @extschema@._table(relation);
BEGIN
	RETURN QUERY EXECUTE format(
		'SELECT t.%1$I::bigint, %2$s, %3$s, to_jsonb(t.*) FROM %4$s AS t WHERE %5$s ORDER BY t.%1$I',
		target.version_column,
		@extschema@._is_current(target, 't'),
		coalesce('t.' || quote_ident(target.period_column), 'NULL::tstzrange'),
		target.relation,
		@extschema@._key_condition(target, key, 't'));
END
$$;
COMMENT ON FUNCTION @extschema@.history(regclass, jsonb) IS
'All versions of one row, oldest first. key is a JSON object such as {"id": 1} with every key column; period is null where the table has none. No rows if there is no such row; an error if the table is not versioned or the key does not fit.';

CREATE FUNCTION @extschema@.diff(relation regclass, key jsonb,
								 from_version bigint, to_version bigint)
RETURNS TABLE (column_name name, old_value jsonb, new_value jsonb)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	target @extschema@.tables = @extschema@._table(relation);
	columns text;
BEGIN
	PERFORM @extschema@._check_version(target, key, from_version);
	PERFORM @extschema@._check_version(target, key, to_version);

	SELECT string_agg(format('(%s, %L::name, to_jsonb(a.%3$I), to_jsonb(b.%3$I), a.%3$I::text, b.%3$I::text, record_image_ne(ROW (a.%3$I), ROW (b.%3$I)))',
							 c.n, c.name, c.name), ', ')
	INTO columns
	FROM @extschema@._columns(target)
		 WITH ORDINALITY AS c (name, type, role, generated, identity_always,
							   required, n)
	WHERE c.role IN ('content', 'ignored');
	IF columns IS NULL THEN
		RETURN;
	END IF;

	/*
	 * Values that differ although jsonb writes them alike (the blanks of a
	 * json, say) are shown as text.
	 */
	RETURN QUERY EXECUTE format(
		'SELECT d.name,
				CASE WHEN d.o::text = d.n::text THEN to_jsonb(d.ot) ELSE d.o END,
				CASE WHEN d.o::text = d.n::text THEN to_jsonb(d.nt) ELSE d.n END
		 FROM %1$s AS a CROSS JOIN %1$s AS b
			  CROSS JOIN LATERAL (VALUES %2$s)
				   AS d (ordinality, name, o, n, ot, nt, differs)
		 WHERE %3$s AND a.%5$I = $1 AND %4$s AND b.%5$I = $2 AND d.differs
		 ORDER BY d.ordinality',
		target.relation, columns,
		@extschema@._key_condition(target, key, 'a'),
		@extschema@._key_condition(target, key, 'b'),
		target.version_column)
	USING from_version, to_version;
END
$$;
COMMENT ON FUNCTION @extschema@.diff(regclass, jsonb, bigint, bigint) IS
'The columns in which two versions of a row differ, in table order; managed columns are left out. Values are compared by image, as for making versions: 1.0 and 1.00 differ. Null stands for SQL NULL. A value whose JSON form does not show the difference is given as text. An error if one of the versions does not exist.';

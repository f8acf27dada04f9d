-- What is versioned, and how: read from pg_trigger, which is the registry.

CREATE FUNCTION @extschema@._trigger_options(tgargs bytea)
RETURNS TABLE (option text, value text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	/* the arguments are separated by zero bytes: 00 in whole hex pairs */
	SELECT split_part(a.arg, '=', 1), substr(a.arg, strpos(a.arg, '=') + 1)
	FROM regexp_matches(encode(tgargs, 'hex'),
						'((?:(?!00)[0-9a-f]{2})*)00', 'g')
		 WITH ORDINALITY AS m (hex, n),
		 LATERAL (SELECT convert_from(decode(m.hex[1], 'hex'),
									  getdatabaseencoding())) AS a (arg)
	ORDER BY m.n
$$;
COMMENT ON FUNCTION @extschema@._trigger_options(bytea) IS
'Internal: the name=value arguments of a trigger, from pg_trigger.tgargs.';

CREATE VIEW @extschema@.tables AS
SELECT t.tgrelid::regclass AS relation,
	   (SELECT array_agg(a.attname ORDER BY k.n)
		FROM pg_catalog.pg_index i
			 CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, n)
			 JOIN pg_catalog.pg_attribute a
				  ON a.attrelid = i.indrelid AND a.attnum = k.attnum
		WHERE i.indrelid = t.tgrelid AND i.indisprimary
			  AND k.n <= i.indnkeyatts
			  AND a.attname <> o.version_column) AS key_columns,
	   o.version_column,
	   o.current_column,
	   o.period_column,
	   o.ignore_columns,
	   o.reinsert,
	   o.current_view,
	   o.facade
FROM (SELECT DISTINCT ON (g.tgrelid) g.tgrelid, g.tgargs
	  FROM pg_catalog.pg_trigger g
	  WHERE g.tgfoid IN ('@extschema@.stamp()'::regprocedure,
						 '@extschema@.archive()'::regprocedure)
			AND g.tgparentid = 0
	  ORDER BY g.tgrelid, g.tgfoid <> '@extschema@.stamp()'::regprocedure) AS t
	 CROSS JOIN LATERAL
	 (SELECT max(p.value::name::text) FILTER (WHERE p.option = 'version')::name AS version_column,
			 max(p.value::name::text) FILTER (WHERE p.option = 'current')::name AS current_column,
			 max(p.value::name::text) FILTER (WHERE p.option = 'period')::name AS period_column,
			 coalesce(array_agg(p.value::name) FILTER (WHERE p.option = 'ignore'), '{}') AS ignore_columns,
			 count(*) FILTER (WHERE p.option = 'reinsert' AND p.value = 'off') = 0 AS reinsert,
			 max(p.value::name::text) FILTER (WHERE p.option = 'view')::name AS current_view,
			 max(p.value::name::text) FILTER (WHERE p.option = 'facade')::name AS facade
	  FROM @extschema@._trigger_options(t.tgargs) AS p) AS o;
COMMENT ON VIEW @extschema@.tables IS
'Every versioned table with its key and options; views are named without their schema, which is that of the table.';

GRANT SELECT ON @extschema@.tables TO PUBLIC;
GRANT USAGE ON SCHEMA @extschema@ TO PUBLIC;

-- Reads: all versions of a row, and what differs between two of them.

CREATE FUNCTION @extschema@.history(relation regclass, key jsonb)
RETURNS TABLE (version bigint, is_current boolean, period tstzrange,
			   "row" jsonb)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	target @extschema@.tables := @internal@.versioned_table(relation);
BEGIN
	RETURN QUERY EXECUTE format(
		'SELECT t.%I::bigint, %s, %s, to_jsonb(t.*) FROM %s AS t WHERE %s ORDER BY 1',
		target.version_column, @internal@.current_condition(target, 't'),
		coalesce(@internal@.column_list(ARRAY[target.period_column], 't'), 'NULL::tstzrange'),
		@internal@.versions_relation(target), @internal@.key_condition(target, key, 't'));
END
$$;
COMMENT ON FUNCTION @extschema@.history(regclass, jsonb) IS
'All versions of one row, oldest first. key is a JSON object such as {"id": 1} with every key column; period is null where the table has none. No rows if there is no such row; an error if the table is not versioned or the key does not fit.';

CREATE FUNCTION @extschema@.diff(relation regclass, key jsonb,
								 from_version bigint, to_version bigint)
RETURNS TABLE (column_name name, old_value jsonb, new_value jsonb)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	target @extschema@.tables := @internal@.versioned_table(relation);
	columns text;
BEGIN
	PERFORM @internal@.check_version(target, key, from_version);
	PERFORM @internal@.check_version(target, key, to_version);

	SELECT string_agg(format('(%s, %L::name, to_jsonb(%s), to_jsonb(%s), %s::text, %s::text, '
							 'record_image_ne(ROW (%s), ROW (%s)))',
							 c.n, c.name, v.a, v.b, v.a, v.b, v.a, v.b), ', ')
	INTO columns
	FROM unnest(@internal@.versioned_columns(target)) WITH ORDINALITY AS c (name, n)
		 CROSS JOIN LATERAL (SELECT format('a.%I', c.name), format('b.%I', c.name)) AS v (a, b);
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
		 FROM (SELECT t.* FROM %s AS t WHERE %s AND t.%I = $1) AS a
			  CROSS JOIN (SELECT t.* FROM %s AS t WHERE %s AND t.%I = $2) AS b
			  CROSS JOIN LATERAL (VALUES %s) AS d (ordinality, name, o, n, ot, nt, differs)
		 WHERE d.differs
		 ORDER BY d.ordinality',
		@internal@.versions_relation(target), @internal@.key_condition(target, key, 't'), target.version_column,
		@internal@.versions_relation(target), @internal@.key_condition(target, key, 't'), target.version_column, columns)
	USING from_version, to_version;
END
$$;
COMMENT ON FUNCTION @extschema@.diff(regclass, jsonb, bigint, bigint) IS
'The columns in which two versions of a row differ, in the order of the table, without key and managed columns. Values are compared by image: 1.0 and 1.00 differ. Null stands for SQL NULL. A value whose JSON form does not show the difference is given as text. An error if one of the versions does not exist.';

-- A value for a line of text, cut off where it is long.
CREATE FUNCTION @internal@.describe_value(value jsonb)
RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN value IS NULL THEN 'null'
				WHEN length(value::text) <= 40 THEN value::text
				ELSE left(value::text, 37) || '...' END
$$;

-- The differences of two versions, given as JSON, in words; of a first
-- version the columns that are not null.
CREATE FUNCTION @internal@.describe_changes(columns text[], before jsonb, after jsonb)
RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT string_agg(concat_ws(' ', c.name || ':',
								@internal@.describe_value(nullif(before -> c.name, 'null'))
								|| CASE WHEN before IS NOT NULL THEN ' ->' END,
								@internal@.describe_value(nullif(after -> c.name, 'null'))),
					  ', ' ORDER BY c.n)
	FROM unnest(columns) WITH ORDINALITY AS c (name, n)
	WHERE CASE WHEN before IS NULL THEN after -> c.name <> 'null'
			   ELSE (before -> c.name)::text <> (after -> c.name)::text END
$$;

-- Who did something, in words; NULL if that is not known.
CREATE FUNCTION @internal@.describe_who(changed_by text, application_name text, transaction_id text, reason text)
RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT nullif(concat_ws(', ', changed_by, 'with ' || application_name,
							'in transaction ' || transaction_id, 'because: ' || reason), '')
$$;

-- The place of an instant on a line of time with the given number of places.
CREATE FUNCTION @internal@.timeline_place(instant timestamptz, first timestamptz, last timestamptz,
										  places bigint)
RETURNS bigint LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN instant <= first OR NOT isfinite(instant) THEN 0
				WHEN instant >= last THEN places
				ELSE floor(places * extract(epoch FROM instant - first)
						   / extract(epoch FROM last - first))::bigint END
$$;

CREATE FUNCTION @extschema@.timeline(relation regclass, key jsonb,
									 width integer DEFAULT 40, until timestamptz DEFAULT now())
RETURNS TABLE (version bigint, since timestamptz, line text, changes text, who text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	target @extschema@.tables := @internal@.versioned_table(relation);
	/* once, and not for each version */
	columns text[] := @internal@.versioned_columns(target);
BEGIN
	IF width IS NULL OR width < 1 OR width > 1000 THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_parameter_value',
			MESSAGE = 'width must be between 1 and 1000';
	END IF;
	/*
	 * Each version takes a place at least, or where there are more than 1000,
	 * its part of as many; the others are shared out by time, or evenly where
	 * no times are known.
	 */
	RETURN QUERY
	WITH versions AS (
		SELECT h.version, h.is_current, h."row", lower(h.period) AS started, upper(h.period) AS ended,
			   row_number() OVER w AS n, count(*) OVER () AS total, lag(h."row") OVER w AS before,
			   nullif(h."row" -> target.deletion_column::text, 'null') AS deletion,
			   NOT h.is_current AND lead(h.version) OVER w IS NULL AS is_end,
			   least(count(*) OVER (), 1000) AS places, greatest(width - count(*) OVER (), 0) AS free,
			   min(lower(h.period)) OVER () AS first,
			   greatest(max(lower(h.period)) OVER (), max(upper(h.period)) OVER (), nullif(until, 'infinity')) AS last
		FROM @extschema@.history(target.relation, key) AS h
		WINDOW w AS (ORDER BY h.version)),
	bars AS (
		SELECT v.*,
			   (v.n - 1) * v.places / v.total
			   + CASE WHEN v.first IS NULL THEN v.free * (v.n - 1) / v.total
					  ELSE coalesce(@internal@.timeline_place(v.started, v.first, v.last, v.free), 0) END AS start_place,
			   v.n * v.places / v.total
			   + CASE WHEN v.first IS NULL THEN v.free * v.n / v.total
					  WHEN v.is_current THEN v.free
					  ELSE coalesce(@internal@.timeline_place(v.ended, v.first, v.last, v.free), 0) END AS end_place
		FROM versions v)
	SELECT b.version, b.started,
		   format('%s|%s%s', repeat(' ', b.start_place::integer),
				  repeat('-', (b.end_place - b.start_place - 1)::integer),
				  CASE WHEN b.is_current THEN '>' ELSE '|' END),
		   concat_ws('; ', @internal@.describe_changes(columns, b.before, b."row"),
					 CASE WHEN b.deletion IS NOT NULL OR b.is_end
						  THEN concat_ws(' by ', 'deleted',
										 @internal@.describe_who(b.deletion ->> 'changed_by', b.deletion ->> 'application_name',
																 b.deletion ->> 'transaction_id', b.deletion ->> 'reason')) END),
		   @internal@.describe_who(b."row" ->> target.changed_by_column::text,
								   b."row" ->> target.application_name_column::text,
								   b."row" ->> target.transaction_id_column::text,
								   b."row" ->> target.reason_column::text)
	FROM bars b ORDER BY b.version;
END
$$;
COMMENT ON FUNCTION @extschema@.timeline(regclass, jsonb, integer, timestamptz) IS
'Draws the versions of one row for a terminal, each from | to |, the current one to >. The line has width places and ends at until (default: now). changes says in words which columns changed, who says who made the version. Without a period all versions are equally long.';

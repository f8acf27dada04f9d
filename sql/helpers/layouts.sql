-- One scenario in both layouts: the table "product" of the schemas own and apart,
-- where versions are in the table itself and in another one.  both() runs a
-- statement in each of them, and says whether it came to the same end; VERSIONS
-- stands for the table that has them.
CREATE FUNCTION pg_temp.outcome(place text, statement text)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	result jsonb;
	n bigint;
	message text;
	detail text;
BEGIN
	PERFORM set_config('search_path', place, true);
	statement := replace(statement, 'VERSIONS', CASE place WHEN 'own' THEN 'product' ELSE 'product_versions' END);
	IF statement ~ '^SELECT' THEN
		EXECUTE format('SELECT jsonb_agg(to_jsonb(x)) FROM (%s) AS x', statement) INTO result;
		/* the flag, and what is ignored, are columns of one of them alone */
		RETURN regexp_replace(result::text, ', ("(is_current_version|seen)": [^,}]+|seen: [0-9]+)', '', 'g')::jsonb;
	END IF;
	EXECUTE statement;
	GET DIAGNOSTICS n = ROW_COUNT;
	RETURN to_jsonb(n);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
	RETURN to_jsonb(concat_ws(': ', SQLSTATE, message, nullif(detail, '')));
END $$;

CREATE FUNCTION pg_temp.both(statement text)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	own jsonb := pg_temp.outcome('own', statement);
	apart jsonb := pg_temp.outcome('apart', statement);
BEGIN
	IF own IS DISTINCT FROM apart THEN
		RETURN E'DIFFERENT\n' || coalesce(own::text, 'none') || E'\n' || coalesce(apart::text, 'none');
	END IF;
	RETURN CASE jsonb_typeof(own) WHEN 'array' THEN 'alike: ' || jsonb_array_length(own) || ' rows'
								  ELSE 'alike: ' || coalesce(own::text, 'no rows') END;
END $$;

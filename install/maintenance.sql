-- The owner's switch to rewrite history.

-- Opens a table for maintenance by the current transaction; an error unless
-- the current user owns it.
CREATE FUNCTION @internal@.begin_maintenance(relation regclass)
RETURNS void
LANGUAGE c STRICT
AS 'MODULE_PATHNAME', 'versioned_rows_begin_maintenance';

-- Ends what begin_maintenance() began.
CREATE FUNCTION @internal@.end_maintenance(relation regclass)
RETURNS void
LANGUAGE c STRICT
AS 'MODULE_PATHNAME', 'versioned_rows_end_maintenance';

-- Has the current transaction opened this table for maintenance?
CREATE FUNCTION @internal@.in_maintenance(relation regclass)
RETURNS boolean
LANGUAGE c STRICT
AS 'MODULE_PATHNAME', 'versioned_rows_in_maintenance';

CREATE FUNCTION @extschema@.begin_maintenance(relation regclass)
RETURNS void LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	SELECT @internal@.begin_maintenance(t.relation), @internal@.begin_maintenance(t.versions_table)
	FROM @internal@.versioned_table(relation) AS t
$$;
COMMENT ON FUNCTION @extschema@.begin_maintenance(regclass) IS
'Opens a versioned table for corrections until the end of the transaction or end_maintenance(): UPDATE and DELETE by the owner then reach every version, make no new ones, and may set the managed columns. Nothing checks the result: call verify() before COMMIT. Owner only.';

CREATE FUNCTION @extschema@.end_maintenance(relation regclass)
RETURNS void LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	SELECT @internal@.end_maintenance(t.relation), @internal@.end_maintenance(t.versions_table)
	FROM @internal@.versioned_table(relation) AS t
$$;
COMMENT ON FUNCTION @extschema@.end_maintenance(regclass) IS
'Ends what begin_maintenance() began, before the end of the transaction.';

-- Was a row with this xmin stored by the current transaction?
CREATE FUNCTION @internal@.is_own(xmin xid)
RETURNS boolean
LANGUAGE c STRICT STABLE
AS 'MODULE_PATHNAME', 'versioned_rows_is_own';

-- A notice about something that takes long, once a second at most; none before
-- many rows are done.
CREATE FUNCTION @internal@.report_progress(INOUT reported timestamptz, done bigint, message text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF done >= 100000 AND clock_timestamp() >= reported + interval '1s' THEN
		RAISE NOTICE USING MESSAGE = message;
		reported := clock_timestamp();
	END IF;
END
$$;

-- Opens a table for maintenance by a function, and returns whether it was
-- closed.
CREATE FUNCTION @internal@.open_history(relation regclass)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF @internal@.in_maintenance(relation) THEN
		RETURN false;
	END IF;
	PERFORM @internal@.begin_maintenance(relation);
	RETURN true;
END
$$;

-- Closes a table that open_history() has opened; one that the user had opened
-- stays open.
CREATE FUNCTION @internal@.close_history(relation regclass, opened boolean)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF opened THEN
		PERFORM @internal@.end_maintenance(relation);
	END IF;
END
$$;

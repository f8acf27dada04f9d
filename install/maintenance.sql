-- The owner's switch to rewrite history.

CREATE FUNCTION @internal@.begin_maintenance(relation regclass)
RETURNS void
LANGUAGE c STRICT
AS 'MODULE_PATHNAME', 'versioned_rows_begin_maintenance';
COMMENT ON FUNCTION @internal@.begin_maintenance(regclass) IS
'Opens a table for maintenance by the current transaction; an error unless the current user owns it.';

CREATE FUNCTION @internal@.end_maintenance(relation regclass)
RETURNS void
LANGUAGE c STRICT
AS 'MODULE_PATHNAME', 'versioned_rows_end_maintenance';
COMMENT ON FUNCTION @internal@.end_maintenance(regclass) IS
'Ends what begin_maintenance() began.';

CREATE FUNCTION @internal@.in_maintenance(relation regclass)
RETURNS boolean
LANGUAGE c STRICT
AS 'MODULE_PATHNAME', 'versioned_rows_in_maintenance';
COMMENT ON FUNCTION @internal@.in_maintenance(regclass) IS
'Has the current transaction opened this table for maintenance?';

CREATE FUNCTION @extschema@.begin_maintenance(relation regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	target @extschema@.tables := @internal@.versioned_table(relation);
BEGIN
	PERFORM @internal@.begin_maintenance(target.relation);
END
$$;
COMMENT ON FUNCTION @extschema@.begin_maintenance(regclass) IS
'Opens a versioned table for corrections until the end of the transaction or end_maintenance(): UPDATE and DELETE by the owner then reach every version, make no new ones, and may set the managed columns. Nothing checks the result: call verify() before COMMIT. Owner only.';

CREATE FUNCTION @extschema@.end_maintenance(relation regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	target @extschema@.tables := @internal@.versioned_table(relation);
BEGIN
	PERFORM @internal@.end_maintenance(target.relation);
END
$$;
COMMENT ON FUNCTION @extschema@.end_maintenance(regclass) IS
'Ends what begin_maintenance() began, before the end of the transaction.';

CREATE FUNCTION @internal@.open_history(relation regclass)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF @internal@.in_maintenance(relation) THEN
		RETURN false;
	END IF;
	PERFORM @internal@.begin_maintenance(relation);
	RETURN true;
END
$$;
COMMENT ON FUNCTION @internal@.open_history(regclass) IS
'Opens a table for maintenance by a function, and returns whether it was closed.';

CREATE FUNCTION @internal@.close_history(relation regclass, opened boolean)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF opened THEN
		PERFORM @internal@.end_maintenance(relation);
	END IF;
END
$$;
COMMENT ON FUNCTION @internal@.close_history(regclass, boolean) IS
'Closes a table that open_history() has opened; one that the user had opened stays open.';

-- The trigger functions.  They live in C: they are the price of every UPDATE.

CREATE FUNCTION @extschema@.stamp()
RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'versioned_rows_stamp';
COMMENT ON FUNCTION @extschema@.stamp() IS
'BEFORE INSERT OR UPDATE OR DELETE FOR EACH ROW trigger of a versioned table: gives a changed row its next version number, stores its old image as history if that can be done before the row changes, and skips historical rows. Installed by enable(); arguments are name=value strings.';

CREATE FUNCTION @extschema@.archive()
RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'versioned_rows_archive';
COMMENT ON FUNCTION @extschema@.archive() IS
'AFTER UPDATE OR DELETE FOR EACH ROW trigger of a versioned table: stores the old image of a deleted row as history, and of a changed one where stamp() has not done so. Installed by enable(); takes the arguments of stamp().';

CREATE FUNCTION @extschema@.refuse_truncate()
RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RAISE EXCEPTION USING
		ERRCODE = 'feature_not_supported',
		MESSAGE = format('cannot truncate versioned table "%s"', TG_TABLE_NAME),
		DETAIL = 'Its history would be lost without a trace.',
		HINT = 'Use DELETE to end rows, or call versioned_rows.disable() first.',
		SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
END
$$;
COMMENT ON FUNCTION @extschema@.refuse_truncate() IS
'BEFORE TRUNCATE trigger of a versioned table: refuses the TRUNCATE. Installed by enable().';

CREATE FUNCTION @extschema@.reference()
RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'versioned_rows_reference';
COMMENT ON FUNCTION @extschema@.reference() IS
'BEFORE INSERT OR UPDATE FOR EACH ROW trigger of a table with a foreign key to a version: fills in the current version of the key and locks it. Installed by add_reference(); its argument is version=column.';

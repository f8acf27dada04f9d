-- The module must not be older than the scripts, whose functions it would not
-- have.  A newer one serves them.

-- The release of the loaded module.
CREATE FUNCTION @internal@.module_version()
RETURNS text LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'versioned_rows_module_version';

-- An error if the loaded module is older than the extension in this database.
-- Every script calls it before it makes or changes anything.
CREATE FUNCTION @internal@.check_module()
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	module text := @internal@.module_version();
	scripts text := (SELECT extversion FROM pg_extension WHERE extname = 'versioned_rows');
BEGIN
	IF string_to_array(module, '.')::int[] < string_to_array(scripts, '.')::int[] THEN
		RAISE EXCEPTION USING
			ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('the module of versioned_rows is older than its SQL objects in database "%s"',
							 current_database()),
			DETAIL = format('The module is of version %s, the objects are of version %s.', module, scripts),
			HINT = 'Install the module of that version. A session that loaded the module before must begin anew.';
	END IF;
END
$$;

SELECT @internal@.check_module();

\set ECHO none
-- What keeps a statement from changing a row: the foreign key and the detail of
-- its error, or the detail alone.  PostgreSQL 18 has another error for RESTRICT
-- than 15, and other names for the foreign keys of partitions.
CREATE FUNCTION pg_temp.held_by(statement text, name_of_key boolean DEFAULT true)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	name text;
	detail text;
BEGIN
	EXECUTE statement;
	RETURN NULL;
EXCEPTION WHEN foreign_key_violation OR restrict_violation THEN
	GET STACKED DIAGNOSTICS name = CONSTRAINT_NAME, detail = PG_EXCEPTION_DETAIL;
	RETURN CASE WHEN name_of_key THEN name || ': ' ELSE '' END
		|| replace(detail, 'is still', 'is');
END $$;
\set ECHO all

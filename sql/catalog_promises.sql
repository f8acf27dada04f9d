-- What every function of the extension promises to the one who reads \df+: a
-- comment, named arguments, a pinned search_path, nobody's rights but the caller's.
CREATE EXTENSION versioned_rows;

CREATE TEMPORARY VIEW ours AS
SELECT p.*, l.lanname AS language
FROM pg_depend d
JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass
	AND d.refobjid = e.oid AND d.deptype = 'e'
JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
JOIN pg_language l ON l.oid = p.prolang
WHERE e.extname = 'versioned_rows';

-- There is something to judge, and all of it is in the schemas of the extension.
SELECT DISTINCT pronamespace::regnamespace::text FROM ours ORDER BY 1;

-- No function for users without a comment.
SELECT oid::regprocedure FROM ours
WHERE obj_description(oid, 'pg_proc') IS NULL AND pronamespace = 'versioned_rows'::regnamespace
ORDER BY oid::regprocedure::text COLLATE "C";

-- All may be executed by everybody, since all run with the rights of the caller
-- and check them; none lends rights or is trusted by views.
SELECT oid::regprocedure, proacl, prosecdef, proleakproof
FROM ours WHERE proacl IS NOT NULL OR prosecdef OR proleakproof
ORDER BY oid::regprocedure::text COLLATE "C";

-- A pinned search_path, for all but the functions in C, which look up nothing by
-- an unqualified name, and the procedure that commits, which pins it itself.
SELECT oid::regprocedure AS function, language, proconfig
FROM ours WHERE proconfig IS NULL OR proconfig <> '{"search_path=pg_catalog, pg_temp"}'
ORDER BY oid::regprocedure::text COLLATE "C";

-- For users: all that is in the schema of that name; no more than these.
SELECT oid::regprocedure AS function, language, provolatile, proparallel
FROM ours WHERE pronamespace = 'versioned_rows'::regnamespace
ORDER BY oid::regprocedure::text COLLATE "C";

-- None with an argument that cannot be named in a call.
SELECT oid::regprocedure FROM ours
WHERE pronargs > 0
	AND (proargnames IS NULL OR '' = ANY (proargnames[:pronargs]))
ORDER BY oid::regprocedure::text COLLATE "C";

-- Whoever may execute them gains nothing: every one, called by a role without
-- rights on a table of somebody else, is an error or leaves the table alone.
CREATE ROLE regress_nobody;
CREATE TABLE regress_target (id int PRIMARY KEY, name text UNIQUE);
CREATE TEMPORARY TABLE before AS
SELECT c.relname, c.relacl, c.relchecks, c.relhastriggers, c.relnatts,
	pg_get_indexdef(c.oid)
FROM pg_class c
WHERE c.relname LIKE 'regress_target%';
CREATE FUNCTION pg_temp.call_all()
RETURNS TABLE (call text, state text) LANGUAGE plpgsql AS $$
BEGIN
	FOR call IN
		SELECT format('SELECT %s(%s)', p.oid::regproc,
			(SELECT string_agg(CASE a.t
				WHEN 'regclass'::regtype THEN quote_literal('regress_target') || '::regclass'
				WHEN 'boolean'::regtype THEN 'true'
				WHEN 'name'::regtype THEN '''name''::name'
				WHEN 'name[]'::regtype THEN '''{id}''::name[]'
				WHEN 'text'::regtype THEN '''id''::text'
				WHEN 'text[]'::regtype THEN '''{version=name}''::text[]'
				ELSE format('NULL::%s', a.t::regtype) END, ', ' ORDER BY a.n)
			 FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (t, n)))
		FROM ours p
		WHERE p.prorettype <> 'trigger'::regtype
	LOOP
		BEGIN
			state := '00000';
			EXECUTE call;
		EXCEPTION WHEN OTHERS THEN
			state := SQLSTATE;
		END;
		RETURN NEXT;
	END LOOP;
END
$$;
GRANT SELECT ON ours TO regress_nobody;
SET ROLE regress_nobody;
CREATE TEMPORARY TABLE outcome AS SELECT * FROM pg_temp.call_all();
RESET ROLE;
SELECT count(*) FILTER (WHERE state = '42501') >= 10 AS refused,
	count(*) FILTER (WHERE state LIKE 'XX%') AS internal_errors
FROM outcome;
TABLE before EXCEPT
SELECT c.relname, c.relacl, c.relchecks, c.relhastriggers, c.relnatts,
	pg_get_indexdef(c.oid)
FROM pg_class c;
DROP TABLE before, outcome, regress_target;

-- No relation but views with a comment: pg_trigger is the registry.
SELECT c.oid::regclass AS relation, c.relkind
FROM pg_depend d
JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass
	AND d.refobjid = e.oid AND d.deptype = 'e'
JOIN pg_class c ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
WHERE e.extname = 'versioned_rows'
	AND (c.relkind <> 'v' OR obj_description(c.oid, 'pg_class') IS NULL)
ORDER BY c.relname COLLATE "C";

DROP FUNCTION pg_temp.call_all;
DROP VIEW ours;
DROP ROLE regress_nobody;
DROP EXTENSION versioned_rows;

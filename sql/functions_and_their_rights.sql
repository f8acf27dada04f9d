-- Functions of the extension lend nobody rights and pin their search_path; those
-- that do not, and those for users, are listed with their settings.
CREATE EXTENSION versioned_rows;
CREATE TEMPORARY VIEW ours AS
SELECT p.oid::regprocedure AS function, p.*, l.lanname
FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid JOIN pg_language l ON l.oid = p.prolang
WHERE d.classid = 'pg_proc'::regclass AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
	AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'versioned_rows');

-- All may be executed by everybody, since all run with the rights of the caller
-- and check them; none lends rights, is trusted by views, or runs in parallel
-- with more than it says.
SELECT function, proacl, prosecdef, proleakproof
FROM ours WHERE proacl IS NOT NULL OR prosecdef OR proleakproof;

-- A pinned search_path, for all but the functions in C, which look up nothing by
-- an unqualified name, and the procedure that commits.
SELECT function, lanname, proconfig
FROM ours WHERE proconfig IS NULL OR proconfig <> '{"search_path=pg_catalog, pg_temp"}'
ORDER BY function::text COLLATE "C";

-- For users: all that is in the schema of that name; no more than these.
SELECT function, lanname, provolatile, proparallel, proacl
FROM ours WHERE pronamespace = 'versioned_rows'::regnamespace ORDER BY function::text COLLATE "C";

DROP VIEW ours;
DROP EXTENSION versioned_rows;

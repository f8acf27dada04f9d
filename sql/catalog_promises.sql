-- What every function of the extension promises to the one who reads \df+:
-- a comment, named arguments, a pinned search_path, the caller's own rights.
CREATE EXTENSION versioned_rows;

CREATE TEMPORARY VIEW ours AS
SELECT p.*, l.lanname AS language
FROM pg_depend d
JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass
	AND d.refobjid = e.oid AND d.deptype = 'e'
JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
JOIN pg_language l ON l.oid = p.prolang
WHERE e.extname = 'versioned_rows';

-- There is something to judge, and all of it is in one schema.
SELECT DISTINCT pronamespace::regnamespace FROM ours;

-- No function without a comment.
SELECT oid::regprocedure FROM ours
WHERE obj_description(oid, 'pg_proc') IS NULL
ORDER BY oid::regprocedure::text COLLATE "C";

-- None that finds its own names in the caller's search_path.  A procedure
-- that commits cannot have SET clauses: it pins its search_path itself.
SELECT oid::regprocedure, proconfig FROM ours
WHERE language <> 'c' AND prokind = 'f'
	AND 'search_path=pg_catalog, pg_temp' <> ALL (coalesce(proconfig, '{}'))
ORDER BY oid::regprocedure::text COLLATE "C";

-- None that lends its owner's rights.
SELECT oid::regprocedure FROM ours
WHERE prosecdef
ORDER BY oid::regprocedure::text COLLATE "C";

-- None with an argument that cannot be named in a call.
SELECT oid::regprocedure FROM ours
WHERE pronargs > 0
	AND (proargnames IS NULL OR '' = ANY (proargnames[:pronargs]))
ORDER BY oid::regprocedure::text COLLATE "C";

-- No relation but views with a comment: pg_trigger is the registry.
SELECT c.oid::regclass AS relation, c.relkind
FROM pg_depend d
JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass
	AND d.refobjid = e.oid AND d.deptype = 'e'
JOIN pg_class c ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
WHERE e.extname = 'versioned_rows'
	AND (c.relkind <> 'v' OR obj_description(c.oid, 'pg_class') IS NULL)
ORDER BY c.relname COLLATE "C";

DROP VIEW ours;
DROP EXTENSION versioned_rows;

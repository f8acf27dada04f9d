-- CREATE EXTENSION brings two schemas and nothing else; DROP EXTENSION takes them
-- away, and does not touch a table that is still versioned unless told so.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;

-- Its schemas belong to it, and cannot be others: one for users, and one that
-- says that it is not.  Everybody may use them, nobody may add to them.
SELECT n.nspname AS schema, obj_description(n.oid) AS comment,
	(SELECT string_agg(x.privilege_type, ', ') FROM aclexplode(n.nspacl) x WHERE x.grantee = 0) AS public
FROM pg_depend d
JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass
	AND d.refobjid = e.oid AND d.deptype = 'e'
JOIN pg_namespace n ON d.classid = 'pg_namespace'::regclass AND d.objid = n.oid
WHERE e.extname = 'versioned_rows'
ORDER BY n.nspname;
ALTER EXTENSION versioned_rows SET SCHEMA public;

-- Everything that belongs to the extension is in them.
SELECT pg_describe_object(d.classid, d.objid, 0) AS elsewhere
FROM pg_depend d JOIN pg_extension e ON d.refobjid = e.oid
CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, 0) i
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
	AND e.extname = 'versioned_rows'
	AND coalesce(i.schema, i.identity) NOT IN ('versioned_rows', 'versioned_rows_internal');

-- It says which tables are versioned: none.
SELECT count(*) FROM versioned_rows.tables;

-- Nothing is left behind.
DROP EXTENSION versioned_rows;
SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'versioned\_rows%';

-- A schema of that name may hold anything: it is not taken over.
CREATE SCHEMA versioned_rows;
CREATE EXTENSION versioned_rows;
DROP SCHEMA versioned_rows;
CREATE SCHEMA versioned_rows_internal;
CREATE EXTENSION versioned_rows;
DROP SCHEMA versioned_rows_internal;
CREATE EXTENSION versioned_rows SCHEMA public;

-- It can come back.
CREATE EXTENSION versioned_rows;

-- A versioned table keeps the extension.
CREATE TABLE product (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('product');
INSERT INTO product VALUES (1, 'teapot');
UPDATE product SET name = 'big teapot';
DROP EXTENSION versioned_rows;

-- CASCADE takes the triggers, and leaves the rows.
DROP EXTENSION versioned_rows CASCADE;
SELECT tgname FROM pg_trigger WHERE tgrelid = 'product'::regclass;
SELECT * FROM product ORDER BY id, version_id;

-- With the extension back, versioning goes on where it was.
CREATE EXTENSION versioned_rows;
SELECT versioned_rows.enable('product');
UPDATE product SET name = 'huge teapot';
SELECT * FROM product ORDER BY id, version_id;

-- A versioned table can be dropped as any other.
DROP TABLE product;
DROP EXTENSION versioned_rows;

-- Who may create objects in the database can do all of this, too.
CREATE ROLE regress_dba;
DO $$
BEGIN
	EXECUTE format('GRANT CREATE ON DATABASE %I TO regress_dba', current_database());
END
$$;
SET ROLE regress_dba;
CREATE EXTENSION versioned_rows;
CREATE SCHEMA regress_shop
	CREATE TABLE product (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('regress_shop.product');
INSERT INTO regress_shop.product VALUES (1, 'teapot');
UPDATE regress_shop.product SET name = 'big teapot' RETURNING *;
DROP SCHEMA regress_shop CASCADE;
DROP EXTENSION versioned_rows;
RESET ROLE;
DO $$
BEGIN
	EXECUTE format('REVOKE CREATE ON DATABASE %I FROM regress_dba', current_database());
END
$$;
DROP ROLE regress_dba;

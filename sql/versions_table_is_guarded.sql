-- Versions in a table of their own: nobody changes history there, and nobody makes
-- a writer put rows into a table that is not his.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE ROLE regress_owner;
CREATE ROLE regress_other;
CREATE SCHEMA regress_shop;
GRANT ALL ON SCHEMA regress_shop TO regress_owner, regress_other;
SET search_path = regress_shop;
SET ROLE regress_owner;
CREATE TABLE "Pro""duct" ("i d" int PRIMARY KEY, "na'me" text);
INSERT INTO "Pro""duct" VALUES (1, 'teapot');
ALTER TABLE "Pro""duct" ENABLE ROW LEVEL SECURITY;
CREATE POLICY even ON "Pro""duct" USING ("i d" % 2 = 0);
GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER, REFERENCES ON "Pro""duct" TO regress_other;
SELECT versioned_rows.enable('"Pro""duct"', versions_table => 'Ver sions %I');
INSERT INTO "Pro""duct" VALUES (2, 'cup');
UPDATE "Pro""duct" SET "na'me" = "na'me" || '!';
-- (PostgreSQL 17 gave owners one privilege more)
SELECT grantee::regrole, string_agg(privilege_type, ' ' ORDER BY privilege_type COLLATE "C")
FROM pg_class, aclexplode(relacl)
WHERE oid = '"Ver sions %I"'::regclass AND privilege_type <> 'MAINTAIN'
GROUP BY grantee ORDER BY grantee::regrole::text COLLATE "C";
SELECT polname, polcmd, pg_get_expr(polqual, polrelid) FROM pg_policy
WHERE polrelid = '"Ver sions %I"'::regclass;

-- Not even the owner changes history, except where he says that he means to.
UPDATE "Ver sions %I" SET "na'me" = 'forged';
DELETE FROM "Ver sions %I";
TRUNCATE "Ver sions %I";
INSERT INTO "Ver sions %I" VALUES (3, 'loaded', 1);
BEGIN;
SELECT versioned_rows.begin_maintenance('"Pro""duct"');
UPDATE "Ver sions %I" SET "na'me" = 'mended' WHERE "i d" = 1 AND version_id = 1;
DELETE FROM "Ver sions %I" WHERE "i d" = 3;
COMMIT;
DELETE FROM "Ver sions %I";
SELECT * FROM "Ver sions %I" ORDER BY 1, 3;

-- Writers need no privilege there, and readers see the versions of what they see.
SET ROLE regress_other;
UPDATE "Pro""duct" SET "na'me" = 'mug' RETURNING *;
SELECT * FROM "Ver sions %I" ORDER BY 1, 3;
INSERT INTO "Ver sions %I" VALUES (5, 'forged', 1);
UPDATE "Ver sions %I" SET "na'me" = 'forged';

-- With the privilege TRIGGER alone: a trigger that sends versions of one table to
-- another, which belongs to somebody else.
CREATE TABLE trap ("i d" int, "na'me" text, version_id int, PRIMARY KEY ("i d", version_id));
CREATE CONSTRAINT TRIGGER "000_a" AFTER INSERT ON "Pro""duct" FROM trap
	FOR EACH ROW EXECUTE FUNCTION versioned_rows.archive('version=version_id');
SET ROLE regress_owner;
INSERT INTO "Pro""duct" VALUES (4, 'saucer');
DROP TRIGGER "000_a" ON "Pro""duct";
SET ROLE regress_other;
CREATE TABLE mine ("i d" int PRIMARY KEY, "na'me" text, version_id int);
CREATE CONSTRAINT TRIGGER "000_versioned_rows_archive" AFTER INSERT ON mine FROM "Ver sions %I"
	FOR EACH ROW EXECUTE FUNCTION versioned_rows.archive('version=version_id');
RESET ROLE;
GRANT TRIGGER ON "Ver sions %I" TO regress_other;
SET ROLE regress_other;
CREATE CONSTRAINT TRIGGER "000_versioned_rows_archive" AFTER INSERT ON mine FROM "Ver sions %I"
	FOR EACH ROW EXECUTE FUNCTION versioned_rows.archive('version=version_id');
INSERT INTO mine VALUES (6, 'forged', 1);
SELECT versioned_rows.enable('mine', versions_table => 'Ver sions %I');
DROP TABLE mine, trap;
RESET ROLE;
REVOKE TRIGGER ON "Ver sions %I" FROM regress_other;
SET ROLE regress_owner;

-- A rule or a trigger of the versions table has no say in what is stored; its
-- constraints have.
CREATE RULE nothing AS ON INSERT TO "Ver sions %I" DO INSTEAD NOTHING;
CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER a BEFORE INSERT ON "Ver sions %I" FOR EACH ROW EXECUTE FUNCTION skip();
ALTER TABLE "Ver sions %I" FORCE ROW LEVEL SECURITY;
UPDATE "Pro""duct" SET "na'me" = 'pot' WHERE "i d" = 1 RETURNING version_id;
ALTER TABLE "Ver sions %I" NO FORCE ROW LEVEL SECURITY;
SELECT * FROM "Ver sions %I" WHERE "i d" = 1 ORDER BY 3;
DROP RULE nothing ON "Ver sions %I";
DROP TRIGGER a ON "Ver sions %I";
ALTER TABLE "Ver sions %I" ADD CHECK ("na'me" <> 'bad'), ALTER "na'me" SET NOT NULL;
UPDATE "Pro""duct" SET "na'me" = 'bad' WHERE "i d" = 1;
UPDATE "Pro""duct" SET "na'me" = NULL WHERE "i d" = 1;
ALTER TABLE "Ver sions %I" ALTER "na'me" DROP NOT NULL;

-- Tables that no longer fit each other are an error, and enable() mends it.
ALTER TABLE "Pro""duct" ADD price int;
UPDATE "Pro""duct" SET "na'me" = 'can' WHERE "i d" = 1;
SELECT * FROM versioned_rows.verify('"Pro""duct"');
SELECT versioned_rows.enable('"Pro""duct"');
UPDATE "Pro""duct" SET price = 5 WHERE "i d" = 1 RETURNING version_id;
ALTER TABLE "Pro""duct" ALTER price TYPE numeric;
UPDATE "Pro""duct" SET price = 6 WHERE "i d" = 1;
SELECT versioned_rows.enable('"Pro""duct"');
ALTER TABLE "Ver sions %I" RENAME price TO old_price;
SELECT versioned_rows.enable('"Pro""duct"');
ALTER TABLE "Pro""duct" DROP "na'me";
UPDATE "Pro""duct" SET price = 6 WHERE "i d" = 1 RETURNING version_id;
SELECT * FROM "Ver sions %I" WHERE "i d" = 1 ORDER BY version_id;
-- The versions table may have any name and any place.
ALTER TABLE "Ver sions %I" RENAME TO v;
RESET ROLE;
ALTER TABLE v SET SCHEMA public;
SET ROLE regress_owner;
UPDATE "Pro""duct" SET price = 7 WHERE "i d" = 1 RETURNING version_id;
SELECT versions_table FROM versioned_rows.tables;
-- It cannot be lost unnoticed, nor become somebody else's.
RESET ROLE;
ALTER TABLE public.v OWNER TO regress_other;
UPDATE "Pro""duct" SET price = 8 WHERE "i d" = 1;
ALTER TABLE public.v OWNER TO regress_owner;
ALTER TABLE public.v DROP CONSTRAINT "Ver sions %I_pkey";
UPDATE "Pro""duct" SET price = 8 WHERE "i d" = 1;
DROP TABLE public.v;
UPDATE "Pro""duct" SET price = 8 WHERE "i d" = 1;

SET client_min_messages = warning;
DROP SCHEMA regress_shop CASCADE;
RESET search_path;
DROP ROLE regress_owner, regress_other;
DROP EXTENSION versioned_rows;

-- Names with spaces, quotes, backslashes, percent signs, equals signs and
-- letters of all kinds are nothing special, and no name is ever run as SQL.
\set SHOW_CONTEXT never
SET client_encoding = UTF8;
CREATE EXTENSION versioned_rows;
CREATE SCHEMA "sch ema's ""x"" \ %s";
SET search_path = "sch ema's ""x"" \ %s";

CREATE TABLE "Ta ble's ""y"" \ %I" (
	"i d's ""k"" \ %L=)(" int,
	"K2" text,
	"ver sion='1'" int NOT NULL DEFAULT 1,
	"cur""rent\ä'€" boolean NOT NULL DEFAULT true,
	"c=o,l{}" text,
	"d) WHERE (" text UNIQUE,
	PRIMARY KEY ("i d's ""k"" \ %L=)(", "K2")
);
CREATE UNIQUE INDEX "in dex WHERE " ON "Ta ble's ""y"" \ %I"
	("c=o,l{}", lower("d) WHERE (")) WHERE "c=o,l{}" <> ' WHERE ''x'' ';
INSERT INTO "Ta ble's ""y"" \ %I" VALUES (1, 'a', 1, true, 'x', 'y');

SELECT versioned_rows.enable('"Ta ble''s ""y"" \ %I"',
	version_column => 'ver sion=''1''',
	current_column => 'cur"rent\ä''€',
	ignore_columns => ARRAY['c=o,l{}'],
	current_view => 'vi"ew''s \');
SELECT pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = '"Ta ble''s ""y"" \ %I"'::regclass
ORDER BY indexrelid::regclass::text COLLATE "C";
\x on
SELECT * FROM versioned_rows.tables;
\x off
UPDATE "Ta ble's ""y"" \ %I" SET "d) WHERE (" = 'z';
UPDATE "vi""ew's \" SET "c=o,l{}" = 'ignored';
UPDATE "vi""ew's \" SET "d) WHERE (" = 'zz' RETURNING *;
DELETE FROM "vi""ew's \";
INSERT INTO "vi""ew's \" ("i d's ""k"" \ %L=)(", "K2") VALUES (1, 'a');
SELECT t.*, t.calc_is_current_version FROM "Ta ble's ""y"" \ %I" t
ORDER BY 1, 2, 3;

-- A facade of it, and all the way back.
SELECT versioned_rows.disable('"Ta ble''s ""y"" \ %I"');
SELECT versioned_rows.enable('"Ta ble''s ""y"" \ %I"',
	version_column => 'ver sion=''1''',
	current_column => 'cur"rent\ä''€', facade => true);
UPDATE "Ta ble's ""y"" \ %I" SET "K2" = 'a' RETURNING *;
SELECT relation, facade FROM versioned_rows.tables;
SELECT versioned_rows.disable('"Ta ble''s ""y"" \ %I"');
SELECT c.oid::regclass, c.relkind FROM pg_class c
WHERE relnamespace = '"sch ema''s ""x"" \ %s"'::regnamespace
ORDER BY c.oid::regclass::text COLLATE "C";

-- A name that looks like the end of a list and a command is a name.
CREATE TABLE trap (
	"x); CREATE TABLE pwned (); --" int PRIMARY KEY,
	"y'); CREATE TABLE pwned (); --" text UNIQUE,
	"z""); CREATE TABLE pwned (); --" text,
	EXCLUDE ("z""); CREATE TABLE pwned (); --" WITH =)
);
SELECT versioned_rows.enable('trap',
	version_column => 'v"); CREATE TABLE pwned (); --',
	current_column => 'c"''); CREATE TABLE pwned (); --',
	current_view => 'w"); CREATE TABLE pwned (); --',
	facade => true);
INSERT INTO trap VALUES (1, 'a');
UPDATE trap SET "y'); CREATE TABLE pwned (); --" = 'b';
\x on
SELECT * FROM trap_versions ORDER BY 4;
\x off
SELECT versioned_rows.disable('trap');
SELECT to_regclass('pwned');

-- The longest names there are; a name that is too long for a facade is said.
CREATE TABLE "ääääääääääääääääääääääääääääääx" (
	"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk" int
		PRIMARY KEY);
SELECT versioned_rows.enable('ääääääääääääääääääääääääääääääx',
	facade => true);
SELECT versioned_rows.enable('ääääääääääääääääääääääääääääääx',
	version_column => 'vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv');
SELECT indexrelid::regclass FROM pg_index
WHERE indrelid = 'ääääääääääääääääääääääääääääääx'::regclass
ORDER BY indexrelid::regclass::text COLLATE "C";

SET client_min_messages = warning;
DROP SCHEMA "sch ema's ""x"" \ %s" CASCADE;
DROP EXTENSION versioned_rows;

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

-- Every other function takes such names, too: what they build runs as it was
-- meant, and nothing else does.
CREATE TABLE "t""%s'$1" (
	"k%1$s'"";" int, "k 2" text, "c'%L\" text UNIQUE, "p%" int,
	PRIMARY KEY ("k%1$s'"";", "k 2"));
SELECT versioned_rows.enable('"t""%s''$1"',
	version_column => 'v"%I''', current_column => 'cur%s"''', period_column => 'per"%L''',
	ignore_columns => '{p%}', transaction_id_column => 'tx"''%',
	changed_by_column => 'who"''%', reason_column => 'rea"''%',
	deletion_column => 'del"''%');
INSERT INTO "t""%s'$1" VALUES (1, 'a''"', 'x'), (2, 'b', 'y');
BEGIN;
UPDATE "t""%s'$1" SET "c'%L\" = 'z%' WHERE "k 2" = 'b';
SELECT pg_current_xact_id() AS xid \gset
COMMIT;
\set key '{"k%1$s\'\\";": 2, "k 2": "b"}'
SELECT version, is_current FROM versioned_rows.history('"t""%s''$1"', :'key');
SELECT * FROM versioned_rows.diff('"t""%s''$1"', :'key', 1, 2);
SELECT version, changes FROM versioned_rows.timeline('"t""%s''$1"', :'key');
SELECT version FROM versioned_rows.revert_transaction(:'xid');
SELECT versioned_rows.revert('"t""%s''$1"', :'key', 2);
SELECT versioned_rows.redact('"t""%s''$1"', :'key', '{p%}');
CREATE TABLE "src""%" AS
SELECT "k%1$s'"";", "k 2", "c'%L\", "p%", "per""%L'" AS "per%s""" FROM "t""%s'$1" LIMIT 0;
INSERT INTO "src""%" VALUES
	(1, 'a''"', 'old', NULL, '[2020-01-01,2020-02-01)'),
	(3, 'c', 'gone', NULL, '[2020-01-01,2020-02-01)');
SELECT versioned_rows.import('"t""%s''$1"', '"src""%"', period_column => 'per%s"');
CREATE TABLE "ref'%s" ("a%""" int, "b '%I" text, id int PRIMARY KEY);
INSERT INTO "ref'%s" VALUES (1, 'a''"', 1);
SELECT versioned_rows.add_reference('"ref''%s"', '{"a%\"","b ''%I"}', '"t""%s''$1"', 'pin', 'rv"%s''');
SELECT versioned_rows.enable('"ref''%s"');
SELECT versioned_rows.add_reference('"ref''%s"', '{"a%\"","b ''%I"}', '"t""%s''$1"', 'follow', 'rv"%s''');
SELECT removed FROM versioned_rows.prune('"t""%s''$1"', keep => 1);
CALL versioned_rows.prune_in_batches('"t""%s''$1"', keep => 0);
SELECT * FROM versioned_rows.verify();
SELECT versioned_rows.disable('"ref''%s"');
SELECT versioned_rows.disable('"t""%s''$1"');

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

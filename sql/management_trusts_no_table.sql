-- A superuser who manages tables runs no code of users whose tables were not
-- named, drops nothing of third parties, and is not stopped by squatted names.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE ROLE regress_owner;
CREATE ROLE regress_other;
CREATE SCHEMA shop;
GRANT ALL ON SCHEMA shop TO regress_owner, regress_other;
SET search_path = shop;
CREATE FUNCTION public.spring() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE WARNING 'trigger runs with the rights of a superuser: %',
		(SELECT rolsuper FROM pg_roles WHERE rolname = current_user);
	RETURN NEW;
END
$$;

-- Undoing a transaction looks at the caller's own tables and at those that are
-- named.  A trap: rows that claim to be of any transaction.
CREATE TABLE account (id int PRIMARY KEY, amount int);
SELECT versioned_rows.enable('account', transaction_id_column => 'xid');
INSERT INTO account VALUES (1, 10);
BEGIN;
UPDATE account SET amount = 0;
SELECT pg_current_xact_id() AS xid \gset
COMMIT;
SET ROLE regress_other;
CREATE TABLE trap (id int PRIMARY KEY, a int);
SELECT versioned_rows.enable('trap', transaction_id_column => 'xid');
INSERT INTO trap (id, a, version_id, is_current_version, xid) VALUES (1, 1, 1, false, '3'), (1, 2, 2, true, :'xid');
CREATE TRIGGER spring BEFORE UPDATE ON trap FOR EACH ROW EXECUTE FUNCTION public.spring();
GRANT ALL ON trap TO PUBLIC;
CREATE VIEW trap_view AS SELECT * FROM trap;
CREATE TRIGGER pretend INSTEAD OF UPDATE ON trap_view FOR EACH ROW EXECUTE FUNCTION
	versioned_rows.stamp('version=version_id', 'transaction_id=xid', 'deletion=deletion');
RESET ROLE;
SELECT * FROM versioned_rows.revert_transaction(:'xid');
SELECT id, amount FROM account WHERE is_current_version;
SELECT * FROM versioned_rows.revert_transaction(:'xid', '{trap}');
SELECT * FROM versioned_rows.revert_transaction(:'xid', '{trap_view}');
SELECT * FROM versioned_rows.revert_transaction(:'xid', '{account,NULL}');
SELECT * FROM versioned_rows.revert_transaction('3', '{}');
CREATE TABLE plain (id int PRIMARY KEY);
SELECT versioned_rows.enable('plain');
SELECT * FROM versioned_rows.revert_transaction(:'xid', '{account,plain}');
DROP TABLE plain;
-- A user who is no superuser is careful in the same way.
SET ROLE regress_owner;
SELECT * FROM versioned_rows.revert_transaction('3');
RESET ROLE;
DROP TABLE trap CASCADE;
DROP TABLE account;

-- A view of a third party that has the name of one of ours stays as it is.
SET ROLE regress_other;
CREATE VIEW product_now AS SELECT 1 AS id;
SET ROLE regress_owner;
CREATE TABLE product (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('product');
RESET ROLE;
SELECT versioned_rows.enable('product', current_view => 'product_now');
ALTER VIEW product_now RENAME TO product_later;
SELECT versioned_rows.enable('product', current_view => 'product_now');
DROP VIEW product_now;
ALTER VIEW product_later RENAME TO product_now;
SELECT * FROM versioned_rows.verify('product');
SELECT versioned_rows.verify('product_now');
SELECT versioned_rows.enable('product', current_view => 'product_soon');
SELECT versioned_rows.disable('product');
SELECT * FROM product_now;
DROP VIEW product_now;

-- Functions of others with our names and the table's type, elsewhere.
CREATE SCHEMA lair AUTHORIZATION regress_other;
SET ROLE regress_other;
CREATE FUNCTION lair.calc_is_current_version(product) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION lair.product_as_of(timestamptz) RETURNS SETOF product LANGUAGE sql AS 'SELECT NULL::product WHERE false';
COMMENT ON FUNCTION lair.product_as_of(timestamptz) IS 'versioned_rows: not really';
SET ROLE regress_owner;
SELECT versioned_rows.enable('product', period_column => 'valid');
SELECT versioned_rows.enable('product', period_column => 'valid');
SELECT * FROM versioned_rows.verify('product');
SELECT versioned_rows.disable('product');
RESET ROLE;
SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'lair'::regnamespace ORDER BY proname;

-- Names that end a string, a name, a format, or a comment.
SET ROLE regress_owner;
CREATE TABLE "t""; CREATE ROLE regress_pwned SUPERUSER; --" (
	"k'; CREATE ROLE regress_pwned SUPERUSER; --" int,
	"%s%I%L$1" text,
	"c""'); $f$ */" text UNIQUE,
	"$query$" text,
	PRIMARY KEY ("k'; CREATE ROLE regress_pwned SUPERUSER; --", "%s%I%L$1"));
CREATE INDEX "i""; DROP TABLE product; --" ON "t""; CREATE ROLE regress_pwned SUPERUSER; --" ("$query$");
ALTER TABLE "t""; CREATE ROLE regress_pwned SUPERUSER; --" RENAME CONSTRAINT
	"t""; CREATE ROLE regress_pwned SUPERUSER; --_pkey" TO "p'""; --%s";
CREATE TABLE line (id int PRIMARY KEY, "r'"" --%s" int, "s$$" text,
	CONSTRAINT "f'""; --" FOREIGN KEY ("r'"" --%s", "s$$") REFERENCES "t""; CREATE ROLE regress_pwned SUPERUSER; --");
RESET ROLE;
SET client_min_messages = warning;
SELECT oid::regclass AS odd FROM pg_class WHERE relname LIKE 't"; CREATE%' AND relkind = 'r' \gset
SELECT versioned_rows.enable(:'odd', version_column => 'v''"%s', current_column => 'c''"; --', period_column => 'p$$"',
	changed_by_column => 'who''"', transaction_id_column => 'x"; --', reason_column => '%L', inbound => 'pin',
	ignore_columns => '{$query$}', current_view => 'w"; --');
INSERT INTO :odd VALUES (1, 'a', 'b', 'c');
INSERT INTO line VALUES (1, 1, 'a');
UPDATE :odd SET "c""'); $f$ */" = 'd';
SELECT * FROM versioned_rows.verify(:'odd');
SELECT count(*) FROM versioned_rows.history(:'odd', '{"k''; CREATE ROLE regress_pwned SUPERUSER; --": 1, "%s%I%L$1": "a"}');
SELECT column_name FROM versioned_rows.diff(:'odd', '{"k''; CREATE ROLE regress_pwned SUPERUSER; --": 1, "%s%I%L$1": "a"}', 1, 2);
SELECT version, changes FROM versioned_rows.timeline(:'odd', '{"k''; CREATE ROLE regress_pwned SUPERUSER; --": 1, "%s%I%L$1": "a"}');
SELECT versioned_rows.revert(:'odd', '{"k''; CREATE ROLE regress_pwned SUPERUSER; --": 1, "%s%I%L$1": "a"}', 1);
SELECT versioned_rows.redact(:'odd', '{"k''; CREATE ROLE regress_pwned SUPERUSER; --": 1, "%s%I%L$1": "a"}', ARRAY['c"''); $f$ */']::name[]);
SELECT removed, kept_for_reference FROM versioned_rows.prune(:'odd', keep => 0, older_than => '-1 day');
SELECT versioned_rows.disable(:'odd');
SELECT rolname FROM pg_roles WHERE rolname = 'regress_pwned';
SELECT 'product'::regclass;

DROP SCHEMA shop, lair CASCADE;
DROP FUNCTION public.spring();
RESET search_path;
DROP ROLE regress_owner, regress_other;
DROP EXTENSION versioned_rows;

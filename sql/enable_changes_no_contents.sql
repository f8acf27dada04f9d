-- The triggers and rules of a table do not see what enable() writes into the
-- columns that it adds or adopts, and so cannot change history; and row
-- security hides no row from it.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE page (id int PRIMARY KEY, text text);
INSERT INTO page VALUES (1, 'a');
SELECT versioned_rows.enable('page', current_column => NULL);
UPDATE page SET text = 'b' WHERE id = 1;

CREATE FUNCTION overwrite() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	NEW.text := 'overwritten';
	RETURN NEW;
END
$$;
CREATE TRIGGER overwrite BEFORE UPDATE ON page
	FOR EACH ROW EXECUTE FUNCTION overwrite();
SELECT versioned_rows.enable('page');
SELECT versioned_rows.enable('page', period_column => 'valid', period_start => '2024-01-01');
SELECT id, version_id, is_current_version, isempty(valid), text FROM page ORDER BY version_id;

-- but what a user writes afterwards
UPDATE page SET text = 'c' WHERE id = 1 AND is_current_version RETURNING version_id, text;

-- A rule is not a way around: neither what it does runs, with the rights of the
-- one who calls enable(), nor is anything done instead.
CREATE TABLE ruled (id int, version_id int, PRIMARY KEY (id, version_id));
CREATE TABLE seen (what text);
INSERT INTO ruled VALUES (1, 1), (1, 2);
CREATE RULE instead AS ON UPDATE TO ruled DO INSTEAD
	INSERT INTO seen VALUES ('UPDATE by ' || current_user);
CREATE RULE sleeping AS ON INSERT TO ruled DO ALSO
	INSERT INTO seen VALUES ('INSERT');
ALTER TABLE ruled ENABLE ALWAYS RULE instead, DISABLE RULE sleeping;
SELECT versioned_rows.enable('ruled', period_column => 'valid');
SELECT id, version_id, is_current_version, isempty(valid) FROM ruled
ORDER BY version_id;
SELECT * FROM seen;
SELECT rulename, ev_enabled FROM pg_rewrite WHERE ev_class = 'ruled'::regclass
ORDER BY rulename;

-- All rows or none, also for an owner who is subject to policies.
CREATE ROLE regress_owner;
GRANT CREATE ON SCHEMA public TO regress_owner;
SET ROLE regress_owner;
CREATE TABLE hidden (id int, version_id int, PRIMARY KEY (id, version_id));
INSERT INTO hidden VALUES (1, 1), (1, 2), (2, 1), (2, 2);
ALTER TABLE hidden ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY first ON hidden USING (id = 1);
SELECT versioned_rows.enable('hidden');
ALTER TABLE hidden NO FORCE ROW LEVEL SECURITY;
SELECT versioned_rows.enable('hidden');
SELECT * FROM hidden ORDER BY id, version_id;
DROP TABLE hidden;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM regress_owner;
DROP ROLE regress_owner;

DROP TABLE page, ruled, seen;
DROP FUNCTION overwrite();
DROP EXTENSION versioned_rows;

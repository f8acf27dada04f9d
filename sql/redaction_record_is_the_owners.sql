-- A redaction is recorded in no table of somebody else, whose triggers
-- would run with the rights of the one who calls it.
CREATE EXTENSION versioned_rows;
CREATE ROLE regress_versioned_owner;
CREATE ROLE regress_versioned_other;
CREATE SCHEMA shared_by_both;
GRANT ALL ON SCHEMA shared_by_both TO regress_versioned_owner, regress_versioned_other;

SET ROLE regress_versioned_owner;
CREATE TABLE shared_by_both.person (id int PRIMARY KEY, name text);
INSERT INTO shared_by_both.person VALUES (1, 'Ann');
SELECT versioned_rows.enable('shared_by_both.person');

SET ROLE regress_versioned_other;
CREATE TABLE shared_by_both.person_redactions (key jsonb, columns name[], versions bigint);
CREATE FUNCTION shared_by_both.take() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	GRANT ALL ON shared_by_both.person TO regress_versioned_other;
	RETURN NEW;
END
$$;
CREATE TRIGGER take BEFORE INSERT ON shared_by_both.person_redactions
	FOR EACH ROW EXECUTE FUNCTION shared_by_both.take();
GRANT ALL ON shared_by_both.person_redactions TO PUBLIC;

SET ROLE regress_versioned_owner;
\set SHOW_CONTEXT never
SELECT versioned_rows.redact('shared_by_both.person', '{"id": 1}', '{name}');
SELECT has_table_privilege('regress_versioned_other', 'shared_by_both.person', 'SELECT');

RESET ROLE;
DROP TABLE shared_by_both.person_redactions;
SET ROLE regress_versioned_owner;
SELECT versioned_rows.redact('shared_by_both.person', '{"id": 1}', '{name}');
SELECT key, columns, versions FROM shared_by_both.person_redactions;

RESET ROLE;
DROP TABLE shared_by_both.person, shared_by_both.person_redactions;
DROP FUNCTION shared_by_both.take();
DROP SCHEMA shared_by_both;
DROP ROLE regress_versioned_owner, regress_versioned_other;
DROP EXTENSION versioned_rows;

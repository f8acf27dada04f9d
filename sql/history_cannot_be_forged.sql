-- A user with every privilege on a table but its ownership can insert current
-- rows only: no history, and no number, flag, time or author of a user's choice.
\set SHOW_CONTEXT never
\set QUIET off
CREATE EXTENSION versioned_rows;
CREATE ROLE regress_owner;
CREATE ROLE regress_writer;
CREATE SCHEMA regress_shop AUTHORIZATION regress_owner;
GRANT ALL ON SCHEMA regress_shop TO regress_writer;
SET search_path = regress_shop;
SET ROLE regress_owner;
CREATE TABLE product (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('product', period_column => 'valid', changed_by_column => 'changed_by',
	transaction_id_column => 'xid', application_name_column => 'app', reason_column => 'reason');
GRANT SELECT, INSERT, UPDATE, DELETE ON product TO regress_writer;
INSERT INTO product (id, name) VALUES (1, 'teapot'), (2, 'kettle');
UPDATE product SET name = 'big ' || name;
DELETE FROM product WHERE id = 2;

SET ROLE regress_writer;
-- A row that says it is history.
INSERT INTO product (id, name, is_current_version) VALUES (1, 'forged', false);
INSERT INTO product (id, name, version_id, is_current_version, valid)
	VALUES (1, 'forged', 9, false, '[2020-01-01,2021-01-01)');
-- Numbers: past, free, far away.
INSERT INTO product (id, name, version_id) VALUES (2, 'forged', 2);
INSERT INTO product (id, name, version_id) VALUES (2, 'forged', -1);
INSERT INTO product (id, name, version_id) VALUES (3, 'forged', 7);
INSERT INTO product (id, name, version_id) VALUES (2, 'forged', 2147483647);
-- Times.
INSERT INTO product (id, name, valid) VALUES (3, 'forged', '[2020-01-01,)');
INSERT INTO product (id, name, valid) VALUES (3, 'forged', '[2020-01-01,2021-01-01)');
INSERT INTO product (id, name, valid) VALUES (3, 'forged', 'empty');
-- Authors.
INSERT INTO product (id, name, changed_by) VALUES (3, 'forged', 'regress_owner');
INSERT INTO product (id, name, xid) VALUES (3, 'forged', '3');
INSERT INTO product (id, name, app) VALUES (3, 'forged', 'payroll');
INSERT INTO product (id, name, reason) VALUES (3, 'forged', 'by order');
INSERT INTO product (id, name, deletion) VALUES (3, 'forged', '{"changed_by": "regress_owner"}');
-- The same ways with other statements.
COPY product (id, name, version_id, is_current_version) FROM stdin;
1	forged	9	f
\.
COPY product (id, name, version_id) FROM stdin;
3	forged	7
\.
MERGE INTO product USING (VALUES (3)) AS v (id) ON product.id = v.id
	WHEN NOT MATCHED THEN INSERT (id, name, is_current_version) VALUES (3, 'forged', false);
INSERT INTO product (id, name, version_id, is_current_version) VALUES (1, 'forged', 1, false)
	ON CONFLICT DO NOTHING;
WITH forged AS (INSERT INTO product (id, name, version_id) VALUES (3, 'forged', 7) RETURNING *)
	SELECT * FROM forged;

-- Through an own view, a rule of it, an INSTEAD OF trigger.
CREATE VIEW mine AS SELECT * FROM product;
INSERT INTO mine (id, name, is_current_version) VALUES (1, 'forged', false);
CREATE RULE forge AS ON INSERT TO mine DO INSTEAD
	INSERT INTO product (id, name, version_id) VALUES (NEW.id, NEW.name, 9);
INSERT INTO mine (id, name) VALUES (3, 'forged');
DROP RULE forge ON mine;
CREATE FUNCTION forge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO product (id, name, is_current_version) VALUES (NEW.id, NEW.name, false);
	RETURN NEW;
END
$$;
CREATE TRIGGER forge INSTEAD OF INSERT ON mine FOR EACH ROW EXECUTE FUNCTION forge();
INSERT INTO mine (id, name) VALUES (3, 'forged');
-- By a default of a column, which is the owner's, and by one of an own view.
ALTER TABLE product ALTER is_current_version SET DEFAULT false;
DROP TRIGGER forge ON mine;
ALTER VIEW mine ALTER is_current_version SET DEFAULT false;
INSERT INTO mine (id, name) VALUES (3, 'forged');

-- By a trigger on the table: before ours it changes what a client could, after
-- ours it is refused.
SET ROLE regress_owner;
GRANT TRIGGER ON product TO regress_writer;
SET ROLE regress_writer;
CREATE FUNCTION backdate() RETURNS trigger LANGUAGE plpgsql AS
	'BEGIN NEW.is_current_version := false; NEW.valid := ''[2020-01-01,2021-01-01)''; RETURN NEW; END';
CREATE TRIGGER a BEFORE INSERT OR UPDATE ON product FOR EACH ROW EXECUTE FUNCTION backdate();
INSERT INTO product (id, name) VALUES (3, 'forged');
UPDATE product SET name = 'forged';
SET ROLE regress_owner;
DROP TRIGGER a ON product;
SET ROLE regress_writer;
CREATE TRIGGER zzzz BEFORE INSERT OR UPDATE ON product FOR EACH ROW EXECUTE FUNCTION backdate();
INSERT INTO product (id, name) VALUES (3, 'forged');
UPDATE product SET name = 'forged';
SET ROLE regress_owner;
DROP TRIGGER zzzz ON product;
REVOKE TRIGGER ON product FROM regress_writer;

-- A function that runs with the owner's rights does what its owner wrote.
CREATE FUNCTION add_product(id int, name text) RETURNS void LANGUAGE sql SECURITY DEFINER
	SET search_path = regress_shop, pg_temp
	AS 'INSERT INTO product (id, name) VALUES ($1, $2)';
SET ROLE regress_writer;
SELECT add_product(3, 'spoon');

SET ROLE regress_owner;
SELECT id, version_id, is_current_version, name, lower(valid) > '2024-01-01' AS timed, app = 'payroll' AS payroll, reason
FROM product ORDER BY id, version_id;

-- Where neither a flag nor a period tells, a number below the last would be
-- history: it is looked for, whatever reinsert says.
CREATE TABLE numbered (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('numbered', current_column => NULL, reinsert => false);
GRANT SELECT, INSERT, UPDATE, DELETE ON numbered TO regress_writer;
INSERT INTO numbered VALUES (1, 'a');
UPDATE numbered SET name = 'b';
UPDATE numbered SET name = 'c' WHERE version_id = 2;
SELECT removed FROM versioned_rows.prune('numbered', keep => 1);
SET ROLE regress_writer;
INSERT INTO numbered (id, name, version_id) VALUES (1, 'forged', 0);
INSERT INTO numbered (id, name, version_id) VALUES (1, 'forged', 1);
INSERT INTO numbered (id, name, version_id) VALUES (1, 'forged', NULL);
INSERT INTO numbered (id, name, version_id) VALUES (1, 'forged', -5);
INSERT INTO numbered (id, name, version_id) VALUES (1, 'forged', 9);
SELECT * FROM numbered ORDER BY version_id;

RESET ROLE;
SELECT v.* FROM versioned_rows.tables t CROSS JOIN versioned_rows.verify(t.relation) v;
SET client_min_messages = warning;
DROP SCHEMA regress_shop CASCADE;
RESET search_path;
DROP ROLE regress_owner, regress_writer;
DROP EXTENSION versioned_rows;

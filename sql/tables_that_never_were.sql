-- Whatever function is given a number that is no table's, or null, says so, in
-- PostgreSQL's way.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY);
SELECT versioned_rows.enable('product', transaction_id_column => 'xid');
CREATE FUNCTION pg_temp.error_of(statement text, OUT state text, OUT message text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
END
$$;
CREATE TEMPORARY TABLE calls (n serial, statement text);
INSERT INTO calls (statement) VALUES
	('SELECT versioned_rows.enable(%s)'),
	('SELECT versioned_rows.disable(%s)'),
	('SELECT versioned_rows.add_reference(%s, ''{id}'', ''product'', ''pin'')'),
	('SELECT versioned_rows.add_reference(''product'', ''{id}'', %s, ''pin'')'),
	('SELECT versioned_rows.history(%s, ''{"id": 1}'')'),
	('SELECT versioned_rows.diff(%s, ''{"id": 1}'', 1, 2)'),
	('SELECT versioned_rows.timeline(%s, ''{"id": 1}'')'),
	('SELECT versioned_rows.revert(%s, ''{"id": 1}'', 1)'),
	('SELECT versioned_rows.revert_transaction(''3'', ARRAY[%s]::regclass[])'),
	('SELECT versioned_rows.prune(%s, keep => 1)'),
	('CALL versioned_rows.prune_in_batches(%s, keep => 1)'),
	('SELECT versioned_rows.redact(%s, ''{"id": 1}'', ''{id}'')'),
	('SELECT versioned_rows.begin_maintenance(%s)'),
	('SELECT versioned_rows.end_maintenance(%s)'),
	('SELECT versioned_rows.import(%s, ''product'')'),
	('SELECT versioned_rows.import(''product'', %s)'),
	('SELECT versioned_rows.verify(%s)');
SELECT format(c.statement, '…') AS call, e.* FROM calls c, pg_temp.error_of(format(c.statement, '99999999::regclass')) e ORDER BY n;
SELECT format(c.statement, '…') AS call, e.* FROM calls c, pg_temp.error_of(format(c.statement, 'NULL')) e ORDER BY n;
-- None was forgotten.
SELECT p.oid::regprocedure FROM pg_proc p
WHERE p.pronamespace = 'versioned_rows'::regnamespace AND '{regclass,regclass[]}'::regtype[]::oid[] && p.proargtypes::oid[]
	AND NOT EXISTS (SELECT FROM calls WHERE statement LIKE '%.' || p.proname || '(%');
DROP TABLE product;
DROP EXTENSION versioned_rows;

-- All that one transaction did to the tables that record transactions is taken
-- back by revert_transaction(), unless one of the rows was changed since.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE a_line (id int, "or.der" int, what text, PRIMARY KEY (id, "or.der"));
CREATE TABLE b_order (id int PRIMARY KEY, customer text);
CREATE TABLE unrelated (id int PRIMARY KEY);
SELECT versioned_rows.enable(t, transaction_id_column => 'xid', period_column => 'valid')
FROM unnest('{a_line,b_order}'::regclass[]) AS t;
SELECT versioned_rows.enable('unrelated');
SELECT versioned_rows.add_reference('a_line', '{or.der}', 'b_order', 'pin');

INSERT INTO b_order VALUES (1, 'ann'), (2, 'bob');
INSERT INTO a_line VALUES (1, 1, 'pen'), (2, 1, 'ink'), (1, 2, 'pad');

-- It updates, inserts, deletes, deletes after an update, re-inserts.
BEGIN;
UPDATE a_line SET what = 'pencil' WHERE (id, "or.der") = (1, 1);
UPDATE a_line SET what = 'pens' WHERE (id, "or.der") = (1, 1);
DELETE FROM a_line WHERE "or.der" = 2;
DELETE FROM b_order WHERE id = 2;
INSERT INTO b_order VALUES (3, 'eve');
INSERT INTO a_line VALUES (1, 3, 'cup'), (2, 3, 'mug');
UPDATE a_line SET what = 'big mug' WHERE (id, "or.der") = (2, 3);
DELETE FROM a_line WHERE (id, "or.der") = (2, 3);
UPDATE a_line SET what = 'black ink' WHERE (id, "or.der") = (2, 1);
DELETE FROM a_line WHERE (id, "or.der") = (2, 1);
INSERT INTO a_line VALUES (2, 1, 'red ink');
INSERT INTO unrelated VALUES (1);
SELECT pg_current_xact_id() AS xid \gset
COMMIT;
SELECT id, customer FROM b_order WHERE is_current_version ORDER BY id;
SELECT "or.der", id, what FROM a_line WHERE is_current_version ORDER BY 1, 2;
SELECT * FROM versioned_rows.revert_transaction(:'xid');
SELECT id, customer FROM b_order WHERE is_current_version ORDER BY id;
SELECT "or.der", "or.der_version_id" AS v, id, what FROM a_line WHERE is_current_version ORDER BY 1, 3;

-- The same transaction cannot be taken back twice.
\set VERBOSITY sqlstate
SELECT * FROM versioned_rows.revert_transaction(:'xid');
\set VERBOSITY default

-- What was reverted can be taken back in its turn.
BEGIN;
UPDATE b_order SET customer = 'amy' WHERE id = 1;
SELECT pg_current_xact_id() AS xid \gset
COMMIT;
BEGIN;
SELECT relation, key FROM versioned_rows.revert_transaction(:'xid');
SELECT pg_current_xact_id() AS xid \gset
COMMIT;
SELECT relation, key FROM versioned_rows.revert_transaction(:'xid');
SELECT customer FROM b_order WHERE id = 1 AND is_current_version;

-- All or nothing, and never over a change that came later.
BEGIN;
UPDATE b_order SET customer = upper(customer) WHERE is_current_version;
SELECT pg_current_xact_id() AS xid \gset
COMMIT;
DELETE FROM a_line WHERE "or.der" = 2;
DELETE FROM b_order WHERE id = 2;
DO $$
BEGIN
	PERFORM versioned_rows.revert_transaction((SELECT xid FROM b_order WHERE customer = 'AMY'));
EXCEPTION
	WHEN object_not_in_prerequisite_state THEN
		RAISE NOTICE '%', regexp_replace(SQLERRM, '\d+$', 'N');
END
$$;
SELECT customer FROM b_order WHERE id = 1 AND is_current_version;

-- Nothing to do, or no transaction.
SELECT versioned_rows.revert_transaction('3');
SELECT versioned_rows.revert_transaction(NULL);


-- What was there before must still be there; an older version, which is kept for
-- a reference, is not taken instead.
UPDATE b_order SET customer = 'pruned' WHERE id = 1;
SELECT removed > 0 AS removed FROM versioned_rows.prune('b_order', keep => 0);
DO $$
BEGIN
	PERFORM versioned_rows.revert_transaction((SELECT xid FROM b_order WHERE customer = 'pruned'));
EXCEPTION
	WHEN no_data_found THEN
		RAISE NOTICE '%', regexp_replace(SQLERRM, 'version \d+', 'version N');
END
$$;

-- In partitions; every key column's type comes back; a constraint is named.
CREATE TABLE part (day date, slot int4range, what text, PRIMARY KEY (day, slot))
	PARTITION BY RANGE (day);
CREATE TABLE part_old PARTITION OF part FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
CREATE TABLE part_new PARTITION OF part DEFAULT;
SELECT versioned_rows.enable('part', transaction_id_column => 'xid');
INSERT INTO part VALUES ('2023-05-01', '[1,3)', 'a'), ('2024-05-01', '[1,3)', 'b');
ALTER TABLE part ADD CHECK (what <> 'b') NOT VALID;
BEGIN;
UPDATE part SET what = 'c' WHERE day < '2024-01-01';
SELECT pg_current_xact_id() AS xid \gset
COMMIT;
SELECT * FROM versioned_rows.revert_transaction(:'xid');
BEGIN;
UPDATE part SET what = 'c' WHERE is_current_version;
SELECT pg_current_xact_id() AS xid \gset
COMMIT;
\set VERBOSITY terse
SELECT * FROM versioned_rows.revert_transaction(:'xid');
\set VERBOSITY default
SELECT day, what FROM part WHERE is_current_version ORDER BY day;

-- Tables of others are left out unless they are named; rights are those of UPDATE.
CREATE ROLE regress_reader;
SET ROLE regress_reader;
SELECT versioned_rows.revert_transaction('3');
RESET ROLE;
GRANT SELECT ON part TO regress_reader;
SET ROLE regress_reader;
SELECT versioned_rows.revert_transaction('3');
SELECT versioned_rows.revert_transaction(:'xid', '{part}');
RESET ROLE;
DROP TABLE a_line, b_order, unrelated, part;
DROP ROLE regress_reader;
DROP EXTENSION versioned_rows;

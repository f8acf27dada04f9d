-- Every version says who made it, in which transaction, with what and why; the
-- last version of a deleted row says it of the deletion.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
SET application_name = 'desk';
CREATE ROLE regress_clerk;
CREATE TABLE item (id int PRIMARY KEY, name text);
INSERT INTO item VALUES (1, 'before');
SELECT versioned_rows.enable('item', changed_by_column => 'changed_by',
							 transaction_id_column => 'xid', application_name_column => 'app',
							 reason_column => 'why');
SELECT changed_by_column, transaction_id_column, application_name_column, reason_column,
	   deletion_column, per_transaction
FROM versioned_rows.tables;
GRANT SELECT, INSERT, UPDATE, DELETE ON item TO regress_clerk;
CREATE VIEW record AS
	SELECT id, version_id AS v, is_current_version AS current, name, changed_by, app, why,
		   xid = pg_current_xact_id() AS mine,
		   deletion - '{deleted_at,transaction_id}'::text[] AS deletion,
		   (deletion ->> 'deleted_at')::timestamptz = now() AS now,
		   (deletion ->> 'transaction_id')::xid8 = pg_current_xact_id() AS deleted_by_me
	FROM item;

-- The setting holds for the transaction; SET ROLE does not hide the session user.
SET SESSION AUTHORIZATION regress_clerk;
SET application_name = 'till';
BEGIN;
SET LOCAL versioned_rows.reason = 'new prices';
UPDATE item SET name = 'after' WHERE id = 1;
INSERT INTO item VALUES (2, 'new');
COMMIT;
RESET SESSION AUTHORIZATION;
SET application_name = 'desk';
SET ROLE regress_clerk;
UPDATE item SET name = 'later' WHERE id = 1;
RESET ROLE;
SELECT id, v, current, name, nullif(changed_by, current_user) AS changed_by, app, why,
	   changed_by IS NULL AS nobody
FROM record ORDER BY id, v;

-- An UPDATE that makes no version records nobody.
SET versioned_rows.reason = 'nothing';
UPDATE item SET name = name;
SELECT count(*) FROM item WHERE why = 'nothing';

-- Who deleted: the last version keeps its maker beside.
SET SESSION AUTHORIZATION regress_clerk;
SET application_name = 'till';
BEGIN;
SET LOCAL versioned_rows.reason = 'sold out';
DELETE FROM item WHERE id = 2;
RESET SESSION AUTHORIZATION;
SELECT * FROM record WHERE id = 2;
COMMIT;

-- A row that comes back is no longer deleted.
INSERT INTO item VALUES (2, 'again');
SELECT version_id, deletion IS NULL AS alive FROM item WHERE id = 2 ORDER BY 1;

-- Clients cannot set the columns; what agrees with the truth is accepted.
SET SESSION AUTHORIZATION regress_clerk;
UPDATE item SET changed_by = 'somebody' WHERE id = 1;
UPDATE item SET xid = '3' WHERE id = 1;
UPDATE item SET app = 'other', name = 'x' WHERE id = 1;
UPDATE item SET why = 'because' WHERE id = 1;
UPDATE item SET deletion = '{}' WHERE id = 1;
INSERT INTO item (id, changed_by) VALUES (3, 'somebody');
INSERT INTO item (id, deletion) VALUES (3, '{}');
INSERT INTO item (id, changed_by) VALUES (3, session_user);
-- An application may go on writing them itself, and an upsert all columns;
-- where no version is made, the maker stays.
BEGIN;
UPDATE item SET name = 'mine', changed_by = session_user, app = 'till' WHERE id = 1 RETURNING version_id, changed_by;
ROLLBACK;
UPDATE item SET name = name, changed_by = session_user WHERE id = 1 RETURNING version_id, changed_by = 'regress_clerk' AS me;
INSERT INTO item VALUES (3, 'upsert')
	ON CONFLICT (id) WHERE is_current_version DO UPDATE
	SET (version_id, name, changed_by, xid, app, why, deletion) =
		(EXCLUDED.version_id, EXCLUDED.name, EXCLUDED.changed_by, EXCLUDED.xid, EXCLUDED.app,
		 EXCLUDED.why, EXCLUDED.deletion)
	RETURNING version_id, name, changed_by;
RESET SESSION AUTHORIZATION;
SET application_name = 'desk';
RESET versioned_rows.reason;
SELECT id, version_id, changed_by FROM item WHERE id = 3 ORDER BY 2;
-- The owner can load them, as a dump does.
INSERT INTO item (id, name, changed_by, why) VALUES (4, 'loaded', 'ann', 'old');
INSERT INTO item (id, version_id, is_current_version, name, changed_by, deletion)
VALUES (5, 7, false, 'gone', 'bob', '{"changed_by": "eve"}');
SELECT id, version_id, changed_by, why, deletion FROM item WHERE id > 3 ORDER BY id;

-- They are no contents: not compared, not reverted.
SELECT column_name FROM versioned_rows.diff('item', '{"id": 1}', 1, 3);
SELECT versioned_rows.revert('item', '{"id": 1}', 1);
SELECT name, changed_by = session_user AS me, why FROM item WHERE id = 1 AND is_current_version;

-- A renamed column is an error until enable() is told.
ALTER TABLE item RENAME COLUMN why TO reason;
UPDATE item SET name = 'x' WHERE id = 1;
SELECT problem FROM versioned_rows.verify('item');
SELECT versioned_rows.enable('item', changed_by_column => 'changed_by',
							 transaction_id_column => 'xid', application_name_column => 'app',
							 reason_column => 'reason');
UPDATE item SET name = 'x' WHERE id = 1 RETURNING version_id;
SELECT problem FROM versioned_rows.verify('item');
ALTER TABLE item RENAME COLUMN reason TO why;
SELECT versioned_rows.enable('item', changed_by_column => 'changed_by',
							 transaction_id_column => 'xid', application_name_column => 'app',
							 reason_column => 'why');

-- Bad options: one error each.
SELECT versioned_rows.enable('item');
SELECT versioned_rows.enable('item', changed_by_column => 'changed_by',
							 transaction_id_column => 'changed_by', application_name_column => 'app',
							 reason_column => 'why');
CREATE TABLE bad (id int PRIMARY KEY, who int, xid int, app name, why varchar, deletion json);
SELECT versioned_rows.enable('bad', changed_by_column => 'who');
SELECT versioned_rows.enable('bad', transaction_id_column => 'xid');
SELECT versioned_rows.enable('bad', application_name_column => 'app');
SELECT versioned_rows.enable('bad', reason_column => 'why');
SELECT versioned_rows.enable('bad', reason_column => 'reason');
SELECT versioned_rows.enable('bad', reason_column => 'reason', deletion_column => 'gone',
							 ignore_columns => '{gone}');
SELECT versioned_rows.enable('item', changed_by_column => 'changed_by',
							 transaction_id_column => 'xid', application_name_column => 'app',
							 reason_column => 'why', ignore_columns => '{why}');

-- A text column serves for the user, too; the deletion alone tells the time.
CREATE TABLE adopted (id int PRIMARY KEY, who text DEFAULT session_user);
SELECT versioned_rows.enable('adopted', changed_by_column => 'who', deletion_column => 'gone');
CREATE TABLE only_when (id int PRIMARY KEY);
SELECT versioned_rows.enable('only_when', deletion_column => 'gone');
INSERT INTO adopted VALUES (1);
INSERT INTO only_when VALUES (1);
DELETE FROM adopted;
DELETE FROM only_when;
SELECT who = session_user AS me, gone ->> 'changed_by' = session_user AS and_me FROM adopted;
SELECT gone - 'deleted_at' AS gone FROM only_when;

-- disable() keeps the columns.
SELECT versioned_rows.disable('item');
UPDATE item SET why = 'free again' WHERE id = 5;
DROP VIEW record;
DROP TABLE item, bad, adopted, only_when;
DROP ROLE regress_clerk;
DROP EXTENSION versioned_rows;

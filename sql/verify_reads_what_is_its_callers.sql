-- A superuser who verifies without naming a table runs no code of other users,
-- not even what the planner evaluates: their rows are not read, and that is said.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE ROLE regress_owner;
CREATE ROLE regress_member IN ROLE regress_owner;
CREATE SCHEMA shop;
GRANT ALL ON SCHEMA shop TO regress_owner;
SET search_path = shop;
CREATE FUNCTION spring() RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	RAISE WARNING 'called with the rights of a superuser: %',
		(SELECT rolsuper FROM pg_roles WHERE rolname = current_user);
	RETURN 0;
END
$$;

-- A table of somebody else.
SET ROLE regress_owner;
CREATE TABLE trap (id int PRIMARY KEY, name text, CHECK (id > 0));
SELECT versioned_rows.enable('trap');
INSERT INTO trap VALUES (1, 'a');
SET client_min_messages = error;
CREATE INDEX trap_spring ON trap (id) WHERE id > spring();
RESET client_min_messages;
RESET ROLE;
-- The planner keeps what it has evaluated until the index changes.
ALTER INDEX trap_spring SET (fillfactor = 90);
SELECT * FROM versioned_rows.verify();

-- What the catalogs say is said nevertheless.
ALTER TABLE trap DISABLE TRIGGER zzz_versioned_rows_stamp;
SELECT problem FROM versioned_rows.verify();
ALTER TABLE trap ENABLE TRIGGER zzz_versioned_rows_stamp;
-- It is run for whoever has the rights of the owner, or names the table.
SET ROLE regress_member;
SELECT * FROM versioned_rows.verify();
RESET ROLE;
ALTER INDEX trap_spring SET (fillfactor = 90);
SELECT * FROM versioned_rows.verify('trap');

-- A table of his own that refers to another, and to which another refers.
CREATE TABLE mine (id int PRIMARY KEY, trap_id int);
SELECT versioned_rows.enable('mine');
GRANT ALL ON mine TO regress_owner;
SET client_min_messages = error;
SELECT versioned_rows.add_reference('mine', '{trap_id}', 'trap', 'pin');
SET ROLE regress_owner;
CREATE TABLE pin (mine_id int, mine_version int,
	CONSTRAINT pin_mine FOREIGN KEY (mine_id, mine_version) REFERENCES mine);
CREATE INDEX pin_spring ON pin (mine_id) WHERE mine_id > spring();
RESET client_min_messages;
RESET ROLE;
REVOKE TRIGGER ON mine FROM regress_owner;
INSERT INTO mine VALUES (1);
ALTER INDEX trap_spring SET (fillfactor = 90);
ALTER INDEX pin_spring SET (fillfactor = 90);
SELECT relation, problem FROM versioned_rows.verify();
DROP TABLE pin, mine;

-- A table of his own of which a partition has been given away.
CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE part PARTITION OF parted FOR VALUES FROM (0) TO (10);
SELECT versioned_rows.enable('parted', transaction_id_column => 'xid');
ALTER TABLE part OWNER TO regress_owner;
SET ROLE regress_owner;
SET client_min_messages = error;
CREATE INDEX part_spring ON part (id) WHERE id > spring();
RESET client_min_messages;
RESET ROLE;
ALTER INDEX part_spring SET (fillfactor = 90);
SELECT relation, problem FROM versioned_rows.verify();
SELECT * FROM versioned_rows.revert_transaction('3');

SET client_min_messages = warning;
DROP SCHEMA shop CASCADE;
RESET client_min_messages;
RESET search_path;
DROP EXTENSION versioned_rows;
DROP ROLE regress_owner, regress_member;

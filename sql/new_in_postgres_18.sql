-- What PostgreSQL 18 adds to tables works on versioned ones or is refused with a
-- reason; older versions have nothing to look at.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION versioned_rows;
CREATE TABLE broken (promise text);
CREATE FUNCTION pg_temp.refusal(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'not refused';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLERRM;
END $$;
SELECT current_setting('server_version_num')::int >= 180000 AS is_18 \gset
\if :is_18
CREATE EXTENSION btree_gist;
-- RETURNING tells the old version from the new one.
CREATE TABLE product (id int PRIMARY KEY, price int);
SELECT versioned_rows.enable('product') \gset
INSERT INTO product VALUES (1, 10) RETURNING old.id IS NULL AND new.version_id = 1 AS kept \gset
INSERT INTO broken SELECT 'RETURNING of an INSERT' WHERE NOT :'kept';
UPDATE product SET price = 11 WHERE id = 1
	RETURNING (old.price, old.version_id, old.is_current_version,
		new.price, new.version_id, new.is_current_version) = (10, 1, true, 11, 2, true) AS kept \gset
INSERT INTO broken SELECT 'RETURNING of an UPDATE' WHERE NOT :'kept';
DELETE FROM product WHERE id = 1
	RETURNING old.version_id = 2 AND old.is_current_version AND new.id IS NULL AS kept \gset
INSERT INTO broken SELECT 'RETURNING of a DELETE' WHERE NOT :'kept';
-- A temporal primary key is refused, a temporal unique one becomes partial.
CREATE TABLE rate (room int, during daterange, price int,
	PRIMARY KEY (room, during WITHOUT OVERLAPS));
INSERT INTO broken SELECT 'temporal primary key' WHERE
	pg_temp.refusal($$SELECT versioned_rows.enable('rate')$$)
	<> 'primary key of table "rate" is temporal';
CREATE TABLE booking (id int PRIMARY KEY, room int, during daterange, note text,
	CONSTRAINT one_guest UNIQUE (room, during WITHOUT OVERLAPS));
SELECT versioned_rows.enable('booking') \gset
INSERT INTO broken SELECT 'temporal unique constraint' FROM pg_constraint
WHERE conname = 'one_guest' AND pg_get_constraintdef(oid) <>
	'EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (is_current_version)';
INSERT INTO booking VALUES (1, 1, '[2000-01-01,2000-02-01)');
UPDATE booking SET during = '[2000-01-01,2000-01-15)' WHERE id = 1;
INSERT INTO booking VALUES (2, 1, '[2000-01-15,2000-02-01)');
INSERT INTO broken SELECT 'rows that overlap' WHERE
	pg_temp.refusal($$UPDATE booking SET during = '[2000-01-10,2000-02-01)' WHERE id = 2$$)
	<> 'conflicting key value violates exclusion constraint "one_guest"';
-- A foreign key with PERIOD holds every version.
CREATE TABLE season (name text, during daterange,
	PRIMARY KEY (name, during WITHOUT OVERLAPS));
CREATE TABLE offer (id int PRIMARY KEY, season text, during daterange,
	FOREIGN KEY (season, PERIOD during) REFERENCES season (name, PERIOD during));
SELECT versioned_rows.enable('offer') \gset
INSERT INTO season VALUES ('low', '[2000-01-01,2000-03-01)'), ('low', '[2000-03-01,2000-06-01)');
INSERT INTO offer VALUES (1, 'low', '[2000-02-01,2000-04-01)');
UPDATE offer SET during = '[2000-04-01,2000-05-01)';
INSERT INTO broken SELECT 'foreign key with PERIOD' WHERE
	pg_temp.refusal($$DELETE FROM season WHERE upper(during) = '2000-03-01'$$)
	NOT LIKE 'update or delete on table "season" violates %';
-- Constraints that are not enforced: a CHECK stays, a foreign key is refused.
ALTER TABLE booking ADD CHECK (id < 0) NOT ENFORCED;
UPDATE booking SET note = 'late' WHERE id = 1;
CREATE TABLE guest (id int PRIMARY KEY);
CREATE TABLE visit (id int PRIMARY KEY,
	guest_id int CONSTRAINT by REFERENCES guest NOT ENFORCED);
INSERT INTO broken SELECT 'foreign key that is not enforced' WHERE
	pg_temp.refusal($$SELECT versioned_rows.enable('guest', inbound => 'pin')$$)
	<> 'foreign key "by" of table public.visit is not enforced';
-- Names of constraints for NOT NULL do not get in the way.
CREATE TABLE strict (id int CONSTRAINT there NOT NULL PRIMARY KEY,
	name text CONSTRAINT version_id NOT NULL);
SELECT versioned_rows.enable('strict', facade => true) \gset
INSERT INTO broken SELECT 'verify(): ' || problem FROM versioned_rows.verify();
DROP TABLE product, rate, booking, offer, season, visit, guest, strict_versions CASCADE;
DROP EXTENSION btree_gist;
\endif
TABLE broken;

DROP TABLE broken;
DROP EXTENSION versioned_rows;

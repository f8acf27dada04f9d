-- What PostgreSQL 18 adds to tables and statements works on versioned tables, or
-- is refused with a reason.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION versioned_rows;
CREATE EXTENSION btree_gist;

-- RETURNING tells the old version from the new one.
CREATE TABLE product (id int PRIMARY KEY, price int, twice int GENERATED ALWAYS AS (price * 2) VIRTUAL);
SELECT versioned_rows.enable('product');
INSERT INTO product VALUES (1, 10) RETURNING old.version_id, new.version_id;
UPDATE product SET price = 11 WHERE id = 1
	RETURNING old.price, old.version_id, old.is_current_version,
		new.price, new.version_id, new.is_current_version;
DELETE FROM product WHERE id = 1
	RETURNING old.version_id, old.is_current_version, new.id;
-- A virtual column is that of each version.
SELECT version_id, price, twice FROM product ORDER BY version_id;

-- A temporal primary key is refused, a temporal unique one becomes partial.
CREATE TABLE rate (room int, during daterange, price int,
	PRIMARY KEY (room, during WITHOUT OVERLAPS));
SELECT versioned_rows.enable('rate');
CREATE TABLE booking (id int PRIMARY KEY, room int, during daterange, note text,
	CONSTRAINT one_guest UNIQUE (room, during WITHOUT OVERLAPS));
SELECT versioned_rows.enable('booking');
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'one_guest';
INSERT INTO booking VALUES (1, 1, '[2000-01-01,2000-02-01)');
UPDATE booking SET during = '[2000-01-01,2000-01-15)' WHERE id = 1;
INSERT INTO booking VALUES (2, 1, '[2000-01-15,2000-02-01)');
\set VERBOSITY terse
UPDATE booking SET during = '[2000-01-10,2000-02-01)' WHERE id = 2;
\set VERBOSITY default

-- A foreign key with PERIOD holds what every version refers to.
CREATE TABLE season (name text, during daterange,
	PRIMARY KEY (name, during WITHOUT OVERLAPS));
CREATE TABLE offer (id int PRIMARY KEY, season text, during daterange,
	CONSTRAINT in_season FOREIGN KEY (season, PERIOD during) REFERENCES season (name, PERIOD during));
SELECT versioned_rows.enable('offer');
INSERT INTO season VALUES ('low', '[2000-01-01,2000-03-01)'), ('low', '[2000-03-01,2000-06-01)');
INSERT INTO offer VALUES (1, 'low', '[2000-02-01,2000-04-01)');
UPDATE offer SET during = '[2000-04-01,2000-05-01)';
DELETE FROM season WHERE upper(during) = '2000-03-01';

-- Constraints that are not enforced: a CHECK stays, a foreign key is refused.
ALTER TABLE booking ADD CHECK (id < 0) NOT ENFORCED;
UPDATE booking SET note = 'late' WHERE id = 1 RETURNING new.version_id;
CREATE TABLE guest (id int PRIMARY KEY);
CREATE TABLE visit (id int PRIMARY KEY,
	guest_id int CONSTRAINT by REFERENCES guest NOT ENFORCED);
SELECT versioned_rows.enable('guest', inbound => 'pin');

-- Names of constraints for NOT NULL do not get in the way.
CREATE TABLE strict (id int CONSTRAINT there NOT NULL PRIMARY KEY,
	name text CONSTRAINT version_id NOT NULL);
SELECT versioned_rows.enable('strict', facade => true);
SELECT * FROM versioned_rows.verify();

DROP TABLE product, rate, booking, offer, season, visit, guest, strict_versions CASCADE;
DROP EXTENSION btree_gist;
DROP EXTENSION versioned_rows;

-- Generated functions and views that are gone or no longer fit are reported by
-- verify(), and so are inheritance children; enable() mends what it can.
CREATE EXTENSION versioned_rows;
CREATE SCHEMA other;
CREATE TABLE product (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('product', current_view => 'product_now');
SELECT * FROM versioned_rows.verify();

-- The function goes by names.
BEGIN;
ALTER TABLE product RENAME TO article;
SELECT * FROM versioned_rows.verify();
SELECT versioned_rows.enable('article');
SELECT * FROM versioned_rows.verify();
ROLLBACK;
BEGIN;
ALTER TABLE product SET SCHEMA other;
SELECT * FROM versioned_rows.verify();
ROLLBACK;
BEGIN;
DROP FUNCTION calc_is_current_version(product);
SELECT * FROM versioned_rows.verify();
SELECT versioned_rows.enable('product');
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- So do those of a table with a period.
CREATE TABLE timed (id int PRIMARY KEY);
SELECT versioned_rows.enable('timed', period_column => 'valid');
BEGIN;
DROP FUNCTION timed_between(timestamptz, timestamptz);
ALTER TABLE timed RENAME COLUMN valid TO validity;
SELECT * FROM versioned_rows.verify();
SELECT versioned_rows.enable('timed', period_column => 'validity');
SELECT * FROM versioned_rows.verify();
ROLLBACK;
DROP TABLE timed;

-- Views.
BEGIN;
DROP VIEW product_now;
SELECT * FROM versioned_rows.verify();
SELECT versioned_rows.enable('product');
SELECT * FROM versioned_rows.verify();
ROLLBACK;
BEGIN;
SELECT versioned_rows.enable('product', facade => true);
SET LOCAL client_min_messages = warning;
DROP VIEW product, product_now;
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- Children that were added later: their rows are not looked at.
BEGIN;
CREATE TABLE product_child () INHERITS (product);
INSERT INTO product_child VALUES (1, 'a', 1, true), (1, 'a', 1, true);
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- What is not versioned.
CREATE TABLE plain (id int);
SELECT * FROM versioned_rows.verify('plain');
SELECT * FROM versioned_rows.verify('pg_class');

DROP TABLE plain;
DROP TABLE product CASCADE;
DROP SCHEMA other;
DROP EXTENSION versioned_rows;

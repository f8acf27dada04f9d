-- What is imported before the versions that are there moves these on, and with
-- them what follows them, history included; what is pinned stays in the way.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, part_of int, price numeric);
CREATE TABLE offer (id int PRIMARY KEY, product_id int, note text);
CREATE TABLE item (id int PRIMARY KEY, offer_id int);
CREATE TABLE wish (id int PRIMARY KEY, product_id int);
SELECT versioned_rows.enable('product', period_column => 'valid'), versioned_rows.enable('offer'), versioned_rows.enable('item');
SELECT versioned_rows.add_reference('product', '{part_of}', 'product', 'follow');
SELECT versioned_rows.add_reference('offer', '{product_id}', 'product', 'follow');
SELECT versioned_rows.add_reference('item', '{offer_id}', 'offer', 'follow');
SELECT versioned_rows.add_reference('wish', '{product_id}', 'product', 'follow');
INSERT INTO product VALUES (1, NULL, 10), (2, 1, 20);
INSERT INTO offer VALUES (1, 1, 'a'), (2, 2, 'a');
INSERT INTO item VALUES (1, 1);
INSERT INTO wish VALUES (1, 1);
UPDATE offer SET note = 'b';
UPDATE product SET price = 11 WHERE id = 1;
UPDATE offer SET note = 'c';
CREATE VIEW all_offers AS
SELECT o.id, o.version_id AS v, o.is_current_version AS current, note, product_id AS p, product_version_id AS pv, price
FROM offer o LEFT JOIN product p ON (p.id, p.version_id) = (product_id, product_version_id) ORDER BY 1, 2;
TABLE all_offers;
CREATE TABLE old (id int, part_of int, part_of_version_id int, price numeric, since timestamptz, until timestamptz);
INSERT INTO old VALUES (1, NULL, NULL, 8, '2000-01-01', '2001-01-01'), (1, NULL, NULL, 9, '2001-01-01', '2002-01-01');
SELECT versioned_rows.import('product', 'old', start_column => 'since', end_column => 'until');
-- The same versions of offers refer to the same images of products.
TABLE all_offers;
SELECT id, version_id, part_of, part_of_version_id, price FROM product ORDER BY 1, 2;
SELECT id, version_id, offer_version_id FROM item ORDER BY version_id;
TABLE wish;
-- The offers' history is closed again.
UPDATE offer SET note = 'd' WHERE version_id = 1;
SELECT count(*) FROM offer WHERE note = 'd';
SELECT * FROM versioned_rows.verify();

-- Not a follower of somebody else's.
CREATE ROLE regress_shop;
DELETE FROM old WHERE price = 9;
ALTER TABLE product OWNER TO regress_shop;
ALTER TABLE old OWNER TO regress_shop;
SET ROLE regress_shop;
SELECT versioned_rows.import('product', 'old', start_column => 'since', end_column => 'until');
RESET ROLE;
-- Nor one that is pinned.
CREATE TABLE line (id int PRIMARY KEY, product_id int);
SELECT versioned_rows.enable('line');
SELECT versioned_rows.add_reference('line', '{product_id}', 'product', 'pin');
INSERT INTO line VALUES (1, 1);
UPDATE old SET since = '1999-01-01', until = '2000-01-01';
SELECT versioned_rows.import('product', 'old', start_column => 'since', end_column => 'until');
TABLE all_offers;

DROP VIEW all_offers;
DROP TABLE line, wish, item, offer, product, old;
DROP ROLE regress_shop;
DROP EXTENSION versioned_rows;

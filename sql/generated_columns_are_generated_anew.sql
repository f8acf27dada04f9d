-- A stored generated column of a version says what its expression says of that
-- version, also about the columns that versioned_rows maintains; and what the
-- table demands of such a column holds for history, too.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, price int,
	twice int GENERATED ALWAYS AS (price * 2) STORED);
SELECT versioned_rows.enable('product', period_column => 'valid');
ALTER TABLE product
	ADD state text GENERATED ALWAYS AS
		(CASE WHEN is_current_version THEN 'now' ELSE 'then' END) STORED,
	ADD is_open boolean GENERATED ALWAYS AS (upper_inf(valid)) STORED,
	ADD label text GENERATED ALWAYS AS (version_id::text || ':' || price) STORED;
INSERT INTO product (id, price) VALUES (1, 10);
UPDATE product SET price = 11;
UPDATE product SET price = price;
UPDATE product SET twice = 5;
UPDATE product SET twice = DEFAULT;
UPDATE product SET price = 12
RETURNING twice, state, is_open, label, version_id;
DELETE FROM product;
SELECT price, twice, state, is_open, label, version_id FROM product
ORDER BY version_id;
SELECT * FROM versioned_rows.verify('product');

-- Indexes on them.
CREATE INDEX ON product (state, label);
INSERT INTO product (id, price) VALUES (1, 13);
UPDATE product SET price = 14;
SET enable_seqscan = off;
SELECT version_id FROM product WHERE state = 'then' ORDER BY label;
RESET enable_seqscan;

-- Constraints on them: the row stays as it was.
ALTER TABLE product ADD CONSTRAINT always_now CHECK (state = 'now') NOT VALID;
UPDATE product SET price = 15 RETURNING version_id;
DELETE FROM product WHERE NOT is_current_version;
CREATE TABLE checked (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('checked');
ALTER TABLE checked ADD state text GENERATED ALWAYS AS
	(CASE WHEN is_current_version THEN 'now' ELSE 'then' END) STORED
	CONSTRAINT always_now CHECK (state = 'now');
INSERT INTO checked VALUES (1, 'a');
UPDATE checked SET name = 'b';
DELETE FROM checked;
ALTER TABLE checked DROP state;
ALTER TABLE checked ADD state text NOT NULL GENERATED ALWAYS AS
	(CASE WHEN is_current_version THEN 'now' END) STORED;
UPDATE checked SET name = 'b';
DELETE FROM checked;
ALTER TABLE checked DROP state;
CREATE TABLE states (state text PRIMARY KEY);
INSERT INTO states VALUES ('now');
ALTER TABLE checked ADD state text GENERATED ALWAYS AS
	(CASE WHEN is_current_version THEN 'now' ELSE 'then' END) STORED
	REFERENCES states;
UPDATE checked SET name = 'b';
DELETE FROM checked;
INSERT INTO states VALUES ('then');
UPDATE checked SET name = 'b' RETURNING *;
SELECT * FROM checked ORDER BY version_id;

DROP TABLE product, checked, states;
DROP EXTENSION versioned_rows;

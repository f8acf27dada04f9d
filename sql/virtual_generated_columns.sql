-- Virtual generated columns (PostgreSQL 18; stored ones stand for them before)
-- are no contents of a row, show what every version held, and obey constraints.
\set SHOW_CONTEXT never
SELECT CASE WHEN current_setting('server_version_num')::int >= 180000
	THEN 'VIRTUAL' ELSE 'STORED' END AS kind \gset
CREATE EXTENSION versioned_rows;

CREATE TABLE product (
	id int PRIMARY KEY,
	price int,
	doubled int GENERATED ALWAYS AS (price * 2) STORED,
	label text GENERATED ALWAYS AS (id || ': ' || coalesce(price::text, '-')) :kind NOT NULL,
	CHECK (label <> '1: 13'));
INSERT INTO product (id, price) VALUES (1, 10), (2, 20);
SELECT versioned_rows.enable('product', period_column => 'valid',
	current_view => 'product_now');

UPDATE product SET price = 11 WHERE id = 1 RETURNING id, price, doubled, label;
UPDATE product SET price = 11 WHERE id = 1;
UPDATE product_now SET price = price + 1 WHERE label = '1: 11' RETURNING label, version_id;
\set VERBOSITY terse
UPDATE product SET price = 13 WHERE id = 1;
\set VERBOSITY default
UPDATE product SET label = 'x' WHERE id = 1;
DELETE FROM product WHERE id = 2 RETURNING label;
INSERT INTO product (id, price) VALUES (2, 21), (3, NULL);
SELECT id, version_id, is_current_version, price, doubled, label FROM product
ORDER BY id, version_id;
SELECT id, doubled, label FROM product_now ORDER BY id;
SELECT id, doubled, label FROM product_as_of(now()) ORDER BY id;
SELECT version, row ->> 'doubled' AS doubled, row ->> 'label' AS label
FROM versioned_rows.history('product', '{"id": 1}');
SELECT * FROM versioned_rows.diff('product', '{"id": 1}', 1, 3);
SELECT versioned_rows.revert('product', '{"id": 1}', 1);
SELECT id, version_id, label FROM product
WHERE calc_is_current_version(product) ORDER BY id;
SELECT versioned_rows.redact('product', '{"id": 1}', '{label}');
SELECT versioned_rows.redact('product', '{"id": 1}', '{price}');
SELECT id, version_id, label FROM product WHERE id = 1 ORDER BY version_id;
SELECT * FROM versioned_rows.verify();

-- One may look at managed columns, and a constraint at it.
CREATE TABLE dish (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('dish');
ALTER TABLE dish ADD state text
	GENERATED ALWAYS AS (CASE WHEN is_current_version THEN 'now' END) :kind;
INSERT INTO dish VALUES (1, 'soup');
UPDATE dish SET name = 'stew' RETURNING *;
SELECT * FROM dish ORDER BY version_id;
DELETE FROM dish WHERE NOT is_current_version;
ALTER TABLE dish ADD CHECK (state IS NOT NULL) NOT VALID;
UPDATE dish SET name = 'roast' RETURNING *;
SELECT versioned_rows.disable('dish');
DELETE FROM dish WHERE NOT is_current_version;
ALTER TABLE dish VALIDATE CONSTRAINT dish_state_check;
SELECT versioned_rows.enable('dish');
UPDATE dish SET name = 'salad';
DELETE FROM dish;
ALTER TABLE dish DROP CONSTRAINT dish_state_check, ALTER state SET NOT NULL;
UPDATE dish SET name = 'salad';
ALTER TABLE dish ALTER state DROP NOT NULL;
UPDATE dish SET name = 'salad' RETURNING *;

-- Nothing that is written by us can be generated.
ALTER TABLE dish ADD other int GENERATED ALWAYS AS (1) :kind;
SELECT versioned_rows.disable('dish');
SELECT versioned_rows.enable('dish', version_column => 'other');

DROP TABLE product, dish CASCADE;
DROP EXTENSION versioned_rows;

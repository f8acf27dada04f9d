-- DELETE ends a row and keeps its last version as history; an INSERT of the
-- same key goes on with the next number.
\set SHOW_CONTEXT never
\set QUIET off
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('product');
INSERT INTO product VALUES (1, 'teapot'), (2, 'kettle'), (3, 'spoon');
UPDATE product SET name = 'big teapot' WHERE id = 1;

DELETE FROM product WHERE id = 1 RETURNING *;
DELETE FROM product WHERE id = 1;
DELETE FROM product WHERE id = 1 AND version_id = 1;
SELECT *, p.calc_is_current_version FROM product p ORDER BY id, version_id;
UPDATE product SET name = 'nobody' WHERE id = 1;

-- DELETE ... USING, and in a CTE.
DELETE FROM product p USING (VALUES (2)) v (id) WHERE v.id = p.id
	RETURNING p.id, p.version_id;
WITH gone AS (DELETE FROM product RETURNING *)
INSERT INTO product SELECT id + 10, name FROM gone RETURNING *;
SELECT * FROM product ORDER BY id, version_id;

-- Back again.
INSERT INTO product VALUES (1, 'pot') RETURNING *;
INSERT INTO product (id, name, version_id) VALUES (2, 'pan', 2) RETURNING *;
INSERT INTO product (id, name, version_id) VALUES (3, 'fork', 1) RETURNING *;
UPDATE product SET name = 'jug' WHERE id = 1 RETURNING *;
SELECT * FROM product WHERE id < 10 ORDER BY id, version_id;

-- Inserted, deleted and inserted in one transaction, and in one statement.
BEGIN;
INSERT INTO product VALUES (5, 'a') RETURNING version_id;
DELETE FROM product WHERE id = 5;
INSERT INTO product VALUES (5, 'b') RETURNING version_id;
DELETE FROM product WHERE id = 5;
INSERT INTO product VALUES (5, 'c') RETURNING version_id;
COMMIT;
SELECT * FROM product WHERE id = 5 ORDER BY version_id;
INSERT INTO product VALUES (6, 'a'), (6, 'b');

-- COPY is INSERT.
COPY product (id, name) FROM STDIN;
7	a
8	b
\.
DELETE FROM product WHERE id = 8;
COPY product (id, name) FROM STDIN;
8	c
9	d
\.
SELECT * FROM product WHERE id IN (7, 8, 9) ORDER BY id, version_id;
COPY (SELECT * FROM product WHERE id = 8 ORDER BY version_id) TO STDOUT;

-- Where rows do not come back, INSERT need not look for them: a key that has
-- history is refused, and the table stays as it is.
SELECT versioned_rows.enable('product', reinsert => false);
DELETE FROM product WHERE id = 7;
INSERT INTO product VALUES (7, 'z');
INSERT INTO product VALUES (70, 'z') RETURNING *;

-- TRUNCATE would lose the history.
TRUNCATE product;
TRUNCATE ONLY product CASCADE;
SELECT count(*) > 0 AS still_there FROM product;

DROP TABLE product;
DROP EXTENSION versioned_rows;

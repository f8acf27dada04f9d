-- An upsert makes a version where it updates and none where it inserts; MERGE
-- makes one for each UPDATE, and ends a row for each DELETE.
\set SHOW_CONTEXT never
\set QUIET off
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, name text, code text UNIQUE);
SELECT versioned_rows.enable('product');

INSERT INTO product VALUES (1, 'teapot', 'a')
	ON CONFLICT (id) WHERE is_current_version
	DO UPDATE SET name = excluded.name RETURNING *;
INSERT INTO product VALUES (1, 'big teapot', 'a'), (2, 'kettle', 'b')
	ON CONFLICT (id) WHERE is_current_version
	DO UPDATE SET name = excluded.name RETURNING *;

-- What changes nothing, or is not wanted, leaves no trace.
INSERT INTO product VALUES (1, 'big teapot', 'a')
	ON CONFLICT (id) WHERE is_current_version
	DO UPDATE SET name = excluded.name RETURNING *;
INSERT INTO product VALUES (1, 'pot', 'a')
	ON CONFLICT (id) WHERE is_current_version
	DO UPDATE SET name = excluded.name WHERE product.name = 'none' RETURNING *;
INSERT INTO product VALUES (1, 'pot', 'a'), (3, 'spoon', 'c')
	ON CONFLICT DO NOTHING RETURNING *;
INSERT INTO product VALUES (1, 'pot', 'a')
	ON CONFLICT (id) WHERE is_current_version DO NOTHING RETURNING *;
SELECT * FROM product ORDER BY id, version_id;

-- Another unique index can be the one.
INSERT INTO product VALUES (9, 'huge teapot', 'a')
	ON CONFLICT (code) WHERE is_current_version
	DO UPDATE SET name = excluded.name RETURNING *;

-- Twice the same row in one statement is an error, as in any table.
INSERT INTO product VALUES (1, 'x', 'a'), (1, 'y', 'a')
	ON CONFLICT (id) WHERE is_current_version
	DO UPDATE SET name = excluded.name;
INSERT INTO product VALUES (7, 'x', 'x'), (7, 'y', 'y')
	ON CONFLICT (id) WHERE is_current_version
	DO UPDATE SET name = excluded.name;

-- Deleted and inserted again: the upsert inserts, and the numbers go on.
DELETE FROM product WHERE id = 2;
INSERT INTO product VALUES (2, 'pan', 'b')
	ON CONFLICT (id) WHERE is_current_version
	DO UPDATE SET name = excluded.name RETURNING *;

-- The whole key is no target for an upsert of a versioned table with a flag:
-- the row that is there is found by the index over current rows.
INSERT INTO product VALUES (2, 'pot', 'b')
	ON CONFLICT (id, version_id) DO UPDATE SET name = excluded.name;

-- MERGE.
MERGE INTO product p
USING (VALUES (1, 'TEAPOT'), (2, NULL), (3, 'spoon'), (4, 'fork')) v (id, name)
ON p.id = v.id AND p.is_current_version
WHEN MATCHED AND v.name IS NULL THEN DELETE
WHEN MATCHED AND v.name <> p.name THEN UPDATE SET name = v.name
WHEN MATCHED THEN DO NOTHING
WHEN NOT MATCHED THEN INSERT (id, name) VALUES (v.id, v.name);
SELECT * FROM product ORDER BY id, version_id;

-- Without the condition MERGE also joins history, which it cannot change.
MERGE INTO product p USING (VALUES (1, 'pot')) v (id, name) ON p.id = v.id
WHEN MATCHED THEN UPDATE SET name = v.name;
MERGE INTO product p USING (VALUES (1), (2), (3)) v (id) ON p.id = v.id
WHEN MATCHED THEN DELETE;
SELECT * FROM product ORDER BY id, version_id;

DROP TABLE product;
DROP EXTENSION versioned_rows;

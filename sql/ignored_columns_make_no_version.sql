-- A change of ignore_columns alone is written in place: it makes no version,
-- changes no number, and history keeps the value of its time.
\set SHOW_CONTEXT never
\set QUIET off
CREATE EXTENSION versioned_rows;

CREATE TABLE product (
	id int PRIMARY KEY,
	name text,
	views int DEFAULT 0,
	seen date,
	total int GENERATED ALWAYS AS (views + 1) STORED
);
INSERT INTO product VALUES (1, 'teapot'), (2, 'kettle');
SELECT versioned_rows.enable('product', ignore_columns => '{views, seen}');
SELECT ignore_columns FROM versioned_rows.tables;

UPDATE product SET views = views + 1;
UPDATE product SET views = 7, seen = '2001-01-01' WHERE id = 1
	RETURNING id, version_id, views;
SELECT * FROM product ORDER BY id, version_id;

-- Together with another column they make one.
UPDATE product SET name = 'big teapot', views = 8 WHERE id = 1;
UPDATE product SET views = 9 WHERE id = 1;
SELECT * FROM product ORDER BY id, version_id;

-- Ignored is not unprotected: history, key and number stay what they are.
UPDATE product SET views = 0 WHERE NOT is_current_version;
UPDATE product SET views = 0, id = 3 WHERE id = 2;
UPDATE product SET views = 0, version_id = 9 WHERE id = 2;
UPDATE product SET views = 0, is_current_version = false WHERE id = 2;

-- A client that asks for the next version gets one.
UPDATE product SET views = 0, version_id = version_id + 1 WHERE id = 2
	RETURNING id, version_id, views;

-- What is ignored can change; a column that is gone is an error that helps.
SELECT versioned_rows.enable('product', ignore_columns => '{seen}');
UPDATE product SET views = 10 WHERE id = 1 RETURNING version_id;
UPDATE product SET seen = '2002-02-02' WHERE id = 1 RETURNING version_id;
SELECT versioned_rows.enable('product');
UPDATE product SET seen = '2003-03-03' WHERE id = 1 RETURNING version_id;
SELECT ignore_columns FROM versioned_rows.tables;
SELECT versioned_rows.enable('product', ignore_columns => '{seen}');
ALTER TABLE product RENAME seen TO seen_at;
UPDATE product SET name = 'pot' WHERE id = 1;
SELECT versioned_rows.enable('product', ignore_columns => '{seen_at}');
UPDATE product SET seen_at = NULL WHERE id = 1 RETURNING version_id;

-- A column twice is one column.
SELECT versioned_rows.enable('product', ignore_columns => '{views, views}');
SELECT ignore_columns FROM versioned_rows.tables;

-- Bad lists.
SELECT versioned_rows.enable('product', ignore_columns => NULL);
SELECT versioned_rows.enable('product', ignore_columns => ARRAY[NULL]::name[]);
SELECT versioned_rows.enable('product', ignore_columns => '{nothing}');
SELECT versioned_rows.enable('product', ignore_columns => '{ctid}');
SELECT versioned_rows.enable('product', ignore_columns => '{id}');
SELECT versioned_rows.enable('product', ignore_columns => '{version_id}');
SELECT versioned_rows.enable('product',
	ignore_columns => '{is_current_version}');
SELECT ignore_columns FROM versioned_rows.tables;

DROP TABLE product;
DROP EXTENSION versioned_rows;

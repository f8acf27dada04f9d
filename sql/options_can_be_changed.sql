-- Options are changed by calling enable() again: what is not named is as if
-- it had never been named, but views stay, and nothing is lost silently.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;

CREATE TABLE product (id int PRIMARY KEY, name text, views int DEFAULT 0);
INSERT INTO product VALUES (1, 'teapot');
SELECT versioned_rows.enable('product', ignore_columns => '{views}');
SELECT version_column, current_column, ignore_columns, reinsert, current_view
FROM versioned_rows.tables;
SELECT versioned_rows.enable('product', reinsert => false,
	current_view => 'product_now');
SELECT version_column, current_column, ignore_columns, reinsert, current_view
FROM versioned_rows.tables;

-- The triggers are there once.
SELECT tgname FROM pg_trigger WHERE tgrelid = 'product'::regclass
ORDER BY tgname COLLATE "C";

-- A managed column cannot be exchanged for another while it is there.
SELECT versioned_rows.enable('product', version_column => 'revision');
SELECT versioned_rows.enable('product', current_column => 'latest');
SELECT versioned_rows.enable('product', current_column => NULL);

-- But it follows a renaming, once enable() is told.
ALTER TABLE product RENAME version_id TO revision;
ALTER TABLE product RENAME is_current_version TO latest;
UPDATE product SET name = 'big teapot';
SELECT versioned_rows.enable('product', version_column => 'revision',
	current_column => 'latest');
UPDATE product SET name = 'big teapot';
SELECT *, p.calc_is_current_version FROM product p ORDER BY id, revision;
SELECT * FROM product_now ORDER BY id;

-- A flag can be given up.
SELECT versioned_rows.disable('product');
ALTER TABLE product DROP latest;
SELECT versioned_rows.enable('product', version_column => 'revision',
	current_column => NULL, current_view => 'product_now');
UPDATE product_now SET name = 'huge teapot';
SELECT *, p.calc_is_current_version FROM product p ORDER BY id, revision;

-- The table can be renamed; enable() tells what is generated for it.
ALTER TABLE product RENAME TO article;
UPDATE article SET name = 'pot';
SELECT versioned_rows.enable('article', version_column => 'revision');
SELECT *, a.calc_is_current_version FROM article a ORDER BY id, revision;
SELECT relation, current_view FROM versioned_rows.tables;

-- The same after a move to another schema.
CREATE SCHEMA regress_shop;
ALTER TABLE article SET SCHEMA regress_shop;
UPDATE regress_shop.article SET name = 'jug';
SELECT versioned_rows.enable('regress_shop.article',
	version_column => 'revision', current_view => 'article_now');
SELECT * FROM regress_shop.article_now;
SELECT oid::regprocedure FROM pg_proc
WHERE proname = 'calc_is_current_version';

-- A facade that was dropped, or left behind, comes back under its name.
CREATE TABLE shelf (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('shelf', facade => true);
DROP VIEW shelf;
SELECT versioned_rows.enable('shelf_versions', facade => true);
SELECT relname, relkind FROM pg_class
WHERE relname LIKE 'shelf%' AND relkind IN ('r', 'v') ORDER BY relname;
ALTER TABLE shelf_versions RENAME COLUMN name TO label;
SELECT versioned_rows.enable('shelf_versions');
INSERT INTO shelf (id, label) VALUES (1, 'top') RETURNING *;
DROP VIEW shelf;
SELECT versioned_rows.disable('shelf_versions');
DROP TABLE shelf;

SET client_min_messages = warning;
DROP SCHEMA regress_shop CASCADE;
DROP VIEW IF EXISTS product_now;
DROP EXTENSION versioned_rows;

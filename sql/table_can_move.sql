-- A table can be renamed, move to another schema, tablespace or owner; what is
-- generated beside it follows with enable(), and verify() says so until then.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE ROLE regress_first;
CREATE ROLE regress_second;
CREATE ROLE regress_reader;
CREATE SCHEMA regress_here;
CREATE SCHEMA regress_there;
GRANT ALL ON SCHEMA regress_here, regress_there TO regress_first, regress_second;
GRANT USAGE ON SCHEMA regress_here, regress_there TO regress_reader;
SET search_path = regress_here, regress_there;
SET ROLE regress_first;
CREATE TABLE product (id int PRIMARY KEY, name text);
GRANT SELECT, UPDATE ON product TO regress_reader;
SELECT versioned_rows.enable('product', period_column => 'valid', current_view => 'product_now');
INSERT INTO product VALUES (1, 'a');
PREPARE change AS UPDATE product SET name = name || '!' WHERE id = 1 AND is_current_version
	RETURNING version_id;
PREPARE change_now AS UPDATE product_now SET name = name || '?' WHERE id = 1 RETURNING version_id;
EXECUTE change;
EXECUTE change_now;

-- Another schema: plans follow the search path, the view looks at the table.
ALTER TABLE product SET SCHEMA regress_there;
EXECUTE change;
EXECUTE change_now;
SELECT p.calc_is_current_version FROM product p;
SELECT count(*) FROM product_as_of(now());
SELECT problem FROM versioned_rows.verify();
ALTER VIEW product_now SET SCHEMA regress_there;
SELECT versioned_rows.enable('product', period_column => 'valid');
SELECT problem FROM versioned_rows.verify();
SELECT oid::regprocedure FROM pg_proc WHERE proowner = 'regress_first'::regrole ORDER BY 1;
EXECUTE change;
EXECUTE change_now;

-- Another name: the view stays what it is.
ALTER TABLE product RENAME TO article;
EXECUTE change;
EXECUTE change_now;
SELECT problem FROM versioned_rows.verify();
SELECT versioned_rows.enable('article', period_column => 'valid');
SELECT problem FROM versioned_rows.verify();
SELECT oid::regprocedure FROM pg_proc WHERE proowner = 'regress_first'::regrole ORDER BY 1;
EXECUTE change_now;
-- Another table can take the old one: nothing generated looks at it.
CREATE TABLE product (LIKE article);
SELECT a.version_id FROM article a WHERE a.calc_is_current_version;
SELECT count(*) FROM article_as_of('2000-01-01');
DROP TABLE product;

-- Another owner: the views and functions still belong to the first one.
RESET ROLE;
ALTER TABLE article OWNER TO regress_second;
SET ROLE regress_second;
EXECUTE change_now;
UPDATE article SET name = 'b' WHERE is_current_version RETURNING version_id;
SELECT problem FROM versioned_rows.verify();
SELECT versioned_rows.enable('article', period_column => 'valid');
SELECT versioned_rows.disable('article');
-- Who may give them to the second one calls enable().
RESET ROLE;
SELECT versioned_rows.enable('article', period_column => 'valid');
SET ROLE regress_second;
SELECT problem FROM versioned_rows.verify();
UPDATE product_now SET name = 'c' RETURNING version_id;
SET ROLE regress_reader;
UPDATE product_now SET name = 'd' RETURNING version_id;
SET ROLE regress_first;
SELECT * FROM product_now;
SELECT versioned_rows.enable('article', period_column => 'valid');
SET ROLE regress_second;
SELECT versioned_rows.disable('article');
SELECT versioned_rows.enable('article', period_column => 'valid', facade => true);

-- Another tablespace.
RESET ROLE;
SET allow_in_place_tablespaces = on;
CREATE TABLESPACE regress_space LOCATION '';
ALTER TABLE article_versions SET TABLESPACE regress_space;
SELECT versioned_rows.enable('article_versions', period_column => 'valid');
ALTER INDEX product_current_key SET TABLESPACE regress_space;
UPDATE article SET name = 'd' RETURNING name;
ALTER TABLE ALL IN TABLESPACE regress_space SET TABLESPACE pg_default;
ALTER INDEX ALL IN TABLESPACE regress_space SET TABLESPACE pg_default;
DROP TABLESPACE regress_space;
UPDATE article SET name = 'd!' RETURNING name;
SET ROLE regress_second;

-- A table behind a facade: renamed, moved, given away.
UPDATE article SET name = 'e' RETURNING id, name;
ALTER TABLE article_versions RENAME TO article_history;
UPDATE article SET name = 'f' RETURNING id, name;
SELECT problem FROM versioned_rows.verify();
SELECT versioned_rows.enable('article_history', period_column => 'valid');
SELECT problem FROM versioned_rows.verify();
ALTER TABLE article_history SET SCHEMA regress_here;
ALTER VIEW article SET SCHEMA regress_here;
RESET ROLE;
ALTER TABLE article_history OWNER TO regress_first;
SELECT versioned_rows.enable('article_history', period_column => 'valid');
SET ROLE regress_first;
SELECT problem FROM versioned_rows.verify();
UPDATE article SET name = 'g' RETURNING id, name;
SELECT versioned_rows.disable('article_history');
SELECT name, version_id FROM article ORDER BY version_id;

RESET ROLE;
RESET search_path;
DEALLOCATE ALL;
SET client_min_messages = warning;
DROP SCHEMA regress_here, regress_there CASCADE;
DROP ROLE regress_first, regress_second, regress_reader;
DROP EXTENSION versioned_rows;

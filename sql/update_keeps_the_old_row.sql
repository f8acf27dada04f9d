-- Every UPDATE of a current row makes one version and keeps the old one, with
-- the command tag and the RETURNING of a plain UPDATE.
\set SHOW_CONTEXT never
\set QUIET off
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, name text, price numeric);
SELECT versioned_rows.enable('product');
INSERT INTO product VALUES (1, 'teapot', 10), (2, 'kettle', 35),
	(3, 'spoon', 2);

-- One row; many rows; no row; RETURNING is the new version.
UPDATE product SET price = 12 WHERE id = 1 RETURNING *;
UPDATE product SET price = price * 2 WHERE price > 2;
UPDATE product SET price = 0 WHERE id = 9;

-- An UPDATE without a condition reaches history, and leaves it alone: only
-- current rows are changed, counted and returned.
UPDATE product SET name = upper(name);
SELECT * FROM product ORDER BY id, version_id;

-- A stale version matches nothing.
UPDATE product SET price = 1 WHERE id = 1 AND version_id = 1;
UPDATE product SET price = 1 WHERE NOT is_current_version;

-- UPDATE ... FROM, with a row that is joined twice, and a self-join to history.
UPDATE product p SET price = v.price
	FROM (VALUES (1, 100), (2, 200), (2, 200)) v (id, price)
	WHERE v.id = p.id AND p.is_current_version;
WITH back AS (
	UPDATE product p SET price = old.price
	FROM product old
	WHERE old.id = p.id AND old.version_id = 1 AND p.is_current_version
	RETURNING p.id, p.version_id, p.price, old.version_id AS back_to
)
SELECT * FROM back ORDER BY id;

-- A writable CTE, whose other parts see what was there before.
WITH raised AS (
	UPDATE product SET price = price + 1 WHERE id = 1 RETURNING *
), renamed AS (
	UPDATE product SET name = 'pan' WHERE id = 2 RETURNING *
), spare AS (
	INSERT INTO product VALUES (4, 'fork', 1) RETURNING *
)
SELECT 'raised' AS part, id, version_id FROM raised
UNION ALL SELECT 'renamed', id, version_id FROM renamed
UNION ALL SELECT 'spare', id, version_id FROM spare
UNION ALL SELECT 'before', id, max(version_id) FROM product GROUP BY id
ORDER BY 1, 2;

-- The same row twice in one statement is changed once, as in any table.
WITH first AS (UPDATE product SET price = 7 WHERE id = 3 RETURNING *)
UPDATE product SET price = 8 WHERE id = 3;
SELECT id, version_id, price FROM product WHERE id = 3 ORDER BY version_id;

-- Prepared statements, generic and custom plans alike.
PREPARE raise (int, numeric) AS
	UPDATE product SET price = $2 WHERE id = $1 AND is_current_version
	RETURNING version_id;
EXECUTE raise (3, 1);
EXECUTE raise (3, 2);
SET plan_cache_mode = force_generic_plan;
EXECUTE raise (3, 3);
EXECUTE raise (3, 4);
ALTER TABLE product ADD COLUMN colour text;
EXECUTE raise (3, 5);
RESET plan_cache_mode;
DEALLOCATE raise;

-- WHERE CURRENT OF a cursor.
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM product WHERE id = 1 AND is_current_version
	FOR UPDATE;
FETCH c;
UPDATE product SET price = 77 WHERE CURRENT OF c RETURNING version_id;
CLOSE c;
COMMIT;

-- Several updates of a row in one transaction are several versions.
BEGIN;
UPDATE product SET price = 1 WHERE id = 4;
UPDATE product SET price = 2 WHERE id = 4;
UPDATE product SET price = 3 WHERE id = 4 RETURNING version_id;
COMMIT;
SELECT id, version_id, is_current_version, price FROM product WHERE id = 4
ORDER BY version_id;

-- Numbers have no gaps, and one version of each row is current.
SELECT id, count(*) = max(version_id) AND min(version_id) = 1 AS no_gaps,
	count(*) FILTER (WHERE is_current_version) AS current
FROM product GROUP BY id ORDER BY id;

-- In a function, and in one that is called for every row of a query.
CREATE FUNCTION raise(int) RETURNS int LANGUAGE sql AS
	'UPDATE product SET price = price + 1 WHERE id = $1 RETURNING version_id';
SELECT raise(1), raise(1);
SELECT id, raise(id) FROM product WHERE is_current_version ORDER BY id;
DO $$
BEGIN
	FOR i IN 1..3 LOOP
		UPDATE product SET price = price + 1 WHERE id = 1;
	END LOOP;
END
$$;
SELECT max(version_id) FROM product WHERE id = 1;

DROP FUNCTION raise;
DROP TABLE product;
DROP EXTENSION versioned_rows;

-- A version that is rolled back was never there: its number is given again,
-- and the row that it replaced is current as before.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('product');
INSERT INTO product VALUES (1, 'teapot');

BEGIN;
UPDATE product SET name = 'one' WHERE id = 1;
SAVEPOINT a;
UPDATE product SET name = 'two' WHERE id = 1;
SAVEPOINT b;
UPDATE product SET name = 'three' WHERE id = 1;
DELETE FROM product WHERE id = 1;
SELECT * FROM product ORDER BY version_id;
ROLLBACK TO b;
SELECT * FROM product ORDER BY version_id;
UPDATE product SET name = 'THREE' WHERE id = 1 RETURNING *;
ROLLBACK TO a;
UPDATE product SET name = 'TWO' WHERE id = 1 RETURNING *;
RELEASE a;
COMMIT;
SELECT * FROM product ORDER BY version_id;

BEGIN;
UPDATE product SET name = 'never' WHERE id = 1;
ROLLBACK;
UPDATE product SET name = 'four' WHERE id = 1 RETURNING *;

-- An error rolls back its statement, in a block of PL/pgSQL, too.
DO $$
BEGIN
	UPDATE product SET name = 'five' WHERE id = 1;
	BEGIN
		UPDATE product SET name = 'six' WHERE id = 1;
		PERFORM 1 / 0;
	EXCEPTION WHEN division_by_zero THEN
		UPDATE product SET name = 'SIX' WHERE id = 1;
	END;
END
$$;
SELECT * FROM product ORDER BY version_id;

-- A statement that fails at its last row leaves nothing of the others.
ALTER TABLE product ADD CHECK (name <> 'bad');
INSERT INTO product SELECT i, 'x' FROM generate_series(2, 5) i;
UPDATE product SET name = CASE id WHEN 5 THEN 'bad' ELSE 'good' END
	WHERE id > 1;
SELECT * FROM product WHERE id > 1 ORDER BY id, version_id;

DROP TABLE product;
DROP EXTENSION versioned_rows;

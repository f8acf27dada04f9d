-- A row that is deleted and inserted again by one statement goes on after its
-- last version, as if two statements had done it.
\set VERBOSITY terse
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, n int);
SELECT versioned_rows.enable('product');
INSERT INTO product VALUES (1, 1), (2, 1);

-- in a query and its CTE: the first version, and a later one
WITH gone AS (DELETE FROM product WHERE id = 1 AND is_current_version
			  RETURNING id, n)
INSERT INTO product SELECT id, n + 1 FROM gone RETURNING *;
WITH gone AS (DELETE FROM product WHERE is_current_version RETURNING id, n)
INSERT INTO product SELECT id, n + 1 FROM gone RETURNING *;
-- as an upsert, also of a key that it deletes and one that it does not
WITH gone AS (DELETE FROM product WHERE id = 1 AND is_current_version
			  RETURNING id)
INSERT INTO product SELECT 3 - id, 9 FROM gone UNION ALL SELECT id, 9 FROM gone
ON CONFLICT (id) WHERE is_current_version DO UPDATE SET n = excluded.n
RETURNING *;
-- whatever the transaction has done before
BEGIN;
DELETE FROM product WHERE id = 2 AND is_current_version;
INSERT INTO product VALUES (2, 20) RETURNING *;
SAVEPOINT s;
DELETE FROM product WHERE id = 2 AND is_current_version;
ROLLBACK TO s;
WITH gone AS (DELETE FROM product WHERE id = 2 AND is_current_version
			  RETURNING id)
INSERT INTO product SELECT id, 21 FROM gone RETURNING *;
SELECT removed FROM versioned_rows.prune('product', keep => 0);
WITH gone AS (DELETE FROM product WHERE id = 2 AND is_current_version
			  RETURNING id)
INSERT INTO product SELECT id, 22 FROM gone RETURNING *;
ROLLBACK;
SELECT * FROM product ORDER BY id, version_id;

-- in a function that the deleting statement calls
CREATE FUNCTION again(id int, n int) RETURNS bigint LANGUAGE sql AS
'INSERT INTO product VALUES ($1, $2) RETURNING version_id';
DELETE FROM product WHERE id = 2 AND is_current_version
RETURNING id, version_id, again(id, n + 1) AS next;

-- in an AFTER DELETE trigger that fires before archive(), and one that fires
-- after it
CREATE FUNCTION put_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO product VALUES (OLD.id, OLD.n + 1);
	RETURN NULL;
END $$;
CREATE TRIGGER "000_put_back" AFTER DELETE ON product
FOR EACH ROW WHEN (OLD.is_current_version) EXECUTE FUNCTION put_back();
DELETE FROM product WHERE is_current_version;
ALTER TRIGGER "000_put_back" ON product RENAME TO put_back;
DELETE FROM product WHERE is_current_version;
DROP TRIGGER put_back ON product;
SELECT * FROM product ORDER BY id, version_id;
SELECT * FROM versioned_rows.verify('product');
DROP TABLE product;

-- by MERGE, which inserts what an earlier row of it has deleted
CREATE TABLE shelf (id int PRIMARY KEY, place text);
SELECT versioned_rows.enable('shelf', period_column => 'valid',
							 deletion_column => 'deletion');
INSERT INTO shelf VALUES (1, 'a'), (2, 'b');
MERGE INTO shelf AS s
USING (VALUES (1, 0), (2, 0), (1, 1)) AS v (id, k)
ON s.id = v.id AND s.is_current_version AND v.k = 0
WHEN MATCHED THEN DELETE
WHEN NOT MATCHED THEN INSERT (id, place) VALUES (v.id, 'c');
-- periods meet, and the deletion is recorded
WITH gone AS (DELETE FROM shelf WHERE is_current_version RETURNING id)
INSERT INTO shelf (id, place) SELECT id, 'd' FROM gone;
SELECT id, version_id, is_current_version, place, deletion IS NOT NULL AS deletion,
	   lower(valid) = lag(upper(valid)) OVER w AS meets, upper_inf(valid) AS open
FROM shelf WINDOW w AS (PARTITION BY id ORDER BY version_id)
ORDER BY id, version_id;
SELECT * FROM versioned_rows.verify('shelf');
DROP TABLE shelf;

-- in a partitioned table
CREATE TABLE part (id int PRIMARY KEY, n int) PARTITION BY HASH (id);
CREATE TABLE part_0 PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE part_1 PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 1);
SELECT versioned_rows.enable('part', period_column => 'valid',
							 current_column => NULL);
INSERT INTO part SELECT i, 1 FROM generate_series(1, 4) AS i;
WITH gone AS (DELETE FROM part WHERE upper_inf(valid) RETURNING id)
INSERT INTO part (id, n) SELECT id, 2 FROM gone RETURNING id, version_id;
SELECT * FROM versioned_rows.verify('part');
DROP TABLE part;

-- What was deleted in maintenance has no last version.
CREATE TABLE visit (id int PRIMARY KEY, n int);
SELECT versioned_rows.enable('visit');
INSERT INTO visit VALUES (1, 1);
BEGIN;
WITH gone AS (DELETE FROM visit WHERE is_current_version RETURNING id)
INSERT INTO visit SELECT id FROM gone RETURNING version_id;
SELECT versioned_rows.begin_maintenance('visit');
DELETE FROM visit;
SELECT versioned_rows.end_maintenance('visit');
INSERT INTO visit VALUES (1, NULL) RETURNING version_id;
WITH gone AS (DELETE FROM visit WHERE is_current_version RETURNING id)
INSERT INTO visit SELECT id FROM gone RETURNING version_id;
COMMIT;
SELECT * FROM versioned_rows.verify();
DROP TABLE visit;

DROP FUNCTION again, put_back;
DROP EXTENSION versioned_rows;

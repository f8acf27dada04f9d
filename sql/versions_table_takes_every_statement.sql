-- Versions in a table of their own: upserts of all kinds, MERGE, COPY, CTEs and
-- TRUNCATE do what they do to any table, with a version column and without.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE numbered (id int PRIMARY KEY, sku text UNIQUE, price int);
SELECT versioned_rows.enable('numbered', versions_table => 'numbered_versions', period_column => 'valid');
CREATE TABLE plain (id int PRIMARY KEY, sku text UNIQUE, price int);
SELECT versioned_rows.enable('plain', versions_table => 'plain_versions', period_column => 'valid',
	version_column => NULL);
\d plain

CREATE FUNCTION try(command text) RETURNS TABLE (tbl text, said text) LANGUAGE plpgsql AS $$
BEGIN
	FOREACH tbl IN ARRAY '{numbered,plain}'::text[] LOOP
		BEGIN
			FOR said IN EXECUTE format('WITH r AS (%s RETURNING id, sku, price) SELECT r::text FROM r ORDER BY id',
									   replace(command, 'product', tbl)) LOOP
				RETURN NEXT;
			END LOOP;
		EXCEPTION WHEN OTHERS THEN
			said := SQLERRM;
			RETURN NEXT;
		END;
	END LOOP;
END $$;
CREATE VIEW in_both AS
	SELECT coalesce(n.id, p.id) AS id, coalesce(n.version_id, p.version_id) AS v, n.sku, n.price,
		upper_inf(n.valid) AS open,
		CASE WHEN (n.sku, n.price, upper_inf(n.valid)) IS DISTINCT FROM (p.sku, p.price, upper_inf(p.valid))
			THEN p::text END AS other_in_plain
	FROM numbered_versions n FULL JOIN plain_versions p USING (id, version_id);

SELECT * FROM try($$INSERT INTO product VALUES (1, 'a', 1), (2, 'b', 2)$$);
SELECT * FROM try($$INSERT INTO product VALUES (1, 'a', 10), (3, 'c', 3) ON CONFLICT (id) DO UPDATE SET price = excluded.price$$);
SELECT * FROM try($$INSERT INTO product VALUES (7, 'b', 20), (4, 'd', 4) ON CONFLICT (sku) DO UPDATE SET price = excluded.price$$);
SELECT * FROM try($$INSERT INTO product VALUES (1, 'x', 0), (5, 'a', 0), (6, 'f', 6) ON CONFLICT DO NOTHING$$);
SELECT * FROM try($$INSERT INTO product VALUES (1, 'b', 0) ON CONFLICT (id) DO UPDATE SET sku = excluded.sku$$);
SELECT * FROM try($$INSERT INTO product VALUES (1, 'a', 10) ON CONFLICT (id) DO UPDATE SET price = excluded.price$$);
SELECT * FROM in_both ORDER BY 1, 2;

-- An upsert that changes one row and inserts the next keeps a version of both.
SELECT * FROM try($$INSERT INTO product VALUES (1, 'a', 11), (8, 'h', 8) ON CONFLICT (id) DO UPDATE SET price = excluded.price$$);
MERGE INTO numbered p USING (VALUES (1, 12), (2, NULL), (9, 9)) s (id, price) ON p.id = s.id
	WHEN MATCHED AND s.price IS NULL THEN DELETE
	WHEN MATCHED THEN UPDATE SET price = s.price
	WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.id, s.price);
MERGE INTO plain p USING (VALUES (1, 12), (2, NULL), (9, 9)) s (id, price) ON p.id = s.id
	WHEN MATCHED AND s.price IS NULL THEN DELETE
	WHEN MATCHED THEN UPDATE SET price = s.price
	WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.id, s.price);
SELECT * FROM in_both WHERE id IN (1, 2, 8, 9) ORDER BY 1, 2;

-- One statement that deletes rows and inserts them again.
SELECT * FROM try($$INSERT INTO product SELECT 3, 'c', 33$$);
WITH d AS (DELETE FROM numbered WHERE id = 3 RETURNING *) INSERT INTO numbered SELECT id, 'c again', 33 FROM d RETURNING *;
WITH d AS (DELETE FROM plain WHERE id = 3 RETURNING *) INSERT INTO plain SELECT id, 'c again', 33 FROM d RETURNING *;
WITH i AS (INSERT INTO numbered VALUES (30, 'i', 30)), u AS (UPDATE numbered SET price = 44 WHERE id = 4)
	DELETE FROM numbered WHERE id = 6;
WITH i AS (INSERT INTO plain VALUES (30, 'i', 30)), u AS (UPDATE plain SET price = 44 WHERE id = 4)
	DELETE FROM plain WHERE id = 6;
SELECT * FROM in_both WHERE id IN (3, 4, 6, 30) ORDER BY 1, 2;

COPY numbered (id, sku, price) FROM stdin;
40	j	40
2	b again	2
\.
COPY plain (id, sku, price) FROM stdin;
40	j	40
2	b again	2
\.
PREPARE u (int) AS UPDATE numbered SET price = price + 1 WHERE id = $1 RETURNING version_id;
EXECUTE u (40);
EXECUTE u (40);
UPDATE plain SET price = price + 1 WHERE id = 40;
UPDATE plain SET price = price + 1 WHERE id = 40;
-- At a cursor.
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM numbered WHERE id = 40 FOR UPDATE;
FETCH c;
UPDATE numbered SET price = 0 WHERE CURRENT OF c RETURNING *;
COMMIT;
UPDATE plain SET price = 0 WHERE id = 40;
SELECT * FROM in_both WHERE id IN (2, 40) ORDER BY 1, 2;
SELECT * FROM versioned_rows.verify();

-- All rows end.
TRUNCATE numbered, plain;
SELECT count(*), count(*) FILTER (WHERE open) AS open FROM in_both;
INSERT INTO numbered VALUES (1, 'a', 1) RETURNING *;
INSERT INTO plain VALUES (1, 'a', 1);
SELECT * FROM in_both WHERE id = 1 ORDER BY v;
SELECT * FROM versioned_rows.verify();

DROP VIEW in_both;
DROP FUNCTION try;
DROP TABLE numbered, numbered_versions, plain, plain_versions;
DROP EXTENSION versioned_rows;

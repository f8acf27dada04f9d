-- The lock that an INSERT has on a key is let go when its statement ends, not
-- when its transaction does; that holds for COPY and in savepoints, too.
CREATE EXTENSION versioned_rows;
SET client_min_messages = warning;
CREATE TABLE product (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('product');
CREATE VIEW claims AS
SELECT count(*) FROM pg_locks
WHERE locktype = 'userlock' AND pid = pg_backend_pid();

-- while it runs there is one
BEGIN;
CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE WARNING 'claims: %', (SELECT count FROM claims);
	RETURN NULL;
END $$;
CREATE TRIGGER look AFTER INSERT ON product
FOR EACH STATEMENT EXECUTE FUNCTION look();
INSERT INTO product VALUES (1, 'one'), (2, 'two');
COPY product (id, name) FROM stdin;
3	three
4	four
\.
DROP FUNCTION look CASCADE;
TABLE claims;
ROLLBACK;

-- several COPYs in one transaction
BEGIN;
COPY product (id, name) FROM stdin;
1	one
2	two
\.
TABLE claims;
COPY product (id, name) FROM stdin;
3	three
\.
SAVEPOINT a;
COPY product (id, name) FROM stdin;
4	four
\.
TABLE claims;
RELEASE a;
SAVEPOINT b;
COPY product (id, name) FROM stdin;
5	five
5	five again
\.
ROLLBACK TO b;
TABLE claims;
COPY product (id, name) FROM PROGRAM 'echo 6,six' (FORMAT csv);
DO $$
BEGIN
	EXECUTE 'COPY product (id, name) FROM PROGRAM ''echo 7,seven'' (FORMAT csv)';
	BEGIN
		EXECUTE 'COPY product (id, name) FROM PROGRAM ''echo 7,again'' (FORMAT csv)';
	EXCEPTION WHEN unique_violation THEN
		RAISE WARNING 'seven is there';
	END;
	INSERT INTO product VALUES (8, 'eight');
END $$;
TABLE claims;
COMMIT;

-- and in a transaction that is not over with its client
PREPARE load (int) AS INSERT INTO product VALUES ($1, 'prepared');
BEGIN;
EXECUTE load (9);
TABLE claims;
COMMIT;
SELECT id, version_id, name FROM product ORDER BY id;

DROP VIEW claims;
DROP TABLE product;
DROP EXTENSION versioned_rows;

-- An UPDATE that changes nothing makes no version and still counts: compared
-- is what is stored, by bytes, also of types that have no equality.
\set SHOW_CONTEXT never
\set QUIET off
CREATE EXTENSION versioned_rows;
CREATE TABLE doc (
	id int PRIMARY KEY, j json, p point, n numeric, f float8, t text,
	c char(5), b bit(3), a int[], tid tid, r int4range, missing int);
SELECT versioned_rows.enable('doc');
INSERT INTO doc VALUES (1, '{"a": 1}', '(1,2)', 1.0, 0, 'x', 'c',
	B'101', '{1}', '(1,1)', '[1,5]');

-- Each column to itself, and to the same value anew.
UPDATE doc SET id = id;
UPDATE doc SET j = j, p = p, n = n, f = f, t = t, c = c, b = b, a = a,
	tid = tid, r = r, missing = missing RETURNING version_id;
UPDATE doc SET j = '{"a": 1}', p = '(1,2)', n = 1.0, f = 0,
	t = 'x', c = 'c', b = B'101', a = '{1}', tid = '(1,1)', r = '[1,6)',
	missing = NULL RETURNING version_id;
UPDATE doc SET t = 'y' WHERE false;

-- Every change that a reader can see counts, one by one.
UPDATE doc SET j = '{"a":1}' RETURNING version_id;
UPDATE doc SET p = '(2,1)' RETURNING version_id;
UPDATE doc SET n = 1.00 RETURNING version_id;
UPDATE doc SET f = '-0' RETURNING version_id;
UPDATE doc SET t = 'x ' RETURNING version_id;
UPDATE doc SET b = B'100' RETURNING version_id;
UPDATE doc SET a = '[0:0]={1}' RETURNING version_id;
UPDATE doc SET r = 'empty' RETURNING version_id;
UPDATE doc SET missing = 0 RETURNING version_id;
UPDATE doc SET missing = NULL RETURNING version_id;
SELECT count(*) FROM doc;

-- Values that are stored elsewhere, compressed or not, are compared by what
-- they say, and a version does not copy what it did not change.
CREATE TABLE big (id int PRIMARY KEY, plain text, packed text, n int);
ALTER TABLE big ALTER plain SET STORAGE EXTERNAL;
SELECT versioned_rows.enable('big');
INSERT INTO big
	SELECT 1, string_agg(md5(i::text), ''), repeat('x', 100000), 0
	FROM generate_series(1, 1000) i;
UPDATE big SET plain = plain, packed = packed RETURNING version_id;
UPDATE big SET packed = repeat('x', 100000) RETURNING version_id;
UPDATE big SET plain = (SELECT string_agg(md5(i::text), '')
						FROM generate_series(1, 1000) i) RETURNING version_id;
UPDATE big SET packed = repeat('x', 99999) || 'y' RETURNING version_id;
UPDATE big SET n = 1 RETURNING version_id;
UPDATE big SET plain = overlay(plain PLACING '!' FROM 31999) RETURNING version_id;
DELETE FROM big;
SELECT version_id, n, length(plain), md5(plain) = md5(lag(plain) OVER w) AS
	same_plain, length(packed), right(packed, 1)
FROM big WINDOW w AS (ORDER BY version_id) ORDER BY version_id;

-- Short, compressed and inline spellings of one value are one value.
CREATE TABLE spelling (id int PRIMARY KEY, t text);
SELECT versioned_rows.enable('spelling');
INSERT INTO spelling VALUES (1, repeat('a', 100)), (2, repeat('b', 3000));
UPDATE spelling SET t = repeat('a', 100) WHERE id = 1 RETURNING version_id;
UPDATE spelling SET t = repeat('b', 3000) WHERE id = 2 RETURNING version_id;
ALTER TABLE spelling ALTER t SET STORAGE EXTERNAL;
UPDATE spelling SET t = t || '' RETURNING id, version_id;

DROP TABLE doc, big, spelling;
DROP EXTENSION versioned_rows;

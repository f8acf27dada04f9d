-- The key may have several columns of any type: uuid, text, domains, arrays,
-- nondeterministic collations, and more than one of them.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE DOMAIN code AS text CHECK (value ~ '^[a-z]+$');
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE one (
	a uuid, b text, c code, d mood, e int[], f date, g numeric, h bytea,
	content text,
	PRIMARY KEY (d, a, c, b, e, f, g, h));
SELECT versioned_rows.enable('one', current_view => 'one_now');
SELECT key_columns FROM versioned_rows.tables;
INSERT INTO one VALUES
	('00000000-0000-0000-0000-000000000001', 'b', 'c', 'sad', '{1,2}',
	 '2001-01-01', 1.0, '\x00', 'first'),
	('00000000-0000-0000-0000-000000000001', 'b', 'c', 'happy', '{1,2}',
	 '2001-01-01', 1.0, '\x00', 'other');
UPDATE one SET content = 'second' WHERE d = 'sad';
UPDATE one_now SET content = 'third' WHERE d = 'sad';
DELETE FROM one WHERE d = 'happy';
INSERT INTO one VALUES
	('00000000-0000-0000-0000-000000000001', 'b', 'c', 'happy', '{1,2}',
	 '2001-01-01', 1.00, '\x00', 'back');
SELECT a, d, g, version_id, is_current_version, o.calc_is_current_version,
	content
FROM one o ORDER BY d, version_id;

-- Every column of the key is protected.
UPDATE one SET f = '2002-02-02' WHERE d = 'sad';
UPDATE one SET e = '{}' WHERE d = 'sad';
-- Also against another spelling of the same value: references have this one.
UPDATE one SET g = 1.000 WHERE d = 'sad';

-- Equal is what the key's operator says: by a collation that does not look at
-- case, 'A' comes back as the next version of 'a'.  Not every server has one.
DO $$
BEGIN
	CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2',
		deterministic = false);
EXCEPTION WHEN feature_not_supported THEN
	CREATE COLLATION nocase FROM "C";
END
$$;
CREATE TABLE two (name text COLLATE nocase PRIMARY KEY, content int);
SELECT versioned_rows.enable('two', current_view => 'two_now');
DO $$
BEGIN
	IF 'a' = 'A' COLLATE nocase THEN
		INSERT INTO two VALUES ('a', 1);
		UPDATE two SET content = 2 WHERE name = 'A';
		DELETE FROM two WHERE name = 'A';
		INSERT INTO two VALUES ('A', 3);
		ASSERT (SELECT array_agg((name COLLATE "C", version_id,
								  t.calc_is_current_version)::text
								 ORDER BY version_id)
				FROM two t) = ARRAY['(a,1,f)', '(a,2,f)', '(A,3,t)'];
		ASSERT (SELECT version_id FROM two_now) = 3;
	END IF;
END
$$;

-- A key of several columns that a foreign key references.
CREATE TABLE place (shelf int, slot int, name text, PRIMARY KEY (shelf, slot));
SELECT versioned_rows.enable('place');
INSERT INTO place VALUES (1, 1, 'top left'), (1, 2, 'top right');
CREATE TABLE box (id int PRIMARY KEY, shelf int, slot int, v int,
	FOREIGN KEY (slot, shelf, v) REFERENCES place (slot, shelf, version_id)
		ON UPDATE CASCADE);
INSERT INTO box VALUES (1, 1, 2, 1);
UPDATE place SET name = upper(name);
SELECT * FROM box;

-- A key that fills an index.
CREATE TABLE wide (a int, b int, c int, d int, e int, f int, g int, h int,
	i int, j int, k int, l int, m int, n int, o int, p int, q int, r int,
	s int, t int, u int, v int, w int, x int, y int, z int, a1 int, b1 int,
	c1 int, d1 int, e1 int, f1 int,
	PRIMARY KEY (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t,
				 u, v, w, x, y, z, a1, b1, c1, d1, e1, f1));
SELECT versioned_rows.enable('wide');
ALTER TABLE wide DROP f1;
ALTER TABLE wide ADD PRIMARY KEY (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o,
	p, q, r, s, t, u, v, w, x, y, z, a1, b1, c1, d1, e1);
SELECT versioned_rows.enable('wide');
ALTER TABLE wide ADD content int;
INSERT INTO wide SELECT 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
	17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31;
UPDATE wide SET content = 1;
DELETE FROM wide;
INSERT INTO wide SELECT 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
	17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31;
SELECT e1, version_id, is_current_version, content FROM wide
ORDER BY version_id;

DROP VIEW one_now, two_now;
DROP TABLE one, two, box, place, wide;
DROP COLLATION nocase;
DROP TYPE mood;
DROP DOMAIN code;
DROP EXTENSION versioned_rows;

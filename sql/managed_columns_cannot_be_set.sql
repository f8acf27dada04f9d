-- A client that sets the version, the flag or the key gets one clear error,
-- and loses nothing; a value that would be written anyway is accepted.
\set SHOW_CONTEXT never
\set QUIET off
CREATE EXTENSION versioned_rows;
CREATE ROLE regress_clerk;
CREATE TABLE product (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('product');
GRANT SELECT, INSERT, UPDATE, DELETE ON product TO regress_clerk;
INSERT INTO product VALUES (1, 'teapot'), (2, 'kettle');
UPDATE product SET name = 'big teapot' WHERE id = 1;

SET ROLE regress_clerk;

-- UPDATE: the number, the flag, the key.
UPDATE product SET version_id = 9 WHERE id = 1;
UPDATE product SET version_id = 1 WHERE id = 1 AND is_current_version;
UPDATE product SET version_id = NULL WHERE id = 1;
UPDATE product SET is_current_version = false WHERE id = 1;
UPDATE product SET is_current_version = NULL WHERE id = 1;
UPDATE product SET is_current_version = true WHERE id = 1 AND version_id = 1;
UPDATE product SET id = 3 WHERE id = 1;
UPDATE product SET id = NULL WHERE id = 1;
INSERT INTO product VALUES (1, 'pot')
	ON CONFLICT (id) WHERE is_current_version
	DO UPDATE SET version_id = 7;

-- What agrees with the extension is no error: an ORM that counts itself.
UPDATE product SET name = 'huge teapot', version_id = 3
	WHERE id = 1 AND version_id = 2 RETURNING *;
UPDATE product SET name = 'pot', version_id = version_id,
	is_current_version = true, id = id WHERE id = 1 RETURNING *;
UPDATE product SET version_id = version_id + 1 WHERE id = 1 RETURNING *;

-- INSERT: history and numbers are the owner's to load.
INSERT INTO product VALUES (3, 'spoon', 1, true) RETURNING *;
INSERT INTO product VALUES (4, 'fork', NULL, NULL) RETURNING *;
INSERT INTO product VALUES (5, 'knife', 0, true) RETURNING *;
INSERT INTO product VALUES (6, 'cup', 5, true);
INSERT INTO product VALUES (6, 'cup', -1, true);
INSERT INTO product VALUES (6, 'cup', 1, false);
DELETE FROM product WHERE id = 2;
INSERT INTO product VALUES (2, 'pan', 5, true);
INSERT INTO product VALUES (2, 'pan', 2, true) RETURNING *;

-- A number for a row that is there is refused for what it is: a second row.
INSERT INTO product VALUES (1, 'pot', 6, true);
INSERT INTO product VALUES (1, 'pot', 6, false);
RESET ROLE;
SELECT * FROM product ORDER BY id, version_id;

-- The owner may load them, as a restored dump does.
INSERT INTO product VALUES (7, 'old', 1, false), (7, 'new', 4, true);
UPDATE product SET name = 'newer' WHERE id = 7 RETURNING *;
COPY product FROM STDIN;
8	a	1	f
8	b	2	t
9	gone	3	f
\.
INSERT INTO product VALUES (9, 'back') RETURNING *;
SELECT * FROM product WHERE id > 6 ORDER BY id, version_id;

-- But not change them.
UPDATE product SET version_id = 9 WHERE id = 7;
UPDATE product SET name = 'forged' WHERE id = 7 AND version_id = 1;
DELETE FROM product WHERE id = 7 AND version_id = 1;

-- The codes of the errors.
\set VERBOSITY sqlstate
UPDATE product SET version_id = 9 WHERE id = 1;
UPDATE product SET is_current_version = false WHERE id = 1;
UPDATE product SET id = 3 WHERE id = 1;

DROP TABLE product;
DROP ROLE regress_clerk;
DROP EXTENSION versioned_rows;

-- Where neither flag nor period tells what is history, the owner can load
-- numbers in any order, and a new row is never taken for an old version.
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, name text);
SELECT versioned_rows.enable('product', current_column => NULL);
CREATE ROLE regress_writer;
GRANT SELECT, INSERT, UPDATE ON product TO regress_writer;

-- A dump comes in the order of the disk.
COPY product (id, name, version_id) FROM stdin;
1	c	3
1	a	1
1	b	2
2	a	1
\.
INSERT INTO product VALUES (2, 'd', 4), (2, 'c', 3);
SELECT * FROM product ORDER BY id, version_id;
-- One was not loaded.
SELECT * FROM versioned_rows.verify();

-- A second row of the same key is refused, also when version 1 is gone.
INSERT INTO product VALUES (1, 'again');
SELECT removed FROM versioned_rows.prune('product', keep => 1);
SELECT * FROM product ORDER BY id, version_id;
INSERT INTO product VALUES (1, 'again');
INSERT INTO product VALUES (1, 'again', 0);
INSERT INTO product VALUES (1, 'again', NULL);

-- Others cannot load: neither history, nor a version that nobody archived.
SET ROLE regress_writer;
INSERT INTO product VALUES (1, 'forged', 2);
INSERT INTO product VALUES (1, 'forged', 4);
INSERT INTO product VALUES (3, 'forged', 2);
INSERT INTO product VALUES (1, 'again');
COPY product (id, name, version_id) FROM stdin;
1	forged	1
\.
INSERT INTO product VALUES (3, 'new');
UPDATE product SET name = 'newer' WHERE id = 3;
RESET ROLE;
SELECT * FROM product ORDER BY id, version_id;

DROP TABLE product;
DROP ROLE regress_writer;
DROP EXTENSION versioned_rows;

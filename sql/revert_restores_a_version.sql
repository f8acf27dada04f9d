-- A new version with the content of an old one is made by revert(); a deleted
-- row comes back; what stands in the way is one clear error.
CREATE EXTENSION versioned_rows;
\set SHOW_CONTEXT never

CREATE TABLE brand (id int PRIMARY KEY);
CREATE TABLE product (
	id int, code int GENERATED ALWAYS AS IDENTITY, name text UNIQUE,
	price numeric, gross numeric GENERATED ALWAYS AS (price * 2) STORED,
	seen int, brand int REFERENCES brand, PRIMARY KEY (id));
SELECT versioned_rows.enable('product', ignore_columns => '{seen}');
INSERT INTO brand VALUES (1), (2);
INSERT INTO product (id, name, price, seen, brand) VALUES (1, 'pen', 1, 1, 1);
UPDATE product SET name = 'pencil', price = 2, brand = 2 WHERE id = 1;
UPDATE product SET seen = 5 WHERE id = 1;

SELECT versioned_rows.revert('product', '{"id": 1}', 1);
SELECT * FROM product ORDER BY id, version_id;
-- What is already so makes no version.
SELECT versioned_rows.revert('product', '{"id": 1}', 3);
SELECT versioned_rows.revert('product', '{"id": 1}', 1);

-- Undelete: the identity stays, the number goes on.
DELETE FROM product WHERE id = 1;
SELECT versioned_rows.revert('product', '{"id": 1}', 2);
SELECT * FROM product ORDER BY id, version_id;

-- History keeps what it references, so a reference never stands in the way.
DELETE FROM brand WHERE id = 1;
-- A column that came later has a value in old versions, too.
ALTER TABLE product ADD COLUMN colour text NOT NULL DEFAULT 'blue';
UPDATE product SET colour = 'red' WHERE id = 1;
SELECT versioned_rows.revert('product', '{"id": 1}', 2);
SELECT version_id, name, colour FROM product WHERE id = 1 AND is_current_version;

-- A name that another row has taken does stand in the way.
INSERT INTO product (id, name) VALUES (2, 'pen');
SELECT versioned_rows.revert('product', '{"id": 1}', 1);
\set VERBOSITY sqlstate
SELECT versioned_rows.revert('product', '{"id": 1}', 1);
\set VERBOSITY default
-- So does a check that is not asked of old rows.
ALTER TABLE product ADD CHECK (price < 2) NOT VALID;
SELECT versioned_rows.revert('product', '{"id": 1}', 2);
UPDATE product SET price = 1 WHERE id = 1;
SELECT versioned_rows.revert('product', '{"id": 1}', 2);

-- Bad input.
SELECT versioned_rows.revert('product', '{"id": 1}', 99);
SELECT versioned_rows.revert('product', '{"id": 1}', NULL);
SELECT versioned_rows.revert('product', '{"id": 9}', 1);
SELECT versioned_rows.revert('brand', '{"id": 1}', 1);

-- It is an UPDATE, and needs the privileges of one.
CREATE ROLE regress_writer;
GRANT SELECT ON product TO regress_writer;
SET ROLE regress_writer;
SELECT versioned_rows.revert('product', '{"id": 2}', 1);
RESET ROLE;
GRANT UPDATE ON product TO regress_writer;
SET ROLE regress_writer;
UPDATE product SET price = 0 WHERE id = 2;
SELECT versioned_rows.revert('product', '{"id": 2}', 1);
RESET ROLE;
-- A row that a policy hides is not there; one that it protects is not changed.
ALTER TABLE product ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON product FOR SELECT USING (id = 2);
SET ROLE regress_writer;
SELECT versioned_rows.revert('product', '{"id": 1}', 1);
SELECT versioned_rows.revert('product', '{"id": 2}', 1);
RESET ROLE;
DROP TABLE product, brand;

-- A table whose key is all it has.
CREATE TABLE bare (id int PRIMARY KEY);
SELECT versioned_rows.enable('bare');
INSERT INTO bare VALUES (1);
SELECT versioned_rows.revert('bare', '{"id": 1}', 1);
DELETE FROM bare;
SELECT versioned_rows.revert('bare', '{"id": 1}', 1);
DROP TABLE bare;
DROP ROLE regress_writer;
DROP EXTENSION versioned_rows;

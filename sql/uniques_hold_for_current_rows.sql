-- A unique or exclusion constraint is one of the current rows: history may
-- hold what was unique in its time.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;

CREATE TABLE product (
	id int PRIMARY KEY,
	code text UNIQUE,
	slug text,
	place int,
	shelf int,
	note text,
	slot int4range,
	CONSTRAINT product_place UNIQUE (place) DEFERRABLE INITIALLY DEFERRED,
	CONSTRAINT product_shelf UNIQUE (shelf) DEFERRABLE,
	CONSTRAINT product_slot EXCLUDE USING gist (slot WITH &&)
		WHERE (place > 0),
	CONSTRAINT product_free_slot EXCLUDE USING gist (slot WITH &&)
		DEFERRABLE INITIALLY DEFERRED
);
CREATE UNIQUE INDEX product_slug ON product (lower(slug), (note || '!'))
	WHERE slug <> '';
CREATE UNIQUE INDEX product_include ON product (note DESC NULLS FIRST)
	INCLUDE (code) WITH (fillfactor = 80);
CREATE UNIQUE INDEX product_id ON product (id);
CREATE UNIQUE INDEX product_nulls ON product (shelf) NULLS NOT DISTINCT;
INSERT INTO product VALUES (1, 'a', 'A', 1, 1, 'n1', '[1,2)'),
	(2, 'b', 'B', 2, 2, 'n2', '[2,3)');

SELECT versioned_rows.enable('product');
\d product

-- Every current row keeps its values through an update.
UPDATE product SET slug = slug || 'x';
UPDATE product SET code = 'c' WHERE id = 1;
-- A value that only history holds is free.
UPDATE product SET code = 'a' WHERE id = 2;
SELECT id, version_id, is_current_version, code FROM product
ORDER BY id, version_id;

-- A value that a current row holds is not.
UPDATE product SET code = 'a' WHERE id = 1;
UPDATE product SET slug = 'bx', note = 'N' WHERE id = 1;
UPDATE product SET note = 'n2' WHERE id = 1;
UPDATE product SET slot = '[2,3)' WHERE id = 1;
UPDATE product SET shelf = 2 WHERE id = 1;

-- A deferrable constraint still is: two rows can swap their values.
BEGIN;
UPDATE product SET place = 2 WHERE id = 1;
UPDATE product SET place = 1 WHERE id = 2;
COMMIT;
BEGIN;
UPDATE product SET place = 2 WHERE id = 2;
COMMIT;
UPDATE product SET place = 3 - place;
SELECT id, version_id, place FROM product WHERE is_current_version ORDER BY id;

-- Calling enable() again leaves them alone.
SELECT versioned_rows.enable('product');
DROP TABLE product;

-- The name and the comment of an index stay with it.
CREATE TABLE product (id int PRIMARY KEY, code text UNIQUE);
COMMENT ON INDEX product_code_key IS 'One code, one product.';
COMMENT ON CONSTRAINT product_code_key ON product IS 'One code only.';
CREATE UNIQUE INDEX product_upper ON product (upper(code));
SELECT versioned_rows.enable('product');
SELECT c.relname, obj_description(c.oid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = 'product'::regclass ORDER BY c.relname;
DROP TABLE product;

-- Refused: a unique constraint without a flag to restrict it by, one that a
-- foreign key needs, the replica identity.
CREATE TABLE product (id int PRIMARY KEY, code text UNIQUE);
SELECT versioned_rows.enable('product', current_column => NULL);
CREATE TABLE sale (code text REFERENCES product (code));
SELECT versioned_rows.enable('product');
DROP TABLE sale;
ALTER TABLE product ALTER code SET NOT NULL,
	REPLICA IDENTITY USING INDEX product_code_key;
SELECT versioned_rows.enable('product');
ALTER TABLE product REPLICA IDENTITY USING INDEX product_pkey;
SELECT versioned_rows.enable('product');
\d product
DROP TABLE product;

-- On a partitioned table, too.
CREATE TABLE product (id int PRIMARY KEY, code text, UNIQUE (id, code))
	PARTITION BY HASH (id);
CREATE TABLE product_0 PARTITION OF product
	FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE product_1 PARTITION OF product
	FOR VALUES WITH (MODULUS 2, REMAINDER 1);
SELECT versioned_rows.enable('product');
\d product_1
DROP TABLE product;
DROP EXTENSION versioned_rows;

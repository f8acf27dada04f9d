-- The primary key keeps its name, options and comments when the version
-- becomes its last column; an index built beforehand becomes the key.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;

CREATE TABLE product (
	id int, name text, code text,
	CONSTRAINT "the key" PRIMARY KEY (code, id) INCLUDE (name)
		WITH (fillfactor = 70)
);
COMMENT ON CONSTRAINT "the key" ON product IS 'Comment on the constraint.';
COMMENT ON INDEX "the key" IS 'Comment on the index.';
ALTER TABLE product CLUSTER ON "the key",
	REPLICA IDENTITY USING INDEX "the key";
INSERT INTO product VALUES (1, 'teapot', 'a'), (1, 'kettle', 'b');
SELECT versioned_rows.enable('product');
SELECT pg_get_indexdef(i.indexrelid), i.indisprimary, i.indisreplident,
	i.indisclustered, obj_description(i.indexrelid, 'pg_class') AS comment
FROM pg_index i WHERE i.indrelid = 'product'::regclass
ORDER BY i.indexrelid::regclass::text;
SELECT conname, obj_description(oid, 'pg_constraint') AS comment
FROM pg_constraint WHERE conrelid = 'product'::regclass AND contype <> 'n';
SELECT key_columns, version_column FROM versioned_rows.tables;
UPDATE product SET name = 'big teapot' WHERE code = 'a';
SELECT * FROM product ORDER BY code, id, version_id;
DROP TABLE product;

-- What takes long on a large table can be done beforehand.
CREATE TABLE product (id int PRIMARY KEY, name text);
ALTER TABLE product ADD version_id int NOT NULL DEFAULT 1,
	ADD is_current_version boolean NOT NULL DEFAULT true;
CREATE UNIQUE INDEX product_later ON product (id, version_id);
CREATE UNIQUE INDEX product_now ON product (id) WHERE is_current_version;
CREATE TEMPORARY TABLE files AS
SELECT relfilenode FROM pg_class
WHERE oid IN ('product'::regclass, 'product_later'::regclass,
			  'product_now'::regclass);
SELECT versioned_rows.enable('product');
SELECT c.relname, pg_get_indexdef(c.oid) AS index
FROM pg_class c JOIN files USING (relfilenode) ORDER BY c.relname;
SELECT count(*) FROM pg_index WHERE indrelid = 'product'::regclass;
DROP TABLE product, files;

-- A key that foreign keys cannot reference is refused, and so is one in
-- which the version comes before the key, or is all of it.
CREATE TABLE product (id int PRIMARY KEY DEFERRABLE, name text);
SELECT versioned_rows.enable('product');
DROP TABLE product;
CREATE TABLE product (version_id int, id int, PRIMARY KEY (version_id, id));
SELECT versioned_rows.enable('product');
DROP TABLE product;
CREATE TABLE product (version_id int PRIMARY KEY);
SELECT versioned_rows.enable('product');
DROP TABLE product;
DROP EXTENSION versioned_rows;

-- Foreign keys that a versioned table could not keep are all listed, with
-- what to do about them; nothing has changed afterwards.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;

-- References to the key alone, from other tables and from the table itself.
CREATE TABLE product (id int PRIMARY KEY, code text UNIQUE,
	part_of int CONSTRAINT product_of REFERENCES product);
CREATE TABLE line (id int PRIMARY KEY,
	product_id int CONSTRAINT line_product REFERENCES product);
CREATE TABLE "the note" (
	code text CONSTRAINT "the code" REFERENCES product (code)
		ON DELETE CASCADE DEFERRABLE,
	product_id int CONSTRAINT note_product REFERENCES product);
CREATE TABLE log (at int, product_id int CONSTRAINT log_product
	REFERENCES product) PARTITION BY RANGE (at);
CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (1) TO (2);
SELECT versioned_rows.enable('product');
\d product
DROP TABLE "the note", log;
ALTER TABLE product DROP CONSTRAINT product_of;
SELECT versioned_rows.enable('product');

-- A reference to one version is what this is for.
CREATE TABLE child (id int, version_id int, PRIMARY KEY (id, version_id));
CREATE TABLE parent (id int PRIMARY KEY, child_id int, child_version_id int,
	FOREIGN KEY (child_id, child_version_id) REFERENCES child);
SELECT versioned_rows.enable('child');

-- Outgoing keys whose actions would change history.
CREATE TABLE colour (name text PRIMARY KEY);
CREATE TABLE car (id int PRIMARY KEY,
	a text CONSTRAINT car_a REFERENCES colour ON DELETE CASCADE,
	b text CONSTRAINT car_b REFERENCES colour ON DELETE SET NULL,
	c text CONSTRAINT car_c REFERENCES colour ON DELETE SET DEFAULT,
	d text CONSTRAINT car_d REFERENCES colour ON UPDATE CASCADE,
	e text CONSTRAINT car_e REFERENCES colour ON UPDATE SET NULL,
	f text CONSTRAINT car_f REFERENCES colour,
	g text CONSTRAINT car_g REFERENCES colour
		ON UPDATE RESTRICT ON DELETE RESTRICT);
SELECT versioned_rows.enable('car');
ALTER TABLE car DROP CONSTRAINT car_a, DROP CONSTRAINT car_b,
	DROP CONSTRAINT car_c;
SELECT versioned_rows.enable('car');
ALTER TABLE car DROP CONSTRAINT car_d, DROP CONSTRAINT car_e;
SELECT versioned_rows.enable('car');

-- A key to other unique columns is named, whatever is to become of the others;
-- also one to a part of the primary key, or to more than that.
CREATE TABLE word (id int, lang text, word text UNIQUE, PRIMARY KEY (id, lang), UNIQUE (id), UNIQUE (lang, id), UNIQUE (id, lang, word));
CREATE TABLE text (id int PRIMARY KEY,
	a text CONSTRAINT to_word REFERENCES word (word),
	b int CONSTRAINT to_part REFERENCES word (id),
	c text, d text, CONSTRAINT to_more FOREIGN KEY (b, c, d) REFERENCES word (id, lang, word),
	CONSTRAINT to_key FOREIGN KEY (c, b) REFERENCES word (lang, id));
SELECT versioned_rows.enable('word');
SELECT versioned_rows.enable('word', inbound => 'pin');
SELECT versioned_rows.enable('word', inbound => 'follow');
ALTER TABLE text DROP CONSTRAINT to_more, DROP CONSTRAINT to_part;
SELECT versioned_rows.enable('word', inbound => 'follow');
ALTER TABLE text DROP CONSTRAINT to_word;
SELECT versioned_rows.enable('word', inbound => 'follow');
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'text'::regclass AND contype = 'f';
-- Afterwards there is nothing unique to reference.
ALTER TABLE text ADD FOREIGN KEY (a) REFERENCES word (word);
DROP TABLE text, word;

DROP TABLE parent, child, line, product, car, colour;
DROP EXTENSION versioned_rows;

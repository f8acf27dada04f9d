-- References that dangle are reported by verify(): of a versioned table and to
-- it, whoever spoilt them.
CREATE EXTENSION versioned_rows;
CREATE TABLE vendor (id varchar(10) PRIMARY KEY);
CREATE TABLE product (id int PRIMARY KEY, vendor_id text CONSTRAINT product_vendor REFERENCES vendor,
	part_of int, part_of_version int);
SELECT versioned_rows.enable('product');
ALTER TABLE product ADD CONSTRAINT product_part_of
	FOREIGN KEY (part_of, part_of_version) REFERENCES product;
CREATE TABLE line (id int PRIMARY KEY, product_version bigint, product_id bigint,
	CONSTRAINT line_product FOREIGN KEY (product_version, product_id)
		REFERENCES product (version_id, id));
INSERT INTO vendor VALUES ('a'), ('b');
INSERT INTO product VALUES (1, 'a');
INSERT INTO product VALUES (2, 'b', 1, 1), (3, 'a', NULL, 7);
UPDATE product SET vendor_id = 'b' WHERE id = 1;
INSERT INTO line VALUES (1, 1, 1), (2, 2, 1), (3, NULL, 9);
SELECT * FROM versioned_rows.verify();

-- Superusers can tell the server to look away.
SET session_replication_role = replica;

-- A row that is referenced, also by history, has gone.
BEGIN;
DELETE FROM vendor WHERE id = 'a';
SELECT * FROM versioned_rows.verify();
ROLLBACK;
BEGIN;
DELETE FROM product WHERE id = 1 AND version_id = 1;
SELECT * FROM versioned_rows.verify();
ROLLBACK;

-- A reference has been set to what never was.
BEGIN;
UPDATE line SET product_version = 5 WHERE id = 1;
UPDATE product SET part_of_version = 6 WHERE id = 2;
SELECT * FROM versioned_rows.verify();
ROLLBACK;
RESET session_replication_role;

-- From partitions to partitions.
CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (10);
CREATE TABLE parted_high PARTITION OF parted FOR VALUES FROM (10) TO (20);
SELECT versioned_rows.enable('parted');
CREATE TABLE parted_line (id int, parted_id int, parted_version int,
	FOREIGN KEY (parted_id, parted_version) REFERENCES parted) PARTITION BY LIST (id);
CREATE TABLE parted_line_1 PARTITION OF parted_line FOR VALUES IN (1);
INSERT INTO parted VALUES (1), (11);
INSERT INTO parted_line VALUES (1, 1, 1), (1, 11, 1);
SELECT * FROM versioned_rows.verify();
BEGIN;
SET LOCAL session_replication_role = replica;
DELETE FROM parted;
SELECT * FROM versioned_rows.verify();
ROLLBACK;
DROP TABLE parted_line, parted;

-- Where a comparison might run the code of a user, it is left to him.
CREATE TYPE mood AS ENUM ('1', '2');
CREATE FUNCTION mood_number(mood) RETURNS int LANGUAGE plpgsql
	AS 'BEGIN RAISE EXCEPTION ''called''; END';
CREATE CAST (mood AS int) WITH FUNCTION mood_number(mood) AS IMPLICIT;
CREATE TABLE moody (product_id mood, product_version int);
SET session_replication_role = replica;
INSERT INTO moody VALUES ('1', 1);
RESET session_replication_role;
ALTER TABLE moody ADD CONSTRAINT moody_product
	FOREIGN KEY (product_id, product_version) REFERENCES product NOT VALID;
SELECT * FROM versioned_rows.verify();
DROP TABLE moody;
DROP CAST (mood AS int);
DROP FUNCTION mood_number(mood);
DROP TYPE mood;

DROP TABLE line, product, vendor;
DROP EXTENSION versioned_rows;

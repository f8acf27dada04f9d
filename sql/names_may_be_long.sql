-- References by columns whose names differ only at the end of what a name can
-- hold do not get into each other's way.
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, name text);
INSERT INTO product VALUES (1, 'pen'), (2, 'ink');
SELECT versioned_rows.enable('product');

CREATE TABLE parcel (
	id int PRIMARY KEY,
	product_that_was_ordered_by_the_customer_first_id int,
	product_that_was_ordered_by_the_customer_second_id int,
	product_that_the_customer_has_got_although_nobody_ordered_it_id int);
SELECT versioned_rows.add_reference('parcel', '{product_that_was_ordered_by_the_customer_first_id}', 'product', 'pin');
SELECT versioned_rows.add_reference('parcel', '{product_that_was_ordered_by_the_customer_second_id}', 'product', 'pin');
SELECT versioned_rows.add_reference('parcel', '{product_that_the_customer_has_got_although_nobody_ordered_it_id}', 'product', 'follow');
SELECT tgname FROM pg_trigger
WHERE tgrelid = 'parcel'::regclass AND NOT tgisinternal ORDER BY tgname COLLATE "C";

INSERT INTO parcel VALUES (1, 1, 2, 2) RETURNING *;
INSERT INTO parcel VALUES (2, 99, 2, 2);
UPDATE product SET name = 'red ink' WHERE id = 2 AND is_current_version;
SELECT * FROM parcel;
DROP TABLE parcel;

DROP TABLE product;
DROP EXTENSION versioned_rows;

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

-- Nor do tables: what is generated beside one is not taken for that of another.
CREATE TABLE a_table_with_a_name_that_is_as_long_as_a_name_can_possibly_be_a (id int PRIMARY KEY, name text);
CREATE TABLE a_table_with_a_name_that_is_as_long_as_a_name_can_possibly_be_b (id int PRIMARY KEY, name text);
SELECT octet_length('a_table_with_a_name_that_is_as_long_as_a_name_can_possibly_be_a');
SELECT versioned_rows.enable('a_table_with_a_name_that_is_as_long_as_a_name_can_possibly_be_a', period_column => 'valid');
SELECT versioned_rows.enable('a_table_with_a_name_that_is_as_long_as_a_name_can_possibly_be_b', period_column => 'valid');
INSERT INTO a_table_with_a_name_that_is_as_long_as_a_name_can_possibly_be_a VALUES (1, 'a');
INSERT INTO a_table_with_a_name_that_is_as_long_as_a_name_can_possibly_be_b VALUES (1, 'b');
SELECT versioned_rows.redact('a_table_with_a_name_that_is_as_long_as_a_name_can_possibly_be_a', '{"id": 1}', '{name}');
SELECT versioned_rows.redact('a_table_with_a_name_that_is_as_long_as_a_name_can_possibly_be_b', '{"id": 1}', '{name}');
SELECT relname FROM pg_class WHERE relname LIKE 'a_table%' AND relkind = 'r' ORDER BY relname COLLATE "C";
SELECT proname FROM pg_proc WHERE proname LIKE 'a_table%' ORDER BY proname COLLATE "C";
SELECT * FROM versioned_rows.verify();
SET client_min_messages = warning;
DO $$
DECLARE
	t regclass;
BEGIN
	FOR t IN SELECT oid FROM pg_class WHERE relname LIKE 'a_table%' AND relkind = 'r' LOOP
		EXECUTE format('DROP TABLE %s', t);
	END LOOP;
END
$$;
DROP EXTENSION versioned_rows;

-- A product, and a shop that sells it.  One call makes the table versioned.

CREATE EXTENSION versioned_rows;

CREATE TABLE product (id int PRIMARY KEY, name text, price numeric);
INSERT INTO product VALUES (1, 'teapot', 10), (2, 'kettle', 35);

SELECT versioned_rows.enable('product');

-- An order keeps the product as it was bought: its reference is pinned.  The
-- shop window shows the newest version: its reference follows.  Both write the
-- key alone.

CREATE TABLE order_line (order_id int PRIMARY KEY, product_id int);
SELECT versioned_rows.add_reference('order_line', '{product_id}', 'product', 'pin');

CREATE TABLE window_place (place int PRIMARY KEY, product_id int);
SELECT versioned_rows.add_reference('window_place', '{product_id}', 'product', 'follow');

INSERT INTO order_line (order_id, product_id) VALUES (100, 1) RETURNING *;
INSERT INTO window_place (place, product_id) VALUES (1, 1) RETURNING *;

-- The price goes up.  It is a plain UPDATE; it returns the new version.

UPDATE product SET price = 12 WHERE id = 1 AND is_current_version RETURNING *;

-- The old row is still there, in the same table.

SELECT * FROM product ORDER BY id, version_id;

-- The order still has the teapot for 10; the window shows it for 12.

SELECT o.order_id, p.name, p.price, p.version_id
FROM order_line o
JOIN product p ON (p.id, p.version_id) = (o.product_id, o.product_version_id);

SELECT w.place, p.name, p.price, p.version_id
FROM window_place w
JOIN product p ON (p.id, p.version_id) = (w.product_id, w.product_version_id);

-- A client that read version 1 and writes it back is too late: it matches no
-- row, which every ORM understands as a conflict.

UPDATE product SET price = 11 WHERE id = 1 AND version_id = 1 RETURNING *;

-- Changing nothing makes no version.

UPDATE product SET price = 12 WHERE id = 1 AND is_current_version RETURNING version_id;

-- The teapot is taken out of the window and out of the shop.

DELETE FROM window_place;
DELETE FROM product WHERE id = 1 AND is_current_version RETURNING *;

-- It has no current version any more, but its history stays, and so does the
-- order's reference to it.

SELECT version, is_current, "row"->>'price' AS price
FROM versioned_rows.history('product', '{"id": 1}');

SELECT o.order_id, p.name, p.price
FROM order_line o
JOIN product p ON (p.id, p.version_id) = (o.product_id, o.product_version_id);

-- It comes back as it was in the beginning, and nothing is wrong with the table.

SELECT versioned_rows.revert('product', '{"id": 1}', to_version => 1);
SELECT version, line, changes FROM versioned_rows.timeline('product', '{"id": 1}', width => 20);
SELECT * FROM versioned_rows.verify('product');

-- Two statements by hand: change the rows, then store them beside the table.
-- setup after: plain
--
-- What separate is compared with.

-- section: setup
ALTER TABLE product ADD version_id int NOT NULL DEFAULT 1;
CREATE TABLE product_versions (LIKE product);
INSERT INTO product_versions SELECT * FROM product;
ALTER TABLE product_versions ADD PRIMARY KEY (id, version_id);

-- section: update
UPDATE product SET price = price + 1, version_id = version_id + 1 WHERE id = $1;
INSERT INTO product_versions SELECT * FROM product WHERE id = $1;

-- section: insert
WITH row AS (INSERT INTO product (id, name, price) VALUES ($1 + 100000000, rpad('product', 60), 10) RETURNING *)
INSERT INTO product_versions SELECT * FROM row;

-- section: bulk
UPDATE product SET price = price + 1, version_id = version_id + 1;
INSERT INTO product_versions SELECT * FROM product;

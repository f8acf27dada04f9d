-- No versioning: a HOT update of one column.

-- section: setup
CREATE TABLE product (id int PRIMARY KEY, name text, price numeric);
INSERT INTO product
SELECT i, rpad('product ' || i, :width), 10 FROM generate_series(1, :rows) AS i;

-- section: update
UPDATE product SET price = price + 1 WHERE id = $1;

-- section: noop
UPDATE product SET price = price WHERE id = $1;

-- section: bulk
UPDATE product SET price = price + 1;

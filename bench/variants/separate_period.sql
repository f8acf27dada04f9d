-- The same with a period column.
-- setup after: plain
-- needs: versioned_rows

-- section: setup
CREATE EXTENSION versioned_rows;
SELECT versioned_rows.enable('product', versions_table => 'product_versions',
							 period_column => 'valid');

-- section: update
UPDATE product SET price = price + 1 WHERE id = $1;

-- section: noop
UPDATE product SET price = price WHERE id = $1;

-- section: insert
INSERT INTO product (id, name, price) VALUES ($1 + 100000000, rpad('product', 60), 10);

-- section: bulk
UPDATE product SET price = price + 1;

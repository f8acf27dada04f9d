-- This extension with history in the table: every row has :versions versions.
-- setup after: versions_floor
-- needs: versioned_rows

-- section: setup
CREATE EXTENSION versioned_rows;
SELECT versioned_rows.enable('product', current_view => 'product_now');

-- section: read
SELECT * FROM product_now WHERE id = $1;

-- section: update
UPDATE product_now SET price = price + 1 WHERE id = $1;

-- section: update_by_key
UPDATE product SET price = price + 1 WHERE id = $1;

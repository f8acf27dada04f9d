-- This extension on the same table.
-- setup after: shape_floor
-- needs: versioned_rows

-- section: setup
CREATE EXTENSION versioned_rows;
SELECT versioned_rows.enable('product');

-- section: update
UPDATE product SET price = price + 1 WHERE id = $1 AND is_current_version;

-- section: bulk
UPDATE product SET price = price + 1 WHERE is_current_version;

-- This extension with a period column.
-- setup after: plain
-- needs: versioned_rows

-- section: setup
CREATE EXTENSION versioned_rows;
SELECT versioned_rows.enable('product', period_column => 'valid');

-- section: update
UPDATE product SET price = price + 1 WHERE id = $1 AND is_current_version;

-- section: noop
UPDATE product SET price = price WHERE id = $1 AND is_current_version;

-- section: bulk
UPDATE product SET price = price + 1 WHERE is_current_version;

-- This extension without re-insert support.
-- setup after: plain
-- needs: versioned_rows

-- section: setup
CREATE EXTENSION versioned_rows;
SELECT versioned_rows.enable('product', reinsert => false);

-- section: update
UPDATE product SET price = price + 1 WHERE id = $1 AND is_current_version;

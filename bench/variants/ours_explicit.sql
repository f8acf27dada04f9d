-- This extension, and a client that sets the next version number itself.
-- setup after: plain
-- needs: versioned_rows
--
-- PostgreSQL sees from the statement that the primary key changes, and does
-- not look for duplicates to delete in its index.

-- section: setup
CREATE EXTENSION versioned_rows;
SELECT versioned_rows.enable('product');

-- section: update
UPDATE product SET price = price + 1, version_id = version_id + 1
WHERE id = $1 AND is_current_version;

-- section: bulk
UPDATE product SET price = price + 1, version_id = version_id + 1
WHERE is_current_version;

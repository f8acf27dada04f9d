-- The extension table_log: old and new image of the row into a log table.
-- setup after: plain
-- needs: table_log from postgresql-15-tablelog

-- section: setup
CREATE EXTENSION table_log;
SELECT table_log_init(4, 'product');

-- section: update
UPDATE product SET price = price + 1 WHERE id = $1;

-- section: noop
UPDATE product SET price = price WHERE id = $1;

-- section: bulk
UPDATE product SET price = price + 1;

-- The extension periods: SQL:2016 system versioning, history table of its own.
-- setup after: plain
-- needs: periods from postgresql-15-periods

-- section: setup
CREATE EXTENSION periods CASCADE;
SELECT periods.add_system_time_period('product', 'row_start', 'row_end');
SELECT periods.add_system_versioning('product');

-- section: update
UPDATE product SET price = price + 1 WHERE id = $1;

-- section: noop
UPDATE product SET price = price WHERE id = $1;

-- section: bulk
UPDATE product SET price = price + 1;

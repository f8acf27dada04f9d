-- The extension temporal_tables: C, history table of its own, no key to it.
-- setup after: plain
-- needs: temporal_tables

-- section: setup
CREATE EXTENSION temporal_tables;
ALTER TABLE product
    ADD valid tstzrange NOT NULL DEFAULT tstzrange(current_timestamp, NULL);
CREATE TABLE product_history (LIKE product);
CREATE TRIGGER versioning BEFORE INSERT OR UPDATE OR DELETE ON product
FOR EACH ROW EXECUTE FUNCTION versioning('valid', 'product_history', true);

-- section: update
UPDATE product SET price = price + 1 WHERE id = $1;

-- section: noop
UPDATE product SET price = price WHERE id = $1;

-- section: bulk
UPDATE product SET price = price + 1;

-- The floor: an update that also moves the version in the key, no trigger.
--
-- It has the indexes of a versioned table and leaves no history: every
-- implementation of versions in the same table does this work and more.

-- section: setup
CREATE TABLE product
(
    id int,
    name text,
    price numeric,
    version_id int NOT NULL DEFAULT 1,
    is_current_version boolean NOT NULL DEFAULT true,
    PRIMARY KEY (id, version_id)
);
INSERT INTO product
SELECT i, rpad('product ' || i, :width), 10 FROM generate_series(1, :rows) AS i;
CREATE UNIQUE INDEX product_current ON product (id) WHERE is_current_version;

-- section: update
UPDATE product SET price = price + 1, version_id = version_id + 1
WHERE id = $1 AND is_current_version;

-- section: noop
UPDATE product SET price = price WHERE id = $1 AND is_current_version;

-- section: bulk
UPDATE product SET price = price + 1, version_id = version_id + 1
WHERE is_current_version;

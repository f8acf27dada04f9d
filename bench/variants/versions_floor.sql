-- The floor with history in the table: every row has :versions versions.

-- section: setup
CREATE TABLE product
(
    id int,
    name text,
    price numeric,
    version_id int NOT NULL DEFAULT 1,
    is_current_version boolean NOT NULL DEFAULT true
);
INSERT INTO product
SELECT i, rpad('product ' || i, :width), v, v, v = :versions
FROM generate_series(1, :versions) AS v, generate_series(1, :rows) AS i;
ALTER TABLE product ADD PRIMARY KEY (id, version_id);
CREATE UNIQUE INDEX product_current ON product (id) WHERE is_current_version;

-- section: update
UPDATE product SET price = price + 1, version_id = version_id + 1
WHERE id = $1 AND is_current_version;

-- section: read
SELECT * FROM product WHERE id = $1 AND is_current_version;

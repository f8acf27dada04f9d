-- The floor with more columns, more indexes, and a document of :document bytes.

-- section: setup
CREATE TABLE product
(
    id int,
    name text,
    price numeric,
    document text,
    version_id int NOT NULL DEFAULT 1,
    is_current_version boolean NOT NULL DEFAULT true,
    PRIMARY KEY (id, version_id)
);
SELECT format('ALTER TABLE product ADD column_%s int DEFAULT %1$s', n)
FROM generate_series(1, :columns) AS n \gexec
INSERT INTO product (id, name, price, document)
SELECT i, rpad('product ' || i, :width), 10,
    (SELECT string_agg(md5(i::text || n), '')
     FROM generate_series(1, :document / 32) AS n)
FROM generate_series(1, :rows) AS i;
CREATE UNIQUE INDEX product_current ON product (id) WHERE is_current_version;
SELECT format('CREATE INDEX ON product (column_%s)', n)
FROM generate_series(1, :indexes) AS n \gexec

-- section: update
UPDATE product SET price = price + 1, version_id = version_id + 1
WHERE id = $1 AND is_current_version;

-- section: bulk
UPDATE product SET price = price + 1, version_id = version_id + 1
WHERE is_current_version;

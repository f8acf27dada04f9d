-- This extension with a period column and history: a version for every day.
-- needs: versioned_rows

-- section: setup
CREATE EXTENSION versioned_rows;
CREATE TABLE product
(
    id int,
    name text,
    price numeric,
    version_id int NOT NULL DEFAULT 1,
    is_current_version boolean NOT NULL DEFAULT true,
    valid tstzrange NOT NULL
);
INSERT INTO product
SELECT i, rpad('product ' || i, :width), v, v, v = :versions,
    tstzrange('2020-01-01'::timestamptz + v * interval '1 day',
              CASE WHEN v < :versions THEN '2020-01-02'::timestamptz
                   + v * interval '1 day' END)
FROM generate_series(1, :versions) AS v, generate_series(1, :rows) AS i;
ALTER TABLE product ADD PRIMARY KEY (id, version_id);
CREATE UNIQUE INDEX product_current ON product (id) WHERE is_current_version;
SELECT versioned_rows.enable('product', period_column => 'valid');

-- What other tools kept becomes the oldest versions of the rows by import(),
-- in the order of time, checked, all or nothing.
CREATE EXTENSION versioned_rows;
\set SHOW_CONTEXT never
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';

-- The layout of temporal_tables: the period is a column of both tables.
CREATE TABLE product (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text,
					  price numeric, gross numeric GENERATED ALWAYS AS (price * 2) STORED,
					  sys_period tstzrange NOT NULL);
CREATE TABLE product_history (LIKE product);
INSERT INTO product OVERRIDING SYSTEM VALUE VALUES
	(1, 'pen', 3, DEFAULT, '[2023-01-01,)'), (2, 'ink', 5, DEFAULT, '[2022-01-01,)');
INSERT INTO product_history VALUES
	(1, 'pen', 2, 4, '[2022-01-01,2023-01-01)'),
	(1, 'pen', 1, 2, '[2021-01-01,2022-01-01)'),
	(3, 'cap', 9, 18, '[2020-01-01,2020-06-01)');
SELECT versioned_rows.enable('product', period_column => 'sys_period');
CREATE TABLE line (product_id int, product_version_id int,
	FOREIGN KEY (product_id, product_version_id) REFERENCES product
	ON UPDATE CASCADE);
INSERT INTO line VALUES (1, 1);
SELECT versioned_rows.import('product', 'product_history');
SELECT * FROM product ORDER BY id, version_id;
-- A reference that follows has gone along.
SELECT * FROM line;
UPDATE product SET price = 4 WHERE id = 1 RETURNING version_id;
-- A second time they overlap; nothing was changed.
SELECT versioned_rows.import('product', 'product_history');
SELECT count(*) FROM product;
DROP TABLE line, product, product_history;

-- The layout of periods: two columns, infinity for what is still valid. A
-- table that was empty gets its current rows from the source.
CREATE TABLE account (owner text, no int, balance int, PRIMARY KEY (no, owner));
CREATE TABLE account_all (owner text, no int, balance int,
						  system_time_start timestamptz, system_time_end timestamptz);
INSERT INTO account_all VALUES
	('ann', 1, 10, '2020-01-01', '2021-01-01'), ('ann', 1, 11, '2021-01-01', 'infinity'),
	('bob', 1, 20, '-infinity', '2021-01-01'), ('bob', 1, 21, '2022-01-01', 'infinity'),
	('cid', 2, 30, '2020-01-01', '2020-02-01');
SELECT versioned_rows.enable('account');
SELECT versioned_rows.import('account', 'account_all', start_column => 'system_time_start',
							 end_column => 'system_time_end');
SELECT * FROM account ORDER BY owner, no, version_id;

-- Bad sources, each refused as a whole.
TRUNCATE account_all;
INSERT INTO account_all VALUES ('dan', 1, 1, '2020-01-01', '2021-01-01');
SELECT versioned_rows.import('account', 'account_all');
SELECT versioned_rows.import('account', 'account_all', 'system_time_start', 'system_time_end');
SELECT versioned_rows.import('account', 'account_all', start_column => 'system_time_start');
SELECT versioned_rows.import('account', 'account_all', start_column => 'since', end_column => 'until');
SELECT versioned_rows.import('account', NULL);
SELECT versioned_rows.import('account_all', 'account');
PREPARE try AS SELECT versioned_rows.import('account', 'account_all',
	start_column => 'system_time_start', end_column => 'system_time_end');
BEGIN;
INSERT INTO account_all VALUES ('dan', 1, 2, '2020-12-31', '2022-01-01');
EXECUTE try;
ROLLBACK;
BEGIN;
INSERT INTO account_all VALUES ('dan', 1, 2, '2022-01-01', '2022-01-01');
EXECUTE try;
ROLLBACK;
BEGIN;
INSERT INTO account_all VALUES (NULL, 1, 2, '2022-01-01', '2023-01-01');
EXECUTE try;
ROLLBACK;
BEGIN;
INSERT INTO account_all VALUES ('ann', 1, 2, '2022-01-01', 'infinity');
EXECUTE try;
ROLLBACK;
BEGIN;
ALTER TABLE account_all DROP COLUMN balance, ADD COLUMN colour text;
EXECUTE try;
ROLLBACK;
CREATE ROLE regress_writer;
GRANT ALL ON account, account_all TO regress_writer;
SET ROLE regress_writer;
EXECUTE try;
RESET ROLE;
SELECT count(*) FROM account;
DROP TABLE account, account_all;
DROP ROLE regress_writer;
DROP EXTENSION versioned_rows;

-- A column can be renamed: plain and key columns at any time, a managed one
-- with a call of enable() that says its new name, and not with one that does not.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, name text, note text);
SELECT versioned_rows.enable('product', period_column => 'valid', ignore_columns => '{note}',
							 changed_by_column => 'who', current_view => 'product_now');
INSERT INTO product VALUES (1, 'a'), (2, 'a');
UPDATE product SET name = 'b' WHERE id = 1;
DELETE FROM product WHERE id = 2;

-- Plain: nothing to do.
ALTER TABLE product RENAME name TO title;
UPDATE product SET title = 'c' WHERE id = 1 RETURNING version_id;

-- Of the key: nothing goes by its name but calc_is_current_version().
ALTER TABLE product RENAME id TO nr;
UPDATE product SET title = 'd' WHERE nr = 1 RETURNING version_id;
SELECT version, "row" ->> 'title' AS title FROM versioned_rows.history('product', '{"nr": 1}');
SELECT p.calc_is_current_version FROM product p;
SELECT problem FROM versioned_rows.verify('product');
SELECT versioned_rows.enable('product', period_column => 'valid', ignore_columns => '{note}',
							 changed_by_column => 'who');
SELECT p.nr, p.version_id FROM product p WHERE p.calc_is_current_version;
SELECT problem FROM versioned_rows.verify('product');

-- Each managed column: writes fail and say what to do, enable() does not take
-- the column for a lost one, and mends the table when it is told.
CREATE PROCEDURE rename_and_mend(old_name name, options text, told text) LANGUAGE plpgsql AS $$
DECLARE
	command text;
	hint text;
	n bigint;
BEGIN
	EXECUTE format('ALTER TABLE product RENAME %I TO other', old_name);
	FOREACH command IN ARRAY ARRAY[
		'UPDATE product SET title = ''e'' WHERE nr = 1',
		'INSERT INTO product (nr) VALUES (2)',
		'DELETE FROM product_now',
		'SELECT * FROM versioned_rows.verify(''product'') WHERE problem LIKE ''%was it renamed? Then%''',
		format('SELECT versioned_rows.enable(''product'', %s)', options),
		format('SELECT versioned_rows.enable(''product'', %s)', told),
		'UPDATE product SET title = ''f'' WHERE nr = 1',
		'SELECT FROM versioned_rows.verify(''product'')',
		'SELECT p.calc_is_current_version FROM product p WHERE p.calc_is_current_version']
	LOOP
		BEGIN
			EXECUTE command;
			GET DIAGNOSTICS n = ROW_COUNT;
			RAISE NOTICE '%', n;
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
			RAISE NOTICE '% (%) %', SQLERRM, SQLSTATE, hint;
		END;
	END LOOP;
	ROLLBACK;
END
$$;
\set VERBOSITY terse
CALL rename_and_mend('version_id',
	'period_column => ''valid'', changed_by_column => ''who''',
	'period_column => ''valid'', changed_by_column => ''who'', version_column => ''other''');
CALL rename_and_mend('is_current_version',
	'period_column => ''valid'', changed_by_column => ''who''',
	'period_column => ''valid'', changed_by_column => ''who'', current_column => ''other''');
CALL rename_and_mend('valid', 'changed_by_column => ''who''',
	'period_column => ''other'', changed_by_column => ''who''');
CALL rename_and_mend('valid', 'period_column => ''valid'', changed_by_column => ''who''',
	'period_column => ''other'', changed_by_column => ''who''');
CALL rename_and_mend('who', 'period_column => ''valid'', changed_by_column => ''who''',
	'period_column => ''valid'', changed_by_column => ''other''');
CALL rename_and_mend('deletion', 'period_column => ''valid'', changed_by_column => ''who''',
	'period_column => ''valid'', changed_by_column => ''who'', deletion_column => ''other''');
CALL rename_and_mend('note',
	'period_column => ''valid'', changed_by_column => ''who'', ignore_columns => ''{note}''',
	'period_column => ''valid'', changed_by_column => ''who'', ignore_columns => ''{other}''');

-- A column that was dropped comes back after disable() alone.
BEGIN;
SET LOCAL client_min_messages = warning;
ALTER TABLE product DROP who CASCADE;
SAVEPOINT s;
SELECT versioned_rows.enable('product', period_column => 'valid', changed_by_column => 'who');
ROLLBACK TO s;
SELECT versioned_rows.disable('product');
SELECT versioned_rows.enable('product', period_column => 'valid', changed_by_column => 'who');
UPDATE product SET title = 'e' WHERE nr = 1 RETURNING version_id, who IS NOT NULL AS who;
ROLLBACK;

-- Both sides of a reference: the foreign key follows; the column that the
-- trigger of the referencing table fills in is named in it.
CREATE TABLE sale (id int PRIMARY KEY, product_nr int);
SELECT versioned_rows.add_reference('sale', '{product_nr}', 'product', 'pin', version_column => 'product_version');
INSERT INTO sale VALUES (1, 1);
ALTER TABLE sale RENAME product_nr TO article_nr;
ALTER TABLE product RENAME nr TO article_nr;
INSERT INTO sale VALUES (2, 1) RETURNING product_version;
UPDATE product SET title = 'g' WHERE article_nr = 1 RETURNING version_id;
ALTER TABLE sale RENAME product_version TO article_version;
\set VERBOSITY default
INSERT INTO sale VALUES (3, 1);
DROP TRIGGER zzy_versioned_rows_reference_product_version ON sale;
SELECT versioned_rows.add_reference('sale', '{article_nr}', 'product', 'pin', version_column => 'article_version');
INSERT INTO sale VALUES (3, 1);
SELECT * FROM sale ORDER BY id;

DROP PROCEDURE rename_and_mend;
DROP VIEW product_now;
DROP TABLE sale, product;
DROP EXTENSION versioned_rows;

-- An event trigger sees the commands by which enable() and disable() change a
-- table; it can refuse them, and is not in the way of anything else.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
CREATE TABLE log (n serial, what text);
CREATE TABLE product (id int PRIMARY KEY, code text UNIQUE);
INSERT INTO product VALUES (1, 'a');

CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
	IF tg_event = 'ddl_command_start' THEN
		IF current_setting('regress.frozen', true) = 'on' AND tg_tag = 'CREATE TRIGGER' THEN
			RAISE EXCEPTION 'no % today', tg_tag;
		END IF;
	ELSIF tg_event = 'table_rewrite' THEN
		INSERT INTO log (what) VALUES (format('rewrite of %s', pg_event_trigger_table_rewrite_oid()::regclass));
	ELSIF tg_event = 'ddl_command_end' THEN
		INSERT INTO log (what) SELECT format('%s: %s', command_tag, object_identity)
		FROM pg_event_trigger_ddl_commands() WHERE object_identity LIKE '%product%';
	ELSE
		INSERT INTO log (what) SELECT format('drop of %s', object_identity)
		FROM pg_event_trigger_dropped_objects() WHERE original;
	END IF;
END
$$;
CREATE EVENT TRIGGER regress_start ON ddl_command_start EXECUTE FUNCTION watch();
CREATE EVENT TRIGGER regress_end ON ddl_command_end EXECUTE FUNCTION watch();
CREATE EVENT TRIGGER regress_drop ON sql_drop EXECUTE FUNCTION watch();
CREATE EVENT TRIGGER regress_rewrite ON table_rewrite EXECUTE FUNCTION watch();

SET regress.frozen = on;
SELECT versioned_rows.enable('product');
\d product
RESET regress.frozen;
TRUNCATE log;
SELECT versioned_rows.enable('product', period_column => 'valid', current_view => 'product_now');
UPDATE product_now SET code = 'b';
DELETE FROM product;
INSERT INTO product VALUES (1, 'c');
SELECT version, is_current FROM versioned_rows.history('product', '{"id": 1}');
SELECT versioned_rows.revert('product', '{"id": 1}', 1);
SELECT * FROM versioned_rows.prune('product', keep => 1);
SELECT * FROM versioned_rows.verify();
SELECT what FROM log ORDER BY n;
TRUNCATE log;
SELECT versioned_rows.disable('product');
DROP TABLE product;
SELECT what FROM log ORDER BY what COLLATE "C";

SET client_min_messages = warning;
DROP EVENT TRIGGER regress_start;
DROP EVENT TRIGGER regress_end;
DROP EVENT TRIGGER regress_drop;
DROP EVENT TRIGGER regress_rewrite;
DROP TABLE log;
DROP FUNCTION watch;
DROP EXTENSION versioned_rows;

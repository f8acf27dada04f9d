-- The triggers of a table do not see what enable() writes into the columns
-- that it adds or adopts, and so cannot change history.
CREATE EXTENSION versioned_rows;
CREATE TABLE page (id int PRIMARY KEY, text text);
INSERT INTO page VALUES (1, 'a');
SELECT versioned_rows.enable('page', current_column => NULL);
UPDATE page SET text = 'b' WHERE id = 1;

CREATE FUNCTION overwrite() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	NEW.text := 'overwritten';
	RETURN NEW;
END
$$;
CREATE TRIGGER overwrite BEFORE UPDATE ON page
	FOR EACH ROW EXECUTE FUNCTION overwrite();
SELECT versioned_rows.enable('page');
SELECT versioned_rows.enable('page', period_column => 'valid', period_start => '2024-01-01');
SELECT id, version_id, is_current_version, isempty(valid), text FROM page ORDER BY version_id;

-- but what a user writes afterwards
UPDATE page SET text = 'c' WHERE id = 1 AND is_current_version RETURNING version_id, text;

DROP TABLE page;
DROP FUNCTION overwrite();
DROP EXTENSION versioned_rows;

-- The same with a second trigger, AFTER, that stores the old row.
-- setup after: floor
-- module: bare
--
-- What archiving costs where every row is an event in PostgreSQL's queue.

-- section: setup
CREATE FUNCTION pass() RETURNS trigger
LANGUAGE c AS 'bare', 'bare_pass';
CREATE FUNCTION archive() RETURNS trigger
LANGUAGE c AS 'bare', 'bare_archive';
CREATE TRIGGER zzz_pass BEFORE UPDATE ON product
FOR EACH ROW EXECUTE FUNCTION pass();
CREATE TRIGGER "000_archive" AFTER UPDATE ON product
FOR EACH ROW EXECUTE FUNCTION archive();

-- section: update
UPDATE product SET price = price + 1, version_id = version_id + 1
WHERE id = $1 AND is_current_version;

-- section: noop
UPDATE product SET price = price WHERE id = $1 AND is_current_version;

-- section: bulk
UPDATE product SET price = price + 1, version_id = version_id + 1
WHERE is_current_version;

-- The least that the design can cost: its two triggers with free code of ours.
-- setup after: floor
-- module: lower_bound
--
-- The floor, one BEFORE and one AFTER trigger that are called, one heap tuple
-- and one primary key entry more.  The code is in bench/lib/lower_bound.c.

-- section: setup
CREATE FUNCTION stamp() RETURNS trigger
LANGUAGE c AS 'lower_bound', 'lower_bound_stamp';
CREATE FUNCTION archive() RETURNS trigger
LANGUAGE c AS 'lower_bound', 'lower_bound_archive';
CREATE TRIGGER zzz_stamp BEFORE UPDATE ON product
FOR EACH ROW EXECUTE FUNCTION stamp();
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

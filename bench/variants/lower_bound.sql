-- The least that the design can cost: one trigger with free code of ours.
-- setup after: floor
-- module: bare
--
-- The floor, one BEFORE trigger that is called, one heap tuple and one primary
-- key entry more.  The code is in bench/lib/bare.c.

-- section: setup
CREATE FUNCTION store() RETURNS trigger
LANGUAGE c AS 'bare', 'bare_store';
CREATE TRIGGER zzz_store BEFORE UPDATE ON product
FOR EACH ROW EXECUTE FUNCTION store();

-- section: update
UPDATE product SET price = price + 1, version_id = version_id + 1
WHERE id = $1 AND is_current_version;

-- section: noop
UPDATE product SET price = price WHERE id = $1 AND is_current_version;

-- section: bulk
UPDATE product SET price = price + 1, version_id = version_id + 1
WHERE is_current_version;

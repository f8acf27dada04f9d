-- The same design in PL/pgSQL: a stamping and an archiving row trigger.
-- setup after: floor

-- section: setup
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT OLD.is_current_version THEN
        RETURN NULL;
    END IF;
    IF NEW *<> OLD THEN
        NEW.version_id := OLD.version_id + 1;
    END IF;
    RETURN NEW;
END;
$$;
CREATE FUNCTION archive() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.version_id <> OLD.version_id THEN
        INSERT INTO product
        VALUES (OLD.id, OLD.name, OLD.price, OLD.version_id, false);
    END IF;
    RETURN NULL;
END;
$$;
CREATE TRIGGER zzz_stamp BEFORE UPDATE ON product
FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TRIGGER "000_archive" AFTER UPDATE ON product
FOR EACH ROW EXECUTE FUNCTION archive();

-- section: update
UPDATE product SET price = price + 1 WHERE id = $1 AND is_current_version;

-- section: noop
UPDATE product SET price = price WHERE id = $1 AND is_current_version;

-- section: bulk
UPDATE product SET price = price + 1 WHERE is_current_version;

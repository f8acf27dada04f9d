-- The schema of the extension, which comes and goes with it.  One that is there
-- already is not taken over: whoever made it could have filled it with
-- functions that are called in place of ours.

CREATE SCHEMA @extschema@;
COMMENT ON SCHEMA @extschema@ IS
'Row versions in the same table: see enable().';
GRANT USAGE ON SCHEMA @extschema@ TO PUBLIC;


-- The two schemas of the extension, which come and go with it.  One that is there
-- already is not taken over: whoever made it could have filled it with
-- functions that are called in place of ours.

CREATE SCHEMA @extschema@;
COMMENT ON SCHEMA @extschema@ IS
'Row versions in the same table: see enable().';
GRANT USAGE ON SCHEMA @extschema@ TO PUBLIC;

-- Functions for users run with the rights of their caller, who therefore needs
-- to reach what they call.  Nothing outside of the extension names it.
CREATE SCHEMA @internal@;
COMMENT ON SCHEMA @internal@ IS
'Parts of the functions in the schema versioned_rows; not to be called directly, and different in every release.';
GRANT USAGE ON SCHEMA @internal@ TO PUBLIC;

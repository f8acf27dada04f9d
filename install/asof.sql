-- Time travel by a setting: what the views of current rows ask about each row.

-- The planner support function of is_shown().
CREATE FUNCTION @internal@.is_shown_support(request internal)
RETURNS internal
LANGUAGE c STRICT
AS 'MODULE_PATHNAME', 'versioned_rows_is_shown_support';

CREATE FUNCTION @extschema@.is_shown(is_current boolean, period tstzrange)
RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE
SUPPORT @internal@.is_shown_support
AS 'MODULE_PATHNAME', 'versioned_rows_is_shown';
COMMENT ON FUNCTION @extschema@.is_shown(boolean, tstzrange) IS
'Whether a view of current rows shows a row. Returns its first argument, or while the setting versioned_rows.as_of names an instant, whether the period contains that instant. The planner replaces the call, so it costs nothing.';

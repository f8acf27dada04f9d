-- Retention: old history goes, what a foreign key references stays.

-- The SQL condition that a version t is to be pruned.
CREATE FUNCTION @internal@.prune_condition(target @extschema@.tables,
										   keep integer, ended_before timestamptz)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	/* rows that are history, ended long enough ago, with enough later history */
	SELECT concat_ws(' AND ',
		format('(%s) IS NOT TRUE', @internal@.current_condition(target, 't')),
		CASE WHEN ended_before IS NOT NULL
			 THEN format('pg_catalog.upper(t.%I) OPERATOR(pg_catalog.<) %L::timestamptz',
						 target.period_column, ended_before) END,
		CASE WHEN keep > 0
			 THEN format('EXISTS (SELECT FROM %s AS h WHERE %s AND h.%I OPERATOR(pg_catalog.>) t.%I '
						 'AND (%s) IS NOT TRUE OFFSET %s)',
						 target.relation, @internal@.same_row_condition(target, 'h', 't'),
						 target.version_column, target.version_column,
						 @internal@.current_condition(target, 'h'), keep - 1) END)
$$;

-- The foreign keys to a table, each with the SQL condition that a row r
-- references a row t.
CREATE FUNCTION @internal@.inbound_keys(relation regclass)
RETURNS TABLE (referencing regclass, condition text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	/* those that reference a partition directly, too */
	SELECT c.conrelid, @internal@.reference_condition(c.oid, 'r', 't')
	FROM pg_constraint c
	WHERE c.contype = 'f' AND c.conparentid = 0
		  AND c.confrelid IN (SELECT @internal@.partitions(relation))
	ORDER BY c.conrelid::regclass::text, c.conname
$$;

-- Checks the owner and the arguments of prune(); returns the row of
-- versioned_rows.tables.
CREATE FUNCTION @internal@.check_prune(relation regclass, keep integer,
									   older_than interval)
RETURNS @extschema@.tables LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	target @extschema@.tables := @internal@.versioned_table(relation);
BEGIN
	PERFORM @internal@.check_owner(target.relation);
	IF keep IS NULL AND older_than IS NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'null_value_not_allowed',
			MESSAGE = 'nothing says what to prune',
			HINT = 'Give keep, the number of historical versions of each row that stay, or older_than, or both.';
	ELSIF keep < 0 THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_parameter_value',
			MESSAGE = 'keep must not be negative';
	ELSIF older_than IS NOT NULL AND target.period_column IS NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('versioned table "%s" has no period column',
							 @internal@.relation_name(target.relation)),
			DETAIL = 'How old its history is, is not known.',
			HINT = 'Prune with keep, or call versioned_rows.enable() with a period_column.';
	END IF;
	RETURN target;
END
$$;

-- Deletes those of the given rows of one partition that still fit the
-- condition and are not referenced, and adds to the counts.
CREATE FUNCTION @internal@.prune_batch(target @extschema@.tables, part oid,
									   tids tid[], condition text,
									   INOUT removed bigint,
									   INOUT kept_for_reference bigint,
									   INOUT kept_for_lock bigint,
									   INOUT referenced_by regclass[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET row_security = off AS $$
DECLARE
	locked tid[];
	free tid[];
	k record;
	pinned tid[];
	opened boolean;
BEGIN
	/*
	 * Once a version is locked no new reference to it can come in, and those
	 * that came in before are seen by the statements that follow.
	 */
	EXECUTE format('SELECT array_agg(s.ctid) FROM (SELECT t.ctid FROM %s AS t '
				   'WHERE t.ctid = ANY ($1) AND t.tableoid = $2 AND %s FOR UPDATE SKIP LOCKED) AS s',
				   target.relation, condition)
	INTO locked USING tids, part;
	kept_for_lock := kept_for_lock + cardinality(tids) -
		coalesce(cardinality(locked), 0);

	free := locked;
	FOR k IN SELECT * FROM @internal@.inbound_keys(target.relation)
	LOOP
		EXECUTE format('SELECT array_agg(t.ctid) FROM %s AS t WHERE t.ctid = ANY ($1) AND t.tableoid = $2 '
					   'AND EXISTS (SELECT FROM %s AS r WHERE %s)',
					   target.relation, k.referencing, k.condition)
		INTO pinned USING free, part;
		IF pinned IS NOT NULL THEN
			kept_for_reference := kept_for_reference + cardinality(pinned);
			free := ARRAY(SELECT u.t FROM unnest(free) AS u (t)
						  WHERE u.t <> ALL (pinned));
			IF k.referencing <> ALL (referenced_by) THEN
				referenced_by := referenced_by || k.referencing;
			END IF;
		END IF;
	END LOOP;

	opened := @internal@.open_history(target.relation);
	EXECUTE format('WITH gone AS (DELETE FROM %s AS t WHERE t.ctid = ANY ($1) AND t.tableoid = $2 RETURNING 1) '
				   'SELECT $3 + count(*) FROM gone', target.relation)
	INTO removed USING free, part, removed;
	PERFORM @internal@.close_history(target.relation, opened);
END
$$;

-- The query that finds what to prune, in batches of rows of one partition.
CREATE FUNCTION @internal@.prune_query(target @extschema@.tables,
									   condition text, batch_size integer)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('SELECT b.part, array_agg(b.tid) AS tids '
				  'FROM (SELECT t.tableoid AS part, t.ctid AS tid, '
				  '(row_number() OVER (PARTITION BY t.tableoid) - 1) / %s AS n FROM %s AS t WHERE %s) AS b '
				  'GROUP BY b.part, b.n ORDER BY b.part, b.n',
				  batch_size, target.relation, condition)
$$;

CREATE FUNCTION @extschema@.prune(relation regclass, keep integer DEFAULT NULL,
								  older_than interval DEFAULT NULL,
								  OUT removed bigint,
								  OUT kept_for_reference bigint,
								  OUT kept_for_lock bigint,
								  OUT referenced_by regclass[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET row_security = off AS $$
DECLARE
	target @extschema@.tables := @internal@.check_prune(relation, keep, older_than);
	condition text := @internal@.prune_condition(target, keep, now() - older_than);
	batch record;
BEGIN
	removed := 0;
	kept_for_reference := 0;
	kept_for_lock := 0;
	referenced_by := '{}';
	FOR batch IN EXECUTE @internal@.prune_query(target, condition, 10000)
	LOOP
		SELECT * INTO removed, kept_for_reference, kept_for_lock, referenced_by
		FROM @internal@.prune_batch(target, batch.part, batch.tids, condition,
									removed, kept_for_reference,
									kept_for_lock, referenced_by);
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.prune(regclass, integer, interval) IS
'Deletes historical versions. With keep, so many of the newest ones of each row stay; with older_than, only versions that ended longer ago go; with both, a version must meet both to go. Current versions stay, and so do those that a foreign key references (kept_for_reference, by the tables referenced_by) or that another transaction has locked (kept_for_lock). Owner only; needs SELECT on the referencing tables.';

CREATE PROCEDURE @extschema@.prune_in_batches(relation regclass, keep integer DEFAULT NULL,
											  older_than interval DEFAULT NULL,
											  batch_size integer DEFAULT 10000)
LANGUAGE plpgsql
AS $$
DECLARE
	/* types are looked up before the search_path is set below */
	target @extschema@.tables;
	condition pg_catalog.text;
	batch record;
	removed pg_catalog.int8 := 0;
	kept_for_reference pg_catalog.int8 := 0;
	kept_for_lock pg_catalog.int8 := 0;
	referenced_by pg_catalog.regclass[] := '{}';
BEGIN
	/*
	 * A procedure that commits cannot have SET clauses: what they would do
	 * must be done again in each of its transactions.
	 */
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
	PERFORM set_config('row_security', 'off', true);
	IF batch_size IS NULL OR batch_size < 1 THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_parameter_value',
			MESSAGE = 'batch_size must be at least 1';
	END IF;
	target := @internal@.check_prune(relation, keep, older_than);
	condition := @internal@.prune_condition(target, keep, now() - older_than);

	FOR batch IN EXECUTE @internal@.prune_query(target, condition, batch_size)
	LOOP
		SELECT * INTO removed, kept_for_reference, kept_for_lock, referenced_by
		FROM @internal@.prune_batch(target, batch.part, batch.tids, condition,
									removed, kept_for_reference,
									kept_for_lock, referenced_by);
		RAISE NOTICE USING
			MESSAGE = format('pruned table "%s": %s versions removed, %s kept for a reference, %s kept for a lock',
							 @internal@.relation_name(target.relation), removed, kept_for_reference,
							 kept_for_lock);
		COMMIT;
		PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
		PERFORM set_config('row_security', 'off', true);
	END LOOP;
	IF referenced_by <> '{}' THEN
		RAISE NOTICE USING
			MESSAGE = format('versions of table "%s" are referenced by %s',
							 @internal@.relation_name(target.relation), array_to_string(referenced_by, ', '));
	END IF;
END
$$;
COMMENT ON PROCEDURE @extschema@.prune_in_batches(regclass, integer, interval, integer) IS
'Does what prune() does, but commits after every batch_size versions, so that it holds no lock for long, and reports its progress by notices. Cannot run within a transaction block. Owner only.';

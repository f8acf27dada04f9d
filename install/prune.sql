-- Retention: old history goes, what a foreign key references stays.

-- The SQL condition that a version t is history and its row is in a range of
-- keys; NULL stands for no bound.
CREATE FUNCTION @internal@.prunable_condition(target @extschema@.tables, after text[], up_to text[])
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT concat_ws(' AND ',
		format('(%s) IS NOT TRUE', @internal@.current_condition(target, 't')),
		CASE WHEN after IS NOT NULL THEN @internal@.key_order_condition(target, 't', '>', after) END,
		CASE WHEN up_to IS NOT NULL THEN @internal@.key_order_condition(target, 't', '<=', up_to) END)
$$;

-- The query that finds and locks what prune() removes of the rows in a range of
-- keys: for each partition the places of the versions, and how many others
-- have locked.
CREATE FUNCTION @internal@.prune_query(target @extschema@.tables, after text[], up_to text[],
									   keep integer, ended_before timestamptz)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT concat_ws(E'\n',
		format('WITH doomed AS MATERIALIZED (SELECT %s FROM (SELECT %s, t.xmin AS "?xmin"', p.columns, p.t_columns),
		CASE WHEN keep > 0
			 THEN format(', row_number() OVER (PARTITION BY %s ORDER BY t.%I DESC) AS "?later"',
						 @internal@.column_list(target.key_columns, 't'), target.version_column) END,
		CASE WHEN ended_before IS NOT NULL THEN format(', upper(t.%I) AS "?ended"', target.period_column) END,
		format('FROM %s AS t WHERE %s) AS t', p.versions, p.prunable),
		/* others may be waiting to insert a row whose number comes after these */
		'WHERE NOT @internal@.is_own(t."?xmin")',
		CASE WHEN keep > 0 THEN format('AND t."?later" > %s', keep) END,
		CASE WHEN ended_before IS NOT NULL THEN format('AND t."?ended" < %L::timestamptz', ended_before) END,
		format('), locked AS MATERIALIZED (SELECT t.tableoid AS part, t.ctid AS tid FROM %s AS t JOIN doomed AS d ON %s AND t.%I = d.%I',
			   p.versions, @internal@.same_row_condition(target, 't', 'd'),
			   target.version_column, target.version_column),
		format('WHERE %s FOR UPDATE OF t SKIP LOCKED)', p.prunable),
		'SELECT l.part, array_agg(l.tid) AS tids, - count(*) AS missed FROM locked AS l GROUP BY l.part',
		'UNION ALL SELECT NULL, NULL, count(*) FROM doomed')
	FROM (SELECT @internal@.versions_relation(target) AS versions,
				 @internal@.column_list(target.key_columns || target.version_column) AS columns,
				 @internal@.column_list(target.key_columns || target.version_column, 't') AS t_columns,
				 @internal@.prunable_condition(target, after, up_to) AS prunable) AS p
$$;

-- The key of the row where a range of about so many versions ends that begins
-- after another; NULL if there are fewer.
CREATE FUNCTION @internal@.end_of_range(target @extschema@.tables, after text[], size integer)
RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET row_security = off SET extra_float_digits = 1 AS $$
DECLARE
	keys text := @internal@.column_list(target.key_columns, 't');
	result text[];
BEGIN
	EXECUTE format('SELECT ARRAY[%s] FROM %s AS t WHERE %s ORDER BY %s LIMIT 1 OFFSET %s',
				   /* by the output function: a cast to text may be the user's */
				   (SELECT string_agg(format('format(''%%s'', t.%I)', k.name), ', ' ORDER BY k.n)
					FROM unnest(target.key_columns) WITH ORDINALITY AS k (name, n)),
				   @internal@.versions_relation(target),
				   CASE WHEN after IS NULL THEN 'true' ELSE @internal@.key_order_condition(target, 't', '>', after) END,
				   keys, size - 1)
	INTO result;
	RETURN result;
END
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

-- Deletes those of the given versions of one partition, which are locked, that
-- are not referenced, and adds to the counts.
CREATE FUNCTION @internal@.prune_locked(target @extschema@.tables, part oid, tids tid[],
										INOUT removed bigint,
										INOUT kept_for_reference bigint,
										INOUT referenced_by regclass[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET row_security = off AS $$
DECLARE
	versions regclass := @internal@.versions_relation(target);
	free tid[] := tids;
	k record;
	pinned tid[];
	opened boolean;
BEGIN
	FOR k IN SELECT * FROM @internal@.inbound_keys(versions)
	LOOP
		EXECUTE format('SELECT array_agg(t.ctid) FROM %s AS t WHERE t.ctid = ANY ($1) AND t.tableoid = $2 '
					   'AND EXISTS (SELECT FROM %s AS r WHERE %s)',
					   versions, k.referencing, k.condition)
		INTO pinned USING free, part;
		IF pinned IS NOT NULL THEN
			kept_for_reference := kept_for_reference + cardinality(pinned);
			free := ARRAY(SELECT u.t FROM unnest(free) AS u (t) EXCEPT SELECT unnest(pinned));
			IF k.referencing <> ALL (referenced_by) THEN
				referenced_by := referenced_by || k.referencing;
			END IF;
		END IF;
	END LOOP;

	opened := @internal@.open_history(versions);
	EXECUTE format('WITH gone AS (DELETE FROM %s AS t WHERE t.ctid = ANY ($1) AND t.tableoid = $2 RETURNING 1) '
				   'SELECT $3 + count(*) FROM gone', versions)
	INTO removed USING free, part, removed;
	PERFORM @internal@.close_history(versions, opened);
END
$$;

-- Prunes the rows in a range of keys, and adds to the counts.
CREATE FUNCTION @internal@.prune_range(target @extschema@.tables, after text[], up_to text[],
									   keep integer, ended_before timestamptz,
									   INOUT removed bigint,
									   INOUT kept_for_reference bigint,
									   INOUT kept_for_lock bigint,
									   INOUT referenced_by regclass[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET row_security = off AS $$
DECLARE
	batch record;
BEGIN
	/*
	 * Once a version is locked no new reference to it can come in, and those
	 * that came in before are seen by the statements that follow.
	 */
	FOR batch IN EXECUTE @internal@.prune_query(target, after, up_to, keep, ended_before)
	LOOP
		kept_for_lock := kept_for_lock + batch.missed;
		IF batch.part IS NOT NULL THEN
			SELECT * INTO removed, kept_for_reference, referenced_by
			FROM @internal@.prune_locked(target, batch.part, batch.tids,
										 removed, kept_for_reference, referenced_by);
		END IF;
	END LOOP;
END
$$;

-- What prune() has done, for a notice.
CREATE FUNCTION @internal@.prune_message(target @extschema@.tables, up_to text[], removed bigint,
										 kept_for_reference bigint, kept_for_lock bigint)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('pruned table "%s"%s: %s versions removed, %s kept for a reference, %s kept for a lock',
				  @internal@.relation_name(target.relation), ' up to key (' || array_to_string(up_to, ', ') || ')',
				  removed, kept_for_reference, kept_for_lock)
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
	size CONSTANT integer := 10000;
	after text[];
	up_to text[];
	seen bigint := 0;
	reported timestamptz := clock_timestamp();
BEGIN
	removed := 0;
	kept_for_reference := 0;
	kept_for_lock := 0;
	referenced_by := '{}';
	LOOP
		up_to := @internal@.end_of_range(target, after, size);
		SELECT * INTO removed, kept_for_reference, kept_for_lock, referenced_by
		FROM @internal@.prune_range(target, after, up_to, keep, now() - older_than, removed,
									kept_for_reference, kept_for_lock, referenced_by);
		EXIT WHEN up_to IS NULL;
		seen := seen + size;
		reported := @internal@.report_progress(reported, seen, @internal@.prune_message(
			target, up_to, removed, kept_for_reference, kept_for_lock));
		after := up_to;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.prune(regclass, integer, interval) IS
'Deletes historical versions. With keep, so many of the newest ones of each row stay; with older_than, only versions that ended longer ago go; with both, a version must meet both to go. Current versions stay, and so do those that a foreign key references (kept_for_reference, by the tables referenced_by), that another transaction has locked (kept_for_lock), or that the same transaction has made. Owner only; needs SELECT on the referencing tables.';

CREATE PROCEDURE @extschema@.prune_in_batches(relation regclass, keep integer DEFAULT NULL,
											  older_than interval DEFAULT NULL,
											  batch_size integer DEFAULT 10000)
LANGUAGE plpgsql
AS $$
DECLARE
	/* types are looked up before the search_path is set below */
	target @extschema@.tables;
	ended_before pg_catalog.timestamptz;
	after pg_catalog.text[];
	up_to pg_catalog.text[];
	removed pg_catalog.int8 := 0;
	kept_for_reference pg_catalog.int8 := 0;
	kept_for_lock pg_catalog.int8 := 0;
	referenced_by pg_catalog.regclass[] := '{}';
	seen pg_catalog.int8 := 0;
	reported pg_catalog.timestamptz;
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
	ended_before := now() - older_than;
	reported := clock_timestamp();

	LOOP
		up_to := @internal@.end_of_range(target, after, batch_size);
		SELECT * INTO removed, kept_for_reference, kept_for_lock, referenced_by
		FROM @internal@.prune_range(target, after, up_to, keep, ended_before, removed,
									kept_for_reference, kept_for_lock, referenced_by);
		COMMIT;
		PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
		PERFORM set_config('row_security', 'off', true);
		EXIT WHEN up_to IS NULL;
		/* the table may have changed meanwhile */
		target := @internal@.check_prune(target.relation, keep, older_than);
		seen := seen + batch_size;
		reported := @internal@.report_progress(reported, seen, @internal@.prune_message(
			target, up_to, removed, kept_for_reference, kept_for_lock));
		after := up_to;
	END LOOP;
	RAISE NOTICE USING
		MESSAGE = @internal@.prune_message(target, NULL, removed, kept_for_reference, kept_for_lock);
	IF referenced_by <> '{}' THEN
		RAISE NOTICE USING
			MESSAGE = format('versions of table "%s" are referenced by %s',
							 @internal@.relation_name(target.relation), array_to_string(referenced_by, ', '));
	END IF;
END
$$;
COMMENT ON PROCEDURE @extschema@.prune_in_batches(regclass, integer, interval, integer) IS
'Does what prune() does, but walks through the keys and commits after every batch_size versions that it has seen, so that it holds no lock for long; what it has committed stays if it is cancelled. Reports its progress by notices. A row is never split between two batches. Cannot run within a transaction block. Owner only.';

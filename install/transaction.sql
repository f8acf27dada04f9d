-- Undo: revert everything that one transaction did.

-- Numbers tables so that a table comes after the tables that it references.
CREATE FUNCTION @internal@.restore_order(relations regclass[])
RETURNS TABLE (relation regclass, depth bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE paths (relation, path) AS (
		SELECT u.r::oid, ARRAY[u.r::oid] FROM unnest(relations) AS u (r)
		UNION ALL
		SELECT c.conrelid, p.path || c.conrelid
		FROM paths p JOIN pg_constraint c ON c.confrelid = p.relation
		WHERE c.contype = 'f' AND c.conparentid = 0
			  AND c.conrelid = ANY (relations::oid[]) AND c.conrelid <> ALL (p.path))
	SELECT p.relation::regclass,
		   row_number() OVER (ORDER BY max(cardinality(p.path)), p.relation::regclass::text)
	FROM paths p GROUP BY p.relation
$$;

-- Locks and returns the rows that a transaction has changed: made is its
-- first version of the row, deleted the first version that it deleted, before
-- the version before that, since the first version that another transaction
-- has made or deleted since.
CREATE FUNCTION @internal@.changed_rows(target @extschema@.tables, transaction_id xid8)
RETURNS TABLE (key jsonb, made bigint, deleted bigint, before bigint,
			   before_deleted boolean, since bigint, is_current boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	relation regclass := target.relation;
	keys text := @internal@.column_list(target.key_columns, 't');
	number text := format('t.%I::bigint', target.version_column);
	made text := format('t.%I OPERATOR(pg_catalog.=) $1', target.transaction_id_column);
	deleter text := format('(t.%I ->> ''transaction_id'')::xid8', target.deletion_column);
	deleted text := deleter || ' OPERATOR(pg_catalog.=) $1';
	versions text := format('FROM %s AS t WHERE %s', relation,
							@internal@.same_row_condition(target, 't', 'k'));
BEGIN
	/* nobody changes the rows from here on, and what was changed is seen below */
	EXECUTE format('SELECT FROM %s AS t WHERE %s OR %s ORDER BY %s FOR UPDATE', relation, made, deleted, keys)
	USING transaction_id;

	RETURN QUERY EXECUTE concat_ws(' ',
		format('SELECT jsonb_build_object(%s), k.made, k.deleted, b.version, b.deleted, s.version, s.is_current',
			   (SELECT string_agg(format('%L, k.%I', c, c), ', ') FROM unnest(target.key_columns) AS c)),
		/* k: the rows, with the first versions that the transaction made and deleted */
		format('FROM (SELECT %s, min(%s) FILTER (WHERE %s) AS made, min(%s) FILTER (WHERE %s) AS deleted',
			   keys, number, made, number, deleted),
		format('FROM %s AS t WHERE %s OR %s GROUP BY %s) AS k', relation, made, deleted, keys),
		/* b: the version before */
		format('LEFT JOIN LATERAL (SELECT %s AS version, t.%I IS NOT NULL AS deleted %s AND %s < k.made',
			   number, target.deletion_column, versions, number),
		format('ORDER BY %s DESC LIMIT 1) AS b ON true', number),
		/* s: the first version that another transaction has made or deleted since */
		format('CROSS JOIN LATERAL (SELECT min(%s) FILTER (WHERE (%s) IS NOT TRUE AND %s > least(k.made, k.deleted)',
			   number, made, number),
		format('OR %s >= coalesce(k.made, k.deleted) AND %s OPERATOR(pg_catalog.<>) $1) AS version,', number, deleter),
		format('coalesce(bool_or(%s), false) AS is_current %s) AS s', @internal@.current_condition(target, 't'), versions),
		format('ORDER BY %s', @internal@.column_list(target.key_columns, 'k')))
	USING transaction_id;
END
$$;

-- The rows that must be changed to undo a transaction, each with the version
-- to go back to, or NULL for a row that did not exist; an error if another
-- transaction has changed a row since.
CREATE FUNCTION @internal@.plan_revert(target @extschema@.tables, transaction_id xid8)
RETURNS TABLE (key jsonb, to_version bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	r record;
BEGIN
	FOR r IN SELECT * FROM @internal@.changed_rows(target, transaction_id) LOOP
		IF r.since IS NOT NULL THEN
			RAISE EXCEPTION USING
				ERRCODE = 'object_not_in_prerequisite_state',
				MESSAGE = format('row %s of table "%s" was changed after transaction %s', r.key,
								 @internal@.relation_name(target.relation), transaction_id),
				DETAIL = format('Another transaction has made or deleted version %s.', r.since),
				HINT = 'Revert that transaction first, or revert the rows one by one.';
		END IF;
		key := r.key;
		to_version := CASE WHEN r.made IS NULL OR r.deleted < r.made THEN r.deleted
						   WHEN NOT r.before_deleted THEN r.before END;
		/* an older version than the one that was there would be a lie */
		IF r.made > 1 AND r.before IS DISTINCT FROM r.made - 1 THEN
			RAISE EXCEPTION USING
				ERRCODE = 'no_data_found',
				MESSAGE = format('version %s of row %s of table "%s" does not exist', r.made - 1,
								 r.key, @internal@.relation_name(target.relation)),
				DETAIL = format('What the row was before transaction %s is not known.', transaction_id);
		END IF;
		IF to_version IS NOT NULL OR r.is_current THEN
			RETURN NEXT;
		END IF;
	END LOOP;
END
$$;

-- Deletes the current row with a key.
CREATE FUNCTION @internal@.delete_row(target @extschema@.tables, key jsonb)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	EXECUTE format('DELETE FROM %s AS t WHERE %s AND %s', target.relation,
				   @internal@.key_condition(target, key, 't'),
				   @internal@.no_history_condition(target, 't'));
END
$$;

-- Whether a table and its partitions belong to the caller, so that their
-- triggers, policies and expressions, which run with the rights of the
-- caller, are the caller's own.
CREATE FUNCTION @internal@.trusts_owner(relation regclass)
RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	/* a partition need not belong to the owner of its table */
	WITH RECURSIVE parts (oid) AS (
		SELECT relation::oid
		UNION
		SELECT i.inhrelid FROM parts p JOIN pg_inherits i ON i.inhparent = p.oid)
	/* superusers have the rights of everybody, and most to lose */
	SELECT bool_and(CASE WHEN me.rolsuper THEN owner.rolsuper
						 ELSE pg_has_role(owner.oid, 'USAGE') END)
	FROM parts p JOIN pg_class c ON c.oid = p.oid
		 JOIN pg_roles owner ON owner.oid = c.relowner
		 JOIN pg_roles me ON me.rolname = current_user
$$;

-- The tables that revert_transaction() looks at: those that are named, or
-- else those that belong to the caller.
CREATE FUNCTION @internal@.revertible_tables(relations regclass[])
RETURNS @extschema@.tables[] LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	result @extschema@.tables[] := '{}';
	t @extschema@.tables;
	r regclass;
BEGIN
	IF relations IS NOT NULL THEN
		FOREACH r IN ARRAY ARRAY(SELECT DISTINCT @internal@.table_behind(u.r) FROM unnest(relations) AS u (r)) LOOP
			t := @internal@.versioned_table(r);
			IF t.transaction_id_column IS NULL THEN
				RAISE EXCEPTION USING
					ERRCODE = 'object_not_in_prerequisite_state',
					MESSAGE = format('versioned table "%s" has no transaction_id_column',
									 @internal@.relation_name(t.relation)),
					HINT = 'Call versioned_rows.enable() with one: what was changed from then on can be reverted.';
			END IF;
			result := result || t;
		END LOOP;
		RETURN result;
	END IF;
	FOR t IN
		SELECT x.* FROM @extschema@.tables x JOIN pg_class c ON c.oid = x.relation
		WHERE x.transaction_id_column IS NOT NULL AND x.key_columns IS NOT NULL
			  AND has_table_privilege(x.relation, 'SELECT')
			  AND NOT pg_is_other_temp_schema(c.relnamespace)
		ORDER BY x.relation::text COLLATE "C"
	LOOP
		IF @internal@.trusts_owner(t.relation) THEN
			result := result || t;
		ELSE
			RAISE NOTICE USING
				MESSAGE = format('table "%s" belongs to somebody else and was passed over',
								 @internal@.relation_name(t.relation)),
				HINT = 'To revert what the transaction did there, too, name all tables in the argument relations.';
		END IF;
	END LOOP;
	RETURN result;
END
$$;

CREATE FUNCTION @extschema@.revert_transaction(transaction_id xid8, relations regclass[] DEFAULT NULL)
RETURNS TABLE (relation regclass, key jsonb, version bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	targets @extschema@.tables[] := @internal@.revertible_tables(relations);
	target @extschema@.tables;
	plan jsonb := '[]';
	step record;
BEGIN
	IF transaction_id IS NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'null_value_not_allowed',
			MESSAGE = 'transaction_id must not be null';
	END IF;
	FOREACH target IN ARRAY targets LOOP
		plan := plan || coalesce((SELECT jsonb_agg(jsonb_build_object('target', to_jsonb(target), 'key', p.key, 'to', p.to_version) ORDER BY p.n)
								  FROM @internal@.plan_revert(target, transaction_id)
									   WITH ORDINALITY AS p (key, to_version, n)), '[]');
	END LOOP;
	IF plan = '[]' THEN
		RAISE EXCEPTION USING
			ERRCODE = 'no_data_found',
			MESSAGE = format('nothing to revert of transaction %s', transaction_id),
			DETAIL = 'None of the tables that were looked at has a version of it.';
	END IF;

	/* what was there comes back, what references after what is referenced; then what was not there goes */
	FOR step IN
		SELECT jsonb_populate_record(NULL::@extschema@.tables, s.step -> 'target') AS target,
			   s.step -> 'key' AS key, (s.step ->> 'to')::bigint AS to_version
		FROM jsonb_array_elements(plan) WITH ORDINALITY AS s (step, n)
			 JOIN @internal@.restore_order(ARRAY(SELECT (t).relation FROM unnest(targets) AS t)) AS o
				  ON o.relation = (s.step -> 'target' ->> 'relation')::regclass
		ORDER BY s.step ->> 'to' IS NULL,
				 CASE WHEN s.step ->> 'to' IS NULL THEN -o.depth ELSE o.depth END, s.n
	LOOP
		relation := (step.target).relation;
		key := step.key;
		version := NULL;
		IF step.to_version IS NULL THEN
			PERFORM @internal@.delete_row(step.target, key);
		ELSE
			version := @extschema@.revert(relation, key, step.to_version);
		END IF;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.revert_transaction(xid8, regclass[]) IS
'Takes back what one transaction did to the given versioned tables, or to all that record transactions and belong to the caller: changed and deleted rows get the content that they had before, as new versions, and inserted rows are deleted. Returns the rows, with the number of the new version, or NULL where the row was deleted. All or nothing: an error if another transaction has changed one of the rows since. Needs the privileges of the statements that it stands for.';

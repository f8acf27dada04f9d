-- The primary key with the version, and unique indexes over current rows.

-- Gives an object that was built again its former comment.
CREATE FUNCTION @internal@.restore_comment(kind text, object text, comment text)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF comment IS NOT NULL THEN
		EXECUTE format('COMMENT ON %s %s IS %L', kind, object, comment);
	END IF;
END
$$;

-- The SQL of a primary key on the given columns, with the options, tablespace
-- and included columns of the given index.
CREATE FUNCTION @internal@.primary_key_definition(index regclass, keys name[])
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT 'PRIMARY KEY (' || @internal@.column_list(keys) || ')' ||
		   coalesce(' INCLUDE (' || @internal@.column_list(
						ARRAY(SELECT a.attname
							  FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, n)
								   JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
							  WHERE k.n > i.indnkeyatts AND a.attname <> ALL (keys)
							  ORDER BY k.n)) || ')', '') ||
		   coalesce(' WITH (' || array_to_string(x.reloptions, ', ') || ')', '') ||
		   coalesce(' USING INDEX TABLESPACE ' || quote_ident(s.spcname), '')
	FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
		 LEFT JOIN pg_tablespace s ON s.oid = x.reltablespace
	WHERE i.indexrelid = index
$$;

-- An index that can become the primary key on the given columns, or NULL.
CREATE FUNCTION @internal@.prepared_index(relation regclass, keys name[])
RETURNS regclass LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT i.indexrelid
	FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
		 JOIN pg_am am ON am.oid = x.relam
	WHERE i.indrelid = relation AND i.indisunique AND i.indimmediate AND i.indisvalid
		  AND x.relkind = 'i' AND am.amname = 'btree' AND i.indpred IS NULL
		  AND i.indnatts = array_length(keys, 1)
		  AND 0 = ALL (i.indoption::int2[])
		  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
		  AND @internal@.index_columns(i.indexrelid) = keys
	ORDER BY i.indexrelid
	LIMIT 1
$$;

-- Makes the version column the last column of the primary key, with an index
-- that was built beforehand if there is one.
CREATE FUNCTION @internal@.prepare_primary_key(target @extschema@.tables)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	relation regclass := target.relation;
	con record;
	keys name[];
	prepared regclass;
BEGIN
	SELECT c.conname, c.conindid AS index, c.condeferrable, i.indisreplident, i.indisclustered,
		   @internal@.index_columns(c.conindid) AS columns,
		   obj_description(c.oid, 'pg_constraint') AS comment,
		   obj_description(c.conindid, 'pg_class') AS index_comment
	INTO con
	FROM pg_constraint c JOIN pg_index i ON i.indexrelid = c.conindid
	WHERE c.conrelid = relation AND c.contype = 'p';

	IF con.condeferrable THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_table_definition',
			MESSAGE = format('primary key of table "%s" is deferrable', @internal@.relation_name(relation)),
			HINT = 'Build one that is not: no foreign key can reference it otherwise.';
	ELSIF con.columns[array_length(con.columns, 1)] = target.version_column
		  AND array_length(con.columns, 1) > 1 THEN
		RETURN;
	ELSIF target.version_column = ANY (con.columns) THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_table_definition',
			MESSAGE = format('primary key of table "%s" is not a key followed by the version column "%s"',
							 @internal@.relation_name(relation), target.version_column),
			DETAIL = format('The primary key is (%s).', array_to_string(con.columns, ', ')),
			HINT = 'Build a primary key of the key columns followed by the version column.';
	END IF;

	keys := con.columns || target.version_column;
	prepared := @internal@.prepared_index(relation, keys);
	EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I %s',
				   relation, con.conname, con.conname,
				   CASE WHEN prepared IS NOT NULL
						THEN format('PRIMARY KEY USING INDEX %I', @internal@.relation_name(prepared))
						ELSE @internal@.primary_key_definition(con.index, keys)
				   END);
	IF con.indisreplident THEN
		EXECUTE format('ALTER TABLE %s REPLICA IDENTITY USING INDEX %I', relation, con.conname);
	END IF;
	IF con.indisclustered THEN
		EXECUTE format('ALTER TABLE %s CLUSTER ON %I', relation, con.conname);
	END IF;
	PERFORM @internal@.restore_comment('CONSTRAINT', format('%I ON %s', con.conname, relation), con.comment),
			@internal@.restore_comment('INDEX', c.conindid::regclass::text, con.index_comment)
	FROM pg_constraint c WHERE c.conrelid = relation AND c.contype = 'p';
END
$$;

-- The command that builds a unique index again, for the rows that meet a
-- further condition.
CREATE FUNCTION @internal@.index_definition(index regclass, condition text)
RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	def text := pg_get_indexdef(index);
	predicate text;
	tablespace name;
	head text;
BEGIN
	SELECT pg_get_expr(i.indpred, i.indrelid), s.spcname,
		   format('CREATE UNIQUE INDEX %I ON ONLY ', x.relname)
	INTO predicate, tablespace, head
	FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
		 LEFT JOIN pg_tablespace s ON s.oid = x.reltablespace
	WHERE i.indexrelid = index;

	IF predicate IS NOT NULL THEN
		IF right(def, length(predicate) + 7) <> ' WHERE ' || predicate THEN
			RAISE EXCEPTION USING
				ERRCODE = 'internal_error',
				MESSAGE = format('could not read the definition of index "%s"', @internal@.relation_name(index)),
				DETAIL = def;
		END IF;
		def := left(def, - (length(predicate) + 7));
		condition := format('(%s) AND %s', predicate, condition);
	END IF;
	/* of a partitioned table: the partitions are to have it, too */
	IF starts_with(def, head) THEN
		def := left(head, -5) || substr(def, length(head) + 1);
	END IF;
	RETURN def || coalesce(' TABLESPACE ' || quote_ident(tablespace), '') || ' WHERE ' || condition;
END
$$;

-- An exclusion constraint, or a unique one that is deferrable or WITHOUT
-- OVERLAPS, as an exclusion constraint on the rows that meet a further
-- condition.
CREATE FUNCTION @internal@.exclusion_definition(con oid, condition text)
RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	def text := pg_get_constraintdef(con);
	c record;
	suffix text;
	timing text;
	predicate text;
BEGIN
	SELECT k.contype, k.condeferrable, k.condeferred, k.conindid, k.conexclop,
		   am.amname AS method, pg_get_expr(i.indpred, i.indrelid) AS predicate
	INTO c
	FROM pg_constraint k JOIN pg_index i ON i.indexrelid = k.conindid
		 JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am am ON am.oid = x.relam
	WHERE k.oid = con;
	timing := CASE WHEN c.condeferrable THEN ' DEFERRABLE' ELSE '' END ||
			  CASE WHEN c.condeferred THEN ' INITIALLY DEFERRED' ELSE '' END;

	IF c.contype = 'u' THEN
		/*
		 * A partial unique index can be neither deferrable nor WITHOUT OVERLAPS
		 * (PostgreSQL 18); an exclusion constraint can.
		 */
		SELECT format('EXCLUDE USING %I (', c.method) ||
			   string_agg(format('%I WITH %s', a.attname,
								 coalesce(@internal@.operator_name(k.operator),
										  @internal@.equality_operator(k.opclass))),
						  ', ' ORDER BY k.n) || ')'
		INTO def
		FROM pg_index i
			 CROSS JOIN LATERAL unnest(i.indkey::int2[], i.indclass::oid[], c.conexclop)
						WITH ORDINALITY AS k (attnum, opclass, operator, n)
			 JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
		WHERE i.indexrelid = c.conindid AND k.n <= i.indnkeyatts;
	ELSE
		suffix := coalesce(' WHERE (' || c.predicate || ')', '') || timing;
		IF right(def, length(suffix)) <> suffix THEN
			RAISE EXCEPTION USING
				ERRCODE = 'internal_error',
				MESSAGE = 'could not read the definition of a constraint',
				DETAIL = def;
		END IF;
		def := left(def, length(def) - length(suffix));
	END IF;
	RETURN format('%s WHERE (%s%s)%s', def, '(' || c.predicate || ') AND ', condition, timing);
END
$$;

-- The index of that name on a relation.
CREATE FUNCTION @internal@.index_oid(relation regclass, index_name name)
RETURNS regclass LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT i.indexrelid FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
	WHERE i.indrelid = relation AND x.relname = index_name
$$;

-- Builds a unique index or an exclusion constraint again, for current rows
-- only.
CREATE FUNCTION @internal@.restrict_unique(relation regclass, index regclass, condition text)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	con record;
	index_name name := @internal@.relation_name(index);
	table_name name := @internal@.relation_name(relation);
	index_comment text := obj_description(index, 'pg_class');
	def text;
BEGIN
	SELECT c.oid, c.conname, c.contype, c.condeferrable,
		   obj_description(c.oid, 'pg_constraint') AS comment
	INTO con
	FROM pg_constraint c WHERE c.conindid = index AND c.conrelid = relation
						 AND c.contype IN ('u', 'x');

	IF (SELECT indisreplident FROM pg_index WHERE indexrelid = index) THEN
		RAISE EXCEPTION USING
			ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('unique index "%s" is the replica identity of table "%s"', index_name, table_name),
			DETAIL = 'It has to become a partial one, which cannot identify rows.',
			HINT = 'Use ALTER TABLE ... REPLICA IDENTITY DEFAULT first.';
	ELSIF con.contype = 'x' OR con.condeferrable
		  OR (SELECT i.indisexclusion FROM pg_index i WHERE i.indexrelid = index) THEN
		def := @internal@.exclusion_definition(con.oid, condition);
		EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I %s',
					   relation, con.conname, con.conname, def);
		PERFORM @internal@.restore_comment('CONSTRAINT', format('%I ON %s', con.conname, relation), con.comment);
	ELSE
		def := @internal@.index_definition(index, condition);
		IF con.conname IS NOT NULL THEN
			EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', relation, con.conname);
		ELSE
			EXECUTE format('DROP INDEX %s', index);
		END IF;
		EXECUTE def;
		/* the constraint lives on in the index alone */
		index_comment := coalesce(index_comment, con.comment);
	END IF;
	PERFORM @internal@.restore_comment('INDEX', @internal@.index_oid(relation, index_name)::text, index_comment);
	RAISE NOTICE USING
		MESSAGE = format('"%s" of table "%s" now holds for current rows only', index_name, table_name);
END
$$;

-- The unique indexes and exclusion constraints of a versioned table, or of
-- one of its partitions, besides its primary key: restricted says whether one
-- holds for current rows only, of_current_key whether it is the one on the
-- key of current rows.
CREATE FUNCTION @internal@.uniques(target @extschema@.tables, relation regclass)
RETURNS TABLE (index regclass, name name, columns name[],
			   restricted boolean, of_current_key boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT u.index, u.relname, u.columns, u.restricted,
		   u.indisunique AND u.indimmediate AND u.restricted AND u.columns @> k.keys AND k.keys @> u.columns
		   AND u.predicate IN (quote_ident(target.current_column),
							   '(' || quote_ident(target.current_column) || ' = true)',
							   '(' || quote_ident(target.current_column) || ' IS TRUE)',
							   'upper_inf(' || quote_ident(target.period_column) || ')')
	FROM (SELECT i.indexrelid::regclass AS index, x.relname, i.indisunique, i.indimmediate,
				 @internal@.index_columns(i.indexrelid) AS columns,
				 pg_get_expr(i.indpred, i.indrelid) AS predicate,
				 /* a predicate that looks at the managed column was made for history */
				 i.indpred IS NOT NULL AND EXISTS
					 (SELECT FROM pg_depend d
							 JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
					  WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
							AND d.refclassid = 'pg_class'::regclass AND d.refobjid = relation
							AND a.attname IN (target.current_column, target.period_column)
							AND a.attnum <> ALL (i.indkey::int2[])) AS restricted
		  FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
		  WHERE i.indrelid = relation AND (i.indisunique OR i.indisexclusion) AND NOT i.indisprimary) AS u
		 CROSS JOIN array_remove(@internal@.primary_key(relation), target.version_column) AS k (keys)
	ORDER BY u.relname
$$;

-- Makes every unique index hold for current rows only, and builds the one on
-- the key if it is missing.
CREATE FUNCTION @internal@.prepare_uniques(target @extschema@.tables)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	relation regclass := target.relation;
	condition text := @internal@.current_column_condition(target);
	u record;
BEGIN
	FOR u IN SELECT * FROM @internal@.uniques(target, relation) LOOP
		IF u.restricted OR target.version_column = ANY (u.columns) THEN
			/* whoever made it thought of versions */
			CONTINUE;
		ELSIF condition IS NULL THEN
			RAISE EXCEPTION USING
				ERRCODE = 'invalid_table_definition',
				MESSAGE = format('unique index "%s" of table "%s" would not let a row have two versions',
								 u.name, @internal@.relation_name(relation)),
				HINT = 'Name a current_column: then the index can be restricted to current rows. Or drop the index.';
		ELSE
			PERFORM @internal@.restrict_unique(relation, u.index, condition);
		END IF;
	END LOOP;

	IF condition IS NOT NULL
	   AND NOT EXISTS (SELECT FROM @internal@.uniques(target, relation) q WHERE q.of_current_key) THEN
		EXECUTE format('CREATE UNIQUE INDEX %I ON %s (%s) WHERE %s',
					   @internal@.free_name(relation, '_current_key'), relation,
					   @internal@.column_list(array_remove(@internal@.primary_key(relation),
														   target.version_column)),
					   condition);
	END IF;
END
$$;

/*-------------------------------------------------------------------------
 *
 * foreign.c
 *	  What the foreign keys of and to a versioned table ask of its history.
 *
 * A VrForeignKey is a foreign key as a versioned table sees it.  Outgoing keys
 * are those of the versioned table itself, and the other side is the table that
 * is referenced.  The keys of followers reference the versioned table and follow
 * it (ON UPDATE CASCADE, made by add_reference()); the other side is the table
 * that refers.
 *
 * PostgreSQL's own checks and actions know nothing of history.  So three
 * questions are answered here:
 *
 * - Is a row that is deleted still followed?  A follower's old versions refer to
 *	 old versions of the row, and may stay.  Only its current version forbids the
 *	 DELETE.  ON DELETE RESTRICT would count them all, and ON DELETE NO ACTION is
 *	 content with the last version, which stays as history.  So the key that
 *	 add_reference() makes says NO ACTION, and the rest is checked here.
 * - Does an action change or delete a row because what the row refers to is
 *	 gone?  ON DELETE CASCADE, SET NULL or SET DEFAULT to an unversioned table
 *	 reaches history as well.  History must not change, so such an action fails.
 * - Are the versions there that a historical row refers to?  If so, they are
 *	 locked, and the check of the foreign key will find them.
 *
 * Rows are found by queries like those of ri_triggers.c, run as the owner of
 * the table that is queried and without row security.  A plan is kept for as
 * long as the memory context in which it was prepared.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "foreign.h"
#include "functions.h"
#include "image.h"
#include "trigger.h"

/* One foreign key, and how to find rows on its other side. */
typedef struct VrForeignKey
{
	char	   *name;			/* of the constraint */
	bool		cascades;		/* ON DELETE CASCADE */
	bool		follows;		/* ON UPDATE CASCADE */
	bool		versioned;		/* is the referenced table versioned? */
	AttrNumber	version;		/* column that refers to its version, or 0 */
	int			nkeys;			/* how many columns the key has */
	AttrNumber	columns[INDEX_MAX_KEYS];	/* on our side */
	Oid			types[INDEX_MAX_KEYS];	/* types of these */
	Oid			other;			/* the table on the other side */
	bool		other_refers;	/* does that table refer to ours? */
	AttrNumber	other_columns[INDEX_MAX_KEYS];	/* columns there */
	Oid			operators[INDEX_MAX_KEYS];	/* referenced = referencing */
	const char *condition;		/* SQL: which rows of the other table count */
	SPIPlanPtr	plan;			/* finds a row there, NULL at first */
	MemoryContext memory;		/* lives as long as the plan */
} VrForeignKey;

struct VrForeign
{
	List	   *keys;			/* VrForeignKey */
};

/*
 * The query that finds a row on the other side of a foreign key, for the
 * values of our side as parameters.
 */
static char *
make_query(const VrForeignKey *key, Relation other)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "SELECT 1 FROM %s%s x WHERE ",
					 other->rd_rel->relkind == RELKIND_PARTITIONED_TABLE ?
					 "" : "ONLY ",
					 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(other)),
												RelationGetRelationName(other)));
	for (int i = 0; i < key->nkeys; i++)
	{
		HeapTuple	tuple = SearchSysCache1(OPEROID,
											ObjectIdGetDatum(key->operators[i]));
		Form_pg_operator op;
		char	   *column;
		char	   *parameter = psprintf("$%d", i + 1);

		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for operator %u",
				 key->operators[i]);
		op = (Form_pg_operator) GETSTRUCT(tuple);
		column = psprintf("x.%s",
						  quote_identifier(get_attname(RelationGetRelid(other),
													   key->other_columns[i],
													   false)));
		/* an equality operator of a foreign key has the referenced type left */
		appendStringInfo(&buf, "%s%s::%s OPERATOR(%s.%s) %s::%s",
						 i > 0 ? " AND " : "",
						 key->other_refers ? parameter : column,
						 format_type_be_qualified(op->oprleft),
						 quote_identifier(get_namespace_name(op->oprnamespace)),
						 NameStr(op->oprname),
						 key->other_refers ? column : parameter,
						 format_type_be_qualified(op->oprright));
		ReleaseSysCache(tuple);
	}
	appendStringInfo(&buf, "%s FOR KEY SHARE OF x", key->condition);
	return buf.data;
}

static VrForeign *
make_foreign(List *keys)
{
	VrForeign  *foreign = palloc(sizeof(VrForeign));

	foreign->keys = keys;
	return foreign;
}

/*
 * Describe a foreign key between a versioned table and another one.
 */
static VrForeignKey *
make_key(Relation relation, Relation other, HeapTuple constraint,
		 bool other_refers, const char *condition)
{
	Form_pg_constraint con = (Form_pg_constraint) GETSTRUCT(constraint);
	VrForeignKey *key = palloc0(sizeof(VrForeignKey));

	DeconstructFkConstraintRow(constraint, &key->nkeys,
							   other_refers ? key->other_columns : key->columns,
							   other_refers ? key->columns : key->other_columns,
							   key->operators, NULL, NULL, NULL, NULL);
	key->name = pstrdup(NameStr(con->conname));
	key->cascades = con->confdeltype == FKCONSTR_ACTION_CASCADE;
	key->follows = con->confupdtype == FKCONSTR_ACTION_CASCADE;
	key->other = RelationGetRelid(other);
	key->other_refers = other_refers;
	key->condition = condition;
	key->memory = CurrentMemoryContext;
	for (int i = 0; i < key->nkeys; i++)
		key->types[i] = TupleDescAttr(RelationGetDescr(relation),
									  key->columns[i] - 1)->atttypid;
	return key;
}

/*
 * The SQL condition that a row x of a versioned table is current.  Where no
 * column tells, every version counts.
 */
static const char *
current_condition(const VrConfig *config, Oid relid)
{
	if (config->current != InvalidAttrNumber)
		return psprintf(" AND x.%s",
						quote_identifier(get_attname(relid, config->current,
													 false)));
	if (config->period != InvalidAttrNumber)
		return psprintf(" AND pg_catalog.upper_inf(x.%s)",
						quote_identifier(get_attname(relid, config->period,
													 false)));
	return "";
}

/*
 * Does reference() keep a foreign key of a table?  Then add_reference() has
 * made the key.  A key that was written by hand means what it says.
 */
static bool
is_kept(Relation relation, HeapTuple constraint)
{
	/* a copy: looking into catalogs can free the relation's own */
	TriggerDesc *triggers = CopyTriggerDesc(relation->trigdesc);
	AttrNumber	conkey[INDEX_MAX_KEYS];
	AttrNumber	confkey[INDEX_MAX_KEYS];
	Oid			operators[INDEX_MAX_KEYS];
	int			nkeys;

	DeconstructFkConstraintRow(constraint, &nkeys, conkey, confkey, operators,
							   NULL, NULL, NULL, NULL);
	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		Trigger    *trigger = &triggers->triggers[i];

		if (trigger->tgisinternal || trigger->tgnargs != 1 ||
			!vr_function_is(trigger->tgfoid, versioned_rows_reference))
			continue;
		for (int k = 0; k < nkeys; k++)
		{
			char	   *column = get_attname(RelationGetRelid(relation),
											 conkey[k], false);

			if (strcmp(trigger->tgargs[0], psprintf("version=%s", column)) == 0)
				return true;
		}
	}
	return false;
}

/*
 * The foreign keys of add_reference() by which tables follow a versioned table,
 * and that do nothing when a row is deleted.
 *
 * The result is allocated in the current memory context.
 */
VrForeign *
vr_foreign_prepare_followers(Relation relation)
{
	/* a copy: looking into catalogs can free the relation's own */
	TriggerDesc *triggers = CopyTriggerDesc(relation->trigdesc);
	List	   *keys = NIL;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		Trigger    *trigger = &triggers->triggers[i];
		HeapTuple	tuple;
		Form_pg_constraint con;

		if (trigger->tgfoid != F_RI_FKEY_NOACTION_DEL)
			continue;
		tuple = SearchSysCache1(CONSTROID,
								ObjectIdGetDatum(trigger->tgconstraint));
		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for constraint %u",
				 trigger->tgconstraint);
		con = (Form_pg_constraint) GETSTRUCT(tuple);
		if (con->confupdtype == FKCONSTR_ACTION_CASCADE)
		{
			Relation	other = table_open(con->conrelid, RowShareLock);
			VrConfig   *config = vr_trigger_find_config(other);

			/* a table that is not versioned any more may have history */
			if (is_kept(other, tuple))
				keys = lappend(keys,
							   make_key(relation, other, tuple, true,
										config == NULL ? "" :
										current_condition(config,
														  con->conrelid)));
			table_close(other, NoLock);
		}
		ReleaseSysCache(tuple);
	}
	return make_foreign(keys);
}

/*
 * Is a constraint, from the list of a table's foreign keys, the part of a key
 * to a partitioned table that references one of the partitions?  Then the key
 * itself is in the same list.
 */
bool
vr_foreign_is_part(List *fkeys, Oid conparentid)
{
	ListCell   *lc;

	foreach(lc, fkeys)
	{
		if (((ForeignKeyCacheInfo *) lfirst(lc))->conoid == conparentid)
			return true;
	}
	return false;
}

/*
 * Describe a foreign key from the list of a table's foreign keys; NULL if it is
 * only the part of another one.
 */
static VrForeignKey *
make_outgoing(Relation relation, List *fkeys, ForeignKeyCacheInfo *fk)
{
	HeapTuple	tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(fk->conoid));
	VrForeignKey *key = NULL;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for constraint %u", fk->conoid);
	if (!vr_foreign_is_part(fkeys, ((Form_pg_constraint) GETSTRUCT(tuple))->conparentid))
	{
		Relation	other = table_open(fk->confrelid, RowShareLock);
		VrConfig   *config = vr_trigger_find_config(other);

		key = make_key(relation, other, tuple, false, "");
		key->versioned = config != NULL;
		for (int i = 0; config != NULL && i < fk->nkeys; i++)
		{
			if (fk->confkey[i] == config->version)
				key->version = fk->conkey[i];
		}
		table_close(other, NoLock);
	}
	ReleaseSysCache(tuple);
	return key;
}

/*
 * All foreign keys of a versioned table.
 *
 * The result is allocated in the current memory context.
 */
VrForeign *
vr_foreign_prepare_outgoing(Relation relation)
{
	List	   *keys = NIL;
	List	   *fkeys;
	ListCell   *lc;

	/* opening a table can reset the cache entry that the list is part of */
	fkeys = copyObject(RelationGetFKeyList(relation));
	foreach(lc, fkeys)
	{
		VrForeignKey *key = make_outgoing(relation, fkeys,
										  (ForeignKeyCacheInfo *) lfirst(lc));

		if (key != NULL)
			keys = lappend(keys, key);
	}
	return make_foreign(keys);
}

/*
 * The foreign keys of a versioned table to versioned tables.
 *
 * The result is allocated in the current memory context.
 */
VrForeign *
vr_foreign_prepare_references(Relation relation)
{
	VrForeign  *outgoing = vr_foreign_prepare_outgoing(relation);
	List	   *keys = NIL;
	ListCell   *lc;

	foreach(lc, outgoing->keys)
	{
		if (((VrForeignKey *) lfirst(lc))->versioned)
			keys = lappend(keys, lfirst(lc));
	}
	return make_foreign(keys);
}

static void
free_plan(void *plan)
{
	SPI_freeplan((SPIPlanPtr) plan);
}

/*
 * Prepare the query of a foreign key, and see to it that the plan goes away.
 */
static void
prepare_plan(VrForeignKey *key, Relation other)
{
	MemoryContextCallback *callback;
	char	   *query = make_query(key, other);

	key->plan = SPI_prepare(query, key->nkeys, key->types);
	if (key->plan == NULL)
		elog(ERROR, "SPI_prepare returned %s for %s",
			 SPI_result_code_string(SPI_result), query);
	SPI_keepplan(key->plan);
	callback = MemoryContextAlloc(key->memory, sizeof(MemoryContextCallback));
	callback->func = free_plan;
	callback->arg = key->plan;
	MemoryContextRegisterResetCallback(key->memory, callback);
}

/*
 * Is there a row on the other side of a foreign key?  As in the checks of
 * foreign keys, whatever is committed by now counts at any isolation level.
 */
static bool
finds_row(VrForeignKey *key, TupleTableSlot *row)
{
	Datum		values[INDEX_MAX_KEYS];
	Relation	other = table_open(key->other, RowShareLock);
	Snapshot	snapshot = InvalidSnapshot;
	Oid			userid;
	int			context;
	int			result;
	bool		found;

	for (int i = 0; i < key->nkeys; i++)
	{
		bool		isnull;

		values[i] = slot_getattr(row, key->columns[i], &isnull);
	}

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	GetUserIdAndSecContext(&userid, &context);
	SetUserIdAndSecContext(other->rd_rel->relowner,
						   context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_NOFORCE_RLS);
	if (key->plan == NULL)
		prepare_plan(key, other);
	if (IsolationUsesXactSnapshot())
	{
		CommandCounterIncrement();
		snapshot = GetLatestSnapshot();
	}
	result = SPI_execute_snapshot(key->plan, values, NULL, snapshot,
								  InvalidSnapshot, false, false, 1);
	SetUserIdAndSecContext(userid, context);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute_snapshot returned %s",
			 SPI_result_code_string(result));
	found = SPI_processed > 0;
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "SPI_finish failed");
	table_close(other, NoLock);
	return found;
}

static bool
has_null(const VrForeignKey *key, TupleTableSlot *row)
{
	for (int i = 0; i < key->nkeys; i++)
	{
		if (slot_attisnull(row, key->columns[i]))
			return true;
	}
	return false;
}

/*
 * Does only the version differ in the key of two rows?
 */
static bool
is_other_version(const VrForeignKey *key, TupleTableSlot *oldslot,
				 TupleTableSlot *newslot)
{
	for (int i = 0; i < key->nkeys; i++)
	{
		if (key->columns[i] != key->version &&
			!vr_image_equal(oldslot, newslot, 1, &key->columns[i]))
			return false;
	}
	return true;
}

/*
 * Lock the version that a row refers to by a key; say whether it is there, or
 * the key is null.
 *
 * The first look fails if another transaction is replacing the version: it waits,
 * finds that the row has moved on, and does not see the historical row that has
 * taken the place.  A second look does.
 */
static bool
hold(VrForeignKey *key, TupleTableSlot *row)
{
	Assert(key->versioned && !key->other_refers);
	return has_null(key, row) || finds_row(key, row) || finds_row(key, row);
}

/*
 * Lock the versions that a deleted row refers to, for which its historical row
 * will be checked; say whether all are there.
 */
bool
vr_foreign_hold_all(const VrForeign *references, TupleTableSlot *row)
{
	ListCell   *lc;

	foreach(lc, references->keys)
	{
		if (!hold((VrForeignKey *) lfirst(lc), row))
			return false;
	}
	return true;
}

/*
 * Lock the versions that the old row of an UPDATE refers to, as far as its
 * historical row will be checked for them; say whether all are there.
 *
 * A key that the new row has, too, is checked only if this transaction has made
 * the old row.  A row that has moved on with the one that it follows needs no
 * lock: this transaction itself is replacing the version.
 */
bool
vr_foreign_hold_left(const VrForeign *references, TupleTableSlot *oldslot,
					 TupleTableSlot *newslot)
{
	bool		isnull;
	Datum		xmin = slot_getsysattr(oldslot, MinTransactionIdAttributeNumber,
									   &isnull);
	bool		is_own = TransactionIdIsCurrentTransactionId(DatumGetTransactionId(xmin));
	ListCell   *lc;

	foreach(lc, references->keys)
	{
		VrForeignKey *key = (VrForeignKey *) lfirst(lc);
		bool		is_same = vr_image_equal(oldslot, newslot, key->nkeys,
											 key->columns);
		bool		has_followed = !is_same && key->follows &&
		is_other_version(key, oldslot, newslot);

		if ((!is_same || is_own) && !has_followed && !hold(key, oldslot))
			return false;
	}
	return true;
}

/*
 * Can an action change a row because what the row referred to by a key is gone?
 * Not a current row if that was a version, which is still there as history.
 */
static bool
can_lose(const VrForeignKey *key, bool is_history, TupleTableSlot *row)
{
	return (is_history || !key->versioned) && !has_null(key, row);
}

static void
refuse_action(const VrForeignKey *key, Relation relation)
{
	ereport(ERROR,
			(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
			 errmsg("action of foreign key constraint \"%s\" would change the history of versioned table \"%s\"",
					key->name, RelationGetRelationName(relation)),
			 errhint("Let the foreign key say ON UPDATE NO ACTION ON DELETE NO ACTION, or keep versions in a table of their own: versioned_rows.enable() with versions_table."),
			 errtableconstraint(relation, key->name)));
}

/*
 * Refuse the action of a foreign key that deletes a row of a versioned table
 * because what the row refers to is gone.  The row's history refers to that,
 * too, and must not change.
 */
void
vr_foreign_check_delete(const VrForeign *outgoing, Relation relation,
						bool is_history, TupleTableSlot *row)
{
	ListCell   *lc;

	foreach(lc, outgoing->keys)
	{
		VrForeignKey *key = (VrForeignKey *) lfirst(lc);

		if (key->cascades && can_lose(key, is_history, row) &&
			!finds_row(key, row))
			refuse_action(key, relation);
	}
}

/*
 * The same for an action that updates a row.
 *
 * The key of an unversioned row is not looked for: where such rows trade keys,
 * another one may have the old key by now.
 */
void
vr_foreign_check_update(const VrForeign *outgoing, Relation relation,
						bool is_history, TupleTableSlot *oldslot,
						TupleTableSlot *newslot)
{
	ListCell   *lc;

	foreach(lc, outgoing->keys)
	{
		VrForeignKey *key = (VrForeignKey *) lfirst(lc);

		if (can_lose(key, is_history, oldslot) &&
			!vr_image_equal(oldslot, newslot, key->nkeys, key->columns) &&
			!(key->versioned && finds_row(key, oldslot)))
			refuse_action(key, relation);
	}
}

/*
 * Complain if a deleted row is still followed by the current version of another
 * row.
 */
void
vr_foreign_check_followers(const VrForeign *followers, Relation relation,
						   TupleTableSlot *row)
{
	ListCell   *lc;

	foreach(lc, followers->keys)
	{
		VrForeignKey *key = (VrForeignKey *) lfirst(lc);

		Assert(key->other_refers && key->follows);
		if (finds_row(key, row))
			ereport(ERROR,
					(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
					 errmsg("update or delete on table \"%s\" violates foreign key constraint \"%s\" on table \"%s\"",
							RelationGetRelationName(relation), key->name,
							get_rel_name(key->other)),
					 errdetail("The row is still followed by a current row of table \"%s\".",
							   get_rel_name(key->other)),
					 errtable(relation)));
	}
}

/*-------------------------------------------------------------------------
 *
 * foreign.c
 *	  What the foreign keys of and to a versioned table ask of its history.
 *
 * Two questions that PostgreSQL's own foreign keys do not answer, because
 * they know nothing of history:
 *
 * - Is a row that is deleted still followed?  A versioned row that follows it
 *	 has old versions that refer to its old versions, and these may stay; only
 *	 the current version is in the way.  ON DELETE RESTRICT would count them
 *	 all, and ON DELETE NO ACTION is content with the last version, which stays
 *	 as history: so the key that add_reference() makes says NO ACTION, and the
 *	 rest is checked here.
 * - Does an action want to change or delete a version because what that refers
 *	 to is gone?  A key to an unversioned table ON DELETE CASCADE, SET NULL or
 *	 SET DEFAULT reaches history as well.  History stays as it is, so that what
 *	 it refers to has to stay, too.
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
	bool		versioned;		/* is the referenced table? */
	AttrNumber	version;		/* referring version column, if it is */
	int			nkeys;			/* columns */
	AttrNumber	columns[INDEX_MAX_KEYS];	/* on our side */
	Oid			types[INDEX_MAX_KEYS];	/* their types */
	Oid			other;			/* the table on the other side */
	bool		other_refers;	/* is it the referencing one? */
	AttrNumber	other_columns[INDEX_MAX_KEYS];
	Oid			operators[INDEX_MAX_KEYS];	/* referenced = referencing */
	const char *condition;		/* what else a row there must fulfil, in SQL */
	SPIPlanPtr	plan;			/* finds a row there; NULL until needed */
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

/*
 * Describe a foreign key, from one side.
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
 * made it; one that was written by hand means what it says.
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
 * and that do nothing when a row is deleted; NULL if there are none.
 *
 * The result is allocated in the current memory context.
 */
VrForeign *
vr_foreign_prepare_followers(Relation relation)
{
	/* a copy: looking into catalogs can free the relation's own */
	TriggerDesc *triggers = CopyTriggerDesc(relation->trigdesc);
	List	   *keys = NIL;
	VrForeign  *foreign;

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

			/* one that is not versioned any more may have history */
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
	if (keys == NIL)
		return NULL;
	foreign = palloc(sizeof(VrForeign));
	foreign->keys = keys;
	return foreign;
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
 * The foreign keys of a table, or only those to versioned tables.
 */
static VrForeign *
prepare_outgoing(Relation relation, bool versioned_only)
{
	VrForeign  *foreign = palloc0(sizeof(VrForeign));
	List	   *fkeys;
	ListCell   *lc;

	/* opening a table can reset the cache entry that the list is part of */
	fkeys = copyObject(RelationGetFKeyList(relation));
	foreach(lc, fkeys)
	{
		ForeignKeyCacheInfo *fk = (ForeignKeyCacheInfo *) lfirst(lc);
		HeapTuple	tuple = SearchSysCache1(CONSTROID,
											ObjectIdGetDatum(fk->conoid));
		Relation	other;
		VrConfig   *config;
		VrForeignKey *key;

		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for constraint %u", fk->conoid);
		if (vr_foreign_is_part(fkeys, ((Form_pg_constraint) GETSTRUCT(tuple))->conparentid))
		{
			ReleaseSysCache(tuple);
			continue;
		}
		other = table_open(fk->confrelid, RowShareLock);
		config = vr_trigger_find_config(other);
		if (config != NULL || !versioned_only)
		{
			key = make_key(relation, other, tuple, false, "");
			key->versioned = config != NULL;
			for (int i = 0; config != NULL && i < fk->nkeys; i++)
			{
				if (fk->confkey[i] == config->version)
					key->version = fk->conkey[i];
			}
			foreign->keys = lappend(foreign->keys, key);
		}
		table_close(other, NoLock);
		ReleaseSysCache(tuple);
	}
	return foreign;
}

/*
 * The foreign keys of a versioned table.
 *
 * The result is allocated in the current memory context.
 */
VrForeign *
vr_foreign_prepare_outgoing(Relation relation)
{
	return prepare_outgoing(relation, false);
}

/*
 * The foreign keys of a versioned table to a version.
 *
 * The result is allocated in the current memory context.
 */
VrForeign *
vr_foreign_prepare_versions(Relation relation)
{
	return prepare_outgoing(relation, true);
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
 * Lock the versions that an old row refers to, whose copy will be checked for
 * them; say whether all are there.  A key that the new row, which may be NULL,
 * holds as well is checked only if this transaction has made the old one.
 *
 * The check fails for a version that another transaction is replacing: it
 * waits, finds that the row has moved on, and does not see the copy that has
 * taken its place.  A second look does.  A row that was moved on by a key that
 * follows needs none: its own transaction is replacing the version.
 */
bool
vr_foreign_hold(const VrForeign *versions, TupleTableSlot *oldslot,
				TupleTableSlot *newslot)
{
	bool		isnull;
	Datum		xmin = slot_getsysattr(oldslot, MinTransactionIdAttributeNumber,
									   &isnull);
	bool		is_own = TransactionIdIsCurrentTransactionId(DatumGetTransactionId(xmin));
	ListCell   *lc;

	foreach(lc, versions->keys)
	{
		VrForeignKey *key = (VrForeignKey *) lfirst(lc);
		bool		is_same = newslot != NULL &&
		vr_image_equal(oldslot, newslot, key->nkeys, key->columns);

		if (has_null(key, oldslot) || (is_same && !is_own) ||
			(newslot != NULL && !is_same && key->follows &&
			 is_other_version(key, oldslot, newslot)))
			continue;
		if (!finds_row(key, oldslot) && !finds_row(key, oldslot))
			return false;
	}
	return true;
}

/*
 * Does the action of a foreign key change a row, or with a newslot of NULL
 * delete it, because what it referred to is gone?
 */
static bool
is_acting(VrForeignKey *key, bool is_history, TupleTableSlot *oldslot,
		  TupleTableSlot *newslot)
{
	if (newslot == NULL ? !key->cascades :
		vr_image_equal(oldslot, newslot, key->nkeys, key->columns))
		return false;
	/* a version that has moved on is still there as history */
	if ((key->versioned && !is_history) || has_null(key, oldslot))
		return false;
	/* where rows trade keys, another one may have the old key by now */
	if (newslot != NULL && !key->versioned)
		return true;
	return !finds_row(key, oldslot);
}

/*
 * Refuse the action of a foreign key of a versioned table that would change a
 * row, or with a newslot of NULL delete it, because what the row refers to is
 * gone.  History refers to that, too, and must not change.
 */
void
vr_foreign_check_action(const VrForeign *outgoing, Relation relation,
						bool is_history, TupleTableSlot *oldslot,
						TupleTableSlot *newslot)
{
	ListCell   *lc;

	foreach(lc, outgoing->keys)
	{
		VrForeignKey *key = (VrForeignKey *) lfirst(lc);

		if (is_acting(key, is_history, oldslot, newslot))
			ereport(ERROR,
					(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
					 errmsg("action of foreign key constraint \"%s\" would change the history of versioned table \"%s\"",
							key->name, RelationGetRelationName(relation)),
					 errhint("Let the foreign key say ON UPDATE NO ACTION ON DELETE NO ACTION, or keep versions in a table of their own: versioned_rows.enable() with versions_table."),
					 errtableconstraint(relation, key->name)));
	}
}

/*
 * Complain if a row that was deleted is followed by the current version of
 * another row.
 */
void
vr_foreign_check_followers(const VrForeign *followers, Relation relation,
						   TupleTableSlot *row)
{
	ListCell   *lc;

	foreach(lc, followers->keys)
	{
		VrForeignKey *key = (VrForeignKey *) lfirst(lc);

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

/*-------------------------------------------------------------------------
 *
 * store.c
 *	  Put one row into an open relation: its tuple, its index entries, its
 *	  internal constraint triggers, and those that hear of every tuple.
 *
 * The model is ExecSimpleRelationInsert() of execReplication.c.  Different
 * from there:
 *
 * - Triggers that stand for a constraint fire: the checks of outgoing foreign
 *	 keys and of deferrable unique and exclusion constraints.  Without them a
 *	 concurrent DELETE of a referenced row would leave a dangling reference,
 *	 and a deferrable unique constraint would be silently defeated.
 * - Of a user's triggers only those fire that are AFTER ROW and enabled
 *	 ALWAYS: they keep a second table with the same rows, or a log of tuples.
 * - A row may be the altered image of another row of this relation, its origin:
 *	 the same but for a few columns.  A constraint that held for the origin, and
 *	 that looks neither at an altered column nor at a generated one which does,
 *	 is not checked again: NOT NULL, most CHECK constraints, the partition bound.
 * - An index whose predicate demands a boolean column is left out if that column
 *	 is never true here.
 *
 * A VrStore is plain memory, made once per statement.  It keeps no relation
 * open and pins no tuple descriptor between two calls: a row trigger is not
 * told when its statement ends and could not let them go.  The relation is
 * locked by the statement all the while, so opening an index again is a look
 * into two hash tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/sysattr.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/nodeModifyTable.h"
#include "nodes/execnodes.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "store.h"

/* What an index asks of us. */
typedef enum VrIndexKind
{
	VR_INDEX_UNKNOWN,			/* it was not opened yet */
	VR_INDEX_UNUSED,			/* no row here has an entry in it */
	VR_INDEX_PLAIN,				/* a btree on columns */
	VR_INDEX_OTHER				/* the executor makes its entries */
} VrIndexKind;

typedef struct VrIndex
{
	Oid			indexid;
	VrIndexKind kind;
	IndexInfo  *info;			/* where the executor makes the entries */
	Relation	relation;		/* while a row is being stored */
} VrIndex;

struct VrStore
{
	/* fixed per statement */
	MemoryContext memory;		/* lives as long as the statement */
	EState	   *estate;			/* see store_estate() */
	ResultRelInfo *rri;			/* see store_rri() */
	List	   *checks;			/* VrCheck: constraints to look at again */
	int			naltered;		/* how many columns are altered */
	const AttrNumber *altered;	/* these columns; 0 stands for none */
	AttrNumber	never_true;		/* a boolean column that no row has true */
	bool		constrained;	/* must an index that was opened be asked? */
	bool		generated;		/* are there stored generated columns? */
	Bitmapset  *recomputed;		/* those that altered columns can change */
	ResultRelInfo *constraints; /* triggers that stand for one, or NULL */
	char	   *enabled;		/* per constraint: the state it really has */
	ResultRelInfo *always;		/* triggers enabled ALWAYS, or NULL */
	bool		locked;			/* has this statement locked the indexes? */
	bool		changes;		/* is the next field known? */
	ResultRelInfo *always_changed;	/* the same of changed rows, or NULL */
	int			nindexes;		/* how many indexes there are */
	VrIndex		indexes[FLEXIBLE_ARRAY_MEMBER];
};

/* A constraint that depends on an altered column. */
typedef struct VrCheck
{
	char	   *name;			/* for the error message, if it is a CHECK */
	AttrNumber	not_null;		/* the column, if it is a NOT NULL */
	ExprState  *state;			/* ready to be evaluated */
} VrCheck;

/*
 * The executor's state, for predicates, expressions, constraints and triggers.
 * Most tables need none of that here, so it is made when somebody asks.
 */
static EState *
store_estate(VrStore *store)
{
	if (store->estate == NULL)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(store->memory);

		store->estate = CreateExecutorState();
		MemoryContextSwitchTo(oldcontext);
	}
	return store->estate;
}

/*
 * The relation as the executor wants it for indexes and generated columns,
 * likewise.
 */
static ResultRelInfo *
store_rri(VrStore *store, Relation relation)
{
	if (store->rri == NULL)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(store->memory);
		ResultRelInfo *rri = makeNode(ResultRelInfo);

		rri->ri_IndexRelationDescs = palloc(store->nindexes * sizeof(Relation));
		rri->ri_IndexRelationInfo =
			palloc(store->nindexes * sizeof(IndexInfo *));
		store->rri = rri;
		MemoryContextSwitchTo(oldcontext);
	}
	store->rri->ri_RelationDesc = relation;
	return store->rri;
}

/*
 * Does the predicate of an index demand that the given boolean column is true?
 */
static bool
leaves_out(Relation index, AttrNumber never_true)
{
	List	   *predicate = index->rd_indpred;
	ListCell   *lc;

	if (never_true == InvalidAttrNumber)
		return false;

	/* the relation's cache has it, unless nobody has asked yet */
	if (predicate == NIL)
		predicate = RelationGetIndexPredicate(index);

	foreach(lc, predicate)
	{
		Node	   *clause = (Node *) lfirst(lc);

		if (IsA(clause, Var) && ((Var *) clause)->varattno == never_true)
			return true;
	}
	return false;
}

/*
 * Is an index a btree on columns of every row, and checked at once if unique?
 */
static bool
is_plain(Relation index)
{
	Form_pg_index form = index->rd_index;

	if (index->rd_rel->relam != BTREE_AM_OID || !form->indisready ||
		!form->indimmediate || form->indisexclusion ||
		RelationGetIndexPredicate(index) != NIL)
		return false;
	for (int i = 0; i < form->indnatts; i++)
	{
		if (form->indkey.values[i] == InvalidAttrNumber)
			return false;
	}
	return true;
}

/*
 * Does an altered row have the key of its origin in an index?
 */
static bool
has_same_key(VrStore *store, Form_pg_index form)
{
	for (int i = 0; i < form->indnkeyatts; i++)
	{
		AttrNumber	column = form->indkey.values[i];

		for (int j = 0; j < store->naltered; j++)
		{
			if (store->altered[j] == column)
				return false;
		}
		if (bms_is_member(column, store->recomputed))
			return false;
	}
	return true;
}

/*
 * See what an index asks of us.  Once per statement.
 */
static void
sort_index(VrStore *store, VrIndex *entry)
{
	Relation	index = entry->relation;
	Form_pg_index form = index->rd_index;

	if (leaves_out(index, store->never_true))
		entry->kind = VR_INDEX_UNUSED;
	else if (is_plain(index))
	{
		entry->kind = VR_INDEX_PLAIN;
		store->constrained |= form->indisunique &&
			!(form->indisprimary && has_same_key(store, form));
	}
	else
	{
		EState	   *estate = store_estate(store);
		MemoryContext oldcontext = MemoryContextSwitchTo(store->memory);

		entry->kind = VR_INDEX_OTHER;
		store->constrained |= form->indisunique || form->indisexclusion;
		entry->info = BuildIndexInfo(index);
		MemoryContextSwitchTo(oldcontext);
		entry->info->ii_Context = GetPerTupleMemoryContext(estate);
	}
}

/*
 * Open the indexes that a row may have an entry in.
 *
 * lockmode is NoLock if the statement holds locks on its indexes already.
 */
static void
open_indexes(VrStore *store, LOCKMODE lockmode)
{
	for (int i = 0; i < store->nindexes; i++)
	{
		VrIndex    *entry = &store->indexes[i];

		if (entry->kind == VR_INDEX_UNUSED)
			continue;
		entry->relation = index_open(entry->indexid, lockmode);
		Assert(CheckRelationLockedByMe(entry->relation, RowExclusiveLock, true));
		if (entry->kind == VR_INDEX_UNKNOWN)
			sort_index(store, entry);
		if (entry->kind == VR_INDEX_UNUSED)
			index_close(entry->relation, NoLock);
	}
}

/*
 * The same where the statement need not hold locks on its indexes: a DELETE
 * takes none, and the action of a foreign key has released them by the time
 * that its AFTER triggers fire.  The locks are kept, so that the first row of
 * the statement takes them for all.
 */
static void
lock_and_open_indexes(VrStore *store)
{
	open_indexes(store, store->locked ? NoLock : RowExclusiveLock);
	store->locked = true;
}

/*
 * Close the indexes.  What GiST, GIN and BRIN keep in ii_AmCache points into
 * the relcache entry, which may go away once nobody has the index open: a
 * DELETE, unlike an UPDATE, does not.  It is built anew for every row.
 */
static void
close_indexes(VrStore *store)
{
	for (int i = 0; i < store->nindexes; i++)
	{
		VrIndex    *entry = &store->indexes[i];

		if (entry->kind == VR_INDEX_UNUSED)
			continue;
		if (entry->info != NULL)
		{
			vr_compat_index_insert_cleanup(entry->relation, entry->info);
			entry->info->ii_AmCache = NULL;
		}
		index_close(entry->relation, NoLock);
	}
}

/*
 * Make the entry of a row in a plain index, as ExecInsertIndexTuples() would.
 * nbtree does not look at the IndexInfo, and building one costs more than
 * filling in the values.
 */
static bool
insert_plain_entry(Relation index, Relation relation, TupleTableSlot *slot,
				   IndexUniqueCheck check)
{
	Form_pg_index form = index->rd_index;
	Datum		values[INDEX_MAX_KEYS];
	bool		isnull[INDEX_MAX_KEYS];

	for (int i = 0; i < form->indnatts; i++)
		values[i] = slot_getattr(slot, form->indkey.values[i], &isnull[i]);
	return index_insert(index, values, isnull, &slot->tts_tid, relation,
						form->indisunique ? check : UNIQUE_CHECK_NO,
						false, NULL);
}

/*
 * Make the entry of a row in a plain index.  False if it is that of a primary
 * key which is taken, where that is no error (UNIQUE_CHECK_PARTIAL).
 */
static bool
insert_checked_entry(Relation index, Relation relation, TupleTableSlot *slot,
					 IndexUniqueCheck check)
{
	bool		may_be_taken = check == UNIQUE_CHECK_PARTIAL &&
	index->rd_index->indisprimary;

	if (check == UNIQUE_CHECK_PARTIAL && !may_be_taken)
		check = UNIQUE_CHECK_YES;
	return insert_plain_entry(index, relation, slot, check) || !may_be_taken;
}

/*
 * Make the entries of a stored row in the indexes, which are open; or only in
 * those that summarize.  Returns the indexes of deferrable constraints that
 * must be looked at again.
 *
 * With UNIQUE_CHECK_PARTIAL, *taken says whether the primary key is taken,
 * perhaps by an unfinished row.  If it is, there may be entries missing.
 */
static List *
insert_entries(VrStore *store, Relation relation, TupleTableSlot *slot,
			   IndexUniqueCheck check, bool only_summarizing, bool *taken)
{
	ResultRelInfo *rri;
	bool		others = false;

	for (int i = 0; i < store->nindexes; i++)
	{
		VrIndex    *entry = &store->indexes[i];

		others |= entry->kind == VR_INDEX_OTHER;
		if (entry->kind == VR_INDEX_PLAIN && !only_summarizing &&
			!insert_checked_entry(entry->relation, relation, slot, check))
		{
			*taken = true;
			return NIL;
		}
	}
	if (!others)
		return NIL;

	rri = store_rri(store, relation);
	rri->ri_NumIndices = 0;
	for (int i = 0; i < store->nindexes; i++)
	{
		VrIndex    *entry = &store->indexes[i];

		if (entry->kind != VR_INDEX_OTHER ||
			(only_summarizing && !vr_compat_is_summarizing(entry->relation)))
			continue;
		rri->ri_IndexRelationInfo[rri->ri_NumIndices] = entry->info;
		rri->ri_IndexRelationDescs[rri->ri_NumIndices++] = entry->relation;
	}
	return vr_compat_insert_index_tuples(rri, slot, store_estate(store));
}

/*
 * Put a row into the heap and into the indexes, which are open.  Returns the
 * indexes of deferrable constraints that must be looked at again.
 *
 * With check, the row must be unique at once.
 */
static List *
insert_row(VrStore *store, Relation relation, TupleTableSlot *slot, bool check)
{
	simple_table_tuple_insert(relation, slot);
	return insert_entries(store, relation, slot,
						  check ? UNIQUE_CHECK_YES : UNIQUE_CHECK_NO, false,
						  NULL);
}

/*
 * Is a trigger enabled ALWAYS, so that it has to hear of every tuple, although
 * no statement has written it?
 *
 * One with a transition table asks what a statement has done.
 */
static bool
is_always(const Trigger *trigger)
{
	return trigger->tgenabled == TRIGGER_FIRES_ALWAYS &&
		trigger->tgoldtable == NULL && trigger->tgnewtable == NULL &&
		RI_FKey_trigger_type(trigger->tgfoid) == RI_TRIGGER_NONE &&
		trigger->tgfoid != F_UNIQUE_KEY_RECHECK;
}

/*
 * Does a trigger stand for a constraint on an inserted row?
 */
static bool
is_constraint(const Trigger *trigger)
{
	return trigger->tgisinternal &&
		(RI_FKey_trigger_type(trigger->tgfoid) == RI_TRIGGER_FK ||
		 trigger->tgfoid == F_UNIQUE_KEY_RECHECK);
}

/*
 * A relation as the executor wants it, to fire no AFTER ROW triggers for an
 * event (TRIGGER_TYPE_INSERT or _UPDATE) but those that are wanted; NULL if
 * there are none.  InitResultRelInfo() would take all of them.
 */
static ResultRelInfo *
keep_triggers(Relation relation, int16 event,
			  bool (*is_wanted) (const Trigger *))
{
	TriggerDesc *all = relation->trigdesc;
	TriggerDesc kept;
	ResultRelInfo *rri;

	if (all == NULL || !(event == TRIGGER_TYPE_INSERT ?
						 all->trig_insert_after_row :
						 all->trig_update_after_row))
		return NULL;

	memset(&kept, 0, sizeof(kept));
	kept.triggers = palloc(all->numtriggers * sizeof(Trigger));
	for (int i = 0; i < all->numtriggers; i++)
	{
		Trigger    *trigger = &all->triggers[i];

		if (TRIGGER_TYPE_MATCHES(trigger->tgtype, TRIGGER_TYPE_ROW,
								 TRIGGER_TYPE_AFTER, event) &&
			is_wanted(trigger))
			kept.triggers[kept.numtriggers++] = *trigger;
	}
	if (kept.numtriggers == 0)
		return NULL;

	kept.trig_insert_after_row = event == TRIGGER_TYPE_INSERT;
	kept.trig_update_after_row = event == TRIGGER_TYPE_UPDATE;
	rri = makeNode(ResultRelInfo);
	rri->ri_RelationDesc = relation;
	/* deep, since the relation's own can be freed while the statement runs */
	rri->ri_TrigDesc = CopyTriggerDesc(&kept);
	rri->ri_TrigFunctions = palloc0(kept.numtriggers * sizeof(FmgrInfo));
	rri->ri_TrigWhenExprs = palloc0(kept.numtriggers * sizeof(ExprState *));
	return rri;
}

/*
 * Keep the triggers that fire for a stored row.
 */
static void
prepare_triggers(VrStore *store, Relation relation)
{
	ResultRelInfo *rri;

	store->always = keep_triggers(relation, TRIGGER_TYPE_INSERT, is_always);
	rri = keep_triggers(relation, TRIGGER_TYPE_INSERT, is_constraint);
	if (rri == NULL)
		return;

	store->constraints = rri;
	store->enabled = palloc(rri->ri_TrigDesc->numtriggers);
	for (int i = 0; i < rri->ri_TrigDesc->numtriggers; i++)
		store->enabled[i] = rri->ri_TrigDesc->triggers[i].tgenabled;
	/* where AfterTriggerEndQuery() looks for the relation of an event */
	store_estate(store)->es_opened_result_relations = list_make1(rri);
}

/*
 * Find the stored generated columns that look at an altered column, as a set
 * of attribute numbers, and add them to those that are altered (a set in the
 * manner of pull_varattnos()).
 */
static void
prepare_generated(VrStore *store, Relation relation, Bitmapset **altered)
{
	TupleConstr *constr = RelationGetDescr(relation)->constr;
	Bitmapset  *given = *altered;

	store->generated = constr->has_generated_stored;
	if (!store->generated)
		return;

	for (int i = 0; i < constr->num_defval; i++)
	{
		AttrDefault *expr = &constr->defval[i];
		Bitmapset  *used = NULL;

		if (TupleDescAttr(RelationGetDescr(relation),
						  expr->adnum - 1)->attgenerated != ATTRIBUTE_GENERATED_STORED)
			continue;
		pull_varattnos(stringToNode(expr->adbin), 1, &used);
		if (!bms_overlap(used, given))
			continue;
		store->recomputed = bms_add_member(store->recomputed, expr->adnum);
		*altered = bms_add_member(*altered, expr->adnum -
								  FirstLowInvalidHeapAttributeNumber);
	}
}

/*
 * Keep a constraint if it looks at an altered column, perhaps through a
 * virtual generated one.
 */
static void
keep_check(VrStore *store, Relation relation, const Bitmapset *altered,
		   Node *expr, const char *name, AttrNumber not_null)
{
	Bitmapset  *used = NULL;
	VrCheck    *check;

	expr = vr_compat_expand_virtual(expr, relation);
	pull_varattnos(expr, 1, &used);
	if (!bms_overlap(used, altered) &&
		!bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, used))
		return;

	check = palloc(sizeof(VrCheck));
	check->name = name != NULL ? pstrdup(name) : NULL;
	check->not_null = not_null;
	check->state = ExecPrepareExpr((Expr *) expr, store_estate(store));
	store->checks = lappend(store->checks, check);
}

/*
 * Keep the constraints that an altered column can break: valid CHECKs, and
 * NOT NULL of generated columns.  One that is NOT VALID may have been broken
 * by the origin already: then the statement at hand is perhaps the one that
 * mends it.
 */
static void
prepare_checks(VrStore *store, Relation relation, const Bitmapset *altered)
{
	TupleDesc	desc = RelationGetDescr(relation);

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		NullTest   *test;

		if (att->attgenerated == '\0' || !att->attnotnull)
			continue;
		test = makeNode(NullTest);
		test->arg = (Expr *) makeVar(1, att->attnum, att->atttypid,
									 att->atttypmod, att->attcollation, 0);
		test->nulltesttype = IS_NOT_NULL;
		test->location = -1;
		keep_check(store, relation, altered, (Node *) test, NULL, att->attnum);
	}
	for (int i = 0; i < desc->constr->num_check; i++)
	{
		ConstrCheck *check = &desc->constr->check[i];
		Node	   *expr = stringToNode(check->ccbin);

		if (check->ccvalid)
			keep_check(store, relation, altered, expr, check->ccname,
					   InvalidAttrNumber);
	}
}

/*
 * Prepare what depends on the columns that are altered, which most tables have
 * nothing of: generated columns and constraints.
 */
static void
prepare_expressions(VrStore *store, Relation relation)
{
	TupleConstr *constr = RelationGetDescr(relation)->constr;
	Bitmapset  *columns = NULL;

	if (constr == NULL ||
		(constr->num_check == 0 && !vr_compat_has_generated(constr)))
		return;

	for (int i = 0; i < store->naltered; i++)
	{
		if (store->altered[i] != InvalidAttrNumber)
			columns = bms_add_member(columns, store->altered[i] -
									 FirstLowInvalidHeapAttributeNumber);
	}
	prepare_generated(store, relation, &columns);
	prepare_checks(store, relation, columns);
}

/*
 * Prepare to store rows in a relation.  Those that have an origin differ from it
 * in the altered columns only; 0 stands for no column.  never_true is a boolean
 * column that no row has true, or 0.
 *
 * The result is allocated in the current memory context.  That and the array
 * must live as long as the statement.  Nothing need be released.
 */
VrStore *
vr_store_prepare(Relation relation, int naltered, const AttrNumber *altered,
				 AttrNumber never_true)
{
	List	   *indexids = RelationGetIndexList(relation);
	VrStore    *store = palloc0(offsetof(VrStore, indexes) +
								list_length(indexids) * sizeof(VrIndex));
	ListCell   *lc;

	store->memory = CurrentMemoryContext;
	store->naltered = naltered;
	store->altered = altered;
	store->never_true = never_true;
	foreach(lc, indexids)
		store->indexes[store->nindexes++].indexid = lfirst_oid(lc);
	prepare_triggers(store, relation);
	prepare_expressions(store, relation);

	return store;
}

/*
 * Complain about a row that breaks a constraint.
 */
static void
report_broken(const VrCheck *check, Relation relation)
{
	const char *hint = "A constraint on columns that versioned_rows maintains must hold for history, too.";

	if (check->not_null != InvalidAttrNumber)
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("null value in column \"%s\" of a historical row for relation \"%s\" violates not-null constraint",
						NameStr(TupleDescAttr(RelationGetDescr(relation),
											  check->not_null - 1)->attname),
						RelationGetRelationName(relation)),
				 errhint("%s", hint),
				 errtablecol(relation, check->not_null)));
	else
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("historical row for relation \"%s\" violates check constraint \"%s\"",
						RelationGetRelationName(relation), check->name),
				 errhint("%s", hint),
				 errtableconstraint(relation, check->name)));
}

static void
check_constraints(VrStore *store, Relation relation, TupleTableSlot *slot)
{
	ExprContext *econtext = GetPerTupleExprContext(store_estate(store));
	ListCell   *lc;

	econtext->ecxt_scantuple = slot;
	foreach(lc, store->checks)
	{
		VrCheck    *check = (VrCheck *) lfirst(lc);

		if (!ExecCheck(check->state, econtext))
			report_broken(check, relation);
	}
}

/*
 * Has a successor null in a column of a foreign key where its origin has a
 * value?  PostgreSQL need not check such a row.  But the origin's key is then
 * held by the stored row alone, and may never have been checked: the check of
 * a deferred key leaves out rows that have changed by then.
 */
static bool
gives_up_key(Relation relation, const Trigger *trigger,
			 TupleTableSlot *origin, TupleTableSlot *successor)
{
	ListCell   *lc;

	foreach(lc, RelationGetFKeyList(relation))
	{
		ForeignKeyCacheInfo *fk = (ForeignKeyCacheInfo *) lfirst(lc);

		if (fk->conoid != trigger->tgconstraint)
			continue;
		for (int i = 0; i < fk->nkeys; i++)
		{
			if (slot_attisnull(successor, fk->conkey[i]) &&
				!slot_attisnull(origin, fk->conkey[i]))
				return true;
		}
	}
	return false;
}

/*
 * Choose the checks of foreign keys that run for this row, before it is stored;
 * say whether there are any.
 *
 * The successor is the row that the statement has left in the place of the
 * origin.  If both have the same foreign key, it need not be checked for the
 * altered row: a concurrent DELETE of the referenced row would wait for the
 * successor and find it.  That is the rule by which PostgreSQL itself leaves out
 * the check of an updated row, and we ask the same function.  A check that can
 * be left out must be, since it could fail for a row that moves to its next
 * version.  The altered row has another foreign key than its origin only if a
 * column of the key is generated anew.
 */
static bool
choose_triggers(VrStore *store, Relation relation, TupleTableSlot *slot,
				TupleTableSlot *origin, TupleTableSlot *successor)
{
	TriggerDesc *trigdesc;
	bool		any = false;

	if (store->constraints == NULL)
		return false;
	trigdesc = store->constraints->ri_TrigDesc;
	for (int i = 0; i < trigdesc->numtriggers; i++)
	{
		Trigger    *trigger = &trigdesc->triggers[i];
		bool		wanted;

		/* of these the executor knows which it has to queue */
		if (trigger->tgfoid == F_UNIQUE_KEY_RECHECK)
			continue;
		wanted = successor == NULL ||
			RI_FKey_fk_upd_check_required(trigger, relation, origin,
										  successor) ||
			gives_up_key(relation, trigger, origin, successor) ||
			(store->recomputed != NULL &&
			 RI_FKey_fk_upd_check_required(trigger, relation, origin, slot));
		trigger->tgenabled = wanted ? store->enabled[i] : TRIGGER_DISABLED;
		any |= wanted;
	}
	return any;
}

/*
 * Run the constraint triggers of one stored row, or queue those that are
 * deferred.  If not at once, all of them are queued, behind what the statement
 * has queued so far.
 */
static void
fire_triggers(VrStore *store, Relation relation, TupleTableSlot *slot,
			  List *recheck, bool at_once)
{
	EState	   *estate = store_estate(store);
	ResultRelInfo *rri = store->constraints;

	rri->ri_RelationDesc = relation;
	if (at_once)
		AfterTriggerBeginQuery();
	ExecARInsertTriggers(estate, rri, slot, recheck, NULL);
	if (at_once)
		AfterTriggerEndQuery(estate);

	/*
	 * The slots through which the triggers saw the row pin the relation's
	 * tuple descriptor: let them go, nobody else will.
	 */
	ExecResetTupleTable(estate->es_tupleTable, true);
	estate->es_tupleTable = NIL;
	rri->ri_TrigOldSlot = NULL;
	rri->ri_TrigNewSlot = NULL;
}

/*
 * Tell the triggers that are enabled ALWAYS of a stored row.
 *
 * The events go to the end of the statement's queue, where they are no
 * different from those of an INSERT: these triggers have heard by then that
 * the origin was changed or deleted, which made room for the key of the row.
 */
static void
tell_always(VrStore *store, Relation relation, TupleTableSlot *slot)
{
	store->always->ri_RelationDesc = relation;
	ExecARInsertTriggers(store_estate(store), store->always, slot, NIL, NULL);
}

/*
 * Compute what is generated, and check the row alone.
 */
static void
finish_row(VrStore *store, Relation relation, TupleTableSlot *slot)
{
	if (store->generated)
		ExecComputeStoredGenerated(store_rri(store, relation),
								   store_estate(store), slot, CMD_INSERT);
	if (store->checks != NIL)
		check_constraints(store, relation, slot);
}

/*
 * Store a row, whose indexes are open, and close them.
 */
static void
put(VrStore *store, Relation relation, TupleTableSlot *slot,
	TupleTableSlot *origin, TupleTableSlot *successor, bool is_early,
	bool check_at_once)
{
	bool		checked;
	List	   *recheck;

	Assert(CheckRelationLockedByMe(relation, RowExclusiveLock, true));
	finish_row(store, relation, slot);
	checked = choose_triggers(store, relation, slot, origin, successor);
	recheck = insert_row(store, relation, slot, !is_early);
	close_indexes(store);
	if (checked || recheck != NIL)
		fire_triggers(store, relation, slot, recheck, check_at_once);
	if (store->always != NULL)
		tell_always(store, relation, slot);

	if (store->estate != NULL)
		ResetPerTupleExprContext(store->estate);
}

/*
 * Store an altered row whose origin has left its place.  Sets the slot's
 * tts_tid.  successor is the row that has taken that place, or NULL if the
 * statement has deleted the origin.
 *
 * Without check_at_once foreign keys are checked after all that the statement
 * has queued so far.
 */
void
vr_store_put(VrStore *store, Relation relation, TupleTableSlot *slot,
			 TupleTableSlot *origin, TupleTableSlot *successor,
			 bool check_at_once)
{
	lock_and_open_indexes(store);
	put(store, relation, slot, origin, successor, false, check_at_once);
}

/*
 * Open the indexes for an altered row whose origin is still in its place.
 * Returns false, and nothing is open, if such a row cannot be stored now:
 *
 * - A unique or exclusion constraint must be checked, and would find the origin.
 *	 A primary key that the altered row shares with its origin is not checked,
 *	 since no other row can have it.
 * - Foreign keys may look at generated columns, which the successor does not
 *	 have yet.
 * - A trigger has to hear of the row, and must hear of the UPDATE first.
 */
bool
vr_store_open_early(VrStore *store)
{
	if (store->constrained || store->always != NULL ||
		(store->generated && store->constraints != NULL))
		return false;
	open_indexes(store, NoLock);
	if (store->constrained)
		close_indexes(store);
	return !store->constrained;
}

/*
 * Store an altered row whose origin is still in its place, after
 * vr_store_open_early().  The UPDATE that is running must be certain to put the
 * successor there.  The slot may be that of the origin.
 */
void
vr_store_put_early(VrStore *store, Relation relation, TupleTableSlot *slot,
				   TupleTableSlot *origin, TupleTableSlot *successor)
{
	put(store, relation, slot, origin, successor, true, true);
}

/*
 * Store a row that has no origin here.  Sets the slot's tts_tid.  Foreign keys
 * of the row are checked after all that the statement has queued so far.
 *
 * Returns whether the row is stored.  If its primary key is taken, it is not;
 * with must, that is an error.
 */
bool
vr_store_put_new(VrStore *store, Relation relation, TupleTableSlot *slot,
				 bool must)
{
	bool		taken = false;
	List	   *recheck;

	finish_row(store, relation, slot);
	lock_and_open_indexes(store);
	simple_table_tuple_insert(relation, slot);
	recheck = insert_entries(store, relation, slot,
							 must ? UNIQUE_CHECK_YES : UNIQUE_CHECK_PARTIAL,
							 false, &taken);
	close_indexes(store);
	if (taken)
	{
		/* a command cannot delete what it has stored itself */
		CommandCounterIncrement();
		simple_table_tuple_delete(relation, &slot->tts_tid, SnapshotSelf);
	}
	else
	{
		if (choose_triggers(store, relation, slot, NULL, NULL) ||
			recheck != NIL)
			fire_triggers(store, relation, slot, recheck, false);
		if (store->always != NULL)
			tell_always(store, relation, slot);
	}
	if (store->estate != NULL)
		ResetPerTupleExprContext(store->estate);
	return !taken;
}

/*
 * Tell the triggers that are enabled ALWAYS that a row was changed.
 */
static void
tell_always_changed(VrStore *store, Relation relation, ItemPointer tid,
					TupleTableSlot *slot)
{
	ResultRelInfo *rri;
	EState	   *estate;

	if (!store->changes)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(store->memory);

		store->always_changed = keep_triggers(relation, TRIGGER_TYPE_UPDATE,
											  is_always);
		store->changes = true;
		MemoryContextSwitchTo(oldcontext);
	}
	rri = store->always_changed;
	if (rri == NULL)
		return;
	rri->ri_RelationDesc = relation;
	estate = store_estate(store);
	ExecARUpdateTriggers(estate, rri, NULL, NULL, tid, NULL, slot, NIL, NULL,
						 false);
	/* see fire_triggers() */
	ExecResetTupleTable(estate->es_tupleTable, true);
	estate->es_tupleTable = NIL;
	rri->ri_TrigOldSlot = NULL;
	rri->ri_TrigNewSlot = NULL;
}

/*
 * Put a row in the place of a stored one, which has the same primary key.
 * Returns what has become of it; if that is not TM_Ok, nothing was done.
 *
 * With keys, columns of foreign keys may have changed, too.
 */
TM_Result
vr_store_change(VrStore *store, Relation relation, ItemPointer tid,
				TupleTableSlot *slot, bool keys)
{
	VrCompatUpdateIndexes update_indexes;
	TM_FailureData failure;
	LockTupleMode lockmode;
	TM_Result	result;
	List	   *recheck = NIL;

	finish_row(store, relation, slot);
	result = vr_compat_tuple_update(relation, tid, slot,
									GetCurrentCommandId(true), &failure,
									&lockmode, &update_indexes);
	if (result != TM_Ok)
		return result;
	if (update_indexes)
	{
		lock_and_open_indexes(store);
		recheck = insert_entries(store, relation, slot, UNIQUE_CHECK_YES,
								 vr_compat_only_summarizing(update_indexes),
								 NULL);
		close_indexes(store);
	}
	if ((keys && choose_triggers(store, relation, slot, NULL, NULL)) ||
		recheck != NIL)
		fire_triggers(store, relation, slot, recheck, false);
	tell_always_changed(store, relation, tid, slot);
	if (store->estate != NULL)
		ResetPerTupleExprContext(store->estate);
	return TM_Ok;
}

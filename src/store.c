/*-------------------------------------------------------------------------
 *
 * store.c
 *	  Put one row into an open relation: its tuple, its index entries, its
 *	  internal constraint triggers, and nothing else.
 *
 * The model is ExecSimpleRelationInsert() of execReplication.c.  Different
 * from there:
 *
 * - No trigger of a user fires, only those that stand for a constraint: the
 *	 checks of outgoing foreign keys and of deferrable unique and exclusion
 *	 constraints.  Without them a concurrent DELETE of a referenced row would
 *	 leave a dangling reference, and a deferrable unique constraint would be
 *	 silently defeated.
 * - The row is a copy of one that was in this relation (its origin), with a
 *	 few columns altered.  What held for the origin and does not look at the
 *	 altered columns, nor at generated ones that do, holds for the copy and
 *	 is not checked again: NOT NULL, most CHECK constraints, the partition
 *	 bound.
 * - Indexes whose predicate demands a boolean column that is never true here
 *	 are left out.
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
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/nodeModifyTable.h"
#include "nodes/execnodes.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "compat.h"
#include "store.h"

struct VrStore
{
	/* fixed per statement */
	EState	   *estate;			/* for predicates, expressions and triggers */
	ResultRelInfo *rri;			/* the relation as the executor wants it */
	int			nindexes;		/* how many indexes a row may need */
	Oid		   *indexids;		/* which ones */
	List	   *checks;			/* VrCheck: constraints to look at again */
	AttrNumber	never_true;		/* a boolean column that no row has true */
	bool		generated;		/* are there stored generated columns? */
	Bitmapset  *recomputed;		/* those that altered columns can change */
	char	   *enabled;		/* per trigger kept: the state it really has */
};

/* A constraint that depends on an altered column. */
typedef struct VrCheck
{
	char	   *name;			/* for the error message, if it is a CHECK */
	AttrNumber	not_null;		/* the column, if it is a NOT NULL */
	ExprState  *state;			/* ready to be evaluated */
} VrCheck;

/*
 * Does the predicate of an index demand that a boolean column is true which
 * never is?
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
 * List the indexes that a row may need.
 */
static void
prepare_indexes(VrStore *store, Relation relation)
{
	List	   *indexids = RelationGetIndexList(relation);
	int			n = list_length(indexids);
	ListCell   *lc;

	store->indexids = palloc(n * sizeof(Oid));
	foreach(lc, indexids)
		store->indexids[store->nindexes++] = lfirst_oid(lc);

	store->rri->ri_IndexRelationDescs = palloc(n * sizeof(Relation));
	store->rri->ri_IndexRelationInfo = palloc0(n * sizeof(IndexInfo *));
}

/*
 * Open the indexes.  Those that no row of this statement will have an entry
 * in are recognized the first time, and not opened again.
 */
static void
open_indexes(VrStore *store)
{
	ResultRelInfo *rri = store->rri;
	int			n = 0;

	for (int i = 0; i < store->nindexes; i++)
	{
		Oid			indexid = store->indexids[i];
		Relation	index = index_open(indexid, RowExclusiveLock);

		if (rri->ri_IndexRelationInfo[n] == NULL)
		{
			MemoryContext oldcontext;

			if (leaves_out(index, store->never_true))
			{
				index_close(index, NoLock);
				continue;
			}
			oldcontext = MemoryContextSwitchTo(store->estate->es_query_cxt);
			rri->ri_IndexRelationInfo[n] = BuildIndexInfo(index);
			MemoryContextSwitchTo(oldcontext);
			rri->ri_IndexRelationInfo[n]->ii_Context =
				GetPerTupleMemoryContext(store->estate);
		}
		store->indexids[n] = indexid;
		rri->ri_IndexRelationDescs[n++] = index;
	}
	store->nindexes = n;
	rri->ri_NumIndices = n;
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
		Relation	index = store->rri->ri_IndexRelationDescs[i];
		IndexInfo  *info = store->rri->ri_IndexRelationInfo[i];

		vr_compat_index_insert_cleanup(index, info);
		info->ii_AmCache = NULL;
		index_close(index, NoLock);
	}
}

/*
 * Keep the triggers that stand for a constraint on an inserted row.
 */
static void
prepare_triggers(VrStore *store, Relation relation)
{
	TriggerDesc *all = relation->trigdesc;
	TriggerDesc *kept;

	if (all == NULL || !all->trig_insert_after_row)
		return;

	kept = palloc0(sizeof(TriggerDesc));
	kept->triggers = palloc(all->numtriggers * sizeof(Trigger));
	store->enabled = palloc(all->numtriggers);
	for (int i = 0; i < all->numtriggers; i++)
	{
		Trigger    *trigger = &all->triggers[i];

		if (trigger->tgisinternal &&
			TRIGGER_TYPE_MATCHES(trigger->tgtype, TRIGGER_TYPE_ROW,
								 TRIGGER_TYPE_AFTER, TRIGGER_TYPE_INSERT) &&
			(RI_FKey_trigger_type(trigger->tgfoid) == RI_TRIGGER_FK ||
			 trigger->tgfoid == F_UNIQUE_KEY_RECHECK))
		{
			store->enabled[kept->numtriggers] = trigger->tgenabled;
			kept->triggers[kept->numtriggers++] = *trigger;
		}
	}
	if (kept->numtriggers == 0)
		return;

	/* deep, since the relation's own can be freed while the statement runs */
	kept->trig_insert_after_row = true;
	store->rri->ri_TrigDesc = CopyTriggerDesc(kept);
	store->rri->ri_TrigFunctions =
		palloc0(kept->numtriggers * sizeof(FmgrInfo));
	store->rri->ri_TrigWhenExprs =
		palloc0(kept->numtriggers * sizeof(ExprState *));

	/* where AfterTriggerEndQuery() looks for the relation of an event */
	store->estate->es_opened_result_relations = list_make1(store->rri);
}

/*
 * Find the stored generated columns that look at an altered column, as a set
 * of attribute numbers, and add them to those that are altered.
 */
static void
prepare_generated(VrStore *store, Relation relation, Bitmapset **altered)
{
	TupleConstr *constr = RelationGetDescr(relation)->constr;
	Bitmapset  *given = *altered;

	store->generated = constr != NULL && constr->has_generated_stored;
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
	check->state = ExecPrepareExpr((Expr *) expr, store->estate);
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
	int			nchecks = desc->constr != NULL ? desc->constr->num_check : 0;

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
	for (int i = 0; i < nchecks; i++)
	{
		ConstrCheck *check = &desc->constr->check[i];

		if (check->ccvalid)
			keep_check(store, relation, altered, stringToNode(check->ccbin),
					   check->ccname, InvalidAttrNumber);
	}
}

/*
 * Prepare to store rows that are copies of rows of this relation, different
 * only in the altered columns (a set in the manner of pull_varattnos()).
 * never_true is a boolean column that is not true in any of them, or 0.
 *
 * The result is allocated in the current memory context, which must live as
 * long as the statement; it need not be released.
 */
VrStore *
vr_store_prepare(Relation relation, const Bitmapset *altered,
				 AttrNumber never_true)
{
	VrStore    *store = palloc0(sizeof(VrStore));
	Bitmapset  *changed = bms_copy(altered);

	store->estate = CreateExecutorState();

	/*
	 * InitResultRelInfo() would copy every trigger of the relation; we want a
	 * few of them only.
	 */
	store->rri = makeNode(ResultRelInfo);
	store->rri->ri_RelationDesc = relation;

	store->never_true = never_true;
	prepare_indexes(store, relation);
	prepare_triggers(store, relation);
	prepare_generated(store, relation, &changed);
	prepare_checks(store, relation, changed);

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
	ExprContext *econtext = GetPerTupleExprContext(store->estate);
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
 * Choose the constraint triggers that run for this row; say whether there are
 * any.
 *
 * A foreign key need not be checked for a copy whose successor, the row that
 * the statement left in its origin's place, still has the same key: a
 * concurrent DELETE of the referenced row would wait for the successor and
 * find it.  That is the rule by which PostgreSQL itself leaves out the check
 * of an updated row, and we ask the same function.  A check that can be left
 * out must be: it could fail for a row that moves to its next version.  The
 * copy's own key is another one only where it is generated anew.
 */
static bool
choose_triggers(VrStore *store, Relation relation, List *recheck,
				TupleTableSlot *slot, TupleTableSlot *origin,
				TupleTableSlot *successor)
{
	TriggerDesc *trigdesc = store->rri->ri_TrigDesc;
	bool		any = false;

	if (trigdesc == NULL)
		return false;
	for (int i = 0; i < trigdesc->numtriggers; i++)
	{
		Trigger    *trigger = &trigdesc->triggers[i];
		bool		wanted;

		if (trigger->tgfoid == F_UNIQUE_KEY_RECHECK)
			wanted = recheck != NIL;
		else
			wanted = successor == NULL ||
				RI_FKey_fk_upd_check_required(trigger, relation, origin,
											  successor) ||
				(store->recomputed != NULL &&
				 RI_FKey_fk_upd_check_required(trigger, relation, origin,
											   slot));
		trigger->tgenabled = wanted ? store->enabled[i] : TRIGGER_DISABLED;
		any |= wanted;
	}
	return any;
}

/*
 * Run the constraint triggers of one stored row, or queue those that are
 * deferred.
 */
static void
fire_triggers(VrStore *store, TupleTableSlot *slot, List *recheck)
{
	EState	   *estate = store->estate;
	ResultRelInfo *rri = store->rri;

	AfterTriggerBeginQuery();
	ExecARInsertTriggers(estate, rri, slot, recheck, NULL);
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
 * Store a row.
 *
 * The slot must hold a virtual tuple; its tts_tid is set.  origin is the row
 * that it is a copy of, successor the one that took its place, or NULL if the
 * statement deleted it.
 */
void
vr_store_put(VrStore *store, Relation relation, TupleTableSlot *slot,
			 TupleTableSlot *origin, TupleTableSlot *successor)
{
	List	   *recheck;

	store->rri->ri_RelationDesc = relation;

	if (store->generated)
		ExecComputeStoredGenerated(store->rri, store->estate, slot,
								   CMD_INSERT);
	if (store->checks != NIL)
		check_constraints(store, relation, slot);

	simple_table_tuple_insert(relation, slot);
	open_indexes(store);
	recheck = vr_compat_insert_index_tuples(store->rri, slot, store->estate);
	close_indexes(store);
	if (choose_triggers(store, relation, recheck, slot, origin, successor))
		fire_triggers(store, slot, recheck);

	ResetPerTupleExprContext(store->estate);
}

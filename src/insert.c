/*-------------------------------------------------------------------------
 *
 * insert.c
 *	  The version of a row that is inserted.
 *
 * A new row starts at version 1, or goes on after the last version of a
 * deleted row.  The owner of the table may load history and numbers, since
 * that is how a dump is restored.
 *
 * Nothing is written and nothing is remembered here: the trigger also fires
 * for an INSERT that ON CONFLICT turns into an UPDATE, or that fails later.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "tcop/pquery.h"
#include "utils/datum.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "claim.h"
#include "compat.h"
#include "config.h"
#include "current.h"
#include "insert.h"
#include "lookup.h"
#include "managed.h"
#include "period.h"
#include "queue.h"
#include "trigger.h"

/*
 * Only the owner of the table may load history and choose numbers, as a
 * restored dump does.
 */
static bool
may_load(Relation relation)
{
	return vr_compat_owns_relation(RelationGetRelid(relation), GetUserId());
}

static void
check_may_load(Relation relation, AttrNumber attno)
{
	if (!may_load(relation))
		vr_managed_refuse(relation, attno,
						  "Only the owner of the table can load versions.");
}

/*
 * Does the row come by COPY?
 */
static bool
is_copying(void)
{
	return ActivePortal != NULL && ActivePortal->commandTag == CMDTAG_COPY;
}

/*
 * The version number of a row that is inserted into a table with neither a
 * flag nor a period, given the last version that there is of it already.
 *
 * There is no re-insert here, and nothing in the row tells whether it is
 * history that is being loaded.  The number tells, and a dump brings them in
 * any order.  But 1 is also the column's default: except in COPY, which mostly
 * brings every column, it is taken for a new row, and replaced by a number
 * that the primary key refuses; or else it would become history, unnoticed,
 * where the first version has been pruned.
 */
static int64
loaded_version(const VrConfig *config, Relation relation, int64 given,
			   int64 last)
{
	if (given == PG_INT64_MIN || given == 0 ||
		(given == 1 && !(is_copying() && may_load(relation))))
		return last;
	check_may_load(relation, config->version);
	return given;
}

/*
 * The version number of a row that becomes current by INSERT, given the last
 * version that there is of it already, or 0.
 *
 * A number beyond that is kept.  Any other starts over at the next one: it is
 * mostly the column's default.
 */
static int64
inserted_version(const VrConfig *config, Relation relation, int64 given,
				 int64 last, bool exists)
{
	bool		can_reinsert = (config->current != InvalidAttrNumber ||
								config->period != InvalidAttrNumber);

	if (!exists)
	{
		if (given != 0 && given != 1 && given != PG_INT64_MIN)
			check_may_load(relation, config->version);
		return given == PG_INT64_MIN ? 1 : given;
	}
	if (!can_reinsert)
		return loaded_version(config, relation, given, last);
	if (given <= last)
	{
		if (given != 0 && given != 1 && given != PG_INT64_MIN)
			check_may_load(relation, config->version);
		return vr_config_next_version(last);
	}
	if (given != vr_config_next_version(last))
		check_may_load(relation, config->version);
	return given;
}

/*
 * Write into a row that is inserted who makes it.  What is there already must
 * be the same, or be loaded by the owner.
 */
static void
stamp_inserted_who(VrStatement *statement, Relation relation,
				   TupleTableSlot *row, VrChanges *changes)
{
	const VrWho *who = vr_managed_who(statement);
	AttrNumber	deletion = statement->config->deletion;
	bool		isnull;

	for (int i = 0; i < who->n; i++)
	{
		if (vr_managed_agrees(who, i, relation, row))
			continue;
		(void) slot_getattr(row, who->columns[i], &isnull);
		if (!isnull)
			check_may_load(relation, who->columns[i]);
		else
			vr_managed_change(changes, who->columns[i], who->values[i]);
	}
	if (deletion != InvalidAttrNumber)
	{
		(void) slot_getattr(row, deletion, &isnull);
		if (!isnull)
			check_may_load(relation, deletion);
	}
}

/*
 * Lock a stored row.  False if another transaction has replaced or deleted it
 * meanwhile.
 */
static bool
lock_row(Relation relation, TupleTableSlot *row)
{
	TupleTableSlot *locked = table_slot_create(relation, NULL);
	TM_FailureData failure;
	TM_Result	result;

	vr_queue_enter(relation, &row->tts_tid);
	result = table_tuple_lock(relation, &row->tts_tid, GetActiveSnapshot(),
							  locked, GetCurrentCommandId(false),
							  LockTupleExclusive, LockWaitBlock, 0, &failure);
	ExecDropSingleTupleTableSlot(locked);
	return result != TM_Updated && result != TM_Deleted;
}

/*
 * Claim the key of a row that is being inserted, so that nobody else gives
 * its next version a number meanwhile.  A null key fails later.
 */
static void
claim_key(VrStatement *statement, Relation relation, TupleTableSlot *row)
{
	const VrConfig *config = statement->config;
	uint32		hash = 0;

	for (int i = 0; i < config->nkeys; i++)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(relation),
											  config->keys[i] - 1);
		bool		isnull;
		Datum		value = slot_getattr(row, config->keys[i], &isnull);

		if (isnull)
			return;
		hash = hash_combine(hash, datum_image_hash(value, att->attbyval,
												   att->attlen));
	}
	if (statement->claim == NULL)
		statement->claim = vr_claim_prepare(statement->memory);
	vr_claim_take(statement->claim, relation, hash);
}

static void
release_key(VrStatement *statement)
{
	if (statement->claim != NULL)
		vr_claim_release(statement->claim);
}

/*
 * Find the last row of a key, finished or not, and say whether there is one.
 *
 * Of a version that an unfinished UPDATE has copied already, while the row
 * itself is still there, the row is found and not the copy: that UPDATE may be
 * waiting for us.
 */
static bool
find_last(VrStatement *statement, Relation relation, const Datum *values,
		  SnapshotData *dirty, TupleTableSlot *last)
{
	const VrConfig *config = statement->config;
	IndexScanDesc scan = vr_lookup_begin(vr_current_lookup(statement, relation),
										 relation, values, dirty);
	bool		found = index_getnext_slot(scan, BackwardScanDirection, last);

	if (found && TransactionIdIsValid(dirty->xmin) &&
		config->current != InvalidAttrNumber &&
		vr_trigger_is_history(config, last))
	{
		SnapshotData of_copy = *dirty;
		TupleTableSlot *other = table_slot_create(relation, NULL);

		if (index_getnext_slot(scan, BackwardScanDirection, other) &&
			vr_current_version(config, other) ==
			vr_current_version(config, last))
			ExecCopySlot(last, other);
		else
			*dirty = of_copy;
		ExecDropSingleTupleTableSlot(other);
	}
	if (found)
		ExecMaterializeSlot(last);
	vr_lookup_end(scan);
	return found;
}

/*
 * Find the last version that there is already of a row that is being
 * inserted, as it is once the transactions have ended that are at it.  NULL if
 * there is none; otherwise the caller drops the slot.
 *
 * If there is none, or a deleted one, the key stays claimed: the row will get
 * a number that others must not take.  If there is a current one, the INSERT
 * will meet it, and the claim is of no use.  Then, where the table has a
 * period, the row is locked against a DELETE that would end it later than the
 * new version starts.
 */
static TupleTableSlot *
find_predecessor(VrStatement *statement, Relation relation,
				 TupleTableSlot *row)
{
	const VrConfig *config = statement->config;
	VrLookup   *lookup = vr_current_lookup(statement, relation);
	Datum		values[INDEX_MAX_KEYS];
	int64		deleted = PG_INT64_MIN;
	TupleTableSlot *last;
	SnapshotData dirty;

	/* a null key will fail later */
	if (!vr_lookup_values(lookup, row, values))
		return NULL;
	claim_key(statement, relation, row);
	if (vr_lookup_sorts_last(lookup, values))
		return NULL;

	InitDirtySnapshot(dirty);
	last = table_slot_create(relation, NULL);
	while (find_last(statement, relation, values, &dirty, last))
	{
		bool		met_writer = vr_lookup_met_writer(&dirty);

		if (!met_writer &&
			(config->current != InvalidAttrNumber ||
			 config->period != InvalidAttrNumber) &&
			!vr_current_is(statement, relation, last))
		{
			int64		version = vr_current_version(config, last);

			/*
			 * A scan reads the index before the heap.  A row that has moved
			 * on in between is missed, and so is its next version; but a scan
			 * that begins now finds at least its copy.
			 */
			if (version == deleted)
				return last;
			deleted = version;
			continue;
		}

		/* what follows may wait for a transaction that wants the claim */
		release_key(statement);
		if (met_writer)
			vr_lookup_wait(&dirty);
		else if (config->period == InvalidAttrNumber ||
				 lock_row(relation, last))
			return last;
		claim_key(statement, relation, row);
	}
	ExecDropSingleTupleTableSlot(last);
	return NULL;
}

/*
 * The row to insert instead of the one that a BEFORE INSERT trigger has.
 */
HeapTuple
vr_insert_stamp(VrStatement *statement, TriggerData *trigdata)
{
	const VrConfig *config = statement->config;
	Relation	relation = trigdata->tg_relation;
	TupleTableSlot *row = trigdata->tg_trigslot;
	TupleTableSlot *last = NULL;
	VrChanges	changes;
	bool		isnull;
	int64		given = vr_current_version(config, row);
	int64		version;

	vr_config_sort_columns(statement->config, relation);

	/* a row that says of itself that it is history */
	if (vr_trigger_is_history(config, row))
	{
		check_may_load(relation, config->current != InvalidAttrNumber ?
					   config->current : config->period);
		return trigdata->tg_trigtuple;
	}

	/* who never inserts a key again mostly wants fast loads */
	if (config->reinsert)
		last = find_predecessor(statement, relation, row);
	else if (!is_copying())
		claim_key(statement, relation, row);

	changes.n = 0;
	version = inserted_version(config, relation, given,
							   last != NULL ? vr_current_version(config, last) : 0,
							   last != NULL);
	if (version != given)
		vr_managed_change(&changes, config->version,
						  vr_config_make_version(config, relation, version));
	if (config->current != InvalidAttrNumber)
	{
		(void) slot_getattr(row, config->current, &isnull);
		if (isnull)
			vr_managed_change(&changes, config->current, BoolGetDatum(true));
	}
	if (config->period != InvalidAttrNumber)
	{
		Datum		period;

		(void) slot_getattr(row, config->period, &isnull);
		if (!isnull)
			check_may_load(relation, config->period);
		else
		{
			isnull = true;
			period = (Datum) 0;
			if (last != NULL)
				period = slot_getattr(last, config->period, &isnull);
			vr_managed_change(&changes, config->period,
							  vr_period_open(vr_period_next(period, isnull)));
		}
	}
	if (last != NULL)
		ExecDropSingleTupleTableSlot(last);
	if (config->has_who)
		stamp_inserted_who(statement, relation, row, &changes);
	return vr_managed_apply(&changes, trigdata->tg_trigtuple, row);
}

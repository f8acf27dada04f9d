/*-------------------------------------------------------------------------
 *
 * insert.c
 *	  The version of a row that is inserted.
 *
 * A new row starts at version 1, or goes on after the last version of a
 * deleted row.  The owner of the table may load history and numbers, since
 * that is how a dump is restored.
 *
 * Nothing is written here but a row lock, and nothing is remembered but a claim:
 * the trigger also fires for an INSERT that ON CONFLICT turns into an UPDATE, or
 * that fails later.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "nodes/plannodes.h"
#include "tcop/pquery.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "claim.h"
#include "compat.h"
#include "config.h"
#include "insert.h"
#include "lookup.h"
#include "maintenance.h"
#include "managed.h"
#include "period.h"
#include "statement.h"
#include "version.h"

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
 * Can rows of the table be deleted, and so be inserted again?  Only where a
 * flag or a period tells which version is current.
 */
static bool
can_reinsert(const VrConfig *config)
{
	return config->current != InvalidAttrNumber ||
		config->period != InvalidAttrNumber;
}

/*
 * The version number of a row that is inserted into a table with neither a
 * flag nor a period, given the last version that there is of it already.
 *
 * No row of such a table is inserted again, and only the number tells whether
 * a row is history that is being loaded.  A dump brings numbers in any order,
 * so each is taken as it is.  But 1 is also the column's default.  COPY mostly
 * brings every column; elsewhere a row with 1 is taken for a new one, and gets
 * the last number, which the primary key refuses.  With 1 it would become
 * history, unnoticed, where the first version has been pruned.
 */
static int64
loaded_version(const VrConfig *config, Relation relation, int64 given,
			   int64 last)
{
	if (given == VR_NO_NUMBER || given == 0 ||
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
	if (!exists)
	{
		if (given != 0 && given != 1 && given != VR_NO_NUMBER)
			check_may_load(relation, config->version);
		return given == VR_NO_NUMBER ? 1 : given;
	}
	if (!can_reinsert(config))
		return loaded_version(config, relation, given, last);
	if (given <= last)
	{
		if (given != 0 && given != 1 && given != VR_NO_NUMBER)
			check_may_load(relation, config->version);
		return vr_version_next(last);
	}
	if (given != vr_version_next(last))
		check_may_load(relation, config->version);
	return given;
}

/*
 * Write into a row that is inserted who makes it.  What is there already must
 * be the same, or be loaded by the owner.
 */
static void
stamp_inserted_who(const VrConfig *config, const VrWho *who, Relation relation,
				   TupleTableSlot *row, VrChanges *changes)
{
	for (int i = 0; i < who->n; i++)
	{
		AttrNumber	column = who->columns[i];

		if (vr_managed_agrees(who, column, relation, row))
			continue;
		if (!slot_attisnull(row, column))
			check_may_load(relation, column);
		else
			vr_managed_change(changes, column, who->values[i], who->isnull[i]);
	}
	if (config->deletion != InvalidAttrNumber &&
		!slot_attisnull(row, config->deletion))
		check_may_load(relation, config->deletion);
}

/*
 * Does a plan change no table but by INSERT ... ON CONFLICT DO NOTHING?
 */
static bool
plan_does_nothing(const Plan *plan)
{
	return plan == NULL || !IsA(plan, ModifyTable) ||
		((const ModifyTable *) plan)->onConflictAction == ONCONFLICT_NOTHING;
}

/*
 * Is it known that the running INSERT does nothing if the row is there already?
 * A trigger is not told.  But a statement of a portal runs in memory that is a
 * child of the portal's, and then the plans of the portal tell.  It is not known
 * of a statement that a function runs.
 */
static bool
does_nothing(VrStatement *statement)
{
	ListCell   *lc;

	if (ActivePortal == NULL ||
		MemoryContextGetParent(statement->memory) != ActivePortal->portalContext)
		return false;
	foreach(lc, ActivePortal->stmts)
	{
		PlannedStmt *stmt = lfirst_node(PlannedStmt, lc);
		ListCell   *sub;

		if (stmt->utilityStmt != NULL || !plan_does_nothing(stmt->planTree))
			return false;
		foreach(sub, stmt->subplans)
		{
			if (!plan_does_nothing((Plan *) lfirst(sub)))
				return false;
		}
	}
	return true;
}

/*
 * Does a row that is current have to stay so until the INSERT that has met it
 * is through?
 *
 * If the current row is deleted in between, the new one takes its place without
 * a call of stamp(): it would have a number that is taken, and a period that
 * begins before the other one ends.  That happens mostly to INSERT ... ON
 * CONFLICT DO UPDATE, which waits for transactions that have locked the row.
 *
 * INSERT ... ON CONFLICT DO NOTHING finds the row there and goes on.  It must
 * neither wait for transactions that have locked the row, nor hold up others
 * until its own transaction ends.
 */
static bool
must_keep(VrStatement *statement)
{
	return can_reinsert(statement->config) &&
		(statement->config->period != InvalidAttrNumber ||
		 !does_nothing(statement));
}

/*
 * Lock a stored row against whoever would delete it or make its next version.
 * False if another transaction has done that meanwhile.
 *
 * It is the lock that an UPDATE takes first.  Pins may hold and join it: the
 * UPDATE, if there is one, will take turns with them.
 */
static bool
lock_row(Relation relation, TupleTableSlot *row)
{
	TupleTableSlot *locked = table_slot_create(relation, NULL);
	TM_FailureData failure;
	TM_Result	result;

	result = table_tuple_lock(relation, &row->tts_tid, GetActiveSnapshot(),
							  locked, GetCurrentCommandId(false),
							  LockTupleNoKeyExclusive, LockWaitBlock, 0,
							  &failure);
	ExecDropSingleTupleTableSlot(locked);
	if (result != TM_Updated && result != TM_Deleted)
		return true;
	vr_lookup_check_moved(result);
	return false;
}

/*
 * Claim the key of a row that is being inserted, so that nobody else gives
 * its next version a number meanwhile.
 */
static void
claim_key(VrStatement *statement, Relation relation, const Datum *values)
{
	VrLookup   *lookup = vr_version_lookup(statement->config, relation);

	vr_claim_take(vr_statement_claim(statement), relation,
				  vr_lookup_hash(lookup, relation, values));
}

/* What there is already of a row that is being inserted. */
typedef enum VrFound
{
	FOUND_NOTHING,				/* the primary key has no entry */
	FOUND_REMAINS,				/* it has entries, of no version */
	FOUND_UNFINISHED,			/* a transaction is at the last version */
	FOUND_CURRENT,				/* the last version is current */
	FOUND_DELETED				/* the last version is history, or will be */
} VrFound;

/*
 * Has our own transaction archived a version that one of its commands has
 * deleted?  It has even if the historical row is gone again.
 */
static bool
is_archived(VrStatement *statement, Relation relation, const Datum *values,
			int64 version, CommandId deleted)
{
	const VrConfig *config = statement->config;
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	IndexScanDesc scan = vr_lookup_begin(vr_version_lookup(statement->config, relation),
										 relation, values, SnapshotAny);
	CommandId	made;
	bool		archived = false;

	while (!archived && index_getnext_slot(scan, BackwardScanDirection, slot) &&
		   vr_version_number(config, slot) >= version)
		archived = vr_version_number(config, slot) == version &&
			vr_version_is_history(config, slot) &&
			vr_lookup_made_by_us(slot, &made) && made >= deleted;

	vr_lookup_end(scan);
	ExecDropSingleTupleTableSlot(slot);
	return archived;
}

/*
 * Will a row that is no longer there be archived yet, because the statement
 * that has deleted it has not ended?
 *
 * A row that was deleted in maintenance is not archived, and nothing tells it
 * from other deleted rows afterwards.  So if the transaction has begun
 * maintenance, only rows that the running statement itself has deleted count.
 */
static bool
will_be_archived(VrStatement *statement, Relation relation, const Datum *values,
				 TupleTableSlot *row)
{
	const VrConfig *config = statement->config;
	CommandId	deleted;

	if (!can_reinsert(config) || vr_version_is_history(config, row) ||
		vr_maintenance_is_on(relation) ||
		!vr_lookup_deleted_by_us(row, &deleted))
		return false;
	if (vr_maintenance_has_begun() &&
		deleted < GetActiveSnapshot()->curcid)
		return false;
	return !is_archived(statement, relation, values,
						vr_version_number(config, row), deleted);
}

/*
 * Find the last version of a key, finished or not.  If there is one, it is in
 * the slot.  If it is unfinished, *writer says which transaction is at it.
 *
 * Tuples are judged here and not by the scan, since two kinds of them are not
 * what they seem:
 *
 * - A row that our own transaction has deleted is the last version even if it
 *	 is not archived yet.  archive() may be waiting for the end of the statement
 *	 that has deleted the row, and the historical row will have its number.
 * - A historical row that an unfinished UPDATE has archived early, while the
 *	 live row is still there, is not waited for: that UPDATE may be waiting for
 *	 us.  The live row has the same number, and is judged instead.
 */
static VrFound
find_last(VrStatement *statement, Relation relation, const Datum *values,
		  SnapshotData *writer, TupleTableSlot *last)
{
	const VrConfig *config = statement->config;
	IndexScanDesc scan = vr_lookup_begin(vr_version_lookup(statement->config, relation),
										 relation, values, SnapshotAny);
	VrFound		found = FOUND_NOTHING;
	int64		archived = 0;

	while (index_getnext_slot(scan, BackwardScanDirection, last))
	{
		SnapshotData dirty;

		InitDirtySnapshot(dirty);
		if (table_tuple_satisfies_snapshot(relation, last, &dirty))
		{
			if (found == FOUND_UNFINISHED &&
				vr_version_number(config, last) != archived)
				break;
			if (!vr_lookup_met_writer(&dirty))
			{
				found = vr_version_is_history(config, last) ?
					FOUND_DELETED : FOUND_CURRENT;
				break;
			}
			found = FOUND_UNFINISHED;
			*writer = dirty;
			if (!TransactionIdIsValid(dirty.xmin) ||
				!vr_version_is_history(config, last))
				break;
			archived = vr_version_number(config, last);
		}
		else if (found != FOUND_UNFINISHED)
		{
			found = FOUND_REMAINS;
			if (will_be_archived(statement, relation, values, last))
			{
				found = FOUND_DELETED;
				break;
			}
		}
	}
	if (found == FOUND_CURRENT || found == FOUND_DELETED)
		ExecMaterializeSlot(last);
	vr_lookup_end(scan);
	return found;
}

/*
 * Find the last version that a row which is being inserted has already, after
 * waiting for the transactions that are at it.  Returns NULL if there is none;
 * otherwise the caller drops the slot.
 *
 * If there is none, or a deleted one, the key stays claimed: the row will get
 * a number that others must not take.  If there is a current one, the INSERT
 * will meet it, and the claim is of no use.
 *
 * A scan reads the index before the heap, so it misses both versions of a row
 * that moves on in between.  A scan that begins afterwards finds at least the
 * historical row.  So that a row is deleted, or has left nothing but remains,
 * counts only when two scans say it.
 */
static TupleTableSlot *
find_predecessor(VrStatement *statement, Relation relation,
				 const Datum *values)
{
	TupleTableSlot *last = table_slot_create(relation, NULL);
	VrFound		before = FOUND_NOTHING;
	int64		number = 0;

	claim_key(statement, relation, values);
	for (;;)
	{
		SnapshotData writer;
		VrFound		found = find_last(statement, relation, values, &writer,
									  last);

		switch (found)
		{
			case FOUND_REMAINS:
				if (before != found)
					break;
				pg_fallthrough;

			case FOUND_NOTHING:
				ExecDropSingleTupleTableSlot(last);
				return NULL;

			case FOUND_DELETED:
				if (before == found &&
					number == vr_version_number(statement->config, last))
					return last;
				number = vr_version_number(statement->config, last);
				break;

			case FOUND_CURRENT:
				vr_claim_release(statement->claim);
				if (!must_keep(statement) || lock_row(relation, last))
					return last;
				claim_key(statement, relation, values);
				break;

			case FOUND_UNFINISHED:
				/* its transaction may want the claim */
				vr_claim_release(statement->claim);
				vr_lookup_wait(&writer);
				claim_key(statement, relation, values);
				break;
		}
		before = found;
	}
}

/*
 * The period of a row that is inserted after its last version, if there is one.
 */
static Datum
inserted_period(const VrConfig *config, TupleTableSlot *last)
{
	bool		isnull = true;
	Datum		period = (Datum) 0;

	if (last != NULL)
		period = slot_getattr(last, config->period, &isnull);
	return vr_period_open(vr_period_next(period, isnull));
}

/*
 * The row to insert instead of the one that a BEFORE INSERT trigger has.
 */
HeapTuple
vr_insert_stamp(VrStatement *statement, TriggerData *trigdata)
{
	VrConfig   *config = statement->config;
	Relation	relation = trigdata->tg_relation;
	TupleTableSlot *row = trigdata->tg_trigslot;
	TupleTableSlot *last = NULL;
	VrVersion	given = vr_version_read(config, row);
	Datum		values[INDEX_MAX_KEYS];
	VrChanges	changes;
	int64		number;

	Assert(TRIGGER_FIRED_BEFORE(trigdata->tg_event) &&
		   TRIGGER_FIRED_BY_INSERT(trigdata->tg_event));
	vr_config_sort_columns(config, relation);

	if (given.is_history)
	{
		check_may_load(relation, config->current != InvalidAttrNumber ?
					   config->current : config->period);
		return trigdata->tg_trigtuple;
	}

	/* who never inserts a key again mostly wants fast loads */
	if ((config->reinsert || !is_copying()) &&
		vr_lookup_values(vr_version_lookup(config, relation), row, values))
	{
		if (config->reinsert)
			last = find_predecessor(statement, relation, values);
		else
			claim_key(statement, relation, values);
	}

	Assert(last == NULL || vr_version_number(config, last) != VR_NO_NUMBER);
	changes.n = 0;
	number = inserted_version(config, relation, given.number,
							  last != NULL ? vr_version_number(config, last) : 0,
							  last != NULL);
	if (number != given.number)
		vr_managed_change(&changes, config->version,
						  vr_version_to_datum(config, relation, number), false);
	if (config->current != InvalidAttrNumber && !given.is_current)
		vr_managed_change(&changes, config->current, BoolGetDatum(true), false);
	if (!given.period_isnull)
		check_may_load(relation, config->period);
	else if (config->period != InvalidAttrNumber)
		vr_managed_change(&changes, config->period,
						  inserted_period(config, last), false);
	if (last != NULL)
		ExecDropSingleTupleTableSlot(last);
	if (config->has_who)
		stamp_inserted_who(config, vr_statement_who(statement), relation, row,
						   &changes);
	return vr_managed_apply(&changes, trigdata->tg_trigtuple, row);
}

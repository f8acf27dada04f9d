/*-------------------------------------------------------------------------
 *
 * erase.c
 *	  What the action of an erasing foreign key leaves of a row's history.
 *
 * The action itself deletes or changes the versions that refer to the row that
 * is gone, as any other statement would.  Two things are left to be done:
 *
 * - A row whose last version is gone is gone, and the rest of its history goes
 *	 with it, whatever that refers to.  While a later version is there the row
 *	 lives on, and only the versions that had to go are missing.
 * - The action does not see a version that another transaction was archiving
 *	 when it began, although it waited for that transaction: its snapshot is
 *	 older.  So whatever it has done to a row is done to all versions that are
 *	 there by now.
 *
 * The rest is removed without a trigger of a user, unless that is enabled
 * ALWAYS: it is part of one deletion.  The foreign keys to the versions do see
 * it, or a pin would be left without its version.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relscan.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "nodes/execnodes.h"
#include "utils/rel.h"
#include "utils/reltrigger.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "erase.h"
#include "lookup.h"
#include "store.h"
#include "trigger.h"

/* All versions of a row that are there by now. */
typedef struct VrVersions
{
	Snapshot	snapshot;
	IndexScanDesc scan;
	TupleTableSlot *slot;		/* the one at hand */
} VrVersions;

static void
begin_versions(VrVersions *versions, const VrConfig *config,
			   Relation relation, TupleTableSlot *row)
{
	VrLookup   *lookup = vr_trigger_version_lookup(config, relation);
	Datum		values[INDEX_MAX_KEYS];

	(void) vr_lookup_values(lookup, row, values);
	/* what the running command has deleted is to be gone */
	CommandCounterIncrement();
	versions->snapshot = RegisterSnapshot(GetLatestSnapshot());
	versions->slot = table_slot_create(relation, NULL);
	versions->scan = vr_lookup_begin(lookup, relation, values,
									 versions->snapshot);
}

static bool
next_version(VrVersions *versions, ScanDirection direction)
{
	return index_getnext_slot(versions->scan, direction, versions->slot);
}

static void
end_versions(VrVersions *versions)
{
	vr_lookup_end(versions->scan);
	ExecDropSingleTupleTableSlot(versions->slot);
	UnregisterSnapshot(versions->snapshot);
}

/*
 * Has a trigger to hear that a row is deleted?  Those of foreign keys to the
 * table do, and those that hear of every tuple.
 */
static bool
is_told(const Trigger *trigger)
{
	return RI_FKey_trigger_type(trigger->tgfoid) == RI_TRIGGER_PK ||
		vr_store_is_always(trigger);
}

/*
 * Delete a stored row.  False if another transaction has replaced it: look
 * again.
 */
static bool
delete_row(Relation relation, TupleTableSlot *row, Snapshot snapshot)
{
	TM_FailureData failure;
	TM_Result	result;

	result = vr_compat_tuple_delete(relation, &row->tts_tid,
									GetCurrentCommandId(true), snapshot,
									&failure);
	switch (result)
	{
		case TM_Ok:
			return true;
		case TM_Updated:
		case TM_Deleted:
			vr_lookup_check_moved(result);
			return false;
		default:
			elog(ERROR, "unexpected table_tuple_delete status: %u", result);
	}
}

/*
 * Delete the versions of a row that has lost the given one, unless there is a
 * later one.  False if that has to be tried again.
 */
static bool
delete_versions(const VrConfig *config, Relation relation, EState *estate,
				ResultRelInfo *rri, TupleTableSlot *row)
{
	VrVersions	versions;
	bool		isnull;
	int64		lost = vr_config_get_version(config,
											 slot_getattr(row, config->version,
														  &isnull));
	bool		done = true;

	/* the last one first: it tells */
	begin_versions(&versions, config, relation, row);
	while (done && next_version(&versions, BackwardScanDirection))
	{
		TupleTableSlot *slot = versions.slot;

		if (vr_config_get_version(config,
								  slot_getattr(slot, config->version,
											   &isnull)) > lost)
			break;
		done = delete_row(relation, slot, versions.snapshot);
		if (done && rri != NULL)
			ExecARDeleteTriggers(estate, rri, &slot->tts_tid, NULL, NULL,
								 false);
	}
	end_versions(&versions);
	return done;
}

/*
 * The action of an erasing foreign key has deleted a version.  If it was the
 * last one of its row, delete all others.
 */
void
vr_erase_rest(const VrConfig *config, Relation relation, TupleTableSlot *row)
{
	EState	   *estate = CreateExecutorState();
	ResultRelInfo *rri = vr_store_keep_triggers(relation, TRIGGER_TYPE_DELETE,
												is_told);

	while (!delete_versions(config, relation, estate, rri, row))
		 /* look again */ ;

	/* the events are queued; the slots they were made from pin a descriptor */
	ExecResetTupleTable(estate->es_tupleTable, false);
	FreeExecutorState(estate);
}

/*
 * The action of an erasing foreign key has changed a version.  Do the same to
 * those of the same row that it has not seen.
 */
void
vr_erase_change(const VrConfig *config, Relation relation,
				const VrForeign *targets, TupleTableSlot *oldslot,
				TupleTableSlot *newslot)
{
	VrVersions	versions;

	begin_versions(&versions, config, relation, oldslot);
	while (next_version(&versions, ForwardScanDirection))
		vr_foreign_repeat(targets, relation, versions.slot, oldslot, newslot);
	end_versions(&versions);
}

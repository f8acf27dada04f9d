/*-------------------------------------------------------------------------
 *
 * history.c
 *	  Archive a version that ends: make its historical row, and store that.
 *
 * The historical row has the key that the live tuple has until it moves on to
 * its next version.  So a version is archived late, in the AFTER trigger, if
 * somebody could mind that for a moment there are two rows with one key.
 * Otherwise it is archived early, in the BEFORE trigger of the UPDATE.  That
 * spares the statement an event in PostgreSQL's queue and two rows fetched
 * again.  vr_history_archive_early() says who could mind.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/catalog.h"
#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "utils/rel.h"

#include "config.h"
#include "foreign.h"
#include "history.h"
#include "image.h"
#include "judge.h"
#include "period.h"
#include "store.h"
#include "trigger.h"
#include "version.h"
#include "who.h"

/* Made once per statement. */
struct VrHistory
{
	MemoryContext memory;		/* lives as long as the statement */
	const VrConfig *config;		/* the table's */
	VrStore    *store;			/* puts historical rows into the table */
	TupleTableSlot *slot;		/* see history_slot() */
	AttrNumber	altered[3];		/* columns that are not those of the original */
	bool		has_dropped;	/* has the table dropped columns? */
	bool		can_be_early;	/* see vr_history_archive_early() */
	VrForeign  *references;		/* keys of the table to versions, NULL at
								 * first */
};

/*
 * Prepare to archive versions of a table.
 *
 * The result is allocated in the current memory context, which must live as
 * long as the statement.
 */
VrHistory *
vr_history_prepare(VrConfig *config, Relation relation)
{
	VrHistory  *history = palloc0(sizeof(VrHistory));
	TupleDesc	desc = RelationGetDescr(relation);

	vr_config_sort_columns(config, relation);
	history->memory = CurrentMemoryContext;
	history->config = config;
	history->altered[0] = config->current;
	history->altered[1] = config->period;
	history->altered[2] = config->deletion;
	history->store = vr_store_prepare(relation, lengthof(history->altered),
									  history->altered, config->current);
	for (int i = 0; i < desc->natts; i++)
		history->has_dropped |= TupleDescAttr(desc, i)->attisdropped;
	history->can_be_early = config->current != InvalidAttrNumber &&
		!RelationIsLogicallyLogged(relation) &&
		!vr_judge_may_move(relation, config->nkeys, config->keys) &&
		!vr_judge_is_volatile(relation);
	return history;
}

/*
 * A slot for historical rows.  Its tuple descriptor is a copy, since nobody
 * could let go of the relation's own at the end of the statement.
 */
static TupleTableSlot *
history_slot(VrHistory *history, Relation relation)
{
	if (history->slot == NULL)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(history->memory);

		history->slot =
			MakeSingleTupleTableSlot(CreateTupleDescCopy(RelationGetDescr(relation)),
									 &TTSOpsHeapTuple);
		MemoryContextSwitchTo(oldcontext);
	}
	return history->slot;
}

/*
 * The period of a version that ends here, where its successor begins.
 */
static Datum
closed_period(const VrConfig *config, TupleTableSlot *oldslot,
			  TupleTableSlot *newslot)
{
	bool		isnull;
	Datum		period = slot_getattr(oldslot, config->period, &isnull);
	TimestampTz end;

	if (newslot != NULL)
	{
		bool		next_isnull;
		Datum		next = slot_getattr(newslot, config->period, &next_isnull);

		end = vr_period_start(next, next_isnull);
	}
	else
		end = vr_period_next(period, isnull);
	return vr_period_close(period, isnull, end);
}

/*
 * Form the historical row of a version that ends, column by column.
 */
static HeapTuple
form_tuple(const VrConfig *config, TupleDesc desc,
		   TupleTableSlot *oldslot, TupleTableSlot *newslot)
{
	Datum	   *values = palloc(desc->natts * sizeof(Datum));
	bool	   *isnull = palloc(desc->natts * sizeof(bool));
	HeapTuple	tuple;

	slot_getallattrs(oldslot);
	for (int i = 0; i < desc->natts; i++)
	{
		values[i] = oldslot->tts_values[i];
		isnull[i] = oldslot->tts_isnull[i] ||
			TupleDescAttr(desc, i)->attisdropped;
	}

	if (config->current != InvalidAttrNumber)
		values[config->current - 1] = BoolGetDatum(false);
	if (config->period != InvalidAttrNumber)
	{
		values[config->period - 1] = closed_period(config, oldslot, newslot);
		isnull[config->period - 1] = false;
	}
	if (config->deletion != InvalidAttrNumber && newslot == NULL)
	{
		values[config->deletion - 1] = vr_who_make_deletion(config);
		isnull[config->deletion - 1] = false;
	}
	tuple = heap_form_tuple(desc, values, isnull);
	tuple->t_tableOid = oldslot->tts_tableOid;
	return tuple;
}

/*
 * The new row of an UPDATE, or NULL if the row is deleted.
 */
static TupleTableSlot *
successor_slot(TriggerData *trigdata)
{
	return TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ?
		trigdata->tg_newslot : NULL;
}

/*
 * Is the tuple of the old row that of the historical one, but for the flag?  It
 * is if it has all columns of the table, and no other column gets another value.
 */
static bool
differs_by_flag(VrHistory *history, TriggerData *trigdata)
{
	const VrConfig *config = history->config;

	return config->period == InvalidAttrNumber &&
		(config->deletion == InvalidAttrNumber ||
		 TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event)) &&
		!history->has_dropped &&
		HeapTupleHeaderGetNatts(trigdata->tg_trigtuple->t_data) ==
		RelationGetNumberOfAttributes(trigdata->tg_relation);
}

/*
 * Clear the flag of a row in place, if its table has one.
 */
static bool
clear_flag(VrHistory *history, TupleTableSlot *slot, HeapTuple tuple)
{
	AttrNumber	flag = history->config->current;

	return flag == InvalidAttrNumber ||
		vr_image_overwrite(slot, tuple, flag, BoolGetDatum(false));
}

/*
 * Make the historical row of a version that was current until now.
 */
static TupleTableSlot *
make_row(VrHistory *history, TriggerData *trigdata)
{
	TupleTableSlot *slot = history_slot(history, trigdata->tg_relation);

	if (differs_by_flag(history, trigdata))
	{
		HeapTuple	tuple = heap_copytuple(trigdata->tg_trigtuple);

		ExecStoreHeapTuple(tuple, slot, true);
		if (clear_flag(history, slot, tuple))
			return slot;
	}

	ExecStoreHeapTuple(form_tuple(history->config, slot->tts_tupleDescriptor,
								  trigdata->tg_trigslot,
								  successor_slot(trigdata)),
					   slot, true);
	return slot;
}

/*
 * Make the historical row in a BEFORE UPDATE trigger.  Where the flag alone
 * makes the difference, the old row itself becomes the historical one: nobody
 * reads the slot that it is in after the last BEFORE trigger, which ours is.
 */
static TupleTableSlot *
make_row_early(VrHistory *history, TriggerData *trigdata)
{
	if (differs_by_flag(history, trigdata) &&
		clear_flag(history, trigdata->tg_trigslot, trigdata->tg_trigtuple))
		return trigdata->tg_trigslot;
	return make_row(history, trigdata);
}

/*
 * Error context.  A unique constraint that was added after enable() holds for
 * history, too.  The client whose UPDATE breaks it has changed something else,
 * and would not understand the error.
 */
static void
explain_unique_violation(void *arg pg_attribute_unused())
{
	int			code = geterrcode();

	if (code == ERRCODE_UNIQUE_VIOLATION || code == ERRCODE_EXCLUSION_VIOLATION)
		errhint("The row that conflicts is the old version, which becomes history. If the constraint was added after versioned_rows.enable(), call that again: it restricts the constraint to current rows.");
}

/*
 * Will foreign keys be checked for the historical row?  A key is if the
 * successor has another value there; and every key is if this transaction has
 * made the version.  See RI_FKey_fk_upd_check_required().
 */
static bool
is_checked(TriggerData *trigdata)
{
	return trigdata->tg_relation->rd_rel->relhastriggers &&
		(!TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ||
		 TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(trigdata->tg_trigtuple->t_data)) ||
		 vr_trigger_changes_foreign_key(trigdata));
}

/*
 * Lock the versions that the historical row refers to and will be checked for;
 * say whether all are there.  A version is not there yet if this transaction has
 * moved its row on, and has not archived it so far.
 */
static bool
hold_references(VrHistory *history, TriggerData *trigdata)
{
	if (!is_checked(trigdata))
		return true;
	if (history->references == NULL)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(history->memory);

		history->references =
			vr_foreign_prepare_references(trigdata->tg_relation);
		MemoryContextSwitchTo(oldcontext);
	}
	return TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ?
		vr_foreign_hold_left(history->references, trigdata->tg_trigslot,
							 trigdata->tg_newslot) :
		vr_foreign_hold_all(history->references, trigdata->tg_trigslot);
}

/*
 * Archive the old version of a row that has moved on to its next version, or
 * was deleted.
 */
void
vr_history_archive(VrHistory *history, TriggerData *trigdata)
{
	bool		held = hold_references(history, trigdata);
	TupleTableSlot *slot = make_row(history, trigdata);
	ErrorContextCallback explanation;

	Assert(TRIGGER_FIRED_AFTER(trigdata->tg_event));
	Assert(!TRIGGER_FIRED_BY_INSERT(trigdata->tg_event));
	Assert(!vr_version_is_history(history->config, trigdata->tg_trigslot));
	explanation.callback = explain_unique_violation;
	explanation.arg = NULL;
	explanation.previous = error_context_stack;
	error_context_stack = &explanation;
	vr_store_put(history->store, trigdata->tg_relation, slot,
				 trigdata->tg_trigslot, successor_slot(trigdata), held);
	error_context_stack = explanation.previous;

	/* its memory is that of this row */
	ExecClearTuple(slot);
}

/*
 * Archive the old version of a row early: in a BEFORE UPDATE trigger after which
 * no other fires.  Returns whether it is archived; if not, nothing was done.
 *
 * The row must be certain to move on to the version in tg_newslot.  It is not if
 * it can leave the partition, since a trigger for DELETE can prevent that.  And
 * nobody must look at both rows while they have the same key.  These could:
 *
 * - Logical decoding, which sends the changes of a transaction in the order of
 *	 their WAL records.  A subscriber's primary key would refuse the old version.
 * - A unique or exclusion constraint; see vr_store_open_early().
 * - A trigger that is enabled ALWAYS, which may keep a second table with the same
 *	 rows, and must hear of the UPDATE first to make room there.
 * - A policy or a CHECK constraint with a volatile function, which PostgreSQL
 *	 evaluates before it stores the new row, in a snapshot of its own.
 * - The INSERT of a row with the same key, which waits for unfinished writers;
 *	 see find_last() in insert.c.  It needs the flag to know history.
 *
 * Where the new version refers to something else, the foreign key of the old one
 * is checked here and now.  If it refers to a version that is not archived yet,
 * the old one must be archived late as well.
 */
bool
vr_history_archive_early(VrHistory *history, TriggerData *trigdata)
{
	TupleTableSlot *slot;

	Assert(TRIGGER_FIRED_BEFORE(trigdata->tg_event) &&
		   TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event));
	Assert(vr_version_number(history->config, trigdata->tg_newslot) ==
		   vr_version_next(vr_version_number(history->config,
											 trigdata->tg_trigslot)));
	if (!history->can_be_early || !hold_references(history, trigdata))
		return false;
	history->can_be_early = vr_store_open_early(history->store);
	if (!history->can_be_early)
		return false;

	Assert(!vr_version_is_history(history->config, trigdata->tg_trigslot));
	slot = make_row_early(history, trigdata);
	Assert(vr_version_is_history(history->config, slot));
	vr_store_put_early(history->store, trigdata->tg_relation, slot,
					   trigdata->tg_trigslot, trigdata->tg_newslot);
	if (slot == history->slot)
		ExecClearTuple(slot);
	return true;
}

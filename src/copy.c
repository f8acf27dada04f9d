/*-------------------------------------------------------------------------
 *
 * copy.c
 *	  The historical copy of a row: make it, and store it.
 *
 * The copy has the key of the live tuple until that has moved on to its next
 * version.  So the AFTER trigger stores it, unless nothing minds that for a
 * moment there are two: then the BEFORE trigger of an UPDATE can, which spares
 * the statement an event in PostgreSQL's queue and two rows fetched again.
 * Who minds, is said at vr_copy_store_early().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/catalog.h"
#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "optimizer/optimizer.h"
#include "utils/partcache.h"
#include "utils/rel.h"

#include "config.h"
#include "copy.h"
#include "foreign.h"
#include "image.h"
#include "judge.h"
#include "period.h"
#include "store.h"
#include "trigger.h"
#include "who.h"

/* Made once per statement. */
struct VrCopy
{
	VrStore    *store;			/* puts copies into the table */
	TupleTableSlot *slot;		/* see copy_slot() */
	AttrNumber	altered[3];		/* columns that are not those of the original */
	bool		has_dropped;	/* has the table dropped columns? */
	bool		can_be_early;	/* see vr_copy_store_early() */
	VrForeign  *references;		/* keys of the table to versions, see hold() */
};

/*
 * Could an UPDATE that leaves the key alone move a row to another partition?
 * Not where the whole table was made versioned, since its primary key contains
 * the partition key; but a versioned table can be attached to another one.
 */
bool
vr_copy_may_change_partition(Relation relation, int nkeys,
							 const AttrNumber *keys)
{
	Bitmapset  *used = NULL;

	if (!relation->rd_rel->relispartition)
		return false;
	pull_varattnos((Node *) RelationGetPartitionQual(relation), 1, &used);
	for (int i = 0; i < nkeys; i++)
		used = bms_del_member(used, keys[i] -
							  FirstLowInvalidHeapAttributeNumber);
	return !bms_is_empty(used);
}

/*
 * What is needed to make and store copies.
 */
static VrCopy *
statement_copy(VrStatement *statement, Relation relation)
{
	if (statement->copy == NULL)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(statement->memory);
		const VrConfig *config = statement->config;
		VrCopy	   *copy = palloc0(sizeof(VrCopy));
		TupleDesc	desc = RelationGetDescr(relation);

		copy->altered[0] = config->current;
		copy->altered[1] = config->period;
		copy->altered[2] = config->deletion;
		copy->store = vr_store_prepare(relation, lengthof(copy->altered),
									   copy->altered, config->current);
		for (int i = 0; i < desc->natts; i++)
			copy->has_dropped |= TupleDescAttr(desc, i)->attisdropped;
		copy->can_be_early = config->current != InvalidAttrNumber &&
			!RelationIsLogicallyLogged(relation) &&
			!vr_copy_may_change_partition(relation, config->nkeys,
										  config->keys) &&
			!vr_judge_is_volatile(relation);
		statement->copy = copy;
		MemoryContextSwitchTo(oldcontext);
	}
	return statement->copy;
}

/*
 * A slot for copies.  Its tuple descriptor is a copy, too: nobody could let go
 * of the relation's own at the end of the statement.
 */
static TupleTableSlot *
copy_slot(VrStatement *statement, Relation relation)
{
	VrCopy	   *copy = statement->copy;

	if (copy->slot == NULL)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(statement->memory);

		copy->slot =
			MakeSingleTupleTableSlot(CreateTupleDescCopy(RelationGetDescr(relation)),
									 &TTSOpsHeapTuple);
		MemoryContextSwitchTo(oldcontext);
	}
	return copy->slot;
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
 * Form the historical copy of a row, column by column.
 */
static HeapTuple
form_copy(const VrConfig *config, TupleDesc desc,
		  TupleTableSlot *oldslot, TupleTableSlot *newslot)
{
	Datum	   *values = palloc(desc->natts * sizeof(Datum));
	bool	   *isnull = palloc(desc->natts * sizeof(bool));
	HeapTuple	copy;

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
	copy = heap_form_tuple(desc, values, isnull);
	copy->t_tableOid = oldslot->tts_tableOid;
	return copy;
}

/*
 * Does the tuple of a row make its copy, but for the flag?  If it has all
 * columns of the table and nothing else is different.
 */
static bool
differs_by_flag(VrCopy *copy, const VrConfig *config, TriggerData *trigdata)
{
	return config->period == InvalidAttrNumber &&
		(config->deletion == InvalidAttrNumber ||
		 TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event)) &&
		!copy->has_dropped &&
		HeapTupleHeaderGetNatts(trigdata->tg_trigtuple->t_data) ==
		RelationGetNumberOfAttributes(trigdata->tg_relation);
}

/*
 * Set the flag of a row in place, if its table has one.
 */
static bool
overwrite_flag(const VrConfig *config, TupleTableSlot *slot, HeapTuple tuple,
			   bool value)
{
	return config->current == InvalidAttrNumber ||
		vr_image_overwrite(slot, tuple, config->current, BoolGetDatum(value));
}

/*
 * Make the historical copy of a row that was current until now.
 */
static TupleTableSlot *
make_copy(VrStatement *statement, TriggerData *trigdata)
{
	const VrConfig *config = statement->config;
	TupleTableSlot *slot = copy_slot(statement, trigdata->tg_relation);

	if (differs_by_flag(statement->copy, config, trigdata))
	{
		HeapTuple	tuple = heap_copytuple(trigdata->tg_trigtuple);

		ExecStoreHeapTuple(tuple, slot, true);
		if (overwrite_flag(config, slot, tuple, false))
			return slot;
	}

	ExecStoreHeapTuple(form_copy(config, slot->tts_tupleDescriptor,
								 trigdata->tg_trigslot,
								 TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ?
								 trigdata->tg_newslot : NULL),
					   slot, true);
	return slot;
}

/*
 * Error context: a unique constraint that was added after enable() holds for
 * history, too, and the client that meets it has changed something else.
 */
static void
explain_unique_violation(void *arg pg_attribute_unused())
{
	int			code = geterrcode();

	if (code == ERRCODE_UNIQUE_VIOLATION || code == ERRCODE_EXCLUSION_VIOLATION)
		errhint("The row that conflicts is the old version, which becomes history. If the constraint was added after versioned_rows.enable(), call that again: it restricts the constraint to current rows.");
}

/*
 * Will foreign keys be checked for the copy?  Those that its successor does not
 * hold as well, and all of them if this transaction has made the row: see
 * RI_FKey_fk_upd_check_required().
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
 * Lock the versions that the copy will be checked for; say whether they are
 * there.  One may not be yet: this transaction has moved it on, and its own
 * copy waits in the queue of the statement.
 */
static bool
hold_references(VrStatement *statement, TriggerData *trigdata)
{
	VrCopy	   *copy = statement->copy;

	if (!is_checked(trigdata))
		return true;
	if (copy->references == NULL)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(statement->memory);

		copy->references = vr_foreign_prepare_versions(trigdata->tg_relation);
		MemoryContextSwitchTo(oldcontext);
	}
	return vr_foreign_hold(copy->references, trigdata->tg_trigslot,
						   TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ?
						   trigdata->tg_newslot : NULL);
}

/*
 * Store the copy of a row that has moved on to its next version, or was
 * deleted.
 */
void
vr_copy_store(VrStatement *statement, TriggerData *trigdata)
{
	Relation	relation = trigdata->tg_relation;
	VrCopy	   *copy = statement_copy(statement, relation);
	bool		held = hold_references(statement, trigdata);
	TupleTableSlot *slot = make_copy(statement, trigdata);
	ErrorContextCallback explanation;

	explanation.callback = explain_unique_violation;
	explanation.arg = NULL;
	explanation.previous = error_context_stack;
	error_context_stack = &explanation;
	vr_store_put(copy->store, relation, slot, trigdata->tg_trigslot,
				 TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ?
				 trigdata->tg_newslot : NULL, held);
	error_context_stack = explanation.previous;

	/* its memory is that of this row */
	ExecClearTuple(slot);
}

/*
 * The copy of a row that a BEFORE UPDATE trigger has in its hands.  Where the
 * flag alone makes it, the old row is turned into it, which the statement keeps
 * in a slot of its own: nobody reads that after the last BEFORE trigger, which
 * ours is.
 */
static TupleTableSlot *
make_early_copy(VrStatement *statement, TriggerData *trigdata)
{
	if (differs_by_flag(statement->copy, statement->config, trigdata) &&
		overwrite_flag(statement->config, trigdata->tg_trigslot,
					   trigdata->tg_trigtuple, false))
		return trigdata->tg_trigslot;
	return make_copy(statement, trigdata);
}

/*
 * Store the copy of a row that a BEFORE UPDATE trigger has in its hands, where
 * no other will fire, if the row is certain to move on to the version in
 * tg_newslot, and if nothing looks at both while they have the same key.
 * Returns whether it is stored; if not, nothing was done.
 *
 * The row may not move on if it can leave the partition, since a trigger for
 * DELETE can prevent that.  And these could look:
 *
 * - Logical decoding, which sends the changes of a transaction in the order of
 *	 their WAL records.  A subscriber's primary key would refuse the copy.
 * - A unique or exclusion constraint; see vr_store_open_early().
 * - A trigger that is enabled ALWAYS, which may keep a second copy of the table
 *	 and has to make room in that, too: it must hear of the UPDATE first.
 * - A policy or a CHECK constraint with a volatile function, which PostgreSQL
 *	 evaluates before it stores the new row, in a snapshot of its own.
 * - The INSERT of a row with the same key, which waits for unfinished writers;
 *	 see find_last() in insert.c.  It needs the flag to know a copy.
 *
 * A foreign key that the copy holds alone, since its successor refers to
 * something else, is checked here and now.  The version that it refers to may
 * be one whose own copy is not stored yet; then this one waits, too.
 */
bool
vr_copy_store_early(VrStatement *statement, TriggerData *trigdata)
{
	Relation	relation = trigdata->tg_relation;
	VrCopy	   *copy = statement_copy(statement, relation);
	TupleTableSlot *slot;

	if (!copy->can_be_early || !hold_references(statement, trigdata))
		return false;
	copy->can_be_early = vr_store_open_early(copy->store);
	if (!copy->can_be_early)
		return false;

	slot = make_early_copy(statement, trigdata);
	vr_store_put_early(copy->store, relation, slot, trigdata->tg_trigslot,
					   trigdata->tg_newslot);
	if (slot == copy->slot)
		ExecClearTuple(slot);
	return true;
}

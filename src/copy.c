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
#include "access/table.h"
#include "access/xlog.h"
#include "catalog/catalog.h"
#include "catalog/partition.h"
#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "optimizer/optimizer.h"
#include "rewrite/rowsecurity.h"
#include "utils/partcache.h"
#include "utils/rel.h"

#include "config.h"
#include "copy.h"
#include "image.h"
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
};

/*
 * Could an UPDATE that leaves the key alone move a row to another partition?
 * Not where the whole table was made versioned, since its primary key contains
 * the partition key; but a versioned table can be attached to another one.
 */
static bool
may_change_partition(const VrConfig *config, Relation relation)
{
	Bitmapset  *used = NULL;

	if (!relation->rd_rel->relispartition)
		return false;
	pull_varattnos((Node *) RelationGetPartitionQual(relation), 1, &used);
	for (int i = 0; i < config->nkeys; i++)
		used = bms_del_member(used, config->keys[i] -
							  FirstLowInvalidHeapAttributeNumber);
	return !bms_is_empty(used);
}

/*
 * Has a table a policy that calls a volatile function?
 */
static bool
has_volatile_policy(Relation relation)
{
	ListCell   *lc;

	if (relation->rd_rsdesc == NULL)
		return false;
	foreach(lc, relation->rd_rsdesc->policies)
	{
		RowSecurityPolicy *policy = (RowSecurityPolicy *) lfirst(lc);

		if (contain_volatile_functions((Node *) policy->qual) ||
			contain_volatile_functions((Node *) policy->with_check_qual))
			return true;
	}
	return false;
}

/*
 * Could a policy with a volatile function judge the rows of a table?  Those of
 * a partition may be reached by any table that it is a part of, whose policies
 * count then.
 */
static bool
is_judged_by_volatile(Relation relation)
{
	bool		answer = has_volatile_policy(relation);
	ListCell   *lc;

	if (!relation->rd_rel->relispartition)
		return answer;
	foreach(lc, get_partition_ancestors(RelationGetRelid(relation)))
	{
		Relation	ancestor = table_open(lfirst_oid(lc), AccessShareLock);

		answer |= has_volatile_policy(ancestor);
		table_close(ancestor, NoLock);
	}
	return answer;
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
			!may_change_partition(config, relation) &&
			!is_judged_by_volatile(relation);
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
 * Store the copy of a row that has moved on to its next version, or was
 * deleted.
 */
void
vr_copy_store(VrStatement *statement, TriggerData *trigdata)
{
	Relation	relation = trigdata->tg_relation;
	VrCopy	   *copy = statement_copy(statement, relation);
	TupleTableSlot *slot = make_copy(statement, trigdata);
	ErrorContextCallback explanation;

	explanation.callback = explain_unique_violation;
	explanation.arg = NULL;
	explanation.previous = error_context_stack;
	error_context_stack = &explanation;
	vr_store_put(copy->store, relation, slot, trigdata->tg_trigslot,
				 TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ?
				 trigdata->tg_newslot : NULL);
	error_context_stack = explanation.previous;

	/* its memory is that of this row */
	ExecClearTuple(slot);
}

/*
 * Turn the old row, which the statement keeps in a slot of its own, into its
 * copy, and store that.  Nobody reads the slot after the last BEFORE trigger,
 * which ours is.  Returns whether it is stored; if not, nothing was done.
 */
static bool
store_in_place(VrStatement *statement, TriggerData *trigdata)
{
	const VrConfig *config = statement->config;
	TupleTableSlot *slot = trigdata->tg_trigslot;
	HeapTuple	tuple = trigdata->tg_trigtuple;

	if (!overwrite_flag(config, slot, tuple, false))
		return false;
	if (vr_store_put_early(statement->copy->store, trigdata->tg_relation, slot,
						   slot, trigdata->tg_newslot))
		return true;
	(void) overwrite_flag(config, slot, tuple, true);
	return false;
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
 * - A unique or exclusion constraint; see vr_store_put_early().
 * - The check of a foreign key that the copy holds alone, since its successor
 *	 refers to something else.  It is for the end of the statement.
 * - A trigger that is enabled ALWAYS, which may keep a second copy of the table
 *	 and has to make room in that, too: it must hear of the UPDATE first.
 * - A policy or a CHECK constraint with a volatile function, which PostgreSQL
 *	 evaluates before it stores the new row, in a snapshot of its own.
 * - The INSERT of a row with the same key, which waits for unfinished writers;
 *	 see find_last() in insert.c.  It needs the flag to know a copy.
 */
bool
vr_copy_store_early(VrStatement *statement, TriggerData *trigdata)
{
	Relation	relation = trigdata->tg_relation;
	VrCopy	   *copy = statement_copy(statement, relation);
	TupleTableSlot *slot;
	bool		stored;

	if (!copy->can_be_early || vr_trigger_changes_foreign_key(trigdata))
		return false;
	if (differs_by_flag(copy, statement->config, trigdata))
		return store_in_place(statement, trigdata);

	slot = make_copy(statement, trigdata);
	stored = vr_store_put_early(copy->store, relation, slot,
								trigdata->tg_trigslot, trigdata->tg_newslot);
	ExecClearTuple(slot);
	return stored;
}

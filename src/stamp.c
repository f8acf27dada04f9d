/*-------------------------------------------------------------------------
 *
 * stamp.c
 *	  versioned_rows.stamp(), BEFORE ROW on a versioned table.
 *
 * UPDATE: the current row that really changes gets the next version number,
 * so that the live tuple itself becomes the new version.  A copy of the old
 * image is stored here and now, if nothing minds; see copy.c.  Otherwise
 * archive() stores it afterwards.  The action of a foreign key joins the
 * version that its transaction has made already.  An UPDATE or DELETE that
 * reaches history skips it.
 * INSERT: a new row starts at version 1, or goes on after the last version of
 * a deleted row.
 *
 * For an INSERT nothing is written and nothing is remembered: the trigger also
 * fires for one that ON CONFLICT turns into an UPDATE, or that fails later.
 *
 * The columns that the extension maintains are its own to write.  A value
 * that agrees with what would be written anyway is accepted, since an ORM
 * that counts versions itself sends it; the owner of the table may load
 * history and numbers by INSERT or COPY, since that is how a dump is
 * restored.  Everything else is an error, never silently replaced.  Where the
 * owner has opened the table for maintenance, UPDATE and DELETE pass through
 * untouched.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/partition.h"
#include "commands/trigger.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "tcop/pquery.h"
#include "utils/datum.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "asof.h"
#include "claim.h"
#include "compat.h"
#include "config.h"
#include "copy.h"
#include "foreign.h"
#include "image.h"
#include "lookup.h"
#include "maintenance.h"
#include "period.h"
#include "queue.h"
#include "trigger.h"
#include "who.h"

PG_FUNCTION_INFO_V1(versioned_rows_stamp);

#define REASON_HINT "Use SET LOCAL versioned_rows.reason = '...'."

/* version, flag, period, and who makes the version */
#define MAX_CHANGES (3 + VR_WHO_COLUMNS)

/* Columns of the new row that are to be overwritten. */
typedef struct VrChanges
{
	int			n;				/* how many */
	int			columns[MAX_CHANGES];
	Datum		values[MAX_CHANGES];
	bool		isnull[MAX_CHANGES];
} VrChanges;

static void
change_column(VrChanges *changes, AttrNumber attno, Datum value)
{
	changes->columns[changes->n] = attno;
	changes->values[changes->n] = value;
	changes->isnull[changes->n++] = false;
}

/*
 * Who makes versions, read once per statement.
 */
static const VrWho *
statement_who(VrStatement *statement)
{
	if (statement->who == NULL)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(statement->memory);
		VrWho	   *who = palloc(sizeof(VrWho));

		vr_who_read(statement->config, who);
		statement->who = who;
		MemoryContextSwitchTo(oldcontext);
	}
	return statement->who;
}

/*
 * Write into the new version who makes it.
 */
static void
change_who(VrChanges *changes, VrStatement *statement)
{
	const VrWho *who = statement_who(statement);

	for (int i = 0; i < who->n; i++)
	{
		change_column(changes, who->columns[i], who->values[i]);
		changes->isnull[changes->n - 1] = who->isnull[i];
	}
}

/*
 * Change the columns in place, where each new value has as much room as the
 * old one.  That is so for a number, mostly for a period, and seldom for text.
 */
static bool
overwrite_columns(const VrChanges *changes, HeapTuple tuple,
				  TupleTableSlot *slot)
{
	for (int i = 0; i < changes->n; i++)
	{
		if (changes->isnull[i] ||
			!vr_image_overwrite(slot, tuple, changes->columns[i],
								changes->values[i]))
			return false;
	}
	return true;
}

/*
 * The row with the columns changed.
 */
static HeapTuple
apply_changes(const VrChanges *changes, HeapTuple tuple, TupleTableSlot *slot)
{
	TupleDesc	desc = slot->tts_tupleDescriptor;
	HeapTuple	changed;
	Datum	   *values;
	bool	   *isnull;

	if (overwrite_columns(changes, tuple, slot))
		return tuple;

	slot_getallattrs(slot);
	values = palloc(desc->natts * sizeof(Datum));
	isnull = palloc(desc->natts * sizeof(bool));
	memcpy(values, slot->tts_values, desc->natts * sizeof(Datum));
	memcpy(isnull, slot->tts_isnull, desc->natts * sizeof(bool));
	for (int i = 0; i < changes->n; i++)
	{
		values[changes->columns[i] - 1] = changes->values[i];
		isnull[changes->columns[i] - 1] = changes->isnull[i];
	}
	changed = heap_form_tuple(desc, values, isnull);
	changed->t_self = tuple->t_self;
	changed->t_tableOid = tuple->t_tableOid;
	pfree(values);
	pfree(isnull);
	return changed;
}

pg_noreturn static void refuse_managed_column(Relation relation,
											  AttrNumber attno,
											  const char *hint);

static void
refuse_managed_column(Relation relation, AttrNumber attno, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_GENERATED_ALWAYS),
			 errmsg("column \"%s\" of versioned table \"%s\" cannot be set",
					NameStr(TupleDescAttr(RelationGetDescr(relation),
										  attno - 1)->attname),
					RelationGetRelationName(relation)),
			 errdetail("It is maintained by versioned_rows."),
			 hint != NULL ? errhint("%s", hint) : 0,
			 errtablecol(relation, attno)));
}

/* What some rows need, each made once per statement. */
typedef struct VrStamp
{
	VrLookup   *versions;		/* finds the versions of a row by its key */
	VrForeign  *targets;		/* erasing foreign keys of the table */
	VrClaim    *claim;			/* the key of the row that is inserted */
	Trigger    *archive;		/* the trigger of archive(), if it is known */
	char		archive_enabled;	/* as the statement has found it */
} VrStamp;

static VrStamp *
statement_stamp(VrStatement *statement)
{
	if (statement->work == NULL)
		statement->work = MemoryContextAllocZero(statement->memory,
												 sizeof(VrStamp));
	return (VrStamp *) statement->work;
}

/*
 * At the first row of a statement: is everything as it was installed?
 */
static void
check_triggers(VrStatement *statement, TriggerData *trigdata)
{
	VrStamp    *stamp = statement_stamp(statement);

	stamp->archive = vr_trigger_check_others(trigdata);
	if (stamp->archive != NULL)
		stamp->archive_enabled = stamp->archive->tgenabled;
}

/*
 * Say whether archive() has to fire for the row at hand: the executor looks
 * whether a trigger is enabled before it queues an event.
 */
static void
need_archive(VrStatement *statement, bool needed)
{
	VrStamp    *stamp = statement_stamp(statement);

	if (stamp->archive != NULL)
		stamp->archive->tgenabled =
			needed ? stamp->archive_enabled : TRIGGER_DISABLED;
}

static VrForeign *
stamp_targets(VrStatement *statement, Relation relation)
{
	VrStamp    *stamp = statement_stamp(statement);

	if (stamp->targets == NULL)
	{
		MemoryContext oldcontext;

		oldcontext = MemoryContextSwitchTo(statement->memory);
		stamp->targets = vr_foreign_prepare_targets(relation);
		MemoryContextSwitchTo(oldcontext);
	}
	return stamp->targets;
}

/*
 * The lookup of the versions of a row by its key, made once per statement.
 */
static VrLookup *
version_lookup(VrStatement *statement, Relation relation)
{
	VrStamp    *stamp = statement_stamp(statement);

	if (stamp->versions == NULL)
	{
		MemoryContext oldcontext;

		vr_config_sort_columns(statement->config, relation);
		oldcontext = MemoryContextSwitchTo(statement->memory);
		stamp->versions = vr_trigger_version_lookup(statement->config,
													relation);
		MemoryContextSwitchTo(oldcontext);
	}
	return stamp->versions;
}

static int64
row_version(const VrConfig *config, TupleTableSlot *row)
{
	bool		isnull;
	Datum		value = slot_getattr(row, config->version, &isnull);

	return isnull ? PG_INT64_MIN : vr_config_get_version(config, value);
}

/*
 * Has this transaction made the version that a stored row is?
 *
 * That it has made the tuple does not say so: an UPDATE that changes nothing,
 * or only ignored columns, makes a tuple of a version that was there before.
 * Then that version's own tuple is still to be found.  It is not where the
 * transaction has rewritten the whole table, so that every tuple looks like
 * its own; there the answer is no, which costs a version and loses none.
 */
static bool
made_in_this_transaction(const VrConfig *config, Relation relation,
						 HeapTuple tuple, TupleTableSlot *row)
{
	Relation	index;
	VrLookup   *lookup;
	Datum		values[INDEX_MAX_KEYS];

	if (!TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(tuple->t_data)))
		return false;
	if (relation->rd_createSubid != InvalidSubTransactionId ||
		vr_compat_new_storage_subid(relation) != InvalidSubTransactionId)
		return false;

	index = index_open(vr_compat_primary_key_index(relation), AccessShareLock);
	lookup = vr_lookup_prepare(index, config->nkeys + 1, NULL);
	index_close(index, NoLock);
	(void) vr_lookup_values(lookup, row, values);
	return !vr_lookup_replaced(lookup, relation, values);
}

/*
 * Is there a later version of this row?  The question for tables that store
 * neither a flag nor a period.  A row that was archived is seen only together
 * with its successor, so the statement's own snapshot has the answer.
 */
static bool
has_successor(VrStatement *statement, Relation relation, TupleTableSlot *row)
{
	VrLookup   *lookup = version_lookup(statement, relation);
	TupleTableSlot *last = table_slot_create(relation, NULL);
	Datum		values[INDEX_MAX_KEYS];
	bool		answer;

	answer = vr_lookup_values(lookup, row, values) &&
		vr_lookup_last(lookup, relation, values, GetActiveSnapshot(), last) &&
		row_version(statement->config, last) >
		row_version(statement->config, row);
	ExecDropSingleTupleTableSlot(last);
	return answer;
}

/*
 * Is a stored row the current version?
 */
static bool
is_current(VrStatement *statement, Relation relation, TupleTableSlot *row)
{
	const VrConfig *config = statement->config;
	bool		isnull;
	Datum		value;

	if (config->current != InvalidAttrNumber)
	{
		value = slot_getattr(row, config->current, &isnull);
		return !isnull && DatumGetBool(value);
	}
	if (config->period != InvalidAttrNumber)
	{
		value = slot_getattr(row, config->period, &isnull);
		return isnull || vr_period_is_open(value);
	}
	return !has_successor(statement, relation, row);
}

/*
 * An UPDATE may not move a row to another key: its history and every
 * reference to it have the old one.
 */
static void
refuse_key_change(const VrConfig *config, Relation relation,
				  TupleTableSlot *oldslot, TupleTableSlot *newslot)
{
	for (int i = 0; i < config->nkeys; i++)
	{
		AttrNumber	attno = config->keys[i];

		if (!vr_image_equal(oldslot, newslot, 1, &attno))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("key column \"%s\" of versioned table \"%s\" cannot be updated",
							NameStr(TupleDescAttr(RelationGetDescr(relation),
												  attno - 1)->attname),
							RelationGetRelationName(relation)),
					 errdetail("The key identifies the row in all of its versions."),
					 errhint("Insert a row with the new key and delete the old one."),
					 errtablecol(relation, attno)));
	}
}

/*
 * Does a row say in one of these columns what would be written there now?
 */
static bool
agrees_with_who(const VrWho *who, int i, Relation relation,
				TupleTableSlot *row)
{
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(relation),
										  who->columns[i] - 1);
	bool		isnull;
	Datum		given = slot_getattr(row, who->columns[i], &isnull);

	if (isnull || who->isnull[i])
		return isnull && who->isnull[i];
	return datum_image_eq(given, who->values[i], att->attbyval, att->attlen);
}

/*
 * The columns that say who made the version must be those of the old row, or
 * what would be written into them now: an application that keeps them itself
 * sends that.  Where no version is made, the old ones are put back.
 */
static void
check_who_columns(VrStatement *statement, Relation relation,
				  TupleTableSlot *oldslot, TupleTableSlot *newslot,
				  VrChanges *put_back)
{
	const VrConfig *config = statement->config;
	const VrWho *who = statement_who(statement);

	for (int i = 0; i < who->n; i++)
	{
		AttrNumber	attno = who->columns[i];
		bool		isnull;

		if (vr_image_equal(oldslot, newslot, 1, &attno))
			continue;
		if (!agrees_with_who(who, i, relation, newslot))
			refuse_managed_column(relation, attno,
								  attno == config->who[VR_REASON] ?
								  REASON_HINT : NULL);
		change_column(put_back, attno, slot_getattr(oldslot, attno, &isnull));
		put_back->isnull[put_back->n - 1] = isnull;
	}
	if (config->deletion != InvalidAttrNumber &&
		!vr_image_equal(oldslot, newslot, 1, &config->deletion))
		refuse_managed_column(relation, config->deletion, NULL);
}

/*
 * The managed columns of the new row must be those of the old one, or what
 * would be written into them now.  Returns whether the client has asked for a
 * new version by setting its number.
 */
static bool
check_managed_columns(const VrConfig *config, Relation relation,
					  TupleTableSlot *oldslot, TupleTableSlot *newslot)
{
	int64		oldversion = row_version(config, oldslot);
	int64		newversion = row_version(config, newslot);

	if (newversion != oldversion &&
		newversion != vr_config_next_version(oldversion))
		refuse_managed_column(relation, config->version,
							  "An UPDATE can leave it out, or set the number that follows.");
	if (config->current != InvalidAttrNumber &&
		!vr_image_equal(oldslot, newslot, 1, &config->current))
		refuse_managed_column(relation, config->current,
							  "To end a row, delete it: its last version stays as history.");
	if (config->period != InvalidAttrNumber &&
		!vr_image_equal(oldslot, newslot, 1, &config->period))
		refuse_managed_column(relation, config->period, NULL);

	return newversion != oldversion;
}

/*
 * Is the UPDATE the action of a foreign key that moves on a row whose version
 * only this transaction knows?
 *
 * Then the row keeps its version.  A row that follows several others, or one
 * by several ways, gets one version of all that a statement does, and a cycle
 * of rows that follow each other ends where it began, since the same version
 * is the same key.
 */
static bool
joins_version(const VrConfig *config, TriggerData *trigdata)
{
	Relation	relation = trigdata->tg_relation;

	return InNoForceRLSOperation() && vr_trigger_moves_own_row(trigdata) &&
		(relation->rd_createSubid != InvalidSubTransactionId ||
		 made_in_this_transaction(config, relation, trigdata->tg_trigtuple,
								  trigdata->tg_trigslot));
}

/*
 * Does the current user own a table, or one that it is a partition of?
 *
 * Actions of foreign keys run as the owner.  What a trigger of another user
 * does in the middle of one does not.
 */
static bool
is_owners(Relation relation)
{
	ListCell   *lc;

	if (vr_compat_owns_relation(RelationGetRelid(relation), GetUserId()))
		return true;
	if (!relation->rd_rel->relispartition)
		return false;
	foreach(lc, get_partition_ancestors(RelationGetRelid(relation)))
	{
		if (vr_compat_owns_relation(lfirst_oid(lc), GetUserId()))
			return true;
	}
	return false;
}

/*
 * Does the action of an erasing foreign key want to change or delete the row?
 * Then it may, current or not, where the table was enabled for that; where it
 * was not, history stays as it is, and what it refers to must stay, too.
 */
static bool
is_erased(VrStatement *statement, TriggerData *trigdata)
{
	const VrConfig *config = statement->config;
	Relation	relation = trigdata->tg_relation;
	const char *name;

	if (!InNoForceRLSOperation())
		return false;
	/* a current row cannot lose a version unnoticed: its copy is checked */
	name = vr_foreign_erasing(stamp_targets(statement, relation),
							  config->erase ||
							  !is_current(statement, relation,
										  trigdata->tg_trigslot),
							  trigdata->tg_trigslot,
							  TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ?
							  trigdata->tg_newslot : NULL);
	if (name == NULL)
		return false;
	if (!config->erase || !is_owners(relation))
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("action of foreign key constraint \"%s\" would change the history of versioned table \"%s\"",
						name, RelationGetRelationName(relation)),
				 errhint("Let the foreign key say ON UPDATE NO ACTION ON DELETE NO ACTION, or call versioned_rows.enable() with erase => true."),
				 errtableconstraint(relation, name)));
	return true;
}

/*
 * The new row of an UPDATE, or NULL to skip a historical one.
 */
static HeapTuple
stamp_update(VrStatement *statement, TriggerData *trigdata)
{
	const VrConfig *config = statement->config;
	Relation	relation = trigdata->tg_relation;
	TupleTableSlot *oldslot = trigdata->tg_trigslot;
	TupleTableSlot *newslot = trigdata->tg_newslot;
	VrChanges	changes;
	HeapTuple	result;
	bool		isnull;

	if (!is_current(statement, relation, oldslot))
		return NULL;
	if (vr_image_same(trigdata->tg_trigtuple, trigdata->tg_newtuple))
	{
		need_archive(statement, false);
		return trigdata->tg_newtuple;
	}

	vr_config_sort_columns(statement->config, relation);
	refuse_key_change(config, relation, oldslot, newslot);
	changes.n = 0;
	if (config->has_who)
		check_who_columns(statement, relation, oldslot, newslot, &changes);
	if (!check_managed_columns(config, relation, oldslot, newslot))
	{
		if (vr_image_equal(oldslot, newslot,
						   config->ncontents, config->contents))
			return apply_changes(&changes, trigdata->tg_newtuple, newslot);
		changes.n = 0;
		if (config->per_transaction &&
			made_in_this_transaction(config, relation,
									 trigdata->tg_trigtuple, oldslot))
		{
			if (config->has_who)
				change_who(&changes, statement);
			return apply_changes(&changes, trigdata->tg_newtuple, newslot);
		}
		if (joins_version(config, trigdata))
			return trigdata->tg_newtuple;
	}

	if (!vr_queue_is_alone(trigdata->tg_trigtuple))
		vr_queue_enter(relation, &trigdata->tg_trigtuple->t_self);
	changes.n = 0;
	change_column(&changes, config->version,
				  vr_config_make_version(config, relation,
										 vr_config_next_version(row_version(config, oldslot))));
	if (config->period != InvalidAttrNumber)
	{
		Datum		period = slot_getattr(oldslot, config->period, &isnull);

		change_column(&changes, config->period,
					  vr_period_open(vr_period_next(period, isnull)));
	}
	if (config->has_who)
		change_who(&changes, statement);
	result = apply_changes(&changes, trigdata->tg_newtuple, newslot);

	/* the slot has the new version if that was made in place */
	if (result == trigdata->tg_newtuple &&
		statement_stamp(statement)->archive != NULL &&
		vr_copy_store_early(statement, trigdata))
		need_archive(statement, false);
	return result;
}

/*
 * The old row of a DELETE, or NULL to skip a historical one.
 */
static HeapTuple
stamp_delete(VrStatement *statement, TriggerData *trigdata)
{
	const VrConfig *config = statement->config;
	Relation	relation = trigdata->tg_relation;
	const char *name;

	vr_config_sort_columns(statement->config, relation);
	if (!is_current(statement, relation, trigdata->tg_trigslot))
		return NULL;
	/* archive() would take the row for one that is erased */
	if (config->erase &&
		(name = vr_foreign_missing(stamp_targets(statement, relation),
								   trigdata->tg_trigslot)) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("cannot delete a row of versioned table \"%s\" before the row that it references is there",
						RelationGetRelationName(relation)),
				 errdetail("The check of foreign key constraint \"%s\" is deferred.",
						   name),
				 errtableconstraint(relation, name)));
	if (config->current == InvalidAttrNumber &&
		config->period == InvalidAttrNumber)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot delete from versioned table \"%s\"",
						RelationGetRelationName(relation)),
				 errdetail("The table stores neither a flag nor a period, so the last version of a deleted row would look like a current one."),
				 errhint("Call versioned_rows.enable() with a current_column or a period_column."),
				 errtable(relation)));
	return trigdata->tg_trigtuple;
}

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
		refuse_managed_column(relation, attno,
							  "Only the owner of the table can load versions.");
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
	bool		copying = (ActivePortal != NULL &&
						   ActivePortal->commandTag == CMDTAG_COPY);

	if (given == PG_INT64_MIN || given == 0 ||
		(given == 1 && !(copying && may_load(relation))))
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
	const VrWho *who = statement_who(statement);
	AttrNumber	deletion = statement->config->deletion;
	bool		isnull;

	for (int i = 0; i < who->n; i++)
	{
		if (agrees_with_who(who, i, relation, row))
			continue;
		(void) slot_getattr(row, who->columns[i], &isnull);
		if (!isnull)
			check_may_load(relation, who->columns[i]);
		else
			change_column(changes, who->columns[i], who->values[i]);
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
	VrStamp    *stamp = statement_stamp(statement);
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
	if (stamp->claim == NULL)
		stamp->claim = vr_claim_prepare(statement->memory);
	vr_claim_take(stamp->claim, relation, hash);
}

static void
release_key(VrStatement *statement)
{
	VrStamp    *stamp = statement_stamp(statement);

	if (stamp->claim != NULL)
		vr_claim_release(stamp->claim);
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
	VrLookup   *lookup = version_lookup(statement, relation);
	Datum		values[INDEX_MAX_KEYS];
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
	while (vr_lookup_last(lookup, relation, values, &dirty, last))
	{
		bool		met_writer = vr_lookup_met_writer(&dirty);

		if (!met_writer &&
			(config->current != InvalidAttrNumber ||
			 config->period != InvalidAttrNumber) &&
			!is_current(statement, relation, last))
			return last;

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

static HeapTuple
stamp_insert(VrStatement *statement, TriggerData *trigdata)
{
	const VrConfig *config = statement->config;
	Relation	relation = trigdata->tg_relation;
	TupleTableSlot *row = trigdata->tg_trigslot;
	TupleTableSlot *last = NULL;
	VrChanges	changes;
	bool		isnull;
	int64		given = row_version(config, row);
	int64		version;

	vr_config_sort_columns(statement->config, relation);

	/* a row that says of itself that it is history */
	if (vr_trigger_is_history(config, row))
	{
		check_may_load(relation, config->current != InvalidAttrNumber ?
					   config->current : config->period);
		return trigdata->tg_trigtuple;
	}

	if (config->reinsert)
		last = find_predecessor(statement, relation, row);
	else
		claim_key(statement, relation, row);

	changes.n = 0;
	version = inserted_version(config, relation, given,
							   last != NULL ? row_version(config, last) : 0,
							   last != NULL);
	if (version != given)
		change_column(&changes, config->version,
					  vr_config_make_version(config, relation, version));
	if (config->current != InvalidAttrNumber)
	{
		(void) slot_getattr(row, config->current, &isnull);
		if (isnull)
			change_column(&changes, config->current, BoolGetDatum(true));
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
			change_column(&changes, config->period,
						  vr_period_open(vr_period_next(period, isnull)));
		}
	}
	if (last != NULL)
		ExecDropSingleTupleTableSlot(last);
	if (config->has_who)
		stamp_inserted_who(statement, relation, row, &changes);
	return apply_changes(&changes, trigdata->tg_trigtuple, row);
}

/*
 * versioned_rows.stamp() returns trigger
 */
Datum
versioned_rows_stamp(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = vr_trigger_check(fcinfo, "stamp",
											 TRIGGER_EVENT_BEFORE);
	bool		is_first = fcinfo->flinfo->fn_extra == NULL;
	VrStatement *statement = vr_trigger_statement(fcinfo);
	HeapTuple	result;

	if (is_first)
		check_triggers(statement, trigdata);
	need_archive(statement, true);
	vr_asof_refuse_write(trigdata->tg_relation);
	if (!TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) &&
		vr_maintenance_is_on(trigdata->tg_relation))
		return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ?
							   trigdata->tg_newtuple : trigdata->tg_trigtuple);

	if (!TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) &&
		is_erased(statement, trigdata))
		return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ?
							   trigdata->tg_newtuple : trigdata->tg_trigtuple);
	if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
		result = stamp_update(statement, trigdata);
	else if (TRIGGER_FIRED_BY_DELETE(trigdata->tg_event))
		result = stamp_delete(statement, trigdata);
	else
		result = stamp_insert(statement, trigdata);

	return PointerGetDatum(result);
}

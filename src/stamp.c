/*-------------------------------------------------------------------------
 *
 * stamp.c
 *	  versioned_rows.stamp(), BEFORE ROW on a versioned table.
 *
 * UPDATE: the next version of the row, see update.c.  INSERT: its first one,
 * see insert.c.  DELETE only needs archive().  An UPDATE or DELETE that
 * reaches history skips it; but the action of an erasing foreign key may change
 * history, and where the owner has opened the table for maintenance, everything
 * passes through untouched.
 *
 * Where versions have a table of their own, separate.c does all of that.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/partition.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/rel.h"

#include "asof.h"
#include "compat.h"
#include "config.h"
#include "current.h"
#include "foreign.h"
#include "insert.h"
#include "maintenance.h"
#include "separate.h"
#include "trigger.h"
#include "update.h"

PG_FUNCTION_INFO_V1(versioned_rows_stamp);

typedef struct VrStamp
{
	VrStatement statement;
	VrForeign  *targets;		/* erasing foreign keys of the table, or NULL */
	Trigger    *archive;		/* the trigger of archive(), if it is known */
	char		archive_enabled;	/* as the statement has found it */
} VrStamp;

/*
 * At the first row of a statement: is everything as it was installed?
 */
static VrStamp *
begin_statement(FunctionCallInfo fcinfo, TriggerData *trigdata)
{
	Oid			versions = vr_trigger_versions_table(trigdata);
	VrStamp    *stamp;

	if (OidIsValid(versions))
		stamp = (VrStamp *) vr_separate_begin(fcinfo, sizeof(VrStamp),
											  versions);
	else
		stamp = (VrStamp *) vr_trigger_statement(fcinfo, sizeof(VrStamp));
	stamp->archive = vr_trigger_check_others(trigdata);
	if (stamp->archive != NULL)
		stamp->archive_enabled = stamp->archive->tgenabled;
	return stamp;
}

/*
 * Say whether archive() has to fire for the row at hand: the executor looks
 * whether a trigger is enabled before it queues an event.
 */
static void
need_archive(VrStamp *stamp, bool needed)
{
	if (stamp->archive != NULL)
		stamp->archive->tgenabled =
			needed ? stamp->archive_enabled : TRIGGER_DISABLED;
}

static VrForeign *
stamp_targets(VrStamp *stamp, Relation relation)
{
	if (stamp->targets == NULL)
	{
		MemoryContext oldcontext;

		oldcontext = MemoryContextSwitchTo(stamp->statement.memory);
		stamp->targets = vr_foreign_prepare_targets(relation);
		MemoryContextSwitchTo(oldcontext);
	}
	return stamp->targets;
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
is_erased(VrStamp *stamp, TriggerData *trigdata)
{
	const VrConfig *config = stamp->statement.config;
	Relation	relation = trigdata->tg_relation;
	const char *name;

	if (!InNoForceRLSOperation())
		return false;
	/* a current row cannot lose a version unnoticed: its copy is checked */
	name = vr_foreign_erasing(stamp_targets(stamp, relation),
							  config->erase ||
							  !vr_current_is(&stamp->statement, relation,
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
 * The old row of a DELETE, or NULL to skip a historical one.
 */
static HeapTuple
stamp_delete(VrStamp *stamp, TriggerData *trigdata)
{
	const VrConfig *config = stamp->statement.config;
	Relation	relation = trigdata->tg_relation;
	const char *name;

	vr_config_sort_columns(stamp->statement.config, relation);
	if (!vr_current_is(&stamp->statement, relation,
					   trigdata->tg_trigslot))
		return NULL;
	/* archive() would take the row for one that is erased */
	if (config->erase &&
		(name = vr_foreign_missing(stamp_targets(stamp, relation),
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
 * versioned_rows.stamp() returns trigger
 */
Datum
versioned_rows_stamp(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = vr_trigger_check(fcinfo, "stamp",
											 TRIGGER_EVENT_BEFORE);
	VrStamp    *stamp = (VrStamp *) fcinfo->flinfo->fn_extra;
	VrStatement *statement;
	HeapTuple	result;
	bool		archived;

	if (stamp == NULL)
		stamp = begin_statement(fcinfo, trigdata);
	statement = &stamp->statement;
	need_archive(stamp, true);
	vr_asof_refuse_write(trigdata->tg_relation);
	if (OidIsValid(statement->separate))
	{
		archived = stamp->archive != NULL;
		result = vr_separate_stamp(statement, trigdata, &archived);
		need_archive(stamp, !archived);
		return PointerGetDatum(result);
	}
	if (!TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) &&
		(vr_maintenance_is_on(trigdata->tg_relation) ||
		 is_erased(stamp, trigdata)))
		return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ?
							   trigdata->tg_newtuple : trigdata->tg_trigtuple);
	if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
	{
		archived = stamp->archive != NULL;
		result = vr_update_stamp(statement, trigdata, &archived);
		need_archive(stamp, !archived);
	}
	else if (TRIGGER_FIRED_BY_DELETE(trigdata->tg_event))
		result = stamp_delete(stamp, trigdata);
	else
		result = vr_insert_stamp(statement, trigdata);

	return PointerGetDatum(result);
}

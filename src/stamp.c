/*-------------------------------------------------------------------------
 *
 * stamp.c
 *	  versioned_rows.stamp(), BEFORE ROW on a versioned table.
 *
 * UPDATE: the next version of the row, see update.c.  INSERT: its first one,
 * see insert.c.  DELETE only needs archive().  An UPDATE or DELETE that
 * reaches history skips it.  Where the owner has opened the table for
 * maintenance, everything passes through untouched.
 *
 * Where versions have a table of their own, separate.c does all of that.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/rel.h"

#include "asof.h"
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
	VrForeign  *outgoing;		/* foreign keys of the table, NULL at first */
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

/*
 * Refuse the action of a foreign key that would change history, be it that of
 * the current row, whose copy would refer to something that is gone.
 */
static void
check_action(VrStamp *stamp, TriggerData *trigdata)
{
	Relation	relation = trigdata->tg_relation;

	if (stamp->outgoing == NULL)
	{
		MemoryContext oldcontext;

		oldcontext = MemoryContextSwitchTo(stamp->statement.memory);
		stamp->outgoing = vr_foreign_prepare_outgoing(relation);
		MemoryContextSwitchTo(oldcontext);
	}
	vr_foreign_check_action(stamp->outgoing, relation,
							!vr_current_is(&stamp->statement, relation,
										   trigdata->tg_trigslot),
							trigdata->tg_trigslot,
							TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ?
							trigdata->tg_newslot : NULL);
}

/*
 * The old row of a DELETE, or NULL to skip a historical one.
 */
static HeapTuple
stamp_delete(VrStamp *stamp, TriggerData *trigdata)
{
	const VrConfig *config = stamp->statement.config;
	Relation	relation = trigdata->tg_relation;

	vr_config_sort_columns(stamp->statement.config, relation);
	if (!vr_current_is(&stamp->statement, relation,
					   trigdata->tg_trigslot))
		return NULL;
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
	if (!TRIGGER_FIRED_BY_INSERT(trigdata->tg_event))
	{
		if (vr_maintenance_is_on(trigdata->tg_relation))
			return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ?
								   trigdata->tg_newtuple :
								   trigdata->tg_trigtuple);
		if (InNoForceRLSOperation())
			check_action(stamp, trigdata);
	}
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

/*-------------------------------------------------------------------------
 *
 * stamp.c
 *	  versioned_rows.stamp(), BEFORE ROW on a versioned table.
 *
 * For UPDATE, update.c makes the next version of the row; for INSERT, insert.c
 * makes the first one.  A DELETE passes through, and archive() does the rest.
 * An UPDATE or DELETE of a historical row is skipped, except in maintenance.
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
#include "foreign.h"
#include "functions.h"
#include "insert.h"
#include "maintenance.h"
#include "separate.h"
#include "statement.h"
#include "trigger.h"
#include "update.h"
#include "version.h"

PG_FUNCTION_INFO_V1(versioned_rows_stamp);

typedef struct VrStamp
{
	VrStatement statement;
	VrForeign  *outgoing;		/* foreign keys of the table, NULL at first */
	VrSwitch	archive;		/* the trigger of archive() */
} VrStamp;

/*
 * At the first row of a statement: read what the trigger says, and check that
 * the other triggers are there that stamp() relies on.
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
		stamp = (VrStamp *) vr_statement_begin(fcinfo, sizeof(VrStamp));
	vr_trigger_check_last(trigdata);
	stamp->archive = vr_trigger_find_archive(trigdata);
	return stamp;
}

/*
 * Refuse the action of a foreign key that would change a historical row, or
 * leave one behind that refers to something that is gone.
 */
static void
check_action(VrStamp *stamp, TriggerData *trigdata)
{
	VrConfig   *config = stamp->statement.config;
	Relation	relation = trigdata->tg_relation;
	TupleTableSlot *row = trigdata->tg_trigslot;
	VrVersion	version = vr_version_read(config, row);
	bool		is_history;

	if (stamp->outgoing == NULL)
	{
		MemoryContext oldcontext;

		oldcontext = MemoryContextSwitchTo(stamp->statement.memory);
		stamp->outgoing = vr_foreign_prepare_outgoing(relation);
		MemoryContextSwitchTo(oldcontext);
	}
	is_history = !vr_version_is_current(config, relation, row, &version);
	if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
		vr_foreign_check_update(stamp->outgoing, relation, is_history, row,
								trigdata->tg_newslot);
	else
		vr_foreign_check_delete(stamp->outgoing, relation, is_history, row);
}

/*
 * The old row of a DELETE, or NULL to skip a historical one.
 */
static HeapTuple
stamp_delete(VrStamp *stamp, TriggerData *trigdata)
{
	VrConfig   *config = stamp->statement.config;
	Relation	relation = trigdata->tg_relation;
	VrVersion	version = vr_version_read(config, trigdata->tg_trigslot);

	Assert(TRIGGER_FIRED_BY_DELETE(trigdata->tg_event));
	vr_config_sort_columns(config, relation);
	if (!vr_version_is_current(config, relation, trigdata->tg_trigslot,
							   &version))
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
 * The row that the statement goes on with, or NULL to skip it; *pending says
 * whether archive() has something to do for it.
 */
static HeapTuple
stamp_row(VrStamp *stamp, TriggerData *trigdata, bool *pending)
{
	VrStatement *statement = &stamp->statement;
	bool		may_archive = stamp->archive.trigger != NULL;
	HeapTuple	result;

	*pending = true;
	if (OidIsValid(statement->separate))
	{
		bool		archived = may_archive;

		result = vr_separate_stamp(statement, trigdata, &archived);
		*pending = !archived;
		return result;
	}
	if (TRIGGER_FIRED_BY_INSERT(trigdata->tg_event))
		return vr_insert_stamp(statement, trigdata);
	if (vr_maintenance_is_on(trigdata->tg_relation))
		return TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ?
			trigdata->tg_newtuple : trigdata->tg_trigtuple;
	if (InNoForceRLSOperation())
		check_action(stamp, trigdata);
	if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
		return vr_update_stamp(statement, trigdata, may_archive, pending);
	return stamp_delete(stamp, trigdata);
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
	HeapTuple	result;
	bool		pending;

	if (stamp == NULL)
		stamp = begin_statement(fcinfo, trigdata);
	vr_asof_refuse_write(trigdata->tg_relation);
	result = stamp_row(stamp, trigdata, &pending);
	vr_trigger_set(&stamp->archive, pending);
	return PointerGetDatum(result);
}

/*-------------------------------------------------------------------------
 *
 * trigger.c
 *	  Am I called right, and with which configuration?
 *
 * The gate that every trigger function goes through first, as
 * ri_CheckTrigger() is in ri_triggers.c.  What has been read of a trigger is
 * kept in fn_extra, in the memory of the statement that fires it: it is read
 * once per trigger and statement, and goes away with the statement.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "utils/memutils.h"

#include "trigger.h"

static int
hint_at_installer(const char *funcname)
{
	return errhint("Use versioned_rows.%s() to install the trigger.",
				   strcmp(funcname, "reference") == 0 ? "add_reference" :
				   "enable");
}

/*
 * Check that a function is called as a row trigger with the right timing, for
 * every column and every row; return its trigger data.
 */
TriggerData *
vr_trigger_check(FunctionCallInfo fcinfo, const char *funcname,
				 TriggerEvent timing)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager",
						funcname)));

	if (!TRIGGER_FIRED_FOR_ROW(trigdata->tg_event) ||
		(trigdata->tg_event & TRIGGER_EVENT_TIMINGMASK) != timing)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be fired %s ROW", funcname,
						timing == TRIGGER_EVENT_BEFORE ? "BEFORE" : "AFTER"),
				 hint_at_installer(funcname),
				 errtable(trigdata->tg_relation)));

	if (trigdata->tg_trigger->tgnattr > 0 ||
		trigdata->tg_trigger->tgqual != NULL ||
		trigdata->tg_trigger->tgdeferrable)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be fired for every row, at once",
						funcname),
				 errdetail("Trigger \"%s\" has a column list or a WHEN condition, or is deferrable.",
						   trigdata->tg_trigger->tgname),
				 hint_at_installer(funcname),
				 errtable(trigdata->tg_relation)));

	return trigdata;
}

/*
 * The statement's state of the trigger that is firing, made at its first row.
 *
 * A trigger function has an fn_extra of its own for each trigger of each
 * relation, so that partitions with different column numbers do not meet.
 */
VrStatement *
vr_trigger_statement(FunctionCallInfo fcinfo)
{
	VrStatement *statement = (VrStatement *) fcinfo->flinfo->fn_extra;

	if (statement == NULL)
	{
		TriggerData *trigdata = (TriggerData *) fcinfo->context;
		MemoryContext oldcontext;

		oldcontext = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		statement = palloc0(sizeof(VrStatement));
		statement->memory = fcinfo->flinfo->fn_mcxt;
		statement->config = vr_config_read(trigdata->tg_relation,
										   trigdata->tg_trigger->tgnargs,
										   trigdata->tg_trigger->tgargs);
		fcinfo->flinfo->fn_extra = statement;
		MemoryContextSwitchTo(oldcontext);
	}
	return statement;
}

/*
 * Sort the columns of the configuration, for a trigger that compares rows.
 */
void
vr_trigger_sort_columns(VrStatement *statement, Relation relation)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(statement->memory);

	vr_config_sort_columns(statement->config, relation);
	MemoryContextSwitchTo(oldcontext);
}

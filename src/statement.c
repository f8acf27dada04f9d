/*-------------------------------------------------------------------------
 *
 * statement.c
 *	  What a trigger function keeps from row to row of one statement.
 *
 * It hangs on fn_extra, and goes away with the memory of the statement.  A
 * trigger function has an fn_extra of its own for each trigger of each relation,
 * so that partitions with different column numbers do not meet.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "utils/memutils.h"

#include "claim.h"
#include "config.h"
#include "history.h"
#include "statement.h"
#include "who.h"

/*
 * The statement of the trigger that is firing, made at its first row: a
 * structure of the given size that begins with a VrStatement, the rest zero.
 */
VrStatement *
vr_statement_begin(FunctionCallInfo fcinfo, Size size)
{
	VrStatement *statement = (VrStatement *) fcinfo->flinfo->fn_extra;

	Assert(size >= sizeof(VrStatement));
	if (statement == NULL)
	{
		TriggerData *trigdata = (TriggerData *) fcinfo->context;
		MemoryContext oldcontext;

		oldcontext = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		statement = palloc0(size);
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
 * Who makes versions.
 */
const VrWho *
vr_statement_who(VrStatement *statement)
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
 * The claims of an INSERT to keys.
 */
VrClaim *
vr_statement_claim(VrStatement *statement)
{
	if (statement->claim == NULL)
		statement->claim = vr_claim_prepare();
	return statement->claim;
}

/*
 * What archives versions in the table itself.
 */
VrHistory *
vr_statement_history(VrStatement *statement, Relation relation)
{
	if (statement->history == NULL)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(statement->memory);

		statement->history = vr_history_prepare(statement->config, relation);
		MemoryContextSwitchTo(oldcontext);
	}
	return statement->history;
}

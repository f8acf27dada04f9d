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

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "nodes/pg_list.h"
#include "storage/lock.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "image.h"
#include "lookup.h"
#include "period.h"
#include "trigger.h"

/* What enable() calls the trigger; a shard's may have a suffix. */
#define ARCHIVE_TRIGGER "000_versioned_rows_archive"

extern Datum versioned_rows_stamp(PG_FUNCTION_ARGS);

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
 * Does a trigger fire in this session?
 */
bool
vr_trigger_fires(const Trigger *trigger)
{
	return trigger->tgenabled != TRIGGER_DISABLED &&
		trigger->tgenabled !=
		(SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA ?
		 TRIGGER_FIRES_ON_ORIGIN : TRIGGER_FIRES_ON_REPLICA);
}

/*
 * Complain about a BEFORE trigger that fires after that of stamp().
 */
static void
refuse_later_trigger(TriggerData *trigdata, const Trigger *later)
{
	ereport(ERROR,
			(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
			 errmsg("BEFORE trigger \"%s\" of versioned table \"%s\" fires after \"%s\"",
					later->tgname,
					RelationGetRelationName(trigdata->tg_relation),
					trigdata->tg_trigger->tgname),
			 errdetail("It could change the number, the flag or the time of a version."),
			 errhint("Rename it so that it sorts by name before \"%s\".",
					 trigdata->tg_trigger->tgname),
			 errtable(trigdata->tg_relation)));
}

/*
 * Has the running statement perhaps changed the triggers of a relation, by a
 * command of a function that it calls?
 *
 * Not if no command has run since its own began.  Otherwise the locks tell that
 * such a change takes, and that are kept to the end of the transaction.
 */
bool
vr_trigger_may_be_new(Relation relation)
{
	LOCKTAG		tag;

	if (GetCurrentCommandId(false) == GetActiveSnapshot()->curcid)
		return false;
	SET_LOCKTAG_RELATION(tag, relation->rd_lockInfo.lockRelId.dbId,
						 relation->rd_lockInfo.lockRelId.relId);
	return vr_compat_lock_held_by_me(&tag, ShareRowExclusiveLock) ||
		vr_compat_lock_held_by_me(&tag, AccessExclusiveLock);
}

/*
 * The table that archive() keeps versions in, given the trigger of stamp() that
 * is firing; 0 if that is the relation itself.
 */
Oid
vr_trigger_versions_table(TriggerData *trigdata)
{
	const TriggerDesc *all = trigdata->tg_relation->trigdesc;
	const Trigger *ours = trigdata->tg_trigger;

	for (int i = 0; i < all->numtriggers; i++)
	{
		const Trigger *trigger = &all->triggers[i];

		/* those of foreign keys name a table, too */
		if (OidIsValid(trigger->tgconstrrelid) && !trigger->tgisinternal &&
			trigger->tgnargs > 0 && trigger->tgnargs == ours->tgnargs &&
			strcmp(trigger->tgargs[0], ours->tgargs[0]) == 0)
			return trigger->tgconstrrelid;
	}
	return InvalidOid;
}

/*
 * Check that the trigger that is firing, which is that of stamp(), has the
 * last word on a new row, and that archive() will fire.  That one is known by
 * its arguments, which are the same.
 *
 * Who may create triggers and insert rows, but does not own the table, could
 * forge history with a later trigger: nothing looks at an inserted row again.
 *
 * Returns the trigger of archive() in the executor's own copy of the triggers,
 * which it has made for this statement alone, see InitResultRelInfo().  The
 * trigger that is firing is in the midst of that copy, and the relation's
 * triggers say where the others are.  Where a function in the statement may
 * have changed those meanwhile, the result is NULL: then it is not known
 * either what really fires after the trigger at hand.  It is also NULL if
 * archive() has another name than enable() gives it.
 */
Trigger *
vr_trigger_check_others(TriggerData *trigdata)
{
	Trigger    *ours = trigdata->tg_trigger;
	const TriggerDesc *all = trigdata->tg_relation->trigdesc;
	bool		is_later = true;
	bool		is_archived = false;
	int			position = -1;
	int			archive = -1;

	for (int i = all->numtriggers - 1; i >= 0; i--)
	{
		const Trigger *trigger = &all->triggers[i];

		if (trigger->tgoid == ours->tgoid)
		{
			is_later = false;
			position = i;
		}
		else if (!vr_trigger_fires(trigger))
			continue;
		else if (TRIGGER_TYPE_MATCHES(trigger->tgtype, TRIGGER_TYPE_ROW,
									  TRIGGER_TYPE_AFTER, TRIGGER_TYPE_UPDATE))
		{
			if (trigger->tgnargs != ours->tgnargs ||
				strcmp(trigger->tgargs[0], ours->tgargs[0]) != 0)
				continue;
			is_archived = true;
			if (strncmp(trigger->tgname, ARCHIVE_TRIGGER,
						strlen(ARCHIVE_TRIGGER)) == 0)
				archive = i;
		}
		else if (is_later &&
				 (TRIGGER_TYPE_MATCHES(trigger->tgtype, TRIGGER_TYPE_ROW,
									   TRIGGER_TYPE_BEFORE, TRIGGER_TYPE_INSERT) ||
				  TRIGGER_TYPE_MATCHES(trigger->tgtype, TRIGGER_TYPE_ROW,
									   TRIGGER_TYPE_BEFORE, TRIGGER_TYPE_UPDATE)))
			refuse_later_trigger(trigdata, trigger);
	}
	if (!is_archived)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("versions of table \"%s\" would not be archived",
						RelationGetRelationName(trigdata->tg_relation)),
				 errhint("The trigger of versioned_rows.archive() is missing, is disabled, or has other arguments; call versioned_rows.verify() to see."),
				 errtable(trigdata->tg_relation)));

	if (position < 0 || archive < 0 ||
		vr_trigger_may_be_new(trigdata->tg_relation))
		return NULL;
	return ours + (archive - position);
}

/*
 * The statement's state of the trigger that is firing, made at its first row:
 * a structure of the given size that begins with a VrStatement, the rest zero.
 *
 * A trigger function has an fn_extra of its own for each trigger of each
 * relation, so that partitions with different column numbers do not meet.
 */
VrStatement *
vr_trigger_statement(FunctionCallInfo fcinfo, Size size)
{
	VrStatement *statement = (VrStatement *) fcinfo->flinfo->fn_extra;

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
 * The configuration of a versioned table, from the arguments of its stamp()
 * trigger; NULL if there is none.
 */
VrConfig *
vr_trigger_find_config(Relation relation)
{
	/* a copy: looking into catalogs can free the relation's own */
	TriggerDesc *triggers = CopyTriggerDesc(relation->trigdesc);

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		Trigger    *trigger = &triggers->triggers[i];
		FmgrInfo	function;

		if (trigger->tgisinternal ||
			!TRIGGER_TYPE_MATCHES(trigger->tgtype, TRIGGER_TYPE_ROW,
								  TRIGGER_TYPE_BEFORE, TRIGGER_TYPE_UPDATE))
			continue;
		fmgr_info(trigger->tgfoid, &function);
		if (function.fn_addr == versioned_rows_stamp)
			return vr_config_read(relation, trigger->tgnargs, trigger->tgargs);
	}
	return NULL;
}

/*
 * Prepare a lookup of all versions of a row by its key.
 */
VrLookup *
vr_trigger_version_lookup(const VrConfig *config, Relation relation)
{
	Relation	index = index_open(vr_compat_primary_key_index(relation),
								   AccessShareLock);
	int			nkeys = index->rd_index->indnkeyatts - 1;
	VrLookup   *lookup;

	if (index->rd_index->indkey.values[nkeys] != config->version)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
				 errmsg("the version column must be the last column of the primary key of versioned table \"%s\"",
						RelationGetRelationName(relation)),
				 errhint("Call versioned_rows.enable() to build it."),
				 errtable(relation)));
	lookup = vr_lookup_prepare(index, nkeys, NULL);
	index_close(index, NoLock);
	return lookup;
}

/*
 * Does an UPDATE change a column of a foreign key?
 */
bool
vr_trigger_changes_foreign_key(TriggerData *trigdata)
{
	List	   *fkeys;
	ListCell   *lc;

	/* detoasting can reset the cache entry that the list is part of */
	fkeys = copyObject(RelationGetFKeyList(trigdata->tg_relation));
	foreach(lc, fkeys)
	{
		ForeignKeyCacheInfo *fk = (ForeignKeyCacheInfo *) lfirst(lc);

		if (!vr_image_equal(trigdata->tg_trigslot, trigdata->tg_newslot,
							fk->nkeys, fk->conkey))
			return true;
	}
	return false;
}

/*
 * Does an UPDATE change a column of a foreign key in a row that the current
 * transaction itself has written?
 *
 * That is what the action of a foreign key does to a row whose transaction has
 * given it a new version already, see stamp().  archive() is told by the rows
 * alone, since it runs after that action has ended.
 */
bool
vr_trigger_moves_own_row(TriggerData *trigdata)
{
	HeapTupleHeader header = trigdata->tg_trigtuple->t_data;

	return TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(header)) &&
		vr_trigger_changes_foreign_key(trigdata);
}

/*
 * Does a row say of itself that it is history?  Where neither a flag nor a
 * period is stored, none does.
 */
bool
vr_trigger_is_history(const VrConfig *config, TupleTableSlot *row)
{
	bool		isnull;
	Datum		value;

	if (config->current != InvalidAttrNumber)
	{
		value = slot_getattr(row, config->current, &isnull);
		return !isnull && !DatumGetBool(value);
	}
	if (config->period != InvalidAttrNumber)
	{
		value = slot_getattr(row, config->period, &isnull);
		return !isnull && !vr_period_is_open(value);
	}
	return false;
}

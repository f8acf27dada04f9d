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
#include "config.h"
#include "functions.h"
#include "image.h"
#include "trigger.h"

/* What enable() calls the trigger; a shard's may have a suffix. */
#define ARCHIVE_TRIGGER "000_versioned_rows_archive"

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
 * It has not if no command has run since its own began.  Otherwise the locks
 * tell that such a change takes, which are kept to the end of the transaction.
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
 * Find another trigger of the relation in the executor's own list of triggers,
 * so that single rows can be kept from firing it.  The result has no trigger in
 * it if its place in that list is not known.
 *
 * The executor has made the list for this statement alone, see
 * InitResultRelInfo().  Each time it would queue an event it looks there whether
 * a trigger is enabled.  The trigger that is firing is in the midst of the list,
 * and the relation's triggers say how far away the other one is, unless a
 * function in the statement may have changed them meanwhile.
 */
VrSwitch
vr_trigger_switch(TriggerData *trigdata, const Trigger *wanted)
{
	const TriggerDesc *all = trigdata->tg_relation->trigdesc;
	VrSwitch	result = {NULL, 0};
	int			ours = -1;
	int			other = -1;

	if (vr_trigger_may_be_new(trigdata->tg_relation))
		return result;
	for (int i = 0; i < all->numtriggers; i++)
	{
		if (all->triggers[i].tgoid == trigdata->tg_trigger->tgoid)
			ours = i;
		if (all->triggers[i].tgoid == wanted->tgoid)
			other = i;
	}
	if (ours < 0 || other < 0)
		return result;
	result.trigger = trigdata->tg_trigger + (other - ours);
	result.enabled = wanted->tgenabled;
	Assert(result.trigger->tgoid == wanted->tgoid);
	return result;
}

/*
 * Say whether a trigger has to fire for the row at hand.  A switch without a
 * trigger does nothing, so that the trigger fires.
 */
void
vr_trigger_set(const VrSwitch *other, bool fires)
{
	if (other->trigger != NULL)
		other->trigger->tgenabled = fires ? other->enabled : TRIGGER_DISABLED;
}

/*
 * Do two triggers have the same arguments, so that they belong together?
 */
static bool
is_companion(const Trigger *trigger, const Trigger *ours)
{
	return trigger->tgnargs > 0 && trigger->tgnargs == ours->tgnargs &&
		strcmp(trigger->tgargs[0], ours->tgargs[0]) == 0;
}

/*
 * The table that archive() keeps versions in, given the trigger of stamp() that
 * is firing; 0 if that is the relation itself.
 */
Oid
vr_trigger_versions_table(TriggerData *trigdata)
{
	const TriggerDesc *all = trigdata->tg_relation->trigdesc;

	for (int i = 0; i < all->numtriggers; i++)
	{
		const Trigger *trigger = &all->triggers[i];

		/* those of foreign keys name a table, too */
		if (OidIsValid(trigger->tgconstrrelid) && !trigger->tgisinternal &&
			is_companion(trigger, trigdata->tg_trigger))
			return trigger->tgconstrrelid;
	}
	return InvalidOid;
}

/*
 * Check that the trigger that is firing, which is that of stamp(), has the last
 * word on a new row.
 *
 * Who may create triggers and insert rows, but does not own the table, could
 * forge history with a later trigger: nothing looks at an inserted row again.
 */
void
vr_trigger_check_last(TriggerData *trigdata)
{
	const TriggerDesc *all = trigdata->tg_relation->trigdesc;

	for (int i = all->numtriggers - 1; i >= 0; i--)
	{
		const Trigger *trigger = &all->triggers[i];

		if (trigger->tgoid == trigdata->tg_trigger->tgoid)
			return;
		if (vr_trigger_fires(trigger) &&
			(TRIGGER_TYPE_MATCHES(trigger->tgtype, TRIGGER_TYPE_ROW,
								  TRIGGER_TYPE_BEFORE, TRIGGER_TYPE_INSERT) ||
			 TRIGGER_TYPE_MATCHES(trigger->tgtype, TRIGGER_TYPE_ROW,
								  TRIGGER_TYPE_BEFORE, TRIGGER_TYPE_UPDATE)))
			refuse_later_trigger(trigdata, trigger);
	}
}

/*
 * Find the trigger of archive(), which has the arguments of the trigger of
 * stamp() that is firing; complain if it will not fire.
 *
 * One that has another name than enable() gives it need not be archive(), and
 * is not switched off.
 */
VrSwitch
vr_trigger_find_archive(TriggerData *trigdata)
{
	const TriggerDesc *all = trigdata->tg_relation->trigdesc;
	const Trigger *archive = NULL;
	VrSwitch	unknown = {NULL, 0};

	for (int i = 0; i < all->numtriggers && archive == NULL; i++)
	{
		if (TRIGGER_TYPE_MATCHES(all->triggers[i].tgtype, TRIGGER_TYPE_ROW,
								 TRIGGER_TYPE_AFTER, TRIGGER_TYPE_UPDATE) &&
			vr_trigger_fires(&all->triggers[i]) &&
			is_companion(&all->triggers[i], trigdata->tg_trigger))
			archive = &all->triggers[i];
	}
	if (archive == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("versions of table \"%s\" would not be archived",
						RelationGetRelationName(trigdata->tg_relation)),
				 errhint("The trigger of versioned_rows.archive() is missing, is disabled, or has other arguments; call versioned_rows.verify() to see."),
				 errtable(trigdata->tg_relation)));
	if (strncmp(archive->tgname, ARCHIVE_TRIGGER, strlen(ARCHIVE_TRIGGER)) != 0)
		return unknown;
	return vr_trigger_switch(trigdata, archive);
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

		if (!trigger->tgisinternal &&
			TRIGGER_TYPE_MATCHES(trigger->tgtype, TRIGGER_TYPE_ROW,
								 TRIGGER_TYPE_BEFORE, TRIGGER_TYPE_UPDATE) &&
			vr_function_is(trigger->tgfoid, versioned_rows_stamp))
			return vr_config_read(relation, trigger->tgnargs, trigger->tgargs);
	}
	return NULL;
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
 * So does the action of a foreign key with a row that its transaction has given
 * a new version already; see joins_version() in update.c.
 */
bool
vr_trigger_moves_own_row(TriggerData *trigdata)
{
	HeapTupleHeader header = trigdata->tg_trigtuple->t_data;

	return TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(header)) &&
		vr_trigger_changes_foreign_key(trigdata);
}

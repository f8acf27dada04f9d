/*-------------------------------------------------------------------------
 *
 * archive.c
 *	  versioned_rows.archive(), AFTER ROW on a versioned table.
 *
 * Archives the old version of a row that stamp() has moved on to its next
 * version, or that was deleted: stores it as a historical row of the same
 * table, now that the live tuple has left its key.  The trigger does not fire
 * for a row whose old version stamp() has archived early.
 *
 * The trigger must sort before the triggers of foreign keys, since triggers
 * fire in the order of their names: the check of a reference that stays on the
 * old version looks for the historical row.
 *
 * Where versions have a table of their own, the trigger names that table, and
 * separate.c does the work.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "utils/rel.h"

#include "config.h"
#include "foreign.h"
#include "history.h"
#include "image.h"
#include "maintenance.h"
#include "separate.h"
#include "statement.h"
#include "trigger.h"
#include "version.h"

PG_FUNCTION_INFO_V1(versioned_rows_archive);

/* What some rows need is made once per statement. */
typedef struct VrArchive
{
	VrStatement statement;
	VrForeign  *followers;		/* keys that follow this table, NULL at first */
} VrArchive;

static VrForeign *
archive_followers(VrArchive *archive, Relation relation)
{
	if (archive->followers == NULL)
	{
		MemoryContext oldcontext;

		oldcontext = MemoryContextSwitchTo(archive->statement.memory);
		archive->followers = vr_foreign_prepare_followers(relation);
		MemoryContextSwitchTo(oldcontext);
	}
	return archive->followers;
}

/*
 * Has stamp() had the last word on the new row?  The trigger of stamp() is
 * known by its arguments, which are those of ours.
 */
static bool
is_stamped(Relation relation, const Trigger *ours)
{
	const TriggerDesc *all = relation->trigdesc;

	for (int i = all->numtriggers - 1; i >= 0; i--)
	{
		const Trigger *trigger = &all->triggers[i];

		if (TRIGGER_TYPE_MATCHES(trigger->tgtype, TRIGGER_TYPE_ROW,
								 TRIGGER_TYPE_BEFORE, TRIGGER_TYPE_UPDATE) &&
			vr_trigger_fires(trigger))
			return trigger->tgnargs > 0 &&
				strcmp(trigger->tgargs[0], ours->tgargs[0]) == 0;
	}
	return false;
}

/*
 * Has the UPDATE made a new version, so that the old one must be stored?
 *
 * The numbers tell, because stamp() has set them.
 */
static bool
is_new_version(const VrConfig *config, TriggerData *trigdata)
{
	Relation	relation = trigdata->tg_relation;
	int64		oldversion = vr_version_number(config, trigdata->tg_trigslot);
	int64		newversion = vr_version_number(config, trigdata->tg_newslot);

	if (is_stamped(relation, trigdata->tg_trigger))
	{
		if (newversion == oldversion)
			return false;
		if (newversion == vr_version_next(oldversion))
			return true;
	}

	ereport(ERROR,
			(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
			 errmsg("row of versioned table \"%s\" was changed without being stamped",
					RelationGetRelationName(relation)),
			 errdetail("Version " INT64_FORMAT " was followed by " INT64_FORMAT ".",
					   oldversion, newversion),
			 errhint("The trigger of versioned_rows.stamp() is missing, is disabled, or is not the last BEFORE trigger; call versioned_rows.verify() to see."),
			 errtable(relation)));
}

/*
 * versioned_rows.archive() returns trigger
 */
Datum
versioned_rows_archive(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = vr_trigger_check(fcinfo, "archive",
											 TRIGGER_EVENT_AFTER);
	Relation	relation = trigdata->tg_relation;
	VrArchive  *archive;

	if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) &&
		vr_image_same(trigdata->tg_trigtuple, trigdata->tg_newtuple))
		return PointerGetDatum(NULL);
	if (vr_maintenance_is_on(relation))
		return PointerGetDatum(NULL);
	if (OidIsValid(trigdata->tg_trigger->tgconstrrelid))
		return vr_separate_archive(fcinfo, trigdata);

	archive = (VrArchive *) vr_statement_begin(fcinfo, sizeof(VrArchive));

	if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
	{
		if (!is_new_version(archive->statement.config, trigdata))
			return PointerGetDatum(NULL);
	}
	else if (!TRIGGER_FIRED_BY_DELETE(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be fired for UPDATE or DELETE",
						"archive"),
				 errhint("Use versioned_rows.enable() to install the triggers."),
				 errtable(relation)));
	else
		vr_foreign_check_followers(archive_followers(archive, relation),
								   relation, trigdata->tg_trigslot);

	vr_history_archive(vr_statement_history(&archive->statement, relation),
					   trigdata);

	return PointerGetDatum(NULL);
}

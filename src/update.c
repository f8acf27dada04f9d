/*-------------------------------------------------------------------------
 *
 * update.c
 *	  The next version of a row that is updated.
 *
 * The current row that really changes gets the next number, so that the live
 * tuple itself becomes the new version.  A copy of the old image is stored here
 * and now, if nothing minds; see copy.c.  The action of a foreign key joins the
 * version that its transaction has made already.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/rel.h"

#include "compat.h"
#include "config.h"
#include "copy.h"
#include "current.h"
#include "image.h"
#include "managed.h"
#include "period.h"
#include "queue.h"
#include "trigger.h"
#include "update.h"
#include "who.h"

#define REASON_HINT "Use SET LOCAL versioned_rows.reason = '...'."

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
	const VrWho *who = vr_managed_who(statement);

	for (int i = 0; i < who->n; i++)
	{
		AttrNumber	attno = who->columns[i];
		bool		isnull;

		if (vr_image_equal(oldslot, newslot, 1, &attno))
			continue;
		if (!vr_managed_agrees(who, i, relation, newslot))
			vr_managed_refuse(relation, attno,
							  attno == config->who[VR_REASON] ?
							  REASON_HINT : NULL);
		vr_managed_change(put_back, attno, slot_getattr(oldslot, attno, &isnull));
		put_back->isnull[put_back->n - 1] = isnull;
	}
	if (config->deletion != InvalidAttrNumber &&
		!vr_image_equal(oldslot, newslot, 1, &config->deletion))
		vr_managed_refuse(relation, config->deletion, NULL);
}

/*
 * The managed columns of the new row must be those of the old one, or what
 * would be written into them now.  Returns whether the client has asked for a
 * new version by setting its number.
 */
static bool
check_managed_columns(const VrConfig *config, Relation relation,
					  TupleTableSlot *oldslot, int64 oldversion,
					  TupleTableSlot *newslot)
{
	int64		newversion = vr_current_version(config, newslot);

	if (newversion != oldversion &&
		newversion != vr_config_next_version(oldversion))
		vr_managed_refuse(relation, config->version,
						  "An UPDATE can leave it out, or set the number that follows.");
	if (config->current != InvalidAttrNumber &&
		!vr_image_equal(oldslot, newslot, 1, &config->current))
		vr_managed_refuse(relation, config->current,
						  "To end a row, delete it: its last version stays as history.");
	if (config->period != InvalidAttrNumber &&
		!vr_image_equal(oldslot, newslot, 1, &config->period))
		vr_managed_refuse(relation, config->period, NULL);

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
		 vr_current_is_own(config, relation, trigdata->tg_trigtuple,
						   trigdata->tg_trigslot));
}

/*
 * The new row of an UPDATE, or NULL to skip a historical one.
 *
 * *archived says whether archive() can be spared, and afterwards whether it
 * has nothing left to do.
 */
HeapTuple
vr_update_stamp(VrStatement *statement, TriggerData *trigdata,
				bool *archived)
{
	const VrConfig *config = statement->config;
	Relation	relation = trigdata->tg_relation;
	TupleTableSlot *oldslot = trigdata->tg_trigslot;
	TupleTableSlot *newslot = trigdata->tg_newslot;
	VrChanges	changes;
	int64		oldversion;
	HeapTuple	result;
	bool		may_archive = *archived;
	bool		isnull;

	*archived = false;
	if (!vr_current_is(statement, relation, oldslot))
		return NULL;
	if (vr_image_same(trigdata->tg_trigtuple, trigdata->tg_newtuple))
	{
		*archived = true;
		return trigdata->tg_newtuple;
	}

	vr_config_sort_columns(statement->config, relation);
	refuse_key_change(config, relation, oldslot, newslot);
	oldversion = vr_current_version(config, oldslot);
	changes.n = 0;
	if (config->has_who)
		check_who_columns(statement, relation, oldslot, newslot, &changes);
	if (!check_managed_columns(config, relation, oldslot, oldversion, newslot))
	{
		if (vr_image_equal(oldslot, newslot,
						   config->ncontents, config->contents))
			return vr_managed_apply(&changes, trigdata->tg_newtuple, newslot);
		changes.n = 0;
		if (config->per_transaction &&
			vr_current_is_own(config, relation,
							  trigdata->tg_trigtuple, oldslot))
		{
			if (config->has_who)
				vr_managed_change_who(&changes, statement);
			return vr_managed_apply(&changes, trigdata->tg_newtuple, newslot);
		}
		if (joins_version(config, trigdata))
			return trigdata->tg_newtuple;
	}

	if (!vr_queue_is_alone(trigdata->tg_trigtuple))
		vr_queue_enter(relation, &trigdata->tg_trigtuple->t_self);
	changes.n = 0;
	vr_managed_change(&changes, config->version,
					  vr_config_make_version(config, relation,
											 vr_config_next_version(oldversion)));
	if (config->period != InvalidAttrNumber)
	{
		Datum		period = slot_getattr(oldslot, config->period, &isnull);

		vr_managed_change(&changes, config->period,
						  vr_period_open(vr_period_next(period, isnull)));
	}
	if (config->has_who)
		vr_managed_change_who(&changes, statement);
	result = vr_managed_apply(&changes, trigdata->tg_newtuple, newslot);

	/* the slot has the new version if that was made in place */
	*archived = may_archive && result == trigdata->tg_newtuple &&
		vr_copy_store_early(statement, trigdata);
	return result;
}

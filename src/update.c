/*-------------------------------------------------------------------------
 *
 * update.c
 *	  The next version of a row that is updated.
 *
 * A current row whose contents change gets the next number, so that the live
 * tuple itself becomes the new version.  The old version is archived early, here
 * and now, if nobody can mind; see history.c.  The action of a foreign key makes
 * no version where its transaction has made one of the row already.
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
#include "history.h"
#include "image.h"
#include "managed.h"
#include "period.h"
#include "queue.h"
#include "statement.h"
#include "trigger.h"
#include "update.h"
#include "version.h"
#include "who.h"

/*
 * An UPDATE may not move a row to another key: its history and every
 * reference to it have the old one.
 */
static void
refuse_key_change(const VrConfig *config, Relation relation,
				  TupleTableSlot *oldslot, TupleTableSlot *newslot)
{
	Assert(config->sorted);
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
 * Is the UPDATE the action of a foreign key that moves on a row whose version
 * only this transaction knows?
 *
 * Then the row keeps its version.  So a row that follows several others, or one
 * other by several keys, gets one version of all that a statement does.  And the
 * updates of rows that follow each other in a cycle come to an end, since a row
 * that keeps its version keeps its key.
 */
static bool
joins_version(const VrConfig *config, TriggerData *trigdata)
{
	Relation	relation = trigdata->tg_relation;

	return InNoForceRLSOperation() && vr_trigger_moves_own_row(trigdata) &&
		(relation->rd_createSubid != InvalidSubTransactionId ||
		 vr_version_is_own(config, relation, trigdata->tg_trigtuple,
						   trigdata->tg_trigslot));
}

/*
 * Does a row keep its version although the UPDATE changes its contents?  Only a
 * version that this transaction has made, where it need not make another one.
 */
static bool
keeps_version(const VrConfig *config, TriggerData *trigdata)
{
	return (config->per_transaction &&
			vr_version_is_own(config, trigdata->tg_relation,
							  trigdata->tg_trigtuple,
							  trigdata->tg_trigslot)) ||
		joins_version(config, trigdata);
}

/*
 * The row as its next version, which follows the old one.
 */
static HeapTuple
make_next(VrStatement *statement, TriggerData *trigdata, const VrVersion *old)
{
	const VrConfig *config = statement->config;
	VrChanges	changes;

	changes.n = 0;
	vr_managed_change(&changes, config->version,
					  vr_version_to_datum(config, trigdata->tg_relation,
										  vr_version_next(old->number)),
					  false);
	if (config->period != InvalidAttrNumber)
		vr_managed_change(&changes, config->period,
						  vr_period_open(vr_period_next(old->period,
														old->period_isnull)),
						  false);
	if (config->has_who)
		vr_managed_change_who(&changes, vr_statement_who(statement));
	return vr_managed_apply(&changes, trigdata->tg_newtuple,
							trigdata->tg_newslot);
}

/*
 * The new row of an UPDATE that makes no version.  If the contents have not
 * changed, the columns of who and why keep their old values; put_back has them.
 */
static HeapTuple
make_same(VrStatement *statement, TriggerData *trigdata,
		  VrChanges *put_back, bool changed)
{
	if (changed)
	{
		put_back->n = 0;
		if (statement->config->has_who)
			vr_managed_change_who(put_back, vr_statement_who(statement));
	}
	return vr_managed_apply(put_back, trigdata->tg_newtuple,
							trigdata->tg_newslot);
}

/*
 * The new row of an UPDATE, or NULL to skip a historical one.
 *
 * *pending says whether the old version is still to be archived, by archive().
 * With may_archive it is archived early, if nobody can mind.
 */
HeapTuple
vr_update_stamp(VrStatement *statement, TriggerData *trigdata,
				bool may_archive, bool *pending)
{
	VrConfig   *config = statement->config;
	Relation	relation = trigdata->tg_relation;
	TupleTableSlot *oldslot = trigdata->tg_trigslot;
	TupleTableSlot *newslot = trigdata->tg_newslot;
	VrChanges	put_back;
	VrVersion	old;
	VrVersion	new;
	HeapTuple	result;
	bool		changed;

	Assert(TRIGGER_FIRED_BEFORE(trigdata->tg_event) &&
		   TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event));
	*pending = false;
	old = vr_version_read(config, oldslot);
	if (!vr_version_is_current(config, relation, oldslot, &old))
		return NULL;
	if (vr_image_same(trigdata->tg_trigtuple, trigdata->tg_newtuple))
		return trigdata->tg_newtuple;

	vr_config_sort_columns(config, relation);
	refuse_key_change(config, relation, oldslot, newslot);
	new = vr_version_read(config, newslot);
	put_back.n = 0;
	vr_managed_check_update(config,
							config->has_who ? vr_statement_who(statement) : NULL,
							relation, oldslot, &old, newslot, &new, &put_back);
	if (new.number == old.number)
	{
		changed = !vr_image_equal(oldslot, newslot,
								  config->ncontents, config->contents);
		if (!changed || keeps_version(config, trigdata))
			return make_same(statement, trigdata, &put_back, changed);
	}

	if (!vr_queue_is_alone(trigdata->tg_trigtuple))
		vr_queue_enter(relation, &trigdata->tg_trigtuple->t_self);
	result = make_next(statement, trigdata, &old);
	/* history.c looks at the slot, from which the executor stores the row */
	if (result != trigdata->tg_newtuple)
		ExecForceStoreHeapTuple(result, newslot, false);
	*pending = !may_archive ||
		!vr_history_archive_early(vr_statement_history(statement, relation),
								  trigdata);
	return result;
}

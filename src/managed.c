/*-------------------------------------------------------------------------
 *
 * managed.c
 *	  Columns that the extension maintains: change them in a new row, refuse
 *	  what a client has set.
 *
 * A value that agrees with what would be written anyway is accepted, since an
 * application that keeps such a column itself sends it.  Everything else is an
 * error, never silently replaced.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "utils/datum.h"
#include "utils/rel.h"

#include "compat.h"
#include "config.h"
#include "image.h"
#include "managed.h"
#include "version.h"
#include "who.h"

/*
 * Note that a column of a new row is to be overwritten.
 */
void
vr_managed_change(VrChanges *changes, AttrNumber column, Datum value,
				  bool isnull)
{
	Assert(changes->n < VR_MAX_MANAGED);
	Assert(AttributeNumberIsValid(column));
	changes->columns[changes->n] = column;
	changes->values[changes->n] = value;
	changes->isnull[changes->n++] = isnull;
}

/*
 * Write into the new version who makes it.
 */
void
vr_managed_change_who(VrChanges *changes, const VrWho *who)
{
	for (int i = 0; i < who->n; i++)
		vr_managed_change(changes, who->columns[i], who->values[i], who->isnull[i]);
}

/*
 * Change the columns in place, where each new value has as much room as the
 * old one.  That is so for a number, mostly for a period, and seldom for text.
 */
static bool
overwrite_columns(const VrChanges *changes, HeapTuple tuple,
				  TupleTableSlot *slot)
{
	for (int i = 0; i < changes->n; i++)
	{
		if (changes->isnull[i] ||
			!vr_image_overwrite(slot, tuple, changes->columns[i],
								changes->values[i]))
			return false;
	}
	return true;
}

/*
 * The row with the columns changed.
 */
HeapTuple
vr_managed_apply(const VrChanges *changes, HeapTuple tuple, TupleTableSlot *slot)
{
	TupleDesc	desc = slot->tts_tupleDescriptor;
	HeapTuple	changed;
	Datum	   *values;
	bool	   *isnull;

	if (overwrite_columns(changes, tuple, slot))
		return tuple;

	slot_getallattrs(slot);
	values = palloc(desc->natts * sizeof(Datum));
	isnull = palloc(desc->natts * sizeof(bool));
	memcpy(values, slot->tts_values, desc->natts * sizeof(Datum));
	memcpy(isnull, slot->tts_isnull, desc->natts * sizeof(bool));
	for (int i = 0; i < changes->n; i++)
	{
		values[changes->columns[i] - 1] = changes->values[i];
		isnull[changes->columns[i] - 1] = changes->isnull[i];
	}
	changed = heap_form_tuple(desc, values, isnull);
	changed->t_self = tuple->t_self;
	changed->t_tableOid = tuple->t_tableOid;
	pfree(values);
	pfree(isnull);
	return changed;
}

/*
 * Complain about a managed column that a client has set.
 */
void
vr_managed_refuse(Relation relation, AttrNumber column, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_GENERATED_ALWAYS),
			 errmsg("column \"%s\" of versioned table \"%s\" cannot be set",
					NameStr(TupleDescAttr(RelationGetDescr(relation),
										  column - 1)->attname),
					RelationGetRelationName(relation)),
			 errdetail("It is maintained by versioned_rows."),
			 hint != NULL ? errhint("%s", hint) : 0,
			 errtablecol(relation, column)));
}

/*
 * Does a row say in a column what would be written there now of who makes the
 * version?  False for a column that says something else.
 */
bool
vr_managed_agrees(const VrWho *who, AttrNumber column, Relation relation,
				  TupleTableSlot *row)
{
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(relation),
										  column - 1);
	bool		isnull;
	Datum		given = slot_getattr(row, column, &isnull);

	for (int i = 0; i < who->n; i++)
	{
		if (who->columns[i] != column)
			continue;
		if (isnull || who->isnull[i])
			return isnull && who->isnull[i];
		return datum_image_eq(given, who->values[i], att->attbyval,
							  att->attlen);
	}
	return false;
}

/*
 * How a managed column is changed, if not by UPDATE; NULL if in no way.
 */
static const char *
hint_for(const VrConfig *config, AttrNumber column)
{
	if (column == config->version)
		return "An UPDATE can leave it out, or set the number that follows.";
	if (column == config->current)
		return "To end a row, delete it: its last version stays as history.";
	if (column == config->who[VR_REASON])
		return "Use SET LOCAL versioned_rows.reason = '...'.";
	return NULL;
}

/*
 * The managed columns of a new row must be those of the old one, or what would
 * be written into them now: an application that keeps them itself sends that.
 * Where no version is made, the old values of who are put back.
 */
void
vr_managed_check_update(const VrConfig *config, const VrWho *who,
						Relation relation,
						TupleTableSlot *oldslot, const VrVersion *old,
						TupleTableSlot *newslot, const VrVersion *new,
						VrChanges *put_back)
{
	for (int i = 0; i < config->nmanaged; i++)
	{
		AttrNumber	column = config->managed[i];
		bool		isnull;
		Datum		value;

		if (column == config->version)
		{
			if (new->number != old->number &&
				new->number != vr_version_next(old->number))
				vr_managed_refuse(relation, column, hint_for(config, column));
			continue;
		}
		if (vr_image_equal(oldslot, newslot, 1, &column))
			continue;
		if (who == NULL || !vr_managed_agrees(who, column, relation, newslot))
			vr_managed_refuse(relation, column, hint_for(config, column));
		value = slot_getattr(oldslot, column, &isnull);
		vr_managed_change(put_back, column, value, isnull);
	}
}

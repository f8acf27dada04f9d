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
#include "trigger.h"
#include "who.h"

/*
 * Note that a column of a new row is to be overwritten.
 */
void
vr_managed_change(VrChanges *changes, AttrNumber attno, Datum value)
{
	changes->columns[changes->n] = attno;
	changes->values[changes->n] = value;
	changes->isnull[changes->n++] = false;
}

/*
 * Who makes versions, read once per statement.
 */
const VrWho *
vr_managed_who(VrStatement *statement)
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
 * Write into the new version who makes it.
 */
void
vr_managed_change_who(VrChanges *changes, VrStatement *statement)
{
	const VrWho *who = vr_managed_who(statement);

	for (int i = 0; i < who->n; i++)
	{
		vr_managed_change(changes, who->columns[i], who->values[i]);
		changes->isnull[changes->n - 1] = who->isnull[i];
	}
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
vr_managed_refuse(Relation relation, AttrNumber attno, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_GENERATED_ALWAYS),
			 errmsg("column \"%s\" of versioned table \"%s\" cannot be set",
					NameStr(TupleDescAttr(RelationGetDescr(relation),
										  attno - 1)->attname),
					RelationGetRelationName(relation)),
			 errdetail("It is maintained by versioned_rows."),
			 hint != NULL ? errhint("%s", hint) : 0,
			 errtablecol(relation, attno)));
}

/*
 * Does a row say in one of these columns what would be written there now?
 */
bool
vr_managed_agrees(const VrWho *who, int i, Relation relation,
				  TupleTableSlot *row)
{
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(relation),
										  who->columns[i] - 1);
	bool		isnull;
	Datum		given = slot_getattr(row, who->columns[i], &isnull);

	if (isnull || who->isnull[i])
		return isnull && who->isnull[i];
	return datum_image_eq(given, who->values[i], att->attbyval, att->attlen);
}

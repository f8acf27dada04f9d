/*-------------------------------------------------------------------------
 *
 * managed.h
 *	  Columns that the extension maintains: change them in a new row, refuse
 *	  what a client has set.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_MANAGED_H
#define VR_MANAGED_H

#include "executor/tuptable.h"

#include "compat.h"
#include "config.h"
#include "version.h"
#include "who.h"

/* Columns of a new row that are to be overwritten. */
typedef struct VrChanges
{
	int			n;				/* how many */
	int			columns[VR_MAX_MANAGED];
	Datum		values[VR_MAX_MANAGED];
	bool		isnull[VR_MAX_MANAGED];
} VrChanges;

extern void vr_managed_change(VrChanges *changes, AttrNumber column,
							  Datum value, bool isnull);
extern void vr_managed_change_who(VrChanges *changes, const VrWho *who);
extern HeapTuple vr_managed_apply(const VrChanges *changes, HeapTuple tuple,
								  TupleTableSlot *slot);
pg_noreturn extern void vr_managed_refuse(Relation relation, AttrNumber column,
										  const char *hint);
extern bool vr_managed_agrees(const VrWho *who, AttrNumber column,
							  Relation relation, TupleTableSlot *row);
extern void vr_managed_check_update(const VrConfig *config, const VrWho *who,
									Relation relation,
									TupleTableSlot *oldslot,
									const VrVersion *old,
									TupleTableSlot *newslot,
									const VrVersion *new, VrChanges *put_back);

#endif							/* VR_MANAGED_H */

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
#include "trigger.h"
#include "who.h"

/* version, flag, period, and who makes the version */
#define VR_MAX_CHANGES (3 + VR_WHO_COLUMNS)

/* Columns of a new row that are to be overwritten. */
typedef struct VrChanges
{
	int			n;				/* how many */
	int			columns[VR_MAX_CHANGES];
	Datum		values[VR_MAX_CHANGES];
	bool		isnull[VR_MAX_CHANGES];
} VrChanges;

extern void vr_managed_change(VrChanges *changes, AttrNumber attno,
							  Datum value);
extern const VrWho *vr_managed_who(VrStatement *statement);
extern void vr_managed_change_who(VrChanges *changes, VrStatement *statement);
extern HeapTuple vr_managed_apply(const VrChanges *changes, HeapTuple tuple,
								  TupleTableSlot *slot);
pg_noreturn extern void vr_managed_refuse(Relation relation, AttrNumber attno,
										  const char *hint);
extern bool vr_managed_agrees(const VrWho *who, int i, Relation relation,
							  TupleTableSlot *row);

#endif							/* VR_MANAGED_H */

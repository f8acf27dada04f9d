/*-------------------------------------------------------------------------
 *
 * parent.h
 *	  Find and lock the current version of a referenced row.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_PARENT_H
#define VR_PARENT_H

#include "access/attnum.h"
#include "executor/tuptable.h"
#include "utils/rel.h"
#include "utils/snapshot.h"

typedef struct VrParent VrParent;

/* The last version of a row, as vr_parent_find() finds it. */
typedef struct VrParentRow
{
	Relation	relation;		/* where it is: the table or a partition */
	TupleTableSlot *slot;		/* the row, a copy */
	AttrNumber	version;		/* its version column */
	bool		current;		/* false for the last version of a deleted row */
	Snapshot	snapshot;		/* that sees it */
} VrParentRow;

extern VrParent *vr_parent_prepare(Relation relation, int nkeys,
								   const AttrNumber *columns,
								   const Oid *types, AttrNumber version,
								   AttrNumber current, AttrNumber period);
extern bool vr_parent_find(VrParent *parent, const Datum *values,
						   VrParentRow *row);
extern bool vr_parent_lock(const VrParentRow *row, bool waited);
extern void vr_parent_release(VrParentRow *row);

#endif							/* VR_PARENT_H */

/*-------------------------------------------------------------------------
 *
 * referenced.h
 *	  Find and lock the current version of a referenced row.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_REFERENCED_H
#define VR_REFERENCED_H

#include "access/attnum.h"
#include "executor/tuptable.h"
#include "utils/rel.h"
#include "utils/snapshot.h"

#include "config.h"

typedef struct VrReferenced VrReferenced;

/* The last version of a row, as vr_referenced_find() finds it. */
typedef struct VrReferencedRow
{
	Relation	relation;		/* where it is: the table or a partition */
	TupleTableSlot *slot;		/* the row, in memory of its own */
	int64		number;			/* its version */
	bool		current;		/* false for the last version of a deleted row */
	Snapshot	snapshot;		/* that sees it */
} VrReferencedRow;

extern VrReferenced *vr_referenced_prepare(Relation relation, int nkeys,
										   const AttrNumber *columns,
										   const Oid *types,
										   const VrConfig *config);
extern bool vr_referenced_find(VrReferenced *referenced, const Datum *values,
							   VrReferencedRow *row);
extern bool vr_referenced_lock(const VrReferencedRow *row, bool waited);
extern void vr_referenced_release(VrReferencedRow *row);

#endif							/* VR_REFERENCED_H */

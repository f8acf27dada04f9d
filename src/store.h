/*-------------------------------------------------------------------------
 *
 * store.h
 *	  Put one row into an open relation.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_STORE_H
#define VR_STORE_H

#include "executor/tuptable.h"
#include "utils/rel.h"

typedef struct VrStore VrStore;

extern VrStore *vr_store_prepare(Relation relation,
								 int naltered, const AttrNumber *altered,
								 AttrNumber never_true);
extern void vr_store_put(VrStore *store, Relation relation,
						 TupleTableSlot *slot,
						 TupleTableSlot *origin, TupleTableSlot *successor);
extern bool vr_store_put_early(VrStore *store, Relation relation,
							   TupleTableSlot *slot,
							   TupleTableSlot *origin,
							   TupleTableSlot *successor);

#endif							/* VR_STORE_H */

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
#include "nodes/bitmapset.h"
#include "utils/rel.h"

typedef struct VrStore VrStore;

extern VrStore *vr_store_prepare(Relation relation, const Bitmapset *altered,
								 AttrNumber never_true);
extern void vr_store_put(VrStore *store, Relation relation,
						 TupleTableSlot *slot,
						 TupleTableSlot *origin, TupleTableSlot *successor);

#endif							/* VR_STORE_H */

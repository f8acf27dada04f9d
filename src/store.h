/*-------------------------------------------------------------------------
 *
 * store.h
 *	  Put one row into an open relation.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_STORE_H
#define VR_STORE_H

#include "access/tableam.h"
#include "utils/rel.h"

typedef struct VrStore VrStore;

extern VrStore *vr_store_prepare(Relation relation,
								 int naltered, const AttrNumber *altered,
								 AttrNumber never_true);
extern void vr_store_put(VrStore *store, Relation relation,
						 TupleTableSlot *slot, TupleTableSlot *origin,
						 TupleTableSlot *successor, bool check_at_once);
extern bool vr_store_open_early(VrStore *store);
extern void vr_store_put_early(VrStore *store, Relation relation,
							   TupleTableSlot *slot,
							   TupleTableSlot *origin,
							   TupleTableSlot *successor);
extern bool vr_store_put_new(VrStore *store, Relation relation,
							 TupleTableSlot *slot, bool must);
extern TM_Result vr_store_change(VrStore *store, Relation relation,
								 ItemPointer tid, TupleTableSlot *slot,
								 bool keys);

#endif							/* VR_STORE_H */

/*-------------------------------------------------------------------------
 *
 * lookup.h
 *	  Find rows by the leading columns of a unique index.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_LOOKUP_H
#define VR_LOOKUP_H

#include "access/genam.h"
#include "access/tableam.h"
#include "executor/tuptable.h"
#include "utils/rel.h"
#include "utils/snapshot.h"

typedef struct VrLookup VrLookup;

extern VrLookup *vr_lookup_prepare(Relation index, int nkeys,
								   const Oid *types);
extern AttrNumber vr_lookup_column(const VrLookup *lookup, int i);
extern bool vr_lookup_values(const VrLookup *lookup, TupleTableSlot *row,
							 Datum *values);
extern uint32 vr_lookup_hash(VrLookup *lookup, Relation relation,
							 const Datum *values);
extern void vr_lookup_check_moved(TM_Result result);
extern IndexScanDesc vr_lookup_begin(const VrLookup *lookup,
									 Relation relation, const Datum *values,
									 Snapshot snapshot);
extern void vr_lookup_end(IndexScanDesc scan);
extern bool vr_lookup_last(const VrLookup *lookup, Relation relation,
						   const Datum *values, Snapshot snapshot,
						   TupleTableSlot *slot);
extern bool vr_lookup_met_writer(const SnapshotData *dirty);
extern void vr_lookup_wait(const SnapshotData *dirty);
extern bool vr_lookup_made_by_us(TupleTableSlot *row, CommandId *command);
extern bool vr_lookup_deleted_by_us(TupleTableSlot *row, CommandId *command);
extern bool vr_lookup_replaced(const VrLookup *lookup, Relation relation,
							   const Datum *values);

#endif							/* VR_LOOKUP_H */

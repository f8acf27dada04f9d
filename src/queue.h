/*-------------------------------------------------------------------------
 *
 * queue.h
 *	  Updates and pins of one row take turns.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_QUEUE_H
#define VR_QUEUE_H

#include "storage/itemptr.h"
#include "utils/rel.h"

extern void vr_queue_define(void);
extern bool vr_queue_is_alone(HeapTuple tuple);
extern void vr_queue_enter(Relation relation, ItemPointer tid);
extern void vr_queue_pass(Relation relation, ItemPointer tid);

#endif							/* VR_QUEUE_H */

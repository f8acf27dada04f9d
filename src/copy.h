/*-------------------------------------------------------------------------
 *
 * copy.h
 *	  The historical copy of a row: make it, and store it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_COPY_H
#define VR_COPY_H

#include "commands/trigger.h"

#include "trigger.h"

typedef struct VrCopy VrCopy;

extern bool vr_copy_may_change_partition(Relation relation, int nkeys,
										 const AttrNumber *keys);
extern void vr_copy_store(VrStatement *statement, TriggerData *trigdata);
extern bool vr_copy_store_early(VrStatement *statement,
								TriggerData *trigdata);

#endif							/* VR_COPY_H */

/*-------------------------------------------------------------------------
 *
 * update.h
 *	  The next version of a row that is updated.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_UPDATE_H
#define VR_UPDATE_H

#include "commands/trigger.h"

#include "trigger.h"

extern HeapTuple vr_update_stamp(VrStatement *statement,
								 TriggerData *trigdata, bool *archived);

#endif							/* VR_UPDATE_H */

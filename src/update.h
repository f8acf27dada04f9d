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

#include "statement.h"

extern HeapTuple vr_update_stamp(VrStatement *statement,
								 TriggerData *trigdata, bool may_archive,
								 bool *pending);

#endif							/* VR_UPDATE_H */

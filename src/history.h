/*-------------------------------------------------------------------------
 *
 * history.h
 *	  Archive a version that ends.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_HISTORY_H
#define VR_HISTORY_H

#include "commands/trigger.h"
#include "utils/rel.h"

#include "config.h"

typedef struct VrHistory VrHistory;

extern VrHistory *vr_history_prepare(VrConfig *config, Relation relation);
extern void vr_history_archive(VrHistory *history, TriggerData *trigdata);
extern bool vr_history_archive_early(VrHistory *history,
									 TriggerData *trigdata);

#endif							/* VR_HISTORY_H */

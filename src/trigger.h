/*-------------------------------------------------------------------------
 *
 * trigger.h
 *	  Am I called right, and with which configuration?
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_TRIGGER_H
#define VR_TRIGGER_H

#include "commands/trigger.h"
#include "fmgr.h"

#include "config.h"

/* A trigger that can be kept from firing for single rows of a statement. */
typedef struct VrSwitch
{
	Trigger    *trigger;		/* in the executor's own list, or NULL */
	char		enabled;		/* as the statement has found it */
} VrSwitch;

extern TriggerData *vr_trigger_check(FunctionCallInfo fcinfo,
									 const char *funcname,
									 TriggerEvent timing);
extern bool vr_trigger_fires(const Trigger *trigger);
extern bool vr_trigger_may_be_new(Relation relation);
extern VrSwitch vr_trigger_switch(TriggerData *trigdata,
								  const Trigger *wanted);
extern void vr_trigger_set(const VrSwitch *other, bool fires);
extern Oid	vr_trigger_versions_table(TriggerData *trigdata);
extern void vr_trigger_check_last(TriggerData *trigdata);
extern VrSwitch vr_trigger_find_archive(TriggerData *trigdata);
extern VrConfig *vr_trigger_find_config(Relation relation);
extern bool vr_trigger_changes_foreign_key(TriggerData *trigdata);
extern bool vr_trigger_moves_own_row(TriggerData *trigdata);

#endif							/* VR_TRIGGER_H */

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
#include "lookup.h"

/*
 * What a trigger function keeps from row to row of one statement.  Each has a
 * structure of its own that begins with this one.
 */
typedef struct VrStatement
{
	MemoryContext memory;		/* lives as long as the statement */
	VrConfig   *config;			/* what the trigger's arguments say */
	struct VrWho *who;			/* who makes versions, NULL at first */
	struct VrCopy *copy;		/* makes and stores copies, NULL at first */
	struct VrClaim *claim;		/* the key that is inserted, NULL at first */
	VrLookup   *versions;		/* finds the versions of a row, NULL at first */

	/* only where versions have a table of their own, see separate.c */
	Oid			separate;		/* that table, or 0 */
	struct VrVersions *table;	/* the same, NULL at first */
} VrStatement;

extern TriggerData *vr_trigger_check(FunctionCallInfo fcinfo,
									 const char *funcname,
									 TriggerEvent timing);
extern bool vr_trigger_fires(const Trigger *trigger);
extern bool vr_trigger_may_be_new(Relation relation);
extern Oid	vr_trigger_versions_table(TriggerData *trigdata);
extern Trigger *vr_trigger_check_others(TriggerData *trigdata);
extern VrStatement *vr_trigger_statement(FunctionCallInfo fcinfo, Size size);
extern bool vr_trigger_is_history(const VrConfig *config,
								  TupleTableSlot *row);
extern VrConfig *vr_trigger_find_config(Relation relation);
extern VrLookup *vr_trigger_version_lookup(const VrConfig *config,
										   Relation relation);
extern bool vr_trigger_changes_foreign_key(TriggerData *trigdata);
extern bool vr_trigger_moves_own_row(TriggerData *trigdata);

#endif							/* VR_TRIGGER_H */

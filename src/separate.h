/*-------------------------------------------------------------------------
 *
 * separate.h
 *	  Versions in a table of their own: stamp() and archive().
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_SEPARATE_H
#define VR_SEPARATE_H

#include "commands/trigger.h"
#include "fmgr.h"

#include "statement.h"

extern VrStatement *vr_separate_begin(FunctionCallInfo fcinfo, Size size,
									  Oid versions);
extern HeapTuple vr_separate_stamp(VrStatement *statement,
								   TriggerData *trigdata, bool *archived);
extern Datum vr_separate_archive(FunctionCallInfo fcinfo,
								 TriggerData *trigdata);

#endif							/* VR_SEPARATE_H */

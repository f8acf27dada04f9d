/*-------------------------------------------------------------------------
 *
 * current.h
 *	  Which version is a stored row, and is it the current one?
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_CURRENT_H
#define VR_CURRENT_H

#include "executor/tuptable.h"

#include "config.h"
#include "lookup.h"
#include "trigger.h"

extern VrLookup *vr_current_lookup(VrStatement *statement, Relation relation);
extern int64 vr_current_version(const VrConfig *config, TupleTableSlot *row);
extern bool vr_current_is(VrStatement *statement, Relation relation,
						  TupleTableSlot *row);
extern bool vr_current_is_own(const VrConfig *config, Relation relation,
							  HeapTuple tuple, TupleTableSlot *row);

#endif							/* VR_CURRENT_H */

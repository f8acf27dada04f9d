/*-------------------------------------------------------------------------
 *
 * erase.h
 *	  What the action of an erasing foreign key leaves of a row's history.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_ERASE_H
#define VR_ERASE_H

#include "executor/tuptable.h"
#include "utils/rel.h"

#include "config.h"
#include "foreign.h"

extern void vr_erase_rest(const VrConfig *config, Relation relation,
						  TupleTableSlot *row);
extern void vr_erase_change(const VrConfig *config, Relation relation,
							const VrForeign *targets,
							TupleTableSlot *oldslot, TupleTableSlot *newslot);

#endif							/* VR_ERASE_H */

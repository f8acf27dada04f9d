/*-------------------------------------------------------------------------
 *
 * insert.h
 *	  The version of a row that is inserted.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_INSERT_H
#define VR_INSERT_H

#include "commands/trigger.h"

#include "statement.h"

extern HeapTuple vr_insert_stamp(VrStatement *statement,
								 TriggerData *trigdata);

#endif							/* VR_INSERT_H */

/*-------------------------------------------------------------------------
 *
 * judge.h
 *	  What runs between the last BEFORE trigger of a row and the heap?
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_JUDGE_H
#define VR_JUDGE_H

#include "access/attnum.h"
#include "utils/rel.h"

extern bool vr_judge_is_volatile(Relation relation);
extern bool vr_judge_may_move(Relation relation, int nkeys,
							  const AttrNumber *keys);

#endif							/* VR_JUDGE_H */

/*-------------------------------------------------------------------------
 *
 * judge.h
 *	  What runs between the last BEFORE trigger of a row and the heap?
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_JUDGE_H
#define VR_JUDGE_H

#include "utils/rel.h"

extern bool vr_judge_is_volatile(Relation relation);

#endif							/* VR_JUDGE_H */

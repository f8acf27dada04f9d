/*-------------------------------------------------------------------------
 *
 * claim.h
 *	  One INSERT at a time for a key that has no current version.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_CLAIM_H
#define VR_CLAIM_H

#include "utils/rel.h"

typedef struct VrClaim VrClaim;

extern VrClaim *vr_claim_prepare(void);
extern void vr_claim_take(VrClaim *claim, Relation relation, uint32 hash);
extern void vr_claim_release(VrClaim *claim);

#endif							/* VR_CLAIM_H */

/*-------------------------------------------------------------------------
 *
 * asof.h
 *	  The instant that the current views of a session show.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_ASOF_H
#define VR_ASOF_H

#include "utils/rel.h"

extern void vr_asof_define(void);
extern void vr_asof_refuse_write(Relation relation);

#endif							/* VR_ASOF_H */

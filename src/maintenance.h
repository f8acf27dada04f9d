/*-------------------------------------------------------------------------
 *
 * maintenance.h
 *	  May this transaction rewrite the history of a table?
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_MAINTENANCE_H
#define VR_MAINTENANCE_H

#include "utils/rel.h"

extern void vr_maintenance_define(void);
extern bool vr_maintenance_has_begun(void);
extern bool vr_maintenance_is_on(Relation relation);

#endif							/* VR_MAINTENANCE_H */

/*-------------------------------------------------------------------------
 *
 * who.h
 *	  Who makes a version, or deletes a row, and why.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_WHO_H
#define VR_WHO_H

#include "config.h"

/* What is written into the columns that a table has for it. */
typedef struct VrWho
{
	int			n;				/* how many columns */
	AttrNumber	columns[VR_WHO_COLUMNS];
	Datum		values[VR_WHO_COLUMNS];
	bool		isnull[VR_WHO_COLUMNS];
} VrWho;

extern void vr_who_define(void);
extern void vr_who_read(const VrConfig *config, VrWho *who);
extern Datum vr_who_make_deletion(const VrConfig *config);

#endif							/* VR_WHO_H */

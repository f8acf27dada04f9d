/*-------------------------------------------------------------------------
 *
 * period.h
 *	  The clock, and periods of validity as tstzrange.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_PERIOD_H
#define VR_PERIOD_H

#include "datatype/timestamp.h"

extern Datum vr_period_open(TimestampTz start);
extern Datum vr_period_close(Datum period, bool isnull, TimestampTz end);
extern bool vr_period_is_open(Datum period);
extern TimestampTz vr_period_start(Datum period, bool isnull);
extern TimestampTz vr_period_next(Datum period, bool isnull);

#endif							/* VR_PERIOD_H */

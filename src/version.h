/*-------------------------------------------------------------------------
 *
 * version.h
 *	  What a stored row says of its version: the number, whether it is current,
 *	  when it is valid.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_VERSION_H
#define VR_VERSION_H

#include "access/htup.h"
#include "executor/tuptable.h"

#include "config.h"
#include "lookup.h"

/* The number of a row whose version column is null: below all others. */
#define VR_NO_NUMBER PG_INT64_MIN

/*
 * A row that has neither a flag nor a period does not say whether it is
 * current, nor does one whose flag is null.
 */
typedef struct VrVersion
{
	int64		number;			/* VR_NO_NUMBER if it has none */
	bool		is_current;		/* says that it is current */
	bool		is_history;		/* says that it is history */
	Datum		period;			/* when it is valid */
	bool		period_isnull;	/* also where there is no period */
} VrVersion;

/*
 * The number after a version.  There is none after the last bigint: what that
 * gets is refused by vr_version_to_datum(), whatever the type.
 */
static inline int64
vr_version_next(int64 number)
{
	return number == PG_INT64_MAX ? VR_NO_NUMBER : number + 1;
}

extern int64 vr_version_from_datum(const VrConfig *config, Datum value);
extern Datum vr_version_to_datum(const VrConfig *config, Relation relation,
								 int64 number);
extern VrVersion vr_version_read(const VrConfig *config, TupleTableSlot *row);
extern int64 vr_version_number(const VrConfig *config, TupleTableSlot *row);
extern bool vr_version_is_history(const VrConfig *config, TupleTableSlot *row);
extern bool vr_version_is_current(VrConfig *config, Relation relation,
								  TupleTableSlot *row,
								  const VrVersion *version);
extern bool vr_version_is_own(const VrConfig *config, Relation relation,
							  HeapTuple tuple, TupleTableSlot *row);
extern VrLookup *vr_version_lookup(VrConfig *config, Relation relation);

#endif							/* VR_VERSION_H */

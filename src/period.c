/*-------------------------------------------------------------------------
 *
 * period.c
 *	  The clock, and periods of validity as tstzrange.
 *
 * A period is half-open: [start,) for a current version, [start,end) for
 * history.  Time is the transaction's, moved on by at least a microsecond
 * past the start of the predecessor, so that no period is empty or runs
 * backwards, whatever the clock does and in whatever order transactions
 * commit.  Nothing here ever raises because of a value of the clock or of a
 * period that somebody spoilt.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/rangetypes.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "compat.h"
#include "period.h"

static TypeCacheEntry *
period_type(void)
{
	return lookup_type_cache(TSTZRANGEOID, TYPECACHE_RANGE_INFO);
}

/*
 * Make [lower,end), where an infinite end stands for "still valid".
 */
static Datum
make_period(RangeBound lower, RangeBound upper)
{
	lower.lower = true;
	upper.lower = false;
	upper.inclusive = false;
	return RangeTypePGetDatum(vr_compat_make_range(period_type(), &lower,
												   &upper, false));
}

/*
 * Read the bounds of a period.  An absent or empty one reads as unbounded.
 */
static void
read_period(Datum period, bool isnull, RangeBound *lower, RangeBound *upper)
{
	bool		empty = true;

	if (!isnull)
		range_deserialize(period_type(), DatumGetRangeTypeP(period),
						  lower, upper, &empty);
	if (empty)
	{
		memset(lower, 0, sizeof(RangeBound));
		memset(upper, 0, sizeof(RangeBound));
		lower->infinite = upper->infinite = true;
		lower->lower = true;
	}
}

/*
 * The period [start,) of a version that is now current.
 */
Datum
vr_period_open(TimestampTz start)
{
	RangeBound	lower = {0};
	RangeBound	upper = {0};

	lower.val = TimestampTzGetDatum(start);
	lower.inclusive = true;
	upper.infinite = true;
	return make_period(lower, upper);
}

/*
 * The period of a version that ends here: its old start, and the given end.
 *
 * A start that is not before the end (which only spoilt data can have)
 * becomes unbounded rather than an error.
 */
Datum
vr_period_close(Datum period, bool isnull, TimestampTz end)
{
	RangeBound	lower;
	RangeBound	upper;

	read_period(period, isnull, &lower, &upper);
	memset(&upper, 0, sizeof(upper));
	upper.val = TimestampTzGetDatum(end);
	if (!lower.infinite && DatumGetTimestampTz(lower.val) >= end)
		lower.infinite = true;
	return make_period(lower, upper);
}

/*
 * Has the period no end yet?  An empty one belongs to history of which it is
 * not known when it was valid.
 */
bool
vr_period_is_open(Datum period)
{
	RangeBound	lower;
	RangeBound	upper;
	bool		empty;

	range_deserialize(period_type(), DatumGetRangeTypeP(period),
					  &lower, &upper, &empty);
	return !empty && upper.infinite;
}

/*
 * The start of a period, or -infinity where it has none.
 */
TimestampTz
vr_period_start(Datum period, bool isnull)
{
	RangeBound	lower;
	RangeBound	upper;

	read_period(period, isnull, &lower, &upper);
	return lower.infinite ? DT_NOBEGIN : DatumGetTimestampTz(lower.val);
}

/*
 * When the version after one with this period may start: now, but at least a
 * microsecond after its start, and not before its end if it has one.
 */
TimestampTz
vr_period_next(Datum period, bool isnull)
{
	TimestampTz next = GetCurrentTransactionStartTimestamp();
	RangeBound	lower;
	RangeBound	upper;

	read_period(period, isnull, &lower, &upper);
	if (!lower.infinite)
	{
		TimestampTz start = DatumGetTimestampTz(lower.val);

		if (start >= next && !TIMESTAMP_NOT_FINITE(start))
			next = start + 1;
	}
	if (!upper.infinite)
	{
		TimestampTz end = DatumGetTimestampTz(upper.val);

		if (end > next && !TIMESTAMP_NOT_FINITE(end))
			next = end;
	}
	return next;
}

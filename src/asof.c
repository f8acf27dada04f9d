/*-------------------------------------------------------------------------
 *
 * asof.c
 *	  The instant that the current views of a session show.
 *
 * The current view of a table with a period selects by
 * versioned_rows.is_shown(flag, period).  No plan ever has that call in it:
 * the planner asks is_shown_support(), which puts the flag in its place, so
 * that the plan is the one of a view that selects by the flag alone; or, while
 * versioned_rows.as_of is set, "period @> instant".  A change of the setting
 * throws away the session's cached plans, which were made for another
 * instant.
 *
 * The past is read-only: while the setting is there, stamp() refuses every
 * row that would be written to a versioned table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_operator_d.h"
#include "catalog/pg_type.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/plancache.h"
#include "utils/rangetypes.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "asof.h"
#include "compat.h"

PG_FUNCTION_INFO_V1(versioned_rows_is_shown);
PG_FUNCTION_INFO_V1(versioned_rows_is_shown_support);

/* The setting as text, and what the last assignment made of it. */
static char *setting;
static const TimestampTz *instant;

/*
 * Read an instant without raising an error.
 */
static bool
parse_instant(const char *text, TimestampTz *result)
{
	MemoryContext oldcontext = CurrentMemoryContext;
	volatile bool ok = true;

	PG_TRY();
	{
		*result = DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in,
														  CStringGetDatum(text),
														  ObjectIdGetDatum(InvalidOid),
														  Int32GetDatum(-1)));
	}
	PG_CATCH();
	{
		/* nothing but the parser ran: there is nothing else to clean up */
		MemoryContextSwitchTo(oldcontext);
		FlushErrorState();
		ok = false;
	}
	PG_END_TRY();
	return ok;
}

/*
 * Check the setting, and write it with its offset from UTC: a parallel worker
 * reads it again, perhaps before it knows the session's time zone.
 */
static bool
check_as_of(char **newval, void **extra, GucSource source pg_attribute_unused())
{
	TimestampTz parsed;
	char	   *canonical;

	if (*newval == NULL || (*newval)[0] == '\0')
		return true;
	if (!parse_instant(*newval, &parsed))
	{
		GUC_check_errdetail("It must be a timestamp with time zone, or empty.");
		return false;
	}

	canonical = vr_compat_guc_strdup(timestamptz_to_str(parsed));
	if (canonical == NULL)
		return false;
	*extra = vr_compat_guc_malloc(sizeof(TimestampTz));
	if (*extra == NULL)
	{
		vr_compat_guc_free(canonical);
		return false;
	}
	memcpy(*extra, &parsed, sizeof(TimestampTz));
	vr_compat_guc_free(*newval);
	*newval = canonical;
	return true;
}

static void
assign_as_of(const char *newval pg_attribute_unused(), void *extra)
{
	const TimestampTz *next = (const TimestampTz *) extra;

	if (instant != NULL || next != NULL)
		ResetPlanCache();
	instant = next;
}

/*
 * Make the setting known.  To be called once, when the module is loaded.
 */
void
vr_asof_define(void)
{
	DefineCustomStringVariable("versioned_rows.as_of",
							   "The instant that current views show; empty for the present.",
							   "While it is set, versioned tables are read-only.",
							   &setting, "", PGC_USERSET, 0,
							   check_as_of, assign_as_of, NULL);
}

/*
 * Complain if the session is looking at the past.
 */
void
vr_asof_refuse_write(Relation relation)
{
	if (unlikely(instant != NULL))
		ereport(ERROR,
				(errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				 errmsg("versioned table \"%s\" is read-only while versioned_rows.as_of is set",
						RelationGetRelationName(relation)),
				 errhint("RESET versioned_rows.as_of to return to the present."),
				 errtable(relation)));
}

/*
 * versioned_rows.is_shown(is_current boolean, period tstzrange)
 *
 * What the planner puts in the place of this call, for where it has no part:
 * a constraint, say.
 */
Datum
versioned_rows_is_shown(PG_FUNCTION_ARGS)
{
	TypeCacheEntry *typcache;
	bool		shown;

	if (instant == NULL)
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot show the past of a table without a period"),
				 errhint("Call versioned_rows.enable() with a period_column, or RESET versioned_rows.as_of.")));

	typcache = lookup_type_cache(TSTZRANGEOID, TYPECACHE_RANGE_INFO);
	shown = range_contains_elem_internal(typcache, PG_GETARG_RANGE_P(1),
										 TimestampTzGetDatum(*instant));
	PG_RETURN_BOOL(shown);
}

/*
 * The planner's support function of is_shown().
 */
Datum
versioned_rows_is_shown_support(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);
	FuncExpr   *call;
	Expr	   *period;
	Expr	   *contains;

	if (!IsA(request, SupportRequestSimplify))
		PG_RETURN_POINTER(NULL);

	call = ((SupportRequestSimplify *) request)->fcall;
	if (instant == NULL)
		PG_RETURN_POINTER(linitial(call->args));

	period = (Expr *) lsecond(call->args);
	if (IsA(period, Const))
		PG_RETURN_POINTER(NULL);

	contains = make_opclause(OID_RANGE_CONTAINS_ELEM_OP, BOOLOID, false,
							 period,
							 (Expr *) makeConst(TIMESTAMPTZOID, -1, InvalidOid,
												sizeof(TimestampTz),
												TimestampTzGetDatum(*instant),
												false, FLOAT8PASSBYVAL),
							 InvalidOid, InvalidOid);
	set_opfuncid((OpExpr *) contains);
	PG_RETURN_POINTER(contains);
}

/*-------------------------------------------------------------------------
 *
 * functions.h
 *	  The C symbols of trigger functions, by which triggers are known.
 *
 * Their SQL names can be looked up only in a catalog, and in a schema.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_FUNCTIONS_H
#define VR_FUNCTIONS_H

#include "fmgr.h"

extern PGDLLEXPORT Datum versioned_rows_stamp(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum versioned_rows_reference(PG_FUNCTION_ARGS);

/*
 * Does a function, known by its OID, have the given symbol?
 */
static inline bool
vr_function_is(Oid funcid, PGFunction symbol)
{
	FmgrInfo	function;

	fmgr_info(funcid, &function);
	return function.fn_addr == symbol;
}

#endif							/* VR_FUNCTIONS_H */

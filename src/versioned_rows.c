/*-------------------------------------------------------------------------
 *
 * versioned_rows.c
 *	  The module's magic block.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

PG_MODULE_MAGIC;

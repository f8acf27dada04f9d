/*-------------------------------------------------------------------------
 *
 * release.c
 *	  Which release the module is of.
 *
 * The scripts and the module are installed together, but a database has the
 * scripts of its last ALTER EXTENSION UPDATE, and a session has the module that
 * it loaded first.  A module serves the scripts of its own release and of all
 * earlier ones; install/module.sql refuses an older module.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(versioned_rows_module_version);

/*
 * Returns the version of the extension that the module was built for, which
 * the Makefile takes from the control file.
 */
Datum
versioned_rows_module_version(PG_FUNCTION_ARGS)
{
	(void) fcinfo;				/* it takes no argument */

	PG_RETURN_TEXT_P(cstring_to_text(VERSIONED_ROWS_VERSION));
}

/*-------------------------------------------------------------------------
 *
 * versioned_rows.c
 *	  The module's magic block and its settings.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/guc.h"

#include "asof.h"
#include "maintenance.h"
#include "queue.h"
#include "who.h"

PG_MODULE_MAGIC;

extern void _PG_init(void);

void
_PG_init(void)
{
	vr_maintenance_define();
	vr_asof_define();
	vr_who_define();
	vr_queue_define();
}

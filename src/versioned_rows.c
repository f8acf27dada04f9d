/*-------------------------------------------------------------------------
 *
 * versioned_rows.c
 *	  The module: its magic block, its settings, and a helper of its SQL part.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"

#include "asof.h"
#include "compat.h"
#include "maintenance.h"
#include "queue.h"
#include "who.h"

PG_MODULE_MAGIC;

extern void _PG_init(void);

PG_FUNCTION_INFO_V1(versioned_rows_drop_with);

void
_PG_init(void)
{
	vr_maintenance_define();
	vr_asof_define();
	vr_who_define();
	vr_queue_define();
}

/*
 * drop_with(function, relation): let a generated function go with its table.
 *
 * A function whose argument is a row of a table stops DROP TABLE, which users
 * of a versioned table would not expect: they did not write the function.  An
 * automatic dependency, as that of an index on its table, lets it go silently.
 * No SQL command records one.  pg_dump does not carry it; then DROP TABLE asks
 * for CASCADE, as it would for any function.
 */
Datum
versioned_rows_drop_with(PG_FUNCTION_ARGS)
{
	Oid			funcid = PG_GETARG_OID(0);
	Oid			relid = PG_GETARG_OID(1);
	ObjectAddress function;
	ObjectAddress relation;

	if (!vr_compat_owns_function(funcid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_FUNCTION,
					   get_func_name(funcid));
	if (!vr_compat_owns_relation(relid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE,
					   get_rel_name(relid));

	/* CREATE OR REPLACE has removed what an earlier call recorded */
	ObjectAddressSet(function, ProcedureRelationId, funcid);
	ObjectAddressSet(relation, RelationRelationId, relid);
	recordDependencyOn(&function, &relation, DEPENDENCY_AUTO);

	PG_RETURN_VOID();
}

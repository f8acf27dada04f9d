/*-------------------------------------------------------------------------
 *
 * maintenance.c
 *	  May this transaction rewrite the history of a table?
 *
 * History is immutable, but its owner must be able to prune, redact, correct
 * and import it.  begin_maintenance() opens one table for the rest of the
 * transaction: its triggers step aside, and an UPDATE or DELETE does to any
 * version what it would do to a row of an ordinary table.
 *
 * The switch is a setting, local to the transaction, so that savepoints and
 * errors take it back.  Three locks keep it the owner's:
 *
 * - Only a superuser can write the setting with SET; for everybody else the
 *	 way leads through begin_maintenance(), which checks the owner.
 * - It names the transaction that it was made in, and is void in any other.
 * - Whoever runs the statement must own the table at that moment.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "maintenance.h"

PG_FUNCTION_INFO_V1(versioned_rows_begin_maintenance);
PG_FUNCTION_INFO_V1(versioned_rows_end_maintenance);
PG_FUNCTION_INFO_V1(versioned_rows_in_maintenance);

#define VR_MAINTENANCE "versioned_rows.maintenance"

/* "<transaction> <relation> <relation> …", or empty */
static char *setting;

/*
 * Make the setting known.  To be called once, when the module is loaded.
 */
void
vr_maintenance_define(void)
{
	DefineCustomStringVariable(VR_MAINTENANCE,
							   "The tables whose history this transaction may rewrite.",
							   "Set by versioned_rows.begin_maintenance().",
							   &setting, "", PGC_SUSET,
							   GUC_NO_SHOW_ALL | GUC_NO_RESET_ALL |
							   GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE,
							   NULL, NULL, NULL);
}

/*
 * Has this transaction begun maintenance of any table, be it that it has ended
 * it since?
 */
bool
vr_maintenance_has_begun(void)
{
	return setting != NULL && setting[0] != '\0' &&
		strtoul(setting, NULL, 10) == GetTopTransactionIdIfAny();
}

/*
 * The tables that the setting names, if it belongs to this transaction.
 */
static List *
open_relations(void)
{
	List	   *result = NIL;
	char	   *p;

	if (!vr_maintenance_has_begun())
		return NIL;
	p = setting + strcspn(setting, " ");
	while (*p == ' ')
		result = lappend_oid(result, strtoul(p + 1, &p, 10));
	return result;
}

static bool
is_open(List *relations, Oid relid)
{
	return list_member_oid(relations, relid) &&
		vr_compat_owns_relation(relid, GetUserId());
}

/*
 * Is the relation, or the partitioned table that it is a part of, open for
 * maintenance by the current user?
 */
bool
vr_maintenance_is_on(Relation relation)
{
	List	   *relations;
	ListCell   *lc;

	if (likely(setting == NULL || setting[0] == '\0'))
		return false;

	relations = open_relations();
	if (is_open(relations, RelationGetRelid(relation)))
		return true;
	if (relation->rd_rel->relispartition && relations != NIL)
	{
		foreach(lc, get_partition_ancestors(RelationGetRelid(relation)))
		{
			if (is_open(relations, lfirst_oid(lc)))
				return true;
		}
	}
	return false;
}

static void
write_setting(List *relations)
{
	StringInfoData value;
	ListCell   *lc;

	initStringInfo(&value);
	appendStringInfo(&value, "%u", GetTopTransactionId());
	foreach(lc, relations)
		appendStringInfo(&value, " %u", lfirst_oid(lc));
	(void) set_config_option(VR_MAINTENANCE, value.data,
							 PGC_SUSET, PGC_S_SESSION, GUC_ACTION_LOCAL,
							 true, 0, false);
}

/*
 * versioned_rows_internal.begin_maintenance(regclass)
 */
Datum
versioned_rows_begin_maintenance(PG_FUNCTION_ARGS)
{
	Oid			relid = PG_GETARG_OID(0);

	if (!vr_compat_owns_relation(relid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE,
					   get_rel_name(relid));

	write_setting(list_append_unique_oid(open_relations(), relid));
	PG_RETURN_VOID();
}

/*
 * versioned_rows_internal.end_maintenance(regclass)
 */
Datum
versioned_rows_end_maintenance(PG_FUNCTION_ARGS)
{
	write_setting(list_delete_oid(open_relations(), PG_GETARG_OID(0)));
	PG_RETURN_VOID();
}

/*
 * versioned_rows_internal.in_maintenance(regclass)
 *
 * Whether the relation is open, asked by a function that runs with other
 * rights than the user who has opened it.
 */
Datum
versioned_rows_in_maintenance(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(list_member_oid(open_relations(), PG_GETARG_OID(0)));
}

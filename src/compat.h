/*-------------------------------------------------------------------------
 *
 * compat.h
 *	  Differences between PostgreSQL versions.
 *
 * This is the only file that knows PG_VERSION_NUM.  Everything else is
 * written in the newest spelling; each entry here names the upstream commit
 * that made it necessary.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_COMPAT_H
#define VR_COMPAT_H

#include "postgres.h"

#include "utils/acl.h"
#include "utils/jsonb.h"
#include "utils/wait_event.h"

/*
 * PostgreSQL 16 (c727f511bd) replaced pg_class_ownercheck() and its siblings
 * by object_ownercheck().
 */
#if PG_VERSION_NUM < 160000
#define vr_compat_owns_relation(relid, roleid) \
	pg_class_ownercheck(relid, roleid)
#define vr_compat_owns_function(funcid, roleid) \
	pg_proc_ownercheck(funcid, roleid)
#else
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#define vr_compat_owns_relation(relid, roleid) \
	object_ownercheck(RelationRelationId, relid, roleid)
#define vr_compat_owns_function(funcid, roleid) \
	object_ownercheck(ProcedureRelationId, funcid, roleid)
#endif

/*
 * PostgreSQL 16 (e3f2d2e77c, "Add error-safe range input") gave make_range()
 * an argument for soft errors.
 */
#if PG_VERSION_NUM < 160000
#define vr_compat_make_range(typcache, lower, upper, empty) \
	make_range(typcache, lower, upper, empty)
#else
#define vr_compat_make_range(typcache, lower, upper, empty) \
	make_range(typcache, lower, upper, empty, NULL)
#endif

/*
 * PostgreSQL 16 (19d8e2308b) told ExecInsertIndexTuples() whether only
 * summarizing indexes need new entries.
 */
#if PG_VERSION_NUM < 160000
#define vr_compat_insert_index_tuples(rri, slot, estate) \
	ExecInsertIndexTuples(rri, slot, estate, false, false, NULL, NIL)
#elif PG_VERSION_NUM < 190000
#define vr_compat_insert_index_tuples(rri, slot, estate) \
	ExecInsertIndexTuples(rri, slot, estate, false, false, NULL, NIL, false)
#else
#define vr_compat_insert_index_tuples(rri, slot, estate) \
	ExecInsertIndexTuples(rri, estate, 0, slot, NIL, NULL)
#endif

/*
 * PostgreSQL 16 (19d8e2308b) also lets a table access method say that only
 * summarizing indexes need new entries for an updated row.
 */
#if PG_VERSION_NUM < 160000
#define VrCompatUpdateIndexes bool
#define vr_compat_only_summarizing(update_indexes) ((void) (update_indexes), false)
#define vr_compat_is_summarizing(index) ((void) (index), false)
#else
#include "access/amapi.h"
#define VrCompatUpdateIndexes TU_UpdateIndexes
#define vr_compat_only_summarizing(update_indexes) \
	((update_indexes) == TU_Summarizing)
#define vr_compat_is_summarizing(index) ((index)->rd_indam->amsummarizing)
#endif

/*
 * PostgreSQL 16 (b0a55e4329) renamed rd_firstRelfilenodeSubid.
 */
#if PG_VERSION_NUM < 160000
#define vr_compat_new_storage_subid(relation) \
	((relation)->rd_firstRelfilenodeSubid)
#else
#define vr_compat_new_storage_subid(relation) \
	((relation)->rd_firstRelfilelocatorSubid)
#endif

/*
 * PostgreSQL 16 (407b50f2d4) gave settings a memory context of their own
 * instead of malloc().
 */
#if PG_VERSION_NUM < 160000
#define vr_compat_guc_strdup(s) strdup(s)
#define vr_compat_guc_malloc(size) malloc(size)
#define vr_compat_guc_free(p) free(p)
#else
#include "utils/guc.h"
#define vr_compat_guc_strdup(s) guc_strdup(LOG, s)
#define vr_compat_guc_malloc(size) guc_malloc(LOG, size)
#define vr_compat_guc_free(p) guc_free(p)
#endif

/*
 * PostgreSQL 17 (0cecc908e9) lets LockHeldByMe() ask for stronger locks, too.
 */
#if PG_VERSION_NUM < 170000
#define vr_compat_lock_held_by_me(tag, mode) LockHeldByMe(tag, mode)
#else
#define vr_compat_lock_held_by_me(tag, mode) LockHeldByMe(tag, mode, false)
#endif

/*
 * PostgreSQL 17 (024c521117) numbers processes instead of backends.
 */
#if PG_VERSION_NUM < 170000
#include "storage/sinvaladt.h"
#define vr_compat_vxid_process(vxid) BackendIdGetProc((vxid).backendId)
#else
#include "storage/procarray.h"
#define vr_compat_vxid_process(vxid) ProcNumberGetProc((vxid).procNumber)
#endif

/*
 * PostgreSQL 17 (c9af054653) lets extensions name what they wait for.
 */
#if PG_VERSION_NUM < 170000
#define vr_compat_wait_event(name) PG_WAIT_EXTENSION
#else
#define vr_compat_wait_event(name) WaitEventExtensionNew(name)
#endif

/*
 * PostgreSQL 17 (c1ec02be1d) lets BRIN keep pages between two insertions; it
 * has to be told of the last one.
 */
#if PG_VERSION_NUM < 170000
#define vr_compat_index_insert_cleanup(index, info) ((void) (index))
#else
#define vr_compat_index_insert_cleanup(index, info) \
	index_insert_cleanup(index, info)
#endif

/*
 * PostgreSQL 18 (0fbceae841) counts the searches of an index scan; 19 has
 * flags for it.
 */
#if PG_VERSION_NUM < 180000
#define vr_compat_index_beginscan(heap, index, snapshot, nkeys) \
	index_beginscan(heap, index, snapshot, nkeys, 0)
#elif PG_VERSION_NUM < 190000
#define vr_compat_index_beginscan(heap, index, snapshot, nkeys) \
	index_beginscan(heap, index, snapshot, NULL, nkeys, 0)
#else
#define vr_compat_index_beginscan(heap, index, snapshot, nkeys) \
	index_beginscan(heap, index, snapshot, NULL, nkeys, 0, SO_NONE)
#endif

/*
 * PostgreSQL 18 finds a deferrable primary key, too, when asked to.
 */
#if PG_VERSION_NUM < 180000
#define vr_compat_primary_key_index(relation) \
	RelationGetPrimaryKeyIndex(relation)
#else
#define vr_compat_primary_key_index(relation) \
	RelationGetPrimaryKeyIndex(relation, false)
#endif

/*
 * PostgreSQL 18 (3691edfab9) replaced pg_attribute_noreturn(), which stands
 * behind a declaration as well as before it, by pg_noreturn, which does not.
 */
#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

/*
 * PostgreSQL 18 (83ea6c5402) has virtual generated columns: no tuple holds
 * them, so an expression that is to be evaluated for a tuple must have theirs
 * in their place.
 */
#if PG_VERSION_NUM < 180000
#define vr_compat_expand_virtual(expr, relation) ((void) (relation), (expr))
#define vr_compat_has_generated(constr) ((constr)->has_generated_stored)
#else
#include "rewrite/rewriteHandler.h"
#define vr_compat_expand_virtual(expr, relation) \
	expand_generated_columns_in_expr(expr, relation, 1)
#define vr_compat_has_generated(constr) \
	((constr)->has_generated_stored || (constr)->has_generated_virtual)
#endif

/*
 * PostgreSQL 19 has options for table_tuple_update().
 */
#if PG_VERSION_NUM < 190000
#define vr_compat_tuple_update(relation, tid, slot, cid, failure, lockmode, \
							   update_indexes) \
	table_tuple_update(relation, tid, slot, cid, InvalidSnapshot, \
					   InvalidSnapshot, true, failure, lockmode, update_indexes)
#else
#define vr_compat_tuple_update(relation, tid, slot, cid, failure, lockmode, \
							   update_indexes) \
	table_tuple_update(relation, tid, slot, cid, 0, InvalidSnapshot, \
					   InvalidSnapshot, true, failure, lockmode, update_indexes)
#endif

/*
 * PostgreSQL 19 keeps the value that pushJsonbValue() makes beside the state by
 * which it is made.
 */
#if PG_VERSION_NUM < 190000
typedef struct VrCompatJsonb
{
	JsonbParseState *parseState;
	JsonbValue *result;			/* NULL until complete */
} VrCompatJsonb;

#define vr_compat_push_jsonb(state, token, value) \
	((state)->result = pushJsonbValue(&(state)->parseState, token, value))
#else
typedef JsonbInState VrCompatJsonb;

#define vr_compat_push_jsonb(state, token, value) \
	pushJsonbValue(state, token, value)
#endif

/*
 * PostgreSQL 18 (83ea6c5402) has virtual generated columns, see above.
 */
#if PG_VERSION_NUM < 180000
#define vr_compat_is_virtual(att) ((void) (att), false)
#else
#define vr_compat_is_virtual(att) \
	((att)->attgenerated == ATTRIBUTE_GENERATED_VIRTUAL)
#endif

/*
 * PostgreSQL 19 gave scans of a table flags of the caller's.
 */
#if PG_VERSION_NUM < 190000
#define vr_compat_table_beginscan(relation, snapshot) \
	table_beginscan(relation, snapshot, 0, NULL)
#else
#define vr_compat_table_beginscan(relation, snapshot) \
	table_beginscan(relation, snapshot, 0, NULL, SO_NONE)
#endif

/*
 * PostgreSQL 19 says by pg_fallthrough what comments said before, and no longer
 * takes comments for it.
 */
#ifndef pg_fallthrough
#define pg_fallthrough __attribute__((fallthrough))
#endif

#endif							/* VR_COMPAT_H */

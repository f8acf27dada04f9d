/*-------------------------------------------------------------------------
 *
 * referenced.c
 *	  Find and lock the current version of a referenced row.
 *
 * The last version of a row is the last entry of its key in the primary key,
 * which ends with the version column.  It is the current one unless the row
 * was deleted.  If an unfinished transaction is moving the row on, the version
 * is found that everybody else still sees.
 *
 * What a referencing statement may see is what the check of a foreign key
 * sees: in READ COMMITTED whatever is committed by now, otherwise what the
 * transaction's snapshot has; and always the rows that its own transaction
 * has written, also those of the command that is running, since the check
 * comes only at the end of it.
 *
 * As in that check, nobody's privileges are asked for: a row that can be
 * referenced can be locked.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/stratnum.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_inherits.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "nodes/pg_list.h"
#include "parser/parse_coerce.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "lookup.h"
#include "partition.h"
#include "queue.h"
#include "referenced.h"
#include "version.h"

/* One table that holds rows. */
typedef struct VrLeaf
{
	Oid			relid;			/* the table or partition */
	VrConfig	config;			/* the table's, with the columns of this one */
	int			order[INDEX_MAX_KEYS];	/* which value each index column takes */
	VrLookup   *lookup;			/* by its primary key */
} VrLeaf;

struct VrReferenced
{
	MemoryContext memory;		/* all of this is in */
	Oid			relid;			/* the versioned table */
	const VrConfig *config;		/* its configuration */
	int			nkeys;			/* columns of the key */
	AttrNumber	columns[INDEX_MAX_KEYS];	/* their numbers */
	Oid			given[INDEX_MAX_KEYS];	/* types of values to find */
	FmgrInfo   *casts[INDEX_MAX_KEYS];	/* make a value comparable, or NULL */
	Oid			types[INDEX_MAX_KEYS];	/* types of the values afterwards */
	bool		routed;			/* do values tell the partition? */
	FmgrInfo   *own_casts[INDEX_MAX_KEYS];	/* make a value of the column's
											 * own type, to be routed by, or
											 * NULL */
	List	   *leaves;			/* VrLeaf: those that were needed, or all */
};

/*
 * Decide how values of a type are compared with an index column: by an
 * operator for both types, or after a cast, as foreign keys are.  Returns the
 * type that is compared.
 */
static Oid
comparable_type(Relation index, int column, Oid type, FmgrInfo **cast)
{
	Oid			target = index->rd_opcintype[column];
	CoercionPathType path;
	Oid			function;

	if (OidIsValid(get_opfamily_member(index->rd_opfamily[column], target,
									   type, BTEqualStrategyNumber)))
		return type;

	path = find_coercion_pathway(target, type, COERCION_IMPLICIT, &function);
	if (path == COERCION_PATH_FUNC)
	{
		*cast = palloc(sizeof(FmgrInfo));
		fmgr_info(function, *cast);
	}
	/* otherwise it is the same to the bit, or of a kind as anyarray is */
	return target;
}

static VrLeaf *
make_leaf(VrReferenced *referenced, Relation root, Relation relation)
{
	VrLeaf	   *leaf = palloc0(sizeof(VrLeaf));
	Oid			indexid = vr_compat_primary_key_index(relation);
	Oid			compared[INDEX_MAX_KEYS];
	Relation	index;

	leaf->relid = RelationGetRelid(relation);
	leaf->config = *referenced->config;
	leaf->config.version = vr_partition_column(root, relation,
											   leaf->config.version);
	leaf->config.current = vr_partition_column(root, relation,
											   leaf->config.current);
	leaf->config.period = vr_partition_column(root, relation,
											  leaf->config.period);
	index = OidIsValid(indexid) ? index_open(indexid, AccessShareLock) : NULL;
	if (index == NULL ||
		index->rd_index->indnkeyatts != referenced->nkeys + 1 ||
		index->rd_index->indkey.values[referenced->nkeys] != leaf->config.version)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
				 errmsg("a reference to a version needs a primary key of the referenced key and the version column in table \"%s\"",
						RelationGetRelationName(relation)),
				 errhint("Call versioned_rows.enable() for that table to build it."),
				 errtable(relation)));

	for (int i = 0; i < referenced->nkeys; i++)
	{
		int			k = 0;

		while (k < referenced->nkeys &&
			   vr_partition_column(root, relation, referenced->columns[k]) !=
			   index->rd_index->indkey.values[i])
			k++;
		if (k == referenced->nkeys)
			elog(ERROR, "foreign key does not have the columns of the primary key of table \"%s\"",
				 RelationGetRelationName(relation));
		leaf->order[i] = k;
		if (!OidIsValid(referenced->types[k]))
			referenced->types[k] = comparable_type(index, i, referenced->given[k],
												   &referenced->casts[k]);
		compared[i] = referenced->types[k];
	}
	Assert(index->rd_index->indisprimary);
	leaf->lookup = vr_lookup_prepare(index, referenced->nkeys, compared);
	index_close(index, NoLock);
	return leaf;
}

/*
 * Can the partition be told by values of the given types?  Not where a value
 * need not have a counterpart in the type of the column.
 */
static bool
can_route(VrReferenced *referenced, Relation relation)
{
	for (int i = 0; i < referenced->nkeys; i++)
	{
		Oid			type = TupleDescAttr(RelationGetDescr(relation),
										 referenced->columns[i] - 1)->atttypid;
		Oid			function;

		switch (find_coercion_pathway(getBaseType(type), referenced->given[i],
									  COERCION_IMPLICIT, &function))
		{
			case COERCION_PATH_RELABELTYPE:
				break;
			case COERCION_PATH_FUNC:
				referenced->own_casts[i] = palloc(sizeof(FmgrInfo));
				fmgr_info(function, referenced->own_casts[i]);
				break;
			default:
				return false;
		}
	}
	return true;
}

/*
 * Prepare to find rows of a versioned table by values of given types for the
 * given key columns.
 *
 * The caller has locked the table; partitions are locked here or when they are
 * needed, as a referencing statement would.  The result is allocated in the
 * current memory context and keeps nothing open.
 */
VrReferenced *
vr_referenced_prepare(Relation relation, int nkeys, const AttrNumber *columns,
					  const Oid *types, const VrConfig *config)
{
	VrReferenced *referenced = palloc0(sizeof(VrReferenced));
	List	   *relids;
	ListCell   *lc;

	referenced->memory = CurrentMemoryContext;
	referenced->relid = RelationGetRelid(relation);
	referenced->config = config;
	referenced->nkeys = nkeys;
	for (int i = 0; i < nkeys; i++)
	{
		referenced->columns[i] = columns[i];
		referenced->given[i] = types[i];
	}
	if (relation->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
	{
		referenced->leaves = list_make1(make_leaf(referenced, relation, relation));
		return referenced;
	}
	referenced->routed = can_route(referenced, relation);
	if (referenced->routed)
		return referenced;

	relids = find_all_inheritors(RelationGetRelid(relation), RowShareLock,
								 NULL);
	foreach(lc, relids)
	{
		Relation	rel = table_open(lfirst_oid(lc), NoLock);

		if (rel->rd_rel->relkind == RELKIND_RELATION)
			referenced->leaves = lappend(referenced->leaves,
										 make_leaf(referenced, relation, rel));
		table_close(rel, NoLock);
	}
	return referenced;
}

/*
 * The partition that rows with the given key are in, or NULL.
 */
static VrLeaf *
find_leaf(VrReferenced *referenced, const Datum *values)
{
	Relation	root = table_open(referenced->relid, NoLock);
	Datum		own[INDEX_MAX_KEYS];
	VrLeaf	   *leaf = NULL;
	Oid			relid;
	ListCell   *lc;

	for (int i = 0; i < referenced->nkeys; i++)
		own[i] = referenced->own_casts[i] == NULL ? values[i] :
			FunctionCall1(referenced->own_casts[i], values[i]);
	relid = vr_partition_find(root, referenced->nkeys, referenced->columns, own);

	foreach(lc, referenced->leaves)
	{
		if (((VrLeaf *) lfirst(lc))->relid == relid)
			leaf = (VrLeaf *) lfirst(lc);
	}
	if (leaf == NULL && OidIsValid(relid))
	{
		Relation	relation = table_open(relid, NoLock);
		MemoryContext oldcontext = MemoryContextSwitchTo(referenced->memory);

		leaf = make_leaf(referenced, root, relation);
		referenced->leaves = lappend(referenced->leaves, leaf);
		MemoryContextSwitchTo(oldcontext);
		table_close(relation, NoLock);
	}
	table_close(root, NoLock);
	return leaf;
}

/*
 * Does the last version of a row count as current?  Where no column tells, it
 * does.
 */
static bool
is_current(const VrConfig *config, const VrVersion *version)
{
	return version->is_current ||
		(config->current == InvalidAttrNumber &&
		 config->period == InvalidAttrNumber);
}

static bool
is_own(TupleTableSlot *slot)
{
	bool		isnull;
	Datum		xmin;

	xmin = slot_getsysattr(slot, MinTransactionIdAttributeNumber, &isnull);
	return TransactionIdIsCurrentTransactionId(DatumGetTransactionId(xmin));
}

/*
 * Find the last version that a snapshot sees in some leaves.
 */
static bool
find_seen(const VrReferenced *referenced, List *leaves, const Datum *values,
		  Snapshot snapshot, VrReferencedRow *row)
{
	ListCell   *lc;

	foreach(lc, leaves)
	{
		const VrLeaf *leaf = (VrLeaf *) lfirst(lc);
		Datum		ordered[INDEX_MAX_KEYS];

		for (int k = 0; k < referenced->nkeys; k++)
			ordered[k] = values[leaf->order[k]];

		row->relation = table_open(leaf->relid, NoLock);
		row->slot = table_slot_create(row->relation, NULL);
		if (vr_lookup_last(leaf->lookup, row->relation, ordered, snapshot,
						   row->slot))
		{
			VrVersion	version = vr_version_read(&leaf->config, row->slot);

			row->number = version.number;
			row->current = is_current(&leaf->config, &version);
			return true;
		}
		ExecDropSingleTupleTableSlot(row->slot);
		table_close(row->relation, NoLock);
	}
	row->slot = NULL;
	return false;
}

/*
 * A snapshot that sees what the check of a foreign key will see: also what the
 * running command has written, and not what it has replaced.  For that check a
 * new command begins; to begin one here would tell others that something has
 * been done in between.
 */
static Snapshot
take_snapshot(void)
{
	Snapshot	snapshot;

	PushCopiedSnapshot(IsolationUsesXactSnapshot() ?
					   GetTransactionSnapshot() : GetLatestSnapshot());
	GetActiveSnapshot()->curcid = GetCurrentCommandId(false) + 1;
	snapshot = RegisterSnapshot(GetActiveSnapshot());
	PopActiveSnapshot();
	return snapshot;
}

/*
 * Find the last version of the row with the given key, none of whose values
 * is null; say whether there is one.  If so, the caller must release it.
 */
bool
vr_referenced_find(VrReferenced *referenced, const Datum *values, VrReferencedRow *row)
{
	List	   *leaves = referenced->leaves;
	Datum		converted[INDEX_MAX_KEYS];

	if (referenced->routed)
	{
		VrLeaf	   *leaf = find_leaf(referenced, values);

		leaves = leaf == NULL ? NIL : list_make1(leaf);
	}

	for (int i = 0; i < referenced->nkeys; i++)
		converted[i] = referenced->casts[i] == NULL ? values[i] :
			FunctionCall1(referenced->casts[i], values[i]);

	row->snapshot = take_snapshot();
	if (find_seen(referenced, leaves, converted, row->snapshot, row))
		return true;
	UnregisterSnapshot(row->snapshot);
	return false;
}

/*
 * Lock a row that vr_referenced_find() has found, so that it stays the current
 * version until this transaction ends.  With waited, the caller has waited for an
 * update of this row already, and need not let other updates go first.
 *
 * Returns false if another transaction has made a new version or has deleted
 * the row, and has committed that: look again.
 */
bool
vr_referenced_lock(const VrReferencedRow *row, bool waited)
{
	ItemPointerData tid = row->slot->tts_tid;
	TupleTableSlot *locked;
	TM_FailureData failure;
	TM_Result	result;

	Assert(row->current);
	Assert(CheckRelationLockedByMe(row->relation, RowShareLock, true));
	/* nobody else can change it */
	if (is_own(row->slot))
		return true;

	if (!waited)
		vr_queue_pass(row->relation, &tid);

	/* the lock must see what the search has seen */
	locked = table_slot_create(row->relation, NULL);
	result = table_tuple_lock(row->relation, &tid, row->snapshot, locked,
							  row->snapshot->curcid, LockTupleKeyShare,
							  LockWaitBlock,
							  TUPLE_LOCK_FLAG_LOCK_UPDATE_IN_PROGRESS,
							  &failure);
	ExecDropSingleTupleTableSlot(locked);

	switch (result)
	{
		case TM_Ok:
			return true;
		case TM_Updated:
		case TM_Deleted:
			vr_lookup_check_moved(result);
			return false;
		default:
			elog(ERROR, "unexpected table_tuple_lock status: %u", result);
	}
}

/*
 * Let go of a row that vr_referenced_find() has found; a lock on it stays.
 */
void
vr_referenced_release(VrReferencedRow *row)
{
	ExecDropSingleTupleTableSlot(row->slot);
	table_close(row->relation, NoLock);
	UnregisterSnapshot(row->snapshot);
}

/*-------------------------------------------------------------------------
 *
 * lookup.c
 *	  Find rows by the leading columns of a unique index.
 *
 * Follows RelationFindReplTupleByIndex() of execReplication.c.  Different
 * from there: the key may be a prefix of the index, the last entry is taken,
 * and what must be looked up in the catalogs is prepared once.
 *
 * No relation stays open between two calls, so that a caller without a place
 * to clean up (a row trigger has none at the end of its statement) can keep a
 * VrLookup as plain memory.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/nbtree.h"
#include "access/relscan.h"
#include "access/stratnum.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_index.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "lookup.h"

struct VrLookup
{
	Oid			indexid;		/* a btree index */
	int			nkeys;			/* leading columns that are compared */
	AttrNumber	columns[INDEX_MAX_KEYS];	/* their numbers in the table */
	ScanKeyData keys[INDEX_MAX_KEYS];	/* all but the values */
	BTScanInsert insertion_key; /* see insertion_key(); NULL at first */
	bool		scattered;		/* see vr_lookup_sorts_last() */
};

/*
 * Prepare a search by the first nkeys columns of a btree index.
 *
 * The types of the values that will be searched for are those of the index
 * unless given.  The result, and what it points to, lives in the current
 * memory context.
 */
VrLookup *
vr_lookup_prepare(Relation index, int nkeys, const Oid *types)
{
	VrLookup   *lookup = palloc0(sizeof(VrLookup));

	lookup->indexid = RelationGetRelid(index);
	lookup->nkeys = nkeys;
	for (int i = 0; i < nkeys; i++)
	{
		Oid			lefttype = index->rd_opcintype[i];
		Oid			righttype = types != NULL ? types[i] : lefttype;
		Oid			operator;

		operator = get_opfamily_member(index->rd_opfamily[i],
									   lefttype, righttype,
									   BTEqualStrategyNumber);
		if (!OidIsValid(operator))
			elog(ERROR, "missing operator %d(%u,%u) in opfamily %u",
				 BTEqualStrategyNumber, lefttype, righttype,
				 index->rd_opfamily[i]);

		lookup->columns[i] = index->rd_index->indkey.values[i];
		ScanKeyEntryInitialize(&lookup->keys[i], 0, i + 1,
							   BTEqualStrategyNumber,
							   types != NULL ? righttype : InvalidOid,
							   index->rd_indcollation[i],
							   get_opcode(operator), (Datum) 0);
	}
	return lookup;
}

/*
 * Take the values to search for from a row of the table.  False if one of them
 * is null; then there is nothing to find.
 */
bool
vr_lookup_values(const VrLookup *lookup, TupleTableSlot *row, Datum *values)
{
	for (int i = 0; i < lookup->nkeys; i++)
	{
		bool		isnull;

		values[i] = slot_getattr(row, lookup->columns[i], &isnull);
		if (isnull)
			return false;
	}
	return true;
}

/*
 * Another transaction has replaced or deleted a row that was found.  Who may
 * not see what it has left has to fail; others look again.
 */
void
vr_lookup_check_moved(TM_Result result)
{
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent %s",
						result == TM_Updated ? "update" : "delete")));
}

/*
 * Has a dirty snapshot met a transaction that is still running?
 */
bool
vr_lookup_met_writer(const SnapshotData *dirty)
{
	return TransactionIdIsValid(dirty->xmin) ||
		TransactionIdIsValid(dirty->xmax);
}

/*
 * Wait for the transaction that a dirty snapshot has met.
 */
void
vr_lookup_wait(const SnapshotData *dirty)
{
	if (dirty->speculativeToken != 0)
		SpeculativeInsertionWait(dirty->xmin, dirty->speculativeToken);
	else
		XactLockTableWait(TransactionIdIsValid(dirty->xmin) ?
						  dirty->xmin : dirty->xmax, NULL, NULL, XLTW_None);
}

/*
 * Begin a scan of the rows whose key has the given values, none of them null.
 */
IndexScanDesc
vr_lookup_begin(const VrLookup *lookup, Relation relation,
				const Datum *values, Snapshot snapshot)
{
	Relation	index = index_open(lookup->indexid, AccessShareLock);
	ScanKeyData keys[INDEX_MAX_KEYS];
	IndexScanDesc scan;

	memcpy(keys, lookup->keys, lookup->nkeys * sizeof(ScanKeyData));
	for (int i = 0; i < lookup->nkeys; i++)
		keys[i].sk_argument = values[i];

	scan = vr_compat_index_beginscan(relation, index, snapshot,
									 lookup->nkeys);
	index_rescan(scan, keys, lookup->nkeys, NULL, 0);
	return scan;
}

void
vr_lookup_end(IndexScanDesc scan)
{
	Relation	index = scan->indexRelation;

	index_endscan(scan);
	index_close(index, NoLock);
}

/*
 * Find the last row in index order whose key has the given values, none of
 * them null; fetch it into the slot and say whether there is one.
 */
bool
vr_lookup_last(const VrLookup *lookup, Relation relation,
			   const Datum *values, Snapshot snapshot, TupleTableSlot *slot)
{
	IndexScanDesc scan = vr_lookup_begin(lookup, relation, values, snapshot);
	bool		found;

	found = index_getnext_slot(scan, BackwardScanDirection, slot);
	if (found)
		ExecMaterializeSlot(slot);

	vr_lookup_end(scan);
	return found;
}

/*
 * The search key of nbtree for the leading columns of its index, with the given
 * values in it.  What does not depend on them is made once, and holds no
 * pointer to the index.
 */
static BTScanInsert
insertion_key(VrLookup *lookup, Relation index, const Datum *values)
{
	BTScanInsert key = lookup->insertion_key;

	if (key == NULL)
	{
		MemoryContext oldcontext;

		oldcontext = MemoryContextSwitchTo(GetMemoryChunkContext(lookup));
		key = lookup->insertion_key = _bt_mkscankey(index, NULL);
		MemoryContextSwitchTo(oldcontext);
		key->keysz = lookup->nkeys;
	}
	for (int i = 0; i < lookup->nkeys; i++)
	{
		key->scankeys[i].sk_flags &= ~SK_ISNULL;
		key->scankeys[i].sk_argument = values[i];
	}
	return key;
}

/*
 * The last leaf page of an index, locked for reading.  InvalidBuffer if it has
 * none, and so no entry.
 *
 * nbtree remembers the page where it has grown to three levels, see
 * _bt_search_insert(); otherwise it is a short way down.
 */
static Buffer
last_page(Relation index)
{
	BlockNumber block = RelationGetTargetBlock(index);

	if (block != InvalidBlockNumber)
	{
		Buffer		buffer = _bt_getbuf(index, block, BT_READ);
		BTPageOpaque opaque = BTPageGetOpaque(BufferGetPage(buffer));

		if (P_ISLEAF(opaque) && P_RIGHTMOST(opaque) && !P_IGNORE(opaque))
			return buffer;
		_bt_relbuf(index, buffer);
	}
	return vr_compat_bt_get_endpoint(index, 0, true);
}

/*
 * Is it known at a glance that the index has no entry, visible or not, with
 * the given values in its key, since they sort after all that it has?  False
 * means that nothing is known.
 *
 * Rows are mostly inserted in the order of their keys, and for them a look at
 * the last page saves a search.  Once it has not, the rest of the statement
 * does without.
 */
bool
vr_lookup_sorts_last(VrLookup *lookup, const Datum *values)
{
	Relation	index;
	Buffer		buffer;
	bool		sorts_last = true;

	if (lookup->scattered)
		return false;

	index = index_open(lookup->indexid, AccessShareLock);
	buffer = last_page(index);
	if (BufferIsValid(buffer))
	{
		Page		page = BufferGetPage(buffer);
		OffsetNumber last = PageGetMaxOffsetNumber(page);

		if (last < P_FIRSTDATAKEY(BTPageGetOpaque(page)))
			sorts_last = false;
		else if (_bt_compare(index, insertion_key(lookup, index, values),
							 page, last) <= 0)
		{
			sorts_last = false;
			lookup->scattered = true;
		}
		_bt_relbuf(index, buffer);
	}
	index_close(index, NoLock);
	return sorts_last;
}

/*
 * Has this transaction put a new image in the place of a stored row that it
 * has not made itself, and that has the given values in its key?
 *
 * Looks at dead rows, too: the replaced image stays where it is for as long
 * as the transaction runs.
 */
bool
vr_lookup_replaced(const VrLookup *lookup, Relation relation,
				   const Datum *values)
{
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	IndexScanDesc scan = vr_lookup_begin(lookup, relation, values, SnapshotAny);
	bool		replaced = false;

	while (!replaced && index_getnext_slot(scan, ForwardScanDirection, slot))
	{
		HeapTupleHeader row = ExecFetchSlotHeapTuple(slot, false, NULL)->t_data;

		replaced = (row->t_infomask & HEAP_XMAX_INVALID) == 0 &&
			!HEAP_XMAX_IS_LOCKED_ONLY(row->t_infomask) &&
			TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetUpdateXid(row)) &&
			!TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(row));
	}

	vr_lookup_end(scan);
	ExecDropSingleTupleTableSlot(slot);
	return replaced;
}

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
#include "access/relscan.h"
#include "access/stratnum.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_index.h"
#include "common/hashfn.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/typcache.h"

#include "compat.h"
#include "lookup.h"

struct VrLookup
{
	Oid			indexid;		/* a btree index */
	int			nkeys;			/* leading columns that are compared */
	AttrNumber	columns[INDEX_MAX_KEYS];	/* their numbers in the table */
	ScanKeyData keys[INDEX_MAX_KEYS];	/* all but the values */
	FmgrInfo  **hashes;			/* see vr_lookup_hash(); NULL at first */
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

	Assert(index->rd_rel->relam == BTREE_AM_OID);
	Assert(nkeys > 0 && nkeys <= IndexRelationGetNumberOfKeyAttributes(index));
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
 * The number in the table of one of the columns that are compared.
 */
AttrNumber
vr_lookup_column(const VrLookup *lookup, int i)
{
	return lookup->columns[i];
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
 * The functions that hash the columns of a key, so that keys which the index
 * takes for equal have equal hashes, whatever their images are: numeric 1.0 and
 * 1.00, strings of a case-insensitive collation.  NULL for a column whose type
 * has no such function.
 */
static FmgrInfo **
hash_functions(VrLookup *lookup, Relation relation)
{
	if (lookup->hashes == NULL)
	{
		TupleDesc	desc = RelationGetDescr(relation);
		FmgrInfo  **hashes;

		hashes = MemoryContextAllocZero(GetMemoryChunkContext(lookup),
										lookup->nkeys * sizeof(FmgrInfo *));
		for (int i = 0; i < lookup->nkeys; i++)
		{
			TypeCacheEntry *type;

			type = lookup_type_cache(TupleDescAttr(desc, lookup->columns[i] - 1)->atttypid,
									 TYPECACHE_EQ_OPR_FINFO |
									 TYPECACHE_HASH_PROC_FINFO);
			/* the type's own equality may not be that of the index */
			if (OidIsValid(type->hash_proc) &&
				type->eq_opr_finfo.fn_oid == lookup->keys[i].sk_func.fn_oid)
				hashes[i] = &type->hash_proc_finfo;
		}
		lookup->hashes = hashes;
	}
	return lookup->hashes;
}

/*
 * A hash of the given values, none of them null: the same for keys that the
 * index takes for equal.
 */
uint32
vr_lookup_hash(VrLookup *lookup, Relation relation, const Datum *values)
{
	FmgrInfo  **hashes = hash_functions(lookup, relation);
	uint32		hash = 0;

	for (int i = 0; i < lookup->nkeys; i++)
	{
		if (hashes[i] != NULL)
			hash = hash_combine(hash,
								DatumGetUInt32(FunctionCall1Coll(hashes[i],
																 lookup->keys[i].sk_collation,
																 values[i])));
	}
	return hash;
}

/*
 * Another transaction has replaced or deleted a row that was found.  Raises an
 * error at an isolation level that may not see what it has left; otherwise the
 * caller looks again.
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

	Assert(CheckRelationLockedByMe(relation, AccessShareLock, true));
	Assert(index->rd_index->indrelid == RelationGetRelid(relation));
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
 * Has our own transaction replaced or deleted a stored row?  If so, give the
 * header of its tuple as well.  The header is read from the page, where others
 * change it when they lock the tuple.
 */
static bool
ended_by_us(TupleTableSlot *row, HeapTupleHeaderData *header)
{
	Buffer		buffer;

	if (!TTS_IS_BUFFERTUPLE(row))
		return false;
	buffer = ((BufferHeapTupleTableSlot *) row)->buffer;
	Assert(BufferIsValid(buffer));

	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	memcpy(header, ExecFetchSlotHeapTuple(row, false, NULL)->t_data,
		   SizeofHeapTupleHeader);
	LockBuffer(buffer, BUFFER_LOCK_UNLOCK);

	return (header->t_infomask & HEAP_XMAX_INVALID) == 0 &&
		!HEAP_XMAX_IS_LOCKED_ONLY(header->t_infomask) &&
		TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetUpdateXid(header));
}

/*
 * Has our own transaction made a stored row, and by which command?
 */
bool
vr_lookup_made_by_us(TupleTableSlot *row, CommandId *command)
{
	HeapTupleHeader header = ExecFetchSlotHeapTuple(row, false, NULL)->t_data;

	if (!TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(header)))
		return false;
	*command = HeapTupleHeaderGetCmin(header);
	return true;
}

/*
 * Has our own transaction deleted a stored row, and by which command?  Not if
 * it has replaced the row.
 */
bool
vr_lookup_deleted_by_us(TupleTableSlot *row, CommandId *command)
{
	HeapTupleHeaderData header;

	if (!ended_by_us(row, &header) ||
		!ItemPointerEquals(&header.t_ctid, &row->tts_tid))
		return false;
	*command = HeapTupleHeaderGetCmax(&header);
	return true;
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
		HeapTupleHeaderData header;

		replaced = ended_by_us(slot, &header) &&
			!TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(&header));
	}

	vr_lookup_end(scan);
	ExecDropSingleTupleTableSlot(slot);
	return replaced;
}

/*-------------------------------------------------------------------------
 *
 * bare.c
 *	  What ways to store old rows cost when their own code is free.
 *
 * Triggers that do for the benchmark's one table what nothing can leave out:
 * be called, put one copy into the heap, put one entry into the primary key.
 * No option, no check, no other index, no constraint.  Never use this for
 * anything but the comparison.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "commands/trigger.h"
#include "utils/rel.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(bare_store);
PG_FUNCTION_INFO_V1(bare_pass);
PG_FUNCTION_INFO_V1(bare_archive);

static bool
is_same(HeapTuple a, HeapTuple b)
{
	return a->t_len == b->t_len &&
		memcmp((char *) a->t_data + a->t_data->t_hoff,
			   (char *) b->t_data + b->t_data->t_hoff,
			   a->t_len - a->t_data->t_hoff) == 0;
}

/*
 * Insert the old row with its last byte, the flag, cleared.
 */
static void
store_old(TriggerData *trigdata, IndexUniqueCheck check)
{
	Relation	relation = trigdata->tg_relation;
	Relation	index;
	HeapTuple	copy;
	Datum		values[2];
	bool		isnull[2];

	if (is_same(trigdata->tg_trigtuple, trigdata->tg_newtuple))
		return;

	copy = heap_copytuple(trigdata->tg_trigtuple);
	*((char *) copy->t_data + copy->t_len - 1) = false;
	simple_heap_insert(relation, copy);

	index = index_open(RelationGetPrimaryKeyIndex(relation), RowExclusiveLock);
	for (int i = 0; i < 2; i++)
		values[i] = heap_getattr(copy, index->rd_index->indkey.values[i],
								 RelationGetDescr(relation), &isnull[i]);
	index_insert(index, values, isnull, &copy->t_self, relation, check, false,
				 NULL);
	index_close(index, NoLock);
}

/*
 * BEFORE UPDATE, alone: the statement itself has moved the version on.
 */
Datum
bare_store(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;

	store_old(trigdata, UNIQUE_CHECK_NO);
	return PointerGetDatum(trigdata->tg_newtuple);
}

/*
 * BEFORE UPDATE, with bare_archive(): only to be called.
 */
Datum
bare_pass(PG_FUNCTION_ARGS)
{
	return PointerGetDatum(((TriggerData *) fcinfo->context)->tg_newtuple);
}

/*
 * AFTER UPDATE.
 */
Datum
bare_archive(PG_FUNCTION_ARGS)
{
	store_old((TriggerData *) fcinfo->context, UNIQUE_CHECK_YES);
	return PointerGetDatum(NULL);
}

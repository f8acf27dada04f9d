/*-------------------------------------------------------------------------
 *
 * lower_bound.c
 *	  What the design of versioned_rows costs when its own code is free.
 *
 * Two triggers that do for the benchmark's one table what nothing can leave
 * out: be called, put one copy into the heap, put one entry into the primary
 * key.  No option, no check, no other index, no constraint.  Never use this
 * for anything but the comparison.
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

PG_FUNCTION_INFO_V1(lower_bound_stamp);
PG_FUNCTION_INFO_V1(lower_bound_archive);

/*
 * BEFORE UPDATE: the statement itself has moved the version on.
 */
Datum
lower_bound_stamp(PG_FUNCTION_ARGS)
{
	return PointerGetDatum(((TriggerData *) fcinfo->context)->tg_newtuple);
}

static bool
is_same(HeapTuple a, HeapTuple b)
{
	return a->t_len == b->t_len &&
		memcmp((char *) a->t_data + a->t_data->t_hoff,
			   (char *) b->t_data + b->t_data->t_hoff,
			   a->t_len - a->t_data->t_hoff) == 0;
}

/*
 * AFTER UPDATE: insert the old row with its last byte, the flag, cleared.
 */
Datum
lower_bound_archive(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	Relation	relation = trigdata->tg_relation;
	Relation	index;
	HeapTuple	copy;
	Datum		values[2];
	bool		isnull[2];

	if (is_same(trigdata->tg_trigtuple, trigdata->tg_newtuple))
		return PointerGetDatum(NULL);

	copy = heap_copytuple(trigdata->tg_trigtuple);
	*((char *) copy->t_data + copy->t_len - 1) = false;
	simple_heap_insert(relation, copy);

	index = index_open(RelationGetPrimaryKeyIndex(relation), RowExclusiveLock);
	for (int i = 0; i < 2; i++)
		values[i] = heap_getattr(copy, index->rd_index->indkey.values[i],
								 RelationGetDescr(relation), &isnull[i]);
	index_insert(index, values, isnull, &copy->t_self, relation,
				 UNIQUE_CHECK_YES, false, NULL);
	index_close(index, NoLock);
	return PointerGetDatum(NULL);
}

/*-------------------------------------------------------------------------
 *
 * partition.c
 *	  Find the partition that rows with a given key are in.
 *
 * What ExecFindPartition() does for a row that is inserted, but without an
 * executor state: that would keep the partitions open between two rows of a
 * statement.  The columns that a versioned table is partitioned by are always
 * part of its key, since they are part of its primary key, and managed columns
 * are refused.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "partitioning/partbounds.h"
#include "partitioning/partdesc.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/rel.h"

#include "partition.h"

/*
 * The number of a root's column in a partition.
 */
AttrNumber
vr_partition_column(Relation root, Relation partition, AttrNumber attno)
{
	if (attno == InvalidAttrNumber || root == partition)
		return attno;
	return get_attnum(RelationGetRelid(partition),
					  get_attname(RelationGetRelid(root), attno, false));
}

/*
 * The index of the partition that takes rows with some values in the columns
 * of the partition key, or -1.
 */
static int
find_index(PartitionKey key, PartitionDesc desc, Datum *values)
{
	PartitionBoundInfo bounds = desc->boundinfo;
	bool		nulls[PARTITION_MAX_KEYS] = {false};
	bool		equal;
	int			offset;
	int			index = -1;

	if (desc->nparts == 0)
		return -1;
	switch (key->strategy)
	{
		case PARTITION_STRATEGY_HASH:
			return bounds->indexes[compute_partition_hash_value(key->partnatts,
																key->partsupfunc,
																key->partcollation,
																values, nulls) %
								   bounds->nindexes];
		case PARTITION_STRATEGY_LIST:
			offset = partition_list_bsearch(key->partsupfunc,
											key->partcollation, bounds,
											values[0], &equal);
			if (offset >= 0 && equal)
				index = bounds->indexes[offset];
			break;
		case PARTITION_STRATEGY_RANGE:
			offset = partition_range_datum_bsearch(key->partsupfunc,
												   key->partcollation, bounds,
												   key->partnatts, values,
												   &equal);
			index = bounds->indexes[offset + 1];
			break;
		default:
			elog(ERROR, "unexpected partition strategy: %d",
				 (int) key->strategy);
	}
	return index >= 0 ? index : bounds->default_index;
}

/*
 * The partition of one partitioned table, at any level below the root.
 */
static Oid
find_partition(Relation root, Relation relation, int nkeys,
			   const AttrNumber *columns, const Datum *values, bool *is_leaf)
{
	PartitionKey key = RelationGetPartitionKey(relation);
	PartitionDesc desc = RelationGetPartitionDesc(relation, true);
	Datum		ordered[PARTITION_MAX_KEYS];
	int			index;

	for (int i = 0; i < key->partnatts; i++)
	{
		int			k = 0;

		while (k < nkeys &&
			   vr_partition_column(root, relation, columns[k]) != key->partattrs[i])
			k++;
		if (k == nkeys)
			elog(ERROR, "partition key of table \"%s\" is not part of its primary key",
				 RelationGetRelationName(relation));
		ordered[i] = values[k];
	}
	index = find_index(key, desc, ordered);
	if (index < 0)
		return InvalidOid;
	*is_leaf = desc->is_leaf[index];
	return desc->oids[index];
}

/*
 * The partition that holds the rows with given values in the columns of the
 * key, of the types that the columns have; InvalidOid if there is none.  It
 * is locked as a table is that is referenced.
 */
Oid
vr_partition_find(Relation root, int nkeys, const AttrNumber *columns,
				  const Datum *values)
{
	Relation	relation = root;

	for (;;)
	{
		bool		is_leaf;
		Oid			relid = find_partition(root, relation, nkeys, columns,
										   values, &is_leaf);

		if (relation != root)
			table_close(relation, NoLock);
		if (!OidIsValid(relid))
			return InvalidOid;
		relation = table_open(relid, RowShareLock);
		if (is_leaf)
		{
			table_close(relation, NoLock);
			return relid;
		}
	}
}

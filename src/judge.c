/*-------------------------------------------------------------------------
 *
 * judge.c
 *	  What runs between the last BEFORE trigger of a row and the heap?
 *
 * CHECK constraints and policies are evaluated there.  A volatile function in
 * one can run commands of its own, or look into the table: what a BEFORE
 * trigger has found out may not hold any more when the row is stored, and what
 * it has stored already can be seen.  And a row that leaves its partition is
 * deleted there, which triggers can prevent.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/partition.h"
#include "nodes/pg_list.h"
#include "optimizer/optimizer.h"
#include "rewrite/rowsecurity.h"
#include "utils/partcache.h"
#include "utils/rel.h"

#include "judge.h"

/*
 * Has a table a policy that calls a volatile function?
 */
static bool
has_volatile_policy(Relation relation)
{
	ListCell   *lc;

	if (relation->rd_rsdesc == NULL)
		return false;
	foreach(lc, relation->rd_rsdesc->policies)
	{
		RowSecurityPolicy *policy = (RowSecurityPolicy *) lfirst(lc);

		if (contain_volatile_functions((Node *) policy->qual) ||
			contain_volatile_functions((Node *) policy->with_check_qual))
			return true;
	}
	return false;
}

/*
 * Could a policy with a volatile function judge the rows of a table?  Those of
 * a partition may be reached by any table that it is a part of, whose policies
 * count then.
 */
static bool
is_judged_by_volatile(Relation relation)
{
	bool		answer = has_volatile_policy(relation);
	ListCell   *lc;

	if (!relation->rd_rel->relispartition)
		return answer;
	foreach(lc, get_partition_ancestors(RelationGetRelid(relation)))
	{
		Relation	ancestor = table_open(lfirst_oid(lc), AccessShareLock);

		answer |= has_volatile_policy(ancestor);
		table_close(ancestor, NoLock);
	}
	return answer;
}

static bool
has_volatile_check(Relation relation)
{
	TupleConstr *constr = RelationGetDescr(relation)->constr;

	for (int i = 0; constr != NULL && i < constr->num_check; i++)
	{
		if (contain_volatile_functions(stringToNode(constr->check[i].ccbin)))
			return true;
	}
	return false;
}

/*
 * Does a volatile function judge the rows of a table?
 */
bool
vr_judge_is_volatile(Relation relation)
{
	return has_volatile_check(relation) || is_judged_by_volatile(relation);
}

/*
 * Could an UPDATE that leaves the key alone move a row to another partition?
 * Not where the whole table was made versioned, since its primary key contains
 * the partition key; but a versioned table can be attached to another one.
 */
bool
vr_judge_may_move(Relation relation, int nkeys,
				  const AttrNumber *keys)
{
	Bitmapset  *used = NULL;

	if (!relation->rd_rel->relispartition)
		return false;
	pull_varattnos((Node *) RelationGetPartitionQual(relation), 1, &used);
	for (int i = 0; i < nkeys; i++)
		used = bms_del_member(used, keys[i] -
							  FirstLowInvalidHeapAttributeNumber);
	return !bms_is_empty(used);
}

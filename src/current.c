/*-------------------------------------------------------------------------
 *
 * current.c
 *	  Which version is a stored row, and is it the current one?
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "config.h"
#include "current.h"
#include "lookup.h"
#include "period.h"
#include "trigger.h"

/*
 * The lookup of the versions of a row by its key, made once per statement.
 */
VrLookup *
vr_current_lookup(VrStatement *statement, Relation relation)
{
	if (statement->versions == NULL)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(statement->memory);

		statement->versions = vr_trigger_version_lookup(statement->config,
														relation);
		MemoryContextSwitchTo(oldcontext);
	}
	return statement->versions;
}

/*
 * The number of a version, or one below all numbers if it has none.
 */
int64
vr_current_version(const VrConfig *config, TupleTableSlot *row)
{
	bool		isnull;
	Datum		value = slot_getattr(row, config->version, &isnull);

	return isnull ? PG_INT64_MIN : vr_config_get_version(config, value);
}

/*
 * Has this transaction made the version that a stored row is?
 *
 * That it has made the tuple does not say so: an UPDATE that changes nothing,
 * or only ignored columns, makes a tuple of a version that was there before.
 * Then that version's own tuple is still to be found.  It is not where the
 * transaction has rewritten the whole table, so that every tuple looks like
 * its own; there the answer is no, which costs a version and loses none.
 */
bool
vr_current_is_own(const VrConfig *config, Relation relation,
				  HeapTuple tuple, TupleTableSlot *row)
{
	Relation	index;
	VrLookup   *lookup;
	Datum		values[INDEX_MAX_KEYS];

	if (!TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(tuple->t_data)))
		return false;
	if (relation->rd_createSubid != InvalidSubTransactionId ||
		vr_compat_new_storage_subid(relation) != InvalidSubTransactionId)
		return false;

	index = index_open(vr_compat_primary_key_index(relation), AccessShareLock);
	lookup = vr_lookup_prepare(index, config->nkeys + 1, NULL);
	index_close(index, NoLock);
	(void) vr_lookup_values(lookup, row, values);
	return !vr_lookup_replaced(lookup, relation, values);
}

/*
 * Is there a later version of this row?  The question for tables that store
 * neither a flag nor a period.  A row that was archived is seen only together
 * with its successor, so the statement's own snapshot has the answer.
 */
static bool
has_successor(VrStatement *statement, Relation relation, TupleTableSlot *row)
{
	VrLookup   *lookup = vr_current_lookup(statement, relation);
	TupleTableSlot *last = table_slot_create(relation, NULL);
	Datum		values[INDEX_MAX_KEYS];
	bool		answer;

	answer = vr_lookup_values(lookup, row, values) &&
		vr_lookup_last(lookup, relation, values, GetActiveSnapshot(), last) &&
		vr_current_version(statement->config, last) >
		vr_current_version(statement->config, row);
	ExecDropSingleTupleTableSlot(last);
	return answer;
}

/*
 * Is a stored row the current version?
 */
bool
vr_current_is(VrStatement *statement, Relation relation, TupleTableSlot *row)
{
	const VrConfig *config = statement->config;
	bool		isnull;
	Datum		value;

	if (config->current != InvalidAttrNumber)
	{
		value = slot_getattr(row, config->current, &isnull);
		return !isnull && DatumGetBool(value);
	}
	if (config->period != InvalidAttrNumber)
	{
		value = slot_getattr(row, config->period, &isnull);
		return isnull || vr_period_is_open(value);
	}
	return !has_successor(statement, relation, row);
}

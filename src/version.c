/*-------------------------------------------------------------------------
 *
 * version.c
 *	  What a stored row says of its version: the number, whether it is current,
 *	  when it is valid.
 *
 * Every question about the version of a row is answered here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "config.h"
#include "lookup.h"
#include "period.h"
#include "version.h"

/*
 * The version number in a value of the version column.
 */
int64
vr_version_from_datum(const VrConfig *config, Datum value)
{
	switch (config->version_type)
	{
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
			return DatumGetInt32(value);
		default:
			return DatumGetInt64(value);
	}
}

/*
 * The version number as a value of the version column's base type, or false
 * where that has no room for it.
 */
static bool
narrow_version(const VrConfig *config, int64 number, Datum *value)
{
	switch (config->version_type)
	{
		case INT2OID:
			*value = Int16GetDatum((int16) number);
			return number == (int16) number;
		case INT4OID:
			*value = Int32GetDatum((int32) number);
			return number == (int32) number;
		default:
			/* the successor of the last bigint has wrapped around */
			*value = Int64GetDatum(number);
			return number != VR_NO_NUMBER;
	}
}

/*
 * A value of the version column for a version number, or an error where the
 * column's type has no room for it.
 */
Datum
vr_version_to_datum(const VrConfig *config, Relation relation,
					int64 number)
{
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(relation),
										  config->version - 1);
	Datum		value;

	if (!narrow_version(config, number, &value))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("version numbers of a row of table \"%s\" are used up",
						RelationGetRelationName(relation)),
				 errhint("Give the version column a wider type."),
				 errtablecol(relation, config->version)));

	/* the executor checks domains where values come from, which is here */
	if (att->atttypid != config->version_type)
		domain_check(value, false, att->atttypid, NULL, NULL);
	return value;
}

/*
 * Read what a row says.
 */
VrVersion
vr_version_read(const VrConfig *config, TupleTableSlot *row)
{
	VrVersion	version = {0};
	bool		isnull;
	Datum		value;

	value = slot_getattr(row, config->version, &isnull);
	version.number = isnull ? VR_NO_NUMBER :
		vr_version_from_datum(config, value);

	version.period_isnull = true;
	if (config->period != InvalidAttrNumber)
		version.period = slot_getattr(row, config->period,
									  &version.period_isnull);

	if (config->current != InvalidAttrNumber)
	{
		value = slot_getattr(row, config->current, &isnull);
		version.is_current = !isnull && DatumGetBool(value);
		version.is_history = !isnull && !DatumGetBool(value);
	}
	else if (config->period != InvalidAttrNumber)
	{
		version.is_current = version.period_isnull ||
			vr_period_is_open(version.period);
		version.is_history = !version.is_current;
	}
	return version;
}

int64
vr_version_number(const VrConfig *config, TupleTableSlot *row)
{
	return vr_version_read(config, row).number;
}

bool
vr_version_is_history(const VrConfig *config, TupleTableSlot *row)
{
	return vr_version_read(config, row).is_history;
}

/*
 * The lookup of the versions of a row by its key, made when it is needed.
 */
VrLookup *
vr_version_lookup(VrConfig *config, Relation relation)
{
	MemoryContext oldcontext;
	Relation	index;
	int			nkeys;

	if (config->lookup != NULL)
		return config->lookup;

	index = index_open(vr_compat_primary_key_index(relation), AccessShareLock);
	Assert(index->rd_index->indisprimary);
	nkeys = index->rd_index->indnkeyatts - 1;
	if (index->rd_index->indkey.values[nkeys] != config->version)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
				 errmsg("the version column must be the last column of the primary key of versioned table \"%s\"",
						RelationGetRelationName(relation)),
				 errhint("Call versioned_rows.enable() to build it."),
				 errtable(relation)));
	oldcontext = MemoryContextSwitchTo(GetMemoryChunkContext(config));
	config->lookup = vr_lookup_prepare(index, nkeys, NULL);
	MemoryContextSwitchTo(oldcontext);
	index_close(index, NoLock);
	return config->lookup;
}

/*
 * Is there a later version of this row?  The question for tables that store
 * neither a flag nor a period.  A row that was archived is seen only together
 * with its successor, so the statement's own snapshot has the answer.
 */
static bool
has_successor(VrConfig *config, Relation relation, TupleTableSlot *row)
{
	VrLookup   *lookup = vr_version_lookup(config, relation);
	TupleTableSlot *last = table_slot_create(relation, NULL);
	Datum		values[INDEX_MAX_KEYS];
	bool		answer;

	answer = vr_lookup_values(lookup, row, values) &&
		vr_lookup_last(lookup, relation, values, GetActiveSnapshot(), last) &&
		vr_version_number(config, last) > vr_version_number(config, row);
	ExecDropSingleTupleTableSlot(last);
	return answer;
}

/*
 * Is a stored row the current version?  The version is what the row says.
 */
bool
vr_version_is_current(VrConfig *config, Relation relation, TupleTableSlot *row,
					  const VrVersion *version)
{
	if (config->current == InvalidAttrNumber &&
		config->period == InvalidAttrNumber)
		return !has_successor(config, relation, row);
	return version->is_current;
}

/*
 * Has this transaction made the version that a stored row is?
 *
 * It need not have if it has made the tuple: an UPDATE that changes nothing, or
 * only ignored columns, makes a new tuple of an old version.  Then the tuple
 * that it has replaced is still to be found.  That fails if the transaction has
 * rewritten the whole table, so that every tuple looks like its own.  There the
 * answer is no, which costs a version and loses none.
 */
bool
vr_version_is_own(const VrConfig *config, Relation relation,
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

	Assert(config->sorted);
	index = index_open(vr_compat_primary_key_index(relation), AccessShareLock);
	Assert(index->rd_index->indnkeyatts == config->nkeys + 1);
	lookup = vr_lookup_prepare(index, config->nkeys + 1, NULL);
	index_close(index, NoLock);
	(void) vr_lookup_values(lookup, row, values);
	return !vr_lookup_replaced(lookup, relation, values);
}

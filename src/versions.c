/*-------------------------------------------------------------------------
 *
 * versions.c
 *	  The versions table of a versioned table: find, add and end versions.
 *
 * Where versions have a table of their own, that table holds every version,
 * the current one too, under the key of the row followed by the number.  This
 * file knows two relations and the columns that they share by name.  It does
 * not know when a version is made; that is separate.c.
 *
 * Nobody writes here but us, and we write the last version of a key only while
 * our transaction has the live row of that key locked, or has just inserted
 * it.  So the last version is never somebody else's unfinished one, and needs
 * no snapshot to be found; the INSERT that does not have its row yet asks
 * vr_versions_await_last().
 *
 * What is relied on is checked once per statement: the versions table has the
 * owner of the live one, its key, and every column.  Rules, row security and
 * user triggers of the versions table have no say: a row is put there as
 * store.c puts it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/partition.h"
#include "utils/datum.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "config.h"
#include "lookup.h"
#include "period.h"
#include "store.h"
#include "trigger.h"
#include "version.h"
#include "versions.h"
#include "who.h"

#define REFRESH_HINT "Call versioned_rows.enable() again: it brings both tables in step."

static bool
has_option(int nargs, char **args, const char *option)
{
	for (int i = 0; i < nargs; i++)
	{
		if (strcmp(args[i], option) == 0)
			return true;
	}
	return false;
}

/*
 * What the arguments say of the versions table: all but the ignored columns,
 * which are those of the live table.
 */
static VrConfig *
read_config(Relation versions, int nargs, char **args)
{
	char	  **kept = palloc(nargs * sizeof(char *));
	int			nkept = 0;
	VrConfig   *config;

	for (int i = 0; i < nargs; i++)
	{
		if (strncmp(args[i], "ignore=", strlen("ignore=")) != 0)
			kept[nkept++] = args[i];
	}
	config = vr_config_read(versions, nkept, kept);
	config->reinsert = !has_option(nargs, args, "reinsert=off");
	return config;
}

/*
 * Is this a column of the versions table that we write, and no copy of one of
 * the live table?
 */
static bool
is_managed(const VrConfig *config, AttrNumber attno)
{
	return attno == config->version || attno == config->current ||
		attno == config->period ||
		(config->has_who && config->ignored[attno - 1]);
}

/*
 * Find the column of the live table that has the name of one of the versions
 * table; 0 if there is none.  It mostly has the same number.
 */
static AttrNumber
find_column(TupleDesc desc, Form_pg_attribute wanted)
{
	for (int n = 0, i = wanted->attnum - 1; n < desc->natts; n++, i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i % desc->natts);

		if (!att->attisdropped &&
			strcmp(NameStr(att->attname), NameStr(wanted->attname)) == 0)
			return att->attnum;
	}
	return InvalidAttrNumber;
}

static void
check_same_type(Relation live, Form_pg_attribute att, Form_pg_attribute wanted)
{
	if (att->atttypid != wanted->atttypid ||
		att->atttypmod != wanted->atttypmod)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of versioned table \"%s\" has another type in its versions table",
						NameStr(att->attname), RelationGetRelationName(live)),
				 errhint(REFRESH_HINT),
				 errtablecol(live, att->attnum)));
}

/*
 * Which columns of the live table does the versions table have?  What it has
 * alone, but for ours, was dropped from the live one, and is null from then
 * on.
 */
static void
map_columns(VrVersions *versions, Relation live, bool numbered, bool *mapped)
{
	TupleDesc	desc = RelationGetDescr(versions->relation);
	TupleDesc	live_desc = RelationGetDescr(live);
	const VrConfig *config = versions->config;

	versions->same_shape = desc->natts == live_desc->natts;
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		bool		managed = is_managed(config, att->attnum);
		AttrNumber	source = InvalidAttrNumber;

		if (!att->attisdropped && att->attgenerated == '\0' &&
			(!managed || (numbered && att->attnum == config->version)))
			source = find_column(live_desc, att);
		versions->same_shape &= source == att->attnum;
		if (source != InvalidAttrNumber)
		{
			check_same_type(live, TupleDescAttr(live_desc, source - 1), att);
			mapped[source - 1] = true;
		}
		if (managed)
		{
			if (att->attnum == config->version)
				versions->version = source;
		}
		else
			versions->sources[i] = source;
	}
}

/*
 * Complain about a column that versions would lose.
 */
static void
refuse_unmapped(Relation live, Form_pg_attribute att)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("column \"%s\" of versioned table \"%s\" is missing in its versions table",
					NameStr(att->attname), RelationGetRelationName(live)),
			 errhint(REFRESH_HINT),
			 errtablecol(live, att->attnum)));
}

/*
 * Sort the columns of the live table, as vr_config_sort_columns() does where
 * there is one table only.
 */
static void
sort_columns(VrVersions *versions, Relation live, const bool *mapped,
			 const bool *ignored)
{
	TupleDesc	desc = RelationGetDescr(live);
	Bitmapset  *primary = RelationGetIndexAttrBitmap(live,
													 INDEX_ATTR_BITMAP_PRIMARY_KEY);

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (att->attisdropped)
			continue;
		if (!mapped[i] && !ignored[i] && !vr_compat_is_virtual(att))
			refuse_unmapped(live, att);
		if (att->attnum == versions->version)
			continue;
		if (att->attnotnull &&
			bms_is_member(att->attnum - FirstLowInvalidHeapAttributeNumber,
						  primary))
			versions->keys[versions->nkeys++] = att->attnum;
		else if (att->attgenerated == '\0' && !ignored[i])
			versions->contents[versions->ncontents++] = att->attnum;
	}
}

/*
 * The key of the versions table must be that of the live one, and the number.
 */
static void
check_key(VrVersions *versions, Relation live)
{
	TupleDesc	desc = RelationGetDescr(versions->relation);
	Bitmapset  *primary;
	int			nkeys = 0;
	int			found = 0;

	primary = RelationGetIndexAttrBitmap(versions->relation,
										 INDEX_ATTR_BITMAP_PRIMARY_KEY);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (!bms_is_member(att->attnum - FirstLowInvalidHeapAttributeNumber,
						   primary))
		{
			versions->not_null |= att->attnotnull;
			continue;
		}
		nkeys++;
		found += att->attnum == versions->config->version;
		for (int k = 0; k < versions->nkeys; k++)
			found += versions->keys[k] == versions->sources[i];
	}
	if (versions->nkeys == 0 || nkeys != found || found != versions->nkeys + 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
				 errmsg("the primary key of table \"%s\" is not that of versioned table \"%s\", followed by the version column",
						RelationGetRelationName(versions->relation),
						RelationGetRelationName(live)),
				 errhint("Give both tables such keys, or call versioned_rows.disable() to end versioning."),
				 errtable(versions->relation)));
}

/*
 * Does a table belong to an owner, or is it a part of one that does?
 */
static bool
has_owner(Relation relation, Oid owner)
{
	ListCell   *lc;

	if (relation->rd_rel->relowner == owner)
		return true;
	if (!relation->rd_rel->relispartition)
		return false;
	foreach(lc, get_partition_ancestors(RelationGetRelid(relation)))
	{
		Relation	ancestor = table_open(lfirst_oid(lc), AccessShareLock);
		bool		found = ancestor->rd_rel->relowner == owner;

		table_close(ancestor, NoLock);
		if (found)
			return true;
	}
	return false;
}

/*
 * The trigger that names the versions table may have been made by somebody who
 * only has the privilege to make triggers.  Then rows must not go into a table
 * that the writer has no business with.
 */
static void
check_relation(Relation versions, Relation live)
{
	const char *detail = NULL;

	if (!has_owner(live, versions->rd_rel->relowner))
		detail = "It has another owner.";
	else if (versions->rd_rel->relkind != RELKIND_RELATION)
		detail = "It is not a plain table.";
	else if (versions->rd_rel->relpersistence != live->rd_rel->relpersistence)
		detail = "One is temporary or unlogged, the other is not.";
	if (detail != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("table \"%s\" cannot hold the versions of table \"%s\"",
						RelationGetRelationName(versions),
						RelationGetRelationName(live)),
				 errdetail("%s", detail),
				 errtable(versions)));
}

/*
 * What store.c has to check of a row: all, since nothing else does.
 */
static VrStore *
prepare_store(Relation versions)
{
	TupleConstr *constr = RelationGetDescr(versions)->constr;
	int			natts = 0;
	AttrNumber *columns = NULL;

	if (constr != NULL &&
		(constr->num_check > 0 || vr_compat_has_generated(constr)))
	{
		natts = RelationGetNumberOfAttributes(versions);
		columns = palloc(natts * sizeof(AttrNumber));
		for (int i = 0; i < natts; i++)
			columns[i] = i + 1;
	}
	return vr_store_prepare(versions, natts, columns, InvalidAttrNumber);
}

/*
 * Prepare to keep the versions of rows of a live table, or complain if the
 * tables do not fit each other.
 *
 * The versions table is open afterwards.  The result is allocated in the
 * current memory context, which must live as long as the statement.
 */
VrVersions *
vr_versions_prepare(Relation live, Oid relid, int nargs, char **args)
{
	VrVersions *versions = palloc0(sizeof(VrVersions));
	Relation	relation = table_open(relid, RowExclusiveLock);
	int			nlive = RelationGetNumberOfAttributes(live);
	int			natts = RelationGetNumberOfAttributes(relation);
	bool	   *mapped = palloc0(2 * nlive * sizeof(bool));
	bool	   *ignored = mapped + nlive;

	check_relation(relation, live);
	versions->memory = CurrentMemoryContext;
	versions->relid = relid;
	versions->file = relation->rd_rel->relfilenode;
	versions->relation = relation;
	versions->keys = palloc0((2 * nlive + natts) * sizeof(AttrNumber));
	versions->contents = versions->keys + nlive;
	versions->sources = versions->contents + nlive;
	versions->config = read_config(relation, nargs, args);

	for (int i = 0; i < nargs; i++)
	{
		if (strncmp(args[i], "ignore=", strlen("ignore=")) == 0)
			ignored[vr_config_column(live, args[i] + strlen("ignore=")) - 1] = true;
	}
	map_columns(versions, live,
				!has_option(nargs, args, "live_version=off"), mapped);
	sort_columns(versions, live, mapped, ignored);
	check_key(versions, live);
	versions->same_shape &= !versions->not_null;
	versions->store = prepare_store(relation);
	return versions;
}

/*
 * Has a versions table its primary key?  A dump that is restored makes it after
 * it has loaded the rows.
 */
bool
vr_versions_is_loaded(Oid relid)
{
	Relation	relation = table_open(relid, RowExclusiveLock);
	bool		answer = OidIsValid(vr_compat_primary_key_index(relation));

	table_close(relation, NoLock);
	return answer;
}

/*
 * Open the versions table, which the statement has locked.
 *
 * Nobody else can alter it, but a function in the statement could, since it is
 * not open between two rows.
 */
void
vr_versions_open(VrVersions *versions)
{
	if (versions->relation != NULL)
		return;
	versions->relation = table_open(versions->relid, NoLock);
	if (unlikely(versions->relation->rd_rel->relfilenode != versions->file ||
				 (versions->desc != NULL && versions->desc->natts !=
				  RelationGetNumberOfAttributes(versions->relation))))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("table \"%s\" was altered by a statement that adds versions to it",
						RelationGetRelationName(versions->relation)),
				 errtable(versions->relation)));
}

void
vr_versions_close(VrVersions *versions)
{
	table_close(versions->relation, NoLock);
	versions->relation = NULL;
}

/*
 * Make what is needed to find versions, or to form them.
 */
static void
make_slots(VrVersions *versions)
{
	MemoryContext oldcontext;

	if (versions->desc != NULL)
		return;
	oldcontext = MemoryContextSwitchTo(versions->memory);
	versions->desc =
		CreateTupleDescCopyConstr(RelationGetDescr(versions->relation));
	versions->last =
		MakeSingleTupleTableSlot(versions->desc,
								 table_slot_callbacks(versions->relation));
	versions->slot = MakeSingleTupleTableSlot(versions->desc,
											  &TTSOpsHeapTuple);
	MemoryContextSwitchTo(oldcontext);
}

/*
 * The lookup of the versions of a row, and the values to search for.  False if
 * one is null: then there is nothing to find.
 */
static bool
lookup_values(VrVersions *versions, TupleTableSlot *row, Datum *values)
{
	make_slots(versions);
	versions->lookup = vr_version_lookup(versions->config, versions->relation);
	for (int i = 0; i < versions->nkeys; i++)
	{
		AttrNumber	column = vr_lookup_column(versions->lookup, i);
		bool		isnull;

		values[i] = slot_getattr(row, versions->sources[column - 1], &isnull);
		if (isnull)
			return false;
	}
	return true;
}

/*
 * Find the last version of a row that this transaction has locked or inserted.
 * Says whether there is one; then it can be asked for its number.
 */
bool
vr_versions_find_last(VrVersions *versions, TupleTableSlot *row)
{
	Datum		values[INDEX_MAX_KEYS];

	return lookup_values(versions, row, values) &&
		vr_lookup_last(versions->lookup, versions->relation, values,
					   SnapshotSelf, versions->last);
}

/*
 * Find the last version of a row that is about to be inserted, once the
 * transactions have ended that are at it.
 *
 * The INSERT would wait for the same ones, a little later: their rows have its
 * key.  What others do between here and there is not known, see
 * vr_versions_put().
 */
bool
vr_versions_await_last(VrVersions *versions, TupleTableSlot *row)
{
	Datum		values[INDEX_MAX_KEYS];
	SnapshotData dirty;

	if (!lookup_values(versions, row, values))
		return false;
	InitDirtySnapshot(dirty);
	while (vr_lookup_last(versions->lookup, versions->relation, values,
						  &dirty, versions->last))
	{
		if (!vr_lookup_met_writer(&dirty))
			return true;
		vr_lookup_wait(&dirty);
	}
	return false;
}

/*
 * The number of the version that was found.
 */
int64
vr_versions_number(VrVersions *versions)
{
	bool		isnull;
	Datum		value = slot_getattr(versions->last, versions->config->version,
									 &isnull);

	Assert(!isnull);
	return vr_version_from_datum(versions->config, value);
}

/*
 * Has the version that was found the image of a live row, and not ended?
 */
bool
vr_versions_has_image(VrVersions *versions, TupleTableSlot *row)
{
	TupleTableSlot *last = versions->last;

	slot_getallattrs(last);
	slot_getallattrs(row);
	if (versions->config->period != InvalidAttrNumber)
	{
		int			i = versions->config->period - 1;

		if (!last->tts_isnull[i] && !vr_period_is_open(last->tts_values[i]))
			return false;
	}
	for (int i = 0; i < versions->desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(versions->desc, i);
		int			source = versions->sources[i] - 1;

		if (source < 0)
			continue;
		if (last->tts_isnull[i] != row->tts_isnull[source])
			return false;
		if (!last->tts_isnull[i] &&
			!datum_image_eq(last->tts_values[i], row->tts_values[source],
							att->attbyval, att->attlen))
			return false;
	}
	return true;
}

/*
 * When the next version of a row starts, given the one that was found, if any.
 */
TimestampTz
vr_versions_next_start(VrVersions *versions, bool found)
{
	bool		isnull = true;
	Datum		period = (Datum) 0;

	if (versions->config->period == InvalidAttrNumber)
		return 0;
	if (found)
		period = slot_getattr(versions->last, versions->config->period,
							  &isnull);
	return vr_period_next(period, isnull);
}

/*
 * Has this transaction made the version that was found?  Where it has written
 * the whole table, the answer is no, which costs a version and loses none.
 */
bool
vr_versions_is_own(VrVersions *versions)
{
	HeapTuple	tuple = ExecFetchSlotHeapTuple(versions->last, false, NULL);

	return TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(tuple->t_data)) &&
		versions->relation->rd_createSubid == InvalidSubTransactionId &&
		vr_compat_new_storage_subid(versions->relation) == InvalidSubTransactionId;
}

/*
 * Who makes versions, read once per statement.
 */
static void
form_who(VrVersions *versions, Datum *values, bool *isnull)
{
	VrWho	   *who = versions->who;

	if (who == NULL)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(versions->memory);

		who = versions->who = palloc(sizeof(VrWho));
		vr_who_read(versions->config, who);
		MemoryContextSwitchTo(oldcontext);
	}
	for (int i = 0; i < who->n; i++)
	{
		values[who->columns[i] - 1] = who->values[i];
		isnull[who->columns[i] - 1] = who->isnull[i];
	}
}

static void
check_not_null(Relation relation, const bool *isnull)
{
	TupleDesc	desc = RelationGetDescr(relation);

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (att->attnotnull && isnull[i] && att->attgenerated == '\0' &&
			!att->attisdropped)
			ereport(ERROR,
					(errcode(ERRCODE_NOT_NULL_VIOLATION),
					 errmsg("null value in column \"%s\" of a version for relation \"%s\" violates not-null constraint",
							NameStr(att->attname),
							RelationGetRelationName(relation)),
					 errtablecol(relation, att->attnum)));
	}
}

/*
 * Put a version into our slot: the image of a live row, a number and a period.
 */
static TupleTableSlot *
form_version(VrVersions *versions, TupleTableSlot *row, int64 number,
			 Datum period)
{
	const VrConfig *config = versions->config;
	TupleDesc	desc;
	Datum	   *values;
	bool	   *isnull;

	make_slots(versions);
	desc = versions->desc;
	values = palloc(desc->natts * sizeof(Datum));
	isnull = palloc(desc->natts * sizeof(bool));
	slot_getallattrs(row);
	for (int i = 0; i < desc->natts; i++)
	{
		AttrNumber	source = versions->sources[i];

		isnull[i] = source == InvalidAttrNumber || row->tts_isnull[source - 1];
		values[i] = isnull[i] ? (Datum) 0 : row->tts_values[source - 1];
	}
	values[config->version - 1] = vr_version_to_datum(config,
													  versions->relation,
													  number);
	isnull[config->version - 1] = false;
	if (config->period != InvalidAttrNumber)
	{
		values[config->period - 1] = period;
		isnull[config->period - 1] = false;
	}
	if (config->has_who)
		form_who(versions, values, isnull);
	if (versions->not_null)
		check_not_null(versions->relation, isnull);
	ExecStoreHeapTuple(heap_form_tuple(desc, values, isnull), versions->slot,
					   true);
	return versions->slot;
}

/*
 * Is a live row, as the executor has it, also a row of the versions table?  It
 * must be a tuple of its own, since the heap writes into its header.
 */
static bool
is_version(VrVersions *versions, TupleTableSlot *row, int64 number)
{
	bool		isnull;

	return versions->same_shape &&
		(TTS_IS_HEAPTUPLE(row) || TTS_IS_BUFFERTUPLE(row)) &&
		TTS_SHOULDFREE(row) &&
		HeapTupleHeaderGetNatts(((HeapTupleTableSlot *) row)->tuple->t_data) ==
		row->tts_tupleDescriptor->natts &&
		vr_version_from_datum(versions->config,
							  slot_getattr(row, versions->version, &isnull)) == number;
}

/*
 * Store the image of a live row as a version with a number, which starts at a
 * time if versions have a period.
 *
 * Returns whether it is stored.  If it must, a number that is taken is an
 * error.  It need not where the number was chosen before the live row was
 * stored: meanwhile other transactions may have inserted and deleted one with
 * its key.
 */
bool
vr_versions_put(VrVersions *versions, TupleTableSlot *row, int64 number,
				TimestampTz start, bool must)
{
	bool		stored;

	if (is_version(versions, row, number))
	{
		ItemPointerData tid = row->tts_tid;
		Oid			tableoid = row->tts_tableOid;

		stored = vr_store_put_new(versions->store, versions->relation, row,
								  must);
		row->tts_tid = tid;
		row->tts_tableOid = tableoid;
	}
	else
	{
		Datum		period = (Datum) 0;

		if (versions->config->period != InvalidAttrNumber)
			period = vr_period_open(start);
		stored = vr_store_put_new(versions->store, versions->relation,
								  form_version(versions, row, number, period),
								  must);
		/* its memory is that of this row */
		ExecClearTuple(versions->slot);
	}
	return stored;
}

/*
 * Put the version in our slot in the place of the one that was found.  False
 * if another transaction has changed that meanwhile, which only the owner's
 * maintenance does: then look again.
 */
static bool
change_last(VrVersions *versions)
{
	HeapTupleHeader header = ExecFetchSlotHeapTuple(versions->last, false,
													NULL)->t_data;
	bool		own = TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(header));
	TM_Result	result;

	/* a command cannot change what it has stored itself */
	if (own && HeapTupleHeaderGetCmin(header) >= GetCurrentCommandId(false))
		CommandCounterIncrement();
	/* the checks of its foreign keys may be queued, and would miss it */
	result = vr_store_change(versions->store, versions->relation,
							 &versions->last->tts_tid, versions->slot, own);
	ExecClearTuple(versions->slot);
	if (result == TM_Updated || result == TM_Deleted)
	{
		vr_lookup_check_moved(result);
		return false;
	}
	if (result != TM_Ok)
		elog(ERROR, "unexpected result of changing a version: %d",
			 (int) result);
	return true;
}

/*
 * Give the version that was found the image of a live row.  It stays when it
 * was, and what it was called.
 */
void
vr_versions_replace(VrVersions *versions, TupleTableSlot *row)
{
	do
	{
		Datum		period = (Datum) 0;
		bool		isnull;

		if (versions->config->period != InvalidAttrNumber)
			period = slot_getattr(versions->last, versions->config->period,
								  &isnull);
		(void) form_version(versions, row, vr_versions_number(versions),
							period);
	} while (!change_last(versions) &&
			 vr_versions_find_last(versions, row));
}

/*
 * End the version that was found, of the given row: close its period if it has
 * one, and note that the row was deleted if there is a column for it.
 */
void
vr_versions_end(VrVersions *versions, TupleTableSlot *row, TimestampTz end,
				bool deleted)
{
	const VrConfig *config = versions->config;
	TupleDesc	desc = versions->desc;
	Datum	   *values = palloc0(desc->natts * sizeof(Datum));
	bool	   *isnull = palloc0(desc->natts * sizeof(bool));
	bool	   *replace = palloc0(desc->natts * sizeof(bool));

	do
	{
		HeapTuple	tuple = ExecFetchSlotHeapTuple(versions->last, false, NULL);

		if (config->period != InvalidAttrNumber)
		{
			bool		period_isnull;
			Datum		period = slot_getattr(versions->last, config->period,
											  &period_isnull);

			/* that of a deleted row has ended before */
			replace[config->period - 1] = period_isnull ||
				vr_period_is_open(period);
			values[config->period - 1] = vr_period_close(period, period_isnull,
														 end);
		}
		if (deleted && config->deletion != InvalidAttrNumber)
		{
			values[config->deletion - 1] = vr_who_make_deletion(config);
			replace[config->deletion - 1] = true;
		}
		ExecStoreHeapTuple(heap_modify_tuple(tuple, desc, values, isnull,
											 replace),
						   versions->slot, true);
	} while (!change_last(versions) &&
			 vr_versions_find_last(versions, row));
}

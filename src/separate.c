/*-------------------------------------------------------------------------
 *
 * separate.c
 *	  Versions in a table of their own: what stamp() and archive() do there.
 *
 * What differs from the layout that keeps versions in the table itself:
 *
 * - The live table keeps its key, and its row is updated in place.  What is
 *	 stored beside it is the image of the new row, not of the old one, so the
 *	 versions table has every version, the current one too.
 * - archive() is a constraint trigger that names the versions table
 *	 (tgconstrrelid), and also fires for INSERT.  It is two triggers, one for
 *	 UPDATE and one for the rest, since stamp() spares an UPDATE the one.
 * - stamp() only fires for what it has something to do with: for UPDATE, and
 *	 for INSERT where the live table has a version column.
 * - Nothing has to queue or to claim a key: who adds a version of a key has its
 *	 live row, by a lock or by having inserted it, and nobody else has.
 *
 * A version is stored before its row where the row is certain to be stored as
 * it is; see prepare().  There is no moment with two rows of one key in one
 * table, so nobody minds.  Otherwise, and always for INSERT, since a BEFORE
 * trigger also fires for one that ON CONFLICT turns into an UPDATE, archive()
 * stores it.
 *
 * An UPDATE of the key ends one row and begins another.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/tableam.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "tcop/pquery.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "asof.h"
#include "compat.h"
#include "config.h"
#include "image.h"
#include "judge.h"
#include "maintenance.h"
#include "managed.h"
#include "separate.h"
#include "statement.h"
#include "trigger.h"
#include "version.h"
#include "versions.h"

PG_FUNCTION_INFO_V1(versioned_rows_guard);
PG_FUNCTION_INFO_V1(versioned_rows_end_all);

/*
 * The statement's state of a trigger, made at its first row: a structure of the
 * given size that begins with a VrStatement.  Nothing is read before a row that
 * really changes.
 */
VrStatement *
vr_separate_begin(FunctionCallInfo fcinfo, Size size, Oid versions)
{
	VrStatement *statement = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt,
													size);

	statement->memory = fcinfo->flinfo->fn_mcxt;
	statement->separate = versions;
	fcinfo->flinfo->fn_extra = statement;
	return statement;
}

/*
 * The versions table, open.
 */
static VrVersions *
open_versions(VrStatement *statement, TriggerData *trigdata)
{
	if (statement->table == NULL)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(statement->memory);

		statement->table = vr_versions_prepare(trigdata->tg_relation,
											   statement->separate,
											   trigdata->tg_trigger->tgnargs,
											   trigdata->tg_trigger->tgargs);
		MemoryContextSwitchTo(oldcontext);
	}
	else
		vr_versions_open(statement->table);
	return statement->table;
}

/*
 * The number of a live row, or one below all numbers if it has none.
 */
static int64
live_number(const VrVersions *versions, TupleTableSlot *row)
{
	bool		isnull;
	Datum		value = slot_getattr(row, versions->version, &isnull);

	return isnull ? PG_INT64_MIN :
		vr_version_from_datum(versions->config, value);
}

/*
 * The new row with a number.
 */
static HeapTuple
set_number(VrVersions *versions, int64 number, HeapTuple tuple,
		   TupleTableSlot *row)
{
	VrChanges	changes;

	if (live_number(versions, row) == number)
		return tuple;
	changes.n = 0;
	vr_managed_change(&changes, versions->version,
					  vr_version_to_datum(versions->config,
										  versions->relation, number), false);
	return vr_managed_apply(&changes, tuple, row);
}

/*
 * Is the row one whose last version this transaction may change instead of
 * making another?  That is so where the owner wants one version per
 * transaction, and for the action of a foreign key; see joins_version() in
 * update.c.  The version is found then.
 */
static bool
joins_version(VrVersions *versions, TriggerData *trigdata)
{
	HeapTupleHeader old = trigdata->tg_trigtuple->t_data;

	return TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(old)) &&
		(versions->config->per_transaction ||
		 (InNoForceRLSOperation() &&
		  vr_trigger_changes_foreign_key(trigdata))) &&
		vr_versions_find_last(versions, trigdata->tg_trigslot) &&
		vr_versions_is_own(versions);
}

static bool
has_moved(VrVersions *versions, TriggerData *trigdata)
{
	return !vr_image_equal(trigdata->tg_trigslot, trigdata->tg_newslot,
						   versions->nkeys, versions->keys);
}

static bool
has_changed(VrVersions *versions, TriggerData *trigdata)
{
	return !vr_image_equal(trigdata->tg_trigslot, trigdata->tg_newslot,
						   versions->ncontents, versions->contents);
}

/*
 * Is a row perhaps loaded by a dump that is being restored?  Where several
 * processes do that, they make the triggers of a partitioned table before they
 * load its partitions.
 */
static bool
may_be_restored(TriggerData *trigdata)
{
	return TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) &&
		ActivePortal != NULL && ActivePortal->commandTag == CMDTAG_COPY &&
		vr_compat_owns_relation(RelationGetRelid(trigdata->tg_relation),
								GetUserId());
}

/*
 * Has such a row its version already, under the number that it brings if it has
 * one?
 */
static bool
is_restored(VrVersions *versions, TriggerData *trigdata)
{
	TupleTableSlot *row = trigdata->tg_trigslot;

	return may_be_restored(trigdata) &&
		vr_versions_find_last(versions, row) &&
		vr_versions_has_image(versions, row) &&
		(versions->version == InvalidAttrNumber ||
		 live_number(versions, row) == vr_versions_number(versions));
}

/*
 * Does the dump load a row before either table has its key?  Then the version of
 * the row is in the dump, too.
 */
static bool
will_be_restored(VrStatement *statement, TriggerData *trigdata)
{
	return statement->table == NULL && may_be_restored(trigdata) &&
		(!OidIsValid(vr_compat_primary_key_index(trigdata->tg_relation)) ||
		 !vr_versions_is_loaded(statement->separate));
}

/*
 * Does the order in which versions are stored matter?  A number of its own tells
 * a version where it belongs, but not when the one before it has ended.
 */
static bool
is_ordered(const VrVersions *versions)
{
	return versions->version == InvalidAttrNumber ||
		versions->config->period != InvalidAttrNumber ||
		versions->config->deletion != InvalidAttrNumber;
}

/*
 * Store a live row as the version after the one that was found, if any.
 */
static void
store_next(VrVersions *versions, TupleTableSlot *row, int64 number, bool found)
{
	TimestampTz start = vr_versions_next_start(versions, found);

	if (found && versions->config->period != InvalidAttrNumber)
		vr_versions_end(versions, row, start, false);
	(void) vr_versions_put(versions, row, number, start, true);
}

static int64
next_number(VrVersions *versions, bool found)
{
	return found ? vr_version_next(vr_versions_number(versions)) : 1;
}

/*
 * Find the last version of a row that is about to change, and make sure that it
 * is that of the row.  It is not yet if archive() has still to hear of the
 * row: a statement that runs within another one can change what that has just
 * inserted.  Then its version is stored now, and archive() will see that the
 * row has gone on.
 */
static bool
find_stored(VrVersions *versions, HeapTuple tuple, TupleTableSlot *row)
{
	bool		numbered = versions->version != InvalidAttrNumber;
	bool		found = vr_versions_find_last(versions, row);

	if (!TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(tuple->t_data)))
		return found;
	if (found && (numbered ?
				  vr_versions_number(versions) >= live_number(versions, row) :
				  vr_versions_has_image(versions, row)))
		return true;
	store_next(versions, row, numbered ? live_number(versions, row) :
			   next_number(versions, found), found);
	return vr_versions_find_last(versions, row);
}

/*
 * Store the next version of a row that was updated, and close the period of the
 * one before.  0 stands for the number that follows.
 */
static void
add_version(VrVersions *versions, TriggerData *trigdata, int64 number)
{
	bool		found = false;

	if (is_ordered(versions))
		found = find_stored(versions, trigdata->tg_trigtuple,
							trigdata->tg_trigslot);
	store_next(versions, trigdata->tg_newslot,
			   number != 0 ? number : next_number(versions, found), found);
}

/*
 * End a row that was deleted, or has another key now.
 */
static void
end_row(VrVersions *versions, HeapTuple tuple, TupleTableSlot *row)
{
	const VrConfig *config = versions->config;

	if ((config->period != InvalidAttrNumber ||
		 config->deletion != InvalidAttrNumber) &&
		find_stored(versions, tuple, row))
		vr_versions_end(versions, row, vr_versions_next_start(versions, true),
						true);
}

/*
 * Has this transaction gone on with a row that archive() hears of only now?
 * Whatever it was, it has seen to the version of the row if it had to; see
 * find_stored().  Otherwise the version is stored now.
 */
static bool
has_gone_on(VrVersions *versions, HeapTuple tuple, TupleTableSlot *row)
{
	HeapTupleHeader header = tuple->t_data;

	if ((header->t_infomask & HEAP_XMAX_INVALID) != 0 ||
		HEAP_XMAX_IS_LOCKED_ONLY(header->t_infomask) ||
		!TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetUpdateXid(header)))
		return false;
	if (!is_ordered(versions))
		(void) vr_versions_put(versions, row, live_number(versions, row), 0,
							   false);
	return true;
}

/*
 * Give a row that was inserted another number, since the one that it has was
 * taken meanwhile.
 *
 * It is an UPDATE like any other, so that whoever looks at the row afterwards,
 * foreign keys above all, looks at the one that there is.  stamp() knows the
 * number for the right one.
 */
static void
renumber_row(VrVersions *versions, TriggerData *trigdata, int64 number)
{
	Relation	relation = trigdata->tg_relation;
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(relation),
										  versions->version - 1);
	Oid			types[] = {versions->config->version_type, TIDOID};
	Datum		values[] = {
		vr_version_to_datum(versions->config, versions->relation, number),
		PointerGetDatum(&trigdata->tg_trigtuple->t_self)
	};
	Oid			user;
	int			context;
	char	   *command =
	psprintf("UPDATE ONLY %s SET %s = $1 WHERE ctid OPERATOR(pg_catalog.=) $2",
			 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(relation)),
										RelationGetRelationName(relation)),
			 quote_identifier(NameStr(att->attname)));

	vr_versions_close(versions);
	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(relation->rd_rel->relowner,
						   context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_NOFORCE_RLS);
	SPI_connect();
	if (SPI_execute_with_args(command, lengthof(types), types, values, NULL,
							  false, 1) != SPI_OK_UPDATE || SPI_processed != 1)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not number a row of versioned table \"%s\" due to concurrent changes",
						RelationGetRelationName(relation)),
				 errhint("The transaction might succeed if retried."),
				 errtable(relation)));
	SPI_finish();
	SetUserIdAndSecContext(user, context);
	vr_versions_open(versions);
}

/*
 * Store the first version of a row that was inserted, or has its key from now
 * on.
 */
static void
begin_row(VrVersions *versions, TriggerData *trigdata, TupleTableSlot *row)
{
	const VrConfig *config = versions->config;
	bool		numbered = versions->version != InvalidAttrNumber;
	bool		found = false;
	int64		number;

	if (config->reinsert &&
		(!numbered || config->period != InvalidAttrNumber))
		found = vr_versions_await_last(versions, row);
	if (numbered)
		number = live_number(versions, row);
	else
		number = next_number(versions, found);
	while (!vr_versions_put(versions, row, number,
							vr_versions_next_start(versions, found),
							!numbered || !config->reinsert))
	{
		int64		next;

		found = vr_versions_await_last(versions, row);
		next = next_number(versions, found);
		if (next != number)
		{
			renumber_row(versions, trigdata, next);
			break;
		}
		/* whoever had that number has given it back */
	}
}

/*
 * The number that a row gets which is inserted, or gets another key.  A client
 * may leave it out, or set what it will be.  One that counts itself says 0 or 1
 * of every new row: a row without versions may begin at 0.  The owner may load
 * another number, as a restored dump does.
 */
static int64
first_number(VrVersions *versions, TriggerData *trigdata, TupleTableSlot *row)
{
	Relation	relation = trigdata->tg_relation;
	int64		given = live_number(versions, row);
	bool		found = versions->config->reinsert &&
	vr_versions_await_last(versions, row);
	int64		number = next_number(versions, found);

	if (given == 0 && !found)
		return given;
	if (given == PG_INT64_MIN || given == 0 || given == 1 || given == number)
		return number;
	if (!vr_compat_owns_relation(RelationGetRelid(relation), GetUserId()))
		vr_managed_refuse(relation, versions->version,
						  "Only the owner of the table can choose numbers.");
	return given;
}

/*
 * The number of a row that gets another key.  What a client that counts itself
 * would set is accepted, and gives way.
 */
static int64
moved_number(VrVersions *versions, TriggerData *trigdata)
{
	int64		old = live_number(versions, trigdata->tg_trigslot);
	int64		given = live_number(versions, trigdata->tg_newslot);
	int64		number = next_number(versions, versions->config->reinsert &&
									 vr_versions_await_last(versions,
															trigdata->tg_newslot));

	if (given != old && given != vr_version_next(old) &&
		given != number)
		vr_managed_refuse(trigdata->tg_relation, versions->version,
						  "An UPDATE can leave it out.");
	return number;
}

/*
 * Does the client ask for a new version by setting its number?  Another number
 * than the next one is refused, unless the one that the row has was taken when
 * it was inserted; see renumber_row().
 */
static bool
asks_for_version(VrVersions *versions, TriggerData *trigdata, int64 oldnumber,
				 int64 *number)
{
	int64		newnumber = live_number(versions, trigdata->tg_newslot);

	if (newnumber == oldnumber)
		return false;
	if (newnumber != *number)
	{
		if (!vr_versions_find_last(versions, trigdata->tg_trigslot) ||
			newnumber != vr_version_next(vr_versions_number(versions)))
			vr_managed_refuse(trigdata->tg_relation, versions->version,
							  "An UPDATE can leave it out, or set the number that follows.");
		*number = newnumber;
	}
	return true;
}

/*
 * Is a new row certain to be stored as a BEFORE trigger has it?  It may go
 * elsewhere if it can leave its partition, and generated columns are not
 * computed yet.
 */
static bool
can_be_early(VrVersions *versions, Relation relation)
{
	TupleConstr *constr = RelationGetDescr(relation)->constr;

	return (constr == NULL || !constr->has_generated_stored) &&
		!vr_judge_may_move(relation, versions->nkeys,
						   versions->keys);
}

/*
 * The new row of an UPDATE.
 */
static HeapTuple
stamp_update(VrVersions *versions, TriggerData *trigdata, bool *archived)
{
	TupleTableSlot *newslot = trigdata->tg_newslot;
	HeapTuple	result = trigdata->tg_newtuple;
	bool		numbered = versions->version != InvalidAttrNumber;
	bool		may_archive = *archived;
	bool		asked = false;
	int64		oldnumber = 0;
	int64		number = 0;

	*archived = false;
	if (has_moved(versions, trigdata))
		return !numbered ? result :
			set_number(versions, moved_number(versions, trigdata), result,
					   newslot);
	if (numbered)
	{
		oldnumber = live_number(versions, trigdata->tg_trigslot);
		number = vr_version_next(oldnumber);
		asked = asks_for_version(versions, trigdata, oldnumber, &number);
	}
	if (!asked)
	{
		if (!has_changed(versions, trigdata))
		{
			*archived = true;
			return result;
		}
		if (joins_version(versions, trigdata))
		{
			*archived = may_archive &&
				can_be_early(versions, trigdata->tg_relation);
			if (*archived)
				vr_versions_replace(versions, newslot);
			return result;
		}
	}
	if (numbered)
		result = set_number(versions, number, result, newslot);

	/* the slot has the new number if that was written in place */
	*archived = may_archive && result == trigdata->tg_newtuple &&
		can_be_early(versions, trigdata->tg_relation);
	if (*archived)
		add_version(versions, trigdata, number);
	return result;
}

/*
 * The row that stamp() returns.  *archived says whether archive() can be
 * spared, and afterwards whether it has nothing left to do.
 */
HeapTuple
vr_separate_stamp(VrStatement *statement, TriggerData *trigdata,
				  bool *archived)
{
	bool		is_update = TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event);
	HeapTuple	result = is_update ? trigdata->tg_newtuple :
	trigdata->tg_trigtuple;
	VrVersions *versions;

	if (TRIGGER_FIRED_BY_DELETE(trigdata->tg_event))
	{
		*archived = false;
		return result;
	}
	if (is_update && vr_image_same(trigdata->tg_trigtuple, result))
		return result;
	if (vr_maintenance_is_on(trigdata->tg_relation) ||
		will_be_restored(statement, trigdata))
		return result;

	versions = open_versions(statement, trigdata);
	if (is_update)
		result = stamp_update(versions, trigdata, archived);
	else
	{
		*archived = false;
		if (versions->version != InvalidAttrNumber &&
			!is_restored(versions, trigdata))
			result = set_number(versions,
								first_number(versions, trigdata,
											 trigdata->tg_trigslot),
								result, trigdata->tg_trigslot);
	}
	vr_versions_close(versions);
	return result;
}

/*
 * An UPDATE that stamp() has left to archive().  The numbers tell what stamp()
 * has decided, if there are any.
 */
static void
archive_update(VrVersions *versions, TriggerData *trigdata)
{
	TupleTableSlot *newslot = trigdata->tg_newslot;
	int64		number = 0;

	if (has_gone_on(versions, trigdata->tg_newtuple, newslot))
	{
		if (has_moved(versions, trigdata))
			end_row(versions, trigdata->tg_trigtuple, trigdata->tg_trigslot);
		return;
	}
	if (has_moved(versions, trigdata))
	{
		end_row(versions, trigdata->tg_trigtuple, trigdata->tg_trigslot);
		begin_row(versions, trigdata, newslot);
		return;
	}
	if (versions->version != InvalidAttrNumber)
		number = live_number(versions, newslot);
	if (number == 0 || number == live_number(versions, trigdata->tg_trigslot))
	{
		if (!has_changed(versions, trigdata))
			return;
		if ((number != 0 || versions->config->per_transaction) &&
			vr_versions_find_last(versions, newslot) &&
			vr_versions_is_own(versions))
		{
			vr_versions_replace(versions, newslot);
			return;
		}
		if (number != 0)
			ereport(ERROR,
					(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
					 errmsg("row of versioned table \"%s\" was changed without being stamped",
							RelationGetRelationName(trigdata->tg_relation)),
					 errhint("The trigger of versioned_rows.stamp() is missing, is disabled, or is not the last BEFORE trigger; call versioned_rows.verify() to see."),
					 errtable(trigdata->tg_relation)));
	}
	add_version(versions, trigdata, number);
}

/*
 * What archive() does with a row that was inserted, deleted or really changed.
 */
Datum
vr_separate_archive(FunctionCallInfo fcinfo, TriggerData *trigdata)
{
	VrStatement *statement = (VrStatement *) fcinfo->flinfo->fn_extra;
	VrVersions *versions;

	if (statement == NULL)
		statement = vr_separate_begin(fcinfo, sizeof(VrStatement),
									  trigdata->tg_trigger->tgconstrrelid);
	vr_asof_refuse_write(trigdata->tg_relation);
	if (will_be_restored(statement, trigdata))
		return PointerGetDatum(NULL);
	versions = open_versions(statement, trigdata);
	if (TRIGGER_FIRED_BY_INSERT(trigdata->tg_event))
	{
		if (!is_restored(versions, trigdata) &&
			!has_gone_on(versions, trigdata->tg_trigtuple,
						 trigdata->tg_trigslot))
			begin_row(versions, trigdata, trigdata->tg_trigslot);
	}
	else if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
		archive_update(versions, trigdata);
	else
		end_row(versions, trigdata->tg_trigtuple, trigdata->tg_trigslot);
	vr_versions_close(versions);
	return PointerGetDatum(NULL);
}

/*
 * versioned_rows.guard() returns trigger
 *
 * BEFORE ROW and BEFORE TRUNCATE on a versions table: nobody writes there but
 * archive(), which fires no trigger, its owner when a dump is restored, and its
 * owner between begin_maintenance() and the end.
 */
Datum
versioned_rows_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	Relation	relation;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!TRIGGER_FIRED_BEFORE(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be fired as a BEFORE trigger",
						"guard"),
				 errhint("Use versioned_rows.enable() to install the triggers.")));

	relation = trigdata->tg_relation;
	if (!vr_maintenance_is_on(relation) &&
		!(TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) &&
		  vr_compat_owns_relation(RelationGetRelid(relation), GetUserId())))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot change history in table \"%s\"",
						RelationGetRelationName(relation)),
				 errdetail("It holds the versions of a versioned table, which makes them itself."),
				 errhint("Its owner can correct history after versioned_rows.begin_maintenance()."),
				 errtable(relation)));
	if (TRIGGER_FIRED_FOR_STATEMENT(trigdata->tg_event))
		return PointerGetDatum(NULL);
	return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ?
						   trigdata->tg_newtuple : trigdata->tg_trigtuple);
}

/*
 * The trigger of archive() of a live table, in memory of its own, or NULL.
 */
static Trigger *
find_archive(Relation relation)
{
	TriggerDesc *triggers = CopyTriggerDesc(relation->trigdesc);

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		Trigger    *trigger = &triggers->triggers[i];

		if (OidIsValid(trigger->tgconstrrelid) && !trigger->tgisinternal &&
			TRIGGER_TYPE_MATCHES(trigger->tgtype, TRIGGER_TYPE_ROW,
								 TRIGGER_TYPE_AFTER, TRIGGER_TYPE_DELETE) &&
			vr_trigger_fires(trigger))
			return trigger;
	}
	return NULL;
}

/*
 * versioned_rows.end_all() returns trigger
 *
 * BEFORE TRUNCATE on a live table, which nobody else has open: its rows end as
 * if they were deleted.
 */
Datum
versioned_rows_end_all(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	VrVersions *versions;
	Trigger    *archive;
	TableScanDesc scan;
	TupleTableSlot *row;
	MemoryContext context;
	MemoryContext oldcontext;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!TRIGGER_FIRED_BEFORE(trigdata->tg_event) ||
		!TRIGGER_FIRED_BY_TRUNCATE(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be fired BEFORE TRUNCATE",
						"end_all"),
				 errhint("Use versioned_rows.enable() to install the triggers.")));

	vr_asof_refuse_write(trigdata->tg_relation);
	archive = find_archive(trigdata->tg_relation);
	if (archive == NULL ||
		trigdata->tg_relation->rd_rel->relkind != RELKIND_RELATION ||
		vr_maintenance_is_on(trigdata->tg_relation))
		return PointerGetDatum(NULL);

	versions = vr_versions_prepare(trigdata->tg_relation,
								   archive->tgconstrrelid, archive->tgnargs,
								   archive->tgargs);
	context = AllocSetContextCreate(CurrentMemoryContext, "versioned_rows row",
									ALLOCSET_DEFAULT_SIZES);
	row = table_slot_create(trigdata->tg_relation, NULL);
	scan = vr_compat_table_beginscan(trigdata->tg_relation, SnapshotSelf);
	oldcontext = MemoryContextSwitchTo(context);
	while (table_scan_getnextslot(scan, ForwardScanDirection, row))
	{
		end_row(versions, ExecFetchSlotHeapTuple(row, false, NULL), row);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(context);
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(row);
	vr_versions_close(versions);
	return PointerGetDatum(NULL);
}

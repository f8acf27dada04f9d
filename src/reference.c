/*-------------------------------------------------------------------------
 *
 * reference.c
 *	  versioned_rows.reference(), BEFORE ROW on a table with a foreign key to
 *	  a version.
 *
 * Fills in the version that belongs to a key, so that an application writes
 * product_id = 1 and gets product_version_id = 3, and makes sure that the row
 * it names does not move on before the foreign key is checked.  Otherwise the
 * check could wait for an UPDATE of the row, find it at another version, and
 * not yet see the old version that was archived.
 *
 * The row that the check would find and lock is then found and locked already,
 * so the check is told not to fire; see find_checks().  If the same statement
 * moves the referenced row on, the check could even fail: the old version may
 * not be archived yet.
 *
 * A version that the client gives is left alone, but for one case: a reference
 * that follows (ON UPDATE CASCADE) cannot stay behind.  If the client gives the
 * number of a past version, the row refers to the current one, as it would if
 * it had been stored a moment earlier.
 *
 * The foreign key itself is the configuration: the one argument names the
 * version column, and everything else is read from the constraint that it is
 * part of.  Nothing is looked up by the name of a table.
 *
 * Historical rows of a table that is versioned itself pass through unchanged.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/rls.h"
#include "utils/syscache.h"

#include "compat.h"
#include "config.h"
#include "foreign.h"
#include "functions.h"
#include "image.h"
#include "judge.h"
#include "referenced.h"
#include "trigger.h"
#include "version.h"

PG_FUNCTION_INFO_V1(versioned_rows_reference);

/* A foreign key to a version; fixed for as long as a statement runs. */
typedef struct VrReference
{
	char	   *name;			/* of the constraint */
	Oid			constraint;		/* its OID */
	bool		follows;		/* ON UPDATE CASCADE */
	bool		deferrable;		/* may be checked later than at once */
	Oid			relid;			/* the referenced table */
	AttrNumber	version;		/* the referencing version column */
	Oid			version_type;	/* its type, domains looked through */
	AttrNumber	referenced_version; /* the referenced version column */
	int			nkeys;			/* columns besides the version */
	AttrNumber	keys[INDEX_MAX_KEYS];	/* of the referencing table */
	AttrNumber	referenced_keys[INDEX_MAX_KEYS];	/* of the referenced table */
	VrConfig   *referenced_config;	/* the referenced table's */
	VrConfig   *own_config;		/* the referencing table's, or NULL */
	VrReferenced *rows;			/* finds referenced rows; NULL if the table is
								 * not versioned any more */
	int			nchecks;		/* checks that can be spared, ... */
	VrSwitch	checks[2];		/* ... of an INSERT and of an UPDATE */
} VrReference;

/*
 * The referencing version column, from the trigger's argument.
 */
static AttrNumber
version_column(TriggerData *trigdata)
{
	Trigger    *trigger = trigdata->tg_trigger;
	Relation	relation = trigdata->tg_relation;
	const char *name;
	AttrNumber	attno;

	if (trigger->tgnargs != 1 ||
		strncmp(trigger->tgargs[0], "version=", 8) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("trigger \"%s\" must have one argument, \"version=column\"",
						trigger->tgname),
				 errhint("Use versioned_rows.add_reference() to install it."),
				 errtable(relation)));

	name = trigger->tgargs[0] + 8;
	attno = get_attnum(RelationGetRelid(relation), name);
	if (!AttributeNumberIsValid(attno))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of referencing table \"%s\" does not exist",
						name, RelationGetRelationName(relation)),
				 errhint("If the column was renamed, drop trigger \"%s\" and call versioned_rows.add_reference() again.",
						 trigger->tgname),
				 errtable(relation)));
	return attno;
}

/*
 * Read the foreign key that the version column is part of.
 */
static void
read_foreign_key(VrReference *reference, Relation relation)
{
	List	   *fkeys;
	ListCell   *lc;

	/* a look into a catalog can reset the cache entry that the list is in */
	fkeys = copyObject(RelationGetFKeyList(relation));
	foreach(lc, fkeys)
	{
		ForeignKeyCacheInfo *fk = (ForeignKeyCacheInfo *) lfirst(lc);
		HeapTuple	tuple;
		Form_pg_constraint con;
		int			v = 0;

		while (v < fk->nkeys && fk->conkey[v] != reference->version)
			v++;
		if (v == fk->nkeys)
			continue;

		tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(fk->conoid));
		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for constraint %u", fk->conoid);
		con = (Form_pg_constraint) GETSTRUCT(tuple);
		if (!vr_foreign_is_part(fkeys, con->conparentid))
		{
			if (reference->name != NULL)
				ereport(ERROR,
						(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						 errmsg("version column \"%s\" is part of two foreign keys of table \"%s\"",
								get_attname(RelationGetRelid(relation), reference->version, false),
								RelationGetRelationName(relation)),
						 errhint("Drop one of \"%s\" and \"%s\".",
								 reference->name, NameStr(con->conname)),
						 errtablecol(relation, reference->version)));
			reference->name = pstrdup(NameStr(con->conname));
			reference->constraint = fk->conoid;
			reference->follows = con->confupdtype == FKCONSTR_ACTION_CASCADE;
			reference->deferrable = con->condeferrable;
			reference->relid = fk->confrelid;
			reference->referenced_version = fk->confkey[v];
			for (int i = 0; i < fk->nkeys; i++)
			{
				if (i == v)
					continue;
				reference->keys[reference->nkeys] = fk->conkey[i];
				reference->referenced_keys[reference->nkeys++] = fk->confkey[i];
			}
		}
		ReleaseSysCache(tuple);
	}

	if (reference->name == NULL || reference->nkeys == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("version column \"%s\" of table \"%s\" is not part of a foreign key to a version",
						get_attname(RelationGetRelid(relation), reference->version, false),
						RelationGetRelationName(relation)),
				 errhint("Call versioned_rows.add_reference() to build one, or drop the trigger."),
				 errtablecol(relation, reference->version)));
}

/*
 * Can a trigger that fires after this one give the row another key?  stamp()
 * is left to is_set_later(), which knows its columns.  A trigger of reference()
 * can if the version that it sets is a column of this key.
 */
static bool
may_set_key(const VrReference *reference, Relation relation,
			const Trigger *trigger)
{
	AttrNumber	version;

	if (vr_function_is(trigger->tgfoid, versioned_rows_stamp))
		return false;
	if (!vr_function_is(trigger->tgfoid, versioned_rows_reference) ||
		trigger->tgnargs != 1 ||
		strncmp(trigger->tgargs[0], "version=", 8) != 0)
		return true;
	version = get_attnum(RelationGetRelid(relation), trigger->tgargs[0] + 8);
	for (int i = 0; i < reference->nkeys; i++)
	{
		if (reference->keys[i] == version)
			return true;
	}
	return version == reference->version;
}

/*
 * Can a column of the foreign key get another value after this trigger, by
 * stamp() or because it is generated?
 */
static bool
is_set_later(const VrReference *reference, Relation relation, AttrNumber column)
{
	const VrConfig *config = reference->own_config;

	if (TupleDescAttr(RelationGetDescr(relation),
					  column - 1)->attgenerated != '\0')
		return true;
	return config != NULL &&
		(column == config->version || column == config->current ||
		 column == config->period || config->ignored[column - 1]);
}

/*
 * Can the row that this trigger returns refer to something else by the time
 * that it is stored, or can a command run meanwhile?
 */
static bool
may_change(const VrReference *reference, const TriggerDesc *triggers,
		   int position, Relation relation)
{
	for (int i = position + 1; i < triggers->numtriggers; i++)
	{
		const Trigger *trigger = &triggers->triggers[i];

		if (TRIGGER_FOR_ROW(trigger->tgtype) &&
			TRIGGER_FOR_BEFORE(trigger->tgtype) &&
			vr_trigger_fires(trigger) &&
			may_set_key(reference, relation, trigger))
			return true;
	}
	for (int i = 0; i < reference->nkeys; i++)
	{
		if (is_set_later(reference, relation, reference->keys[i]))
			return true;
	}
	if (is_set_later(reference, relation, reference->version))
		return true;
	return vr_judge_is_volatile(relation);
}

/*
 * Find the triggers by which PostgreSQL checks the foreign key, in the
 * executor's list of triggers, which is of this statement alone.
 *
 * Such a check finds the referenced row and locks it, so that nobody else can
 * move or delete it before the referencing row can be seen.  If this transaction
 * moves or deletes the referenced row later, the triggers of the referenced
 * table find the referencing row, as soon as that is stored.  So a row whose
 * version resolve_version() has found and locked needs no check, if nothing
 * comes between the lock and the heap.
 */
static void
find_checks(VrReference *reference, TriggerData *trigdata)
{
	/* a copy: looking into catalogs can free the relation's own */
	TriggerDesc *triggers = CopyTriggerDesc(trigdata->tg_relation->trigdesc);
	int			position = 0;

	while (triggers->triggers[position].tgoid != trigdata->tg_trigger->tgoid)
	{
		if (++position == triggers->numtriggers)
			return;
	}
	if (may_change(reference, triggers, position, trigdata->tg_relation))
		return;

	for (int i = 0; i < triggers->numtriggers; i++)
	{
		const Trigger *trigger = &triggers->triggers[i];

		if (trigger->tgconstraint == reference->constraint &&
			RI_FKey_trigger_type(trigger->tgfoid) == RI_TRIGGER_FK)
		{
			Assert(reference->nchecks < (int) lengthof(reference->checks));
			reference->checks[reference->nchecks++] =
				vr_trigger_switch(trigdata, trigger);
		}
	}
}

/*
 * Say whether the foreign key has to be checked for the row at hand.
 */
static void
need_check(const VrReference *reference, bool needed)
{
	for (int i = 0; i < reference->nchecks; i++)
		vr_trigger_set(&reference->checks[i], needed);
}

/*
 * Read everything about the reference that a trigger keeps.
 */
static VrReference *
make_reference(TriggerData *trigdata)
{
	VrReference *reference = palloc0(sizeof(VrReference));
	Relation	relation = trigdata->tg_relation;
	TupleDesc	desc = RelationGetDescr(relation);
	Oid			types[INDEX_MAX_KEYS];
	Relation	referenced;

	reference->version = version_column(trigdata);
	reference->version_type =
		getBaseType(TupleDescAttr(desc, reference->version - 1)->atttypid);
	read_foreign_key(reference, relation);
	for (int i = 0; i < reference->nkeys; i++)
		types[i] = getBaseType(TupleDescAttr(desc, reference->keys[i] - 1)->atttypid);

	/* the lock that the check of the foreign key will take as well */
	referenced = table_open(reference->relid, RowShareLock);
	reference->referenced_config = vr_trigger_find_config(referenced);
	if (reference->referenced_config != NULL &&
		reference->referenced_config->version == reference->referenced_version)
		reference->rows = vr_referenced_prepare(referenced, reference->nkeys,
												reference->referenced_keys, types,
												reference->referenced_config);
	table_close(referenced, NoLock);

	reference->own_config = vr_trigger_find_config(relation);
	if (reference->rows != NULL)
		find_checks(reference, trigdata);
	return reference;
}

static VrReference *
statement_reference(FunctionCallInfo fcinfo)
{
	if (fcinfo->flinfo->fn_extra == NULL)
	{
		MemoryContext oldcontext;

		oldcontext = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		fcinfo->flinfo->fn_extra =
			make_reference((TriggerData *) fcinfo->context);
		MemoryContextSwitchTo(oldcontext);
	}
	return (VrReference *) fcinfo->flinfo->fn_extra;
}

static int64
read_version(Oid type, Datum value)
{
	return type == INT2OID ? DatumGetInt16(value) :
		type == INT4OID ? DatumGetInt32(value) : DatumGetInt64(value);
}

/*
 * The row with another version, or null.
 */
static HeapTuple
set_version(const VrReference *reference, Relation relation, HeapTuple tuple,
			int64 version, bool isnull)
{
	int			attno = reference->version;
	Datum		value = (Datum) 0;

	if (isnull)
		 /* nothing to convert */ ;
	else if (reference->version_type == INT8OID)
		value = Int64GetDatum(version);
	else if (reference->version_type == INT4OID && version == (int32) version)
		value = Int32GetDatum((int32) version);
	else if (reference->version_type == INT2OID && version == (int16) version)
		value = Int16GetDatum((int16) version);
	else
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("version " INT64_FORMAT " is out of range for column \"%s\" of table \"%s\"",
						version, get_attname(RelationGetRelid(relation), attno, false),
						RelationGetRelationName(relation)),
				 errhint("Give the column the type of the version column that it references."),
				 errtablecol(relation, attno)));

	return heap_modify_tuple_by_cols(tuple, RelationGetDescr(relation), 1,
									 &attno, &value, &isnull);
}

/*
 * The error for a key that has no current version.  As in the error of a
 * foreign key, values are shown to those who could select them.
 */
pg_noreturn static void
report_no_version(const VrReference *reference, Relation relation,
				  const Datum *values)
{
	Oid			relid = RelationGetRelid(relation);
	StringInfoData names;
	StringInfoData texts;

	initStringInfo(&names);
	initStringInfo(&texts);
	for (int i = 0; i < reference->nkeys; i++)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(relation),
											  reference->keys[i] - 1);
		Oid			output;
		bool		isvarlena;

		getTypeOutputInfo(att->atttypid, &output, &isvarlena);
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "",
						 NameStr(att->attname));
		appendStringInfo(&texts, "%s%s", i > 0 ? ", " : "",
						 OidOutputFunctionCall(output, values[i]));
	}

	ereport(ERROR,
			(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
			 errmsg("insert or update on table \"%s\" violates foreign key constraint \"%s\"",
					RelationGetRelationName(relation), reference->name),
			 check_enable_rls(relid, InvalidOid, true) != RLS_ENABLED &&
			 pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK ?
			 errdetail("Key (%s)=(%s) has no current version in table \"%s\".",
					   names.data, texts.data, get_rel_name(reference->relid)) :
			 errdetail("Key has no current version in table \"%s\".",
					   get_rel_name(reference->relid)),
			 errtableconstraint(relation, reference->name)));
}

/*
 * The error for a key to a table that is not versioned any more, so that there
 * is no version to choose.  A row that gives one can be written all the same.
 */
pg_noreturn static void
report_not_versioned(const VrReference *reference, TriggerData *trigdata)
{
	Relation	relation = trigdata->tg_relation;

	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("table \"%s\" is not versioned by the column that foreign key \"%s\" references",
					get_rel_name(reference->relid), reference->name),
			 errhint("Give a version, call versioned_rows.enable() for that table, or drop trigger \"%s\" of table \"%s\".",
					 trigdata->tg_trigger->tgname,
					 RelationGetRelationName(relation)),
			 errtableconstraint(relation, reference->name)));
}

/*
 * The version that a referenced row will get which is not there yet, because
 * the same statement inserts it, or, if the foreign key is checked later, the
 * same transaction.  The check of the foreign key finds out whether it came.
 */
static int64
expected_version(const VrReference *reference, Relation relation,
				 const Datum *values, const VrReferencedRow *last)
{
	if (!reference->deferrable &&
		reference->relid != RelationGetRelid(relation))
		report_no_version(reference, relation, values);
	if (last == NULL)
		return 1;
	return vr_version_next(last->number);
}

/*
 * The version that a row is to refer to.  If it is the current one, it is
 * locked, and the foreign key need not be checked any more.
 *
 * If the client has given the number of another version, that is returned, and
 * nothing is locked: history does not move.
 */
static int64
resolve_version(const VrReference *reference, Relation relation,
				const Datum *values, const int64 *given)
{
	bool		waited = false;

	for (;;)
	{
		VrReferencedRow row;
		int64		version;
		bool		moved = false;

		if (!vr_referenced_find(reference->rows, values, &row))
			return given != NULL ? *given :
				expected_version(reference, relation, values, NULL);

		version = row.number;
		if (!row.current)
			version = given != NULL ? *given :
				expected_version(reference, relation, values, &row);
		else if (given != NULL && *given != version &&
				 (*given > version || !reference->follows))
			version = *given;
		else
		{
			moved = !vr_referenced_lock(&row, waited);
			need_check(reference, moved);
		}
		vr_referenced_release(&row);
		if (!moved)
			return version;
		/* the version that was given is history by now */
		if (given != NULL && !reference->follows)
			return *given;
		waited = true;
	}
}

/*
 * Is the row being changed by the action of a foreign key, which brings the
 * new version along and has locked it?
 */
static bool
is_cascade(TriggerData *trigdata, AttrNumber version)
{
	bool		isnull;

	if (!InNoForceRLSOperation() ||
		!TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
		return false;
	(void) slot_getattr(trigdata->tg_newslot, version, &isnull);
	return !isnull && !vr_image_equal(trigdata->tg_trigslot,
									  trigdata->tg_newslot, 1, &version);
}

/*
 * The row with the right version.
 */
static HeapTuple
refer(const VrReference *reference, TriggerData *trigdata,
	  TupleTableSlot *oldslot, TupleTableSlot *newslot, HeapTuple tuple)
{
	Relation	relation = trigdata->tg_relation;
	Datum		values[INDEX_MAX_KEYS];
	bool		null_key = false;
	bool		isnull;
	Datum		value;
	int64		given;
	int64		version;

	if (reference->own_config != NULL &&
		vr_version_is_history(reference->own_config,
							  oldslot ? oldslot : newslot))
		return tuple;

	value = slot_getattr(newslot, reference->version, &isnull);
	for (int i = 0; i < reference->nkeys; i++)
	{
		bool		key_isnull;

		values[i] = slot_getattr(newslot, reference->keys[i], &key_isnull);
		null_key |= key_isnull;
	}
	if (null_key)
		return isnull ? tuple :
			set_version(reference, relation, tuple, 0, true);

	if (oldslot != NULL && !isnull &&
		vr_image_equal(oldslot, newslot, 1, &reference->version))
	{
		if (vr_image_equal(oldslot, newslot, reference->nkeys,
						   reference->keys))
		{
			/*
			 * The foreign key is checked all the same if this transaction has
			 * made the row (see RI_FKey_fk_upd_check_required()): then the
			 * version must not move away meanwhile.
			 */
			if (reference->rows != NULL &&
				TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(trigdata->tg_trigtuple->t_data)))
			{
				given = read_version(reference->version_type, value);
				(void) resolve_version(reference, relation, values, &given);
			}
			return tuple;
		}
		/* the version belongs to the old key */
		isnull = true;
	}

	if (reference->rows == NULL)
	{
		if (isnull)
			report_not_versioned(reference, trigdata);
		return tuple;
	}
	given = isnull ? 0 : read_version(reference->version_type, value);
	version = resolve_version(reference, relation, values,
							  isnull ? NULL : &given);
	if (!isnull && version == given)
		return tuple;
	return set_version(reference, relation, tuple, version, false);
}

/*
 * versioned_rows.reference() returns trigger
 */
Datum
versioned_rows_reference(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = vr_trigger_check(fcinfo, "reference",
											 TRIGGER_EVENT_BEFORE);
	VrReference *reference;
	HeapTuple	result;

	if (TRIGGER_FIRED_BY_DELETE(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be fired for INSERT or UPDATE",
						"reference"),
				 errhint("Use versioned_rows.add_reference() to install the trigger."),
				 errtable(trigdata->tg_relation)));

	/* most statements that are actions need nothing of what we keep */
	if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) &&
		is_cascade(trigdata, version_column(trigdata)))
	{
		if (fcinfo->flinfo->fn_extra != NULL)
			need_check((VrReference *) fcinfo->flinfo->fn_extra, true);
		return PointerGetDatum(trigdata->tg_newtuple);
	}

	reference = statement_reference(fcinfo);
	need_check(reference, true);
	if (TRIGGER_FIRED_BY_INSERT(trigdata->tg_event))
		result = refer(reference, trigdata, NULL,
					   trigdata->tg_trigslot, trigdata->tg_trigtuple);
	else
		result = refer(reference, trigdata,
					   trigdata->tg_trigslot, trigdata->tg_newslot,
					   trigdata->tg_newtuple);

	return PointerGetDatum(result);
}

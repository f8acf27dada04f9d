/*-------------------------------------------------------------------------
 *
 * config.c
 *	  Trigger arguments and a relation make a checked VrConfig.
 *
 * Configuration lives in the arguments of the triggers, as name=value
 * strings: pg_dump carries them, and pg_trigger is the registry.  The key is
 * not among them: it is the primary key without the version column, read
 * from the catalogs, so that it follows every renaming.
 *
 * A VrConfig that is returned fits the relation: every column exists and has
 * a type that the other files can work with.  Nothing else is promised; in
 * particular this file knows neither rows nor callers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"

#include "config.h"

/* What the columns of VrWhoColumn are called in arguments and in records. */
const char *const vr_config_who_names[VR_WHO_COLUMNS] = {
	[VR_CHANGED_BY] = "changed_by",
	[VR_TRANSACTION_ID] = "transaction_id",
	[VR_APPLICATION_NAME] = "application_name",
	[VR_REASON] = "reason"
};

/*
 * Find a column by name, or complain.  Ours are mostly the last ones.
 */
AttrNumber
vr_config_column(Relation relation, const char *name)
{
	TupleDesc	desc = RelationGetDescr(relation);

	for (int i = desc->natts - 1; i >= 0; i--)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (!att->attisdropped && strcmp(NameStr(att->attname), name) == 0)
			return att->attnum;
	}

	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("column \"%s\" of versioned table \"%s\" does not exist",
					name, RelationGetRelationName(relation)),
			 errhint("If the column was renamed, call versioned_rows.enable() again with its new name."),
			 errtable(relation)));
}

/*
 * The type of a column if it is one of those wanted or a domain over one;
 * otherwise complain.
 */
static Oid
check_column_type(Relation relation, AttrNumber attno,
				  int nwanted, const Oid *wanted, const char *wanted_text)
{
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(relation), attno - 1);
	Oid			type = att->atttypid;

	/* a second look only if it may be a domain: that one asks a catalog */
	for (int look = 0; look < 2; look++)
	{
		for (int i = 0; i < nwanted; i++)
		{
			if (type == wanted[i])
				return type;
		}
		type = getBaseType(type);
	}

	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("column \"%s\" of versioned table \"%s\" must be of type %s",
					NameStr(att->attname),
					RelationGetRelationName(relation), wanted_text),
			 errtablecol(relation, attno)));
}

/*
 * If the argument is "name=value", return the value, else NULL.
 */
static inline const char *
option_value(const char *arg, const char *name)
{
	size_t		len = strlen(name);

	if (strncmp(arg, name, len) == 0 && arg[len] == '=')
		return arg + len + 1;
	return NULL;
}

/*
 * Read an argument that says where it is kept who made a version, or who
 * deleted the row.  Such columns are no contents.
 */
static bool
read_who_option(VrConfig *config, Relation relation, const char *arg)
{
	const char *value;
	AttrNumber *column = NULL;

	if ((value = option_value(arg, "deletion")) != NULL)
		column = &config->deletion;
	for (int i = 0; i < VR_WHO_COLUMNS && column == NULL; i++)
	{
		if ((value = option_value(arg, vr_config_who_names[i])) != NULL)
			column = &config->who[i];
	}
	if (column == NULL)
		return false;

	config->has_who = true;
	*column = vr_config_column(relation, value);
	config->ignored[*column - 1] = true;
	return true;
}

static void
read_options(VrConfig *config, Relation relation, int nargs, char **args)
{
	for (int i = 0; i < nargs; i++)
	{
		const char *value;

		if ((value = option_value(args[i], "version")) != NULL)
			config->version = vr_config_column(relation, value);
		else if ((value = option_value(args[i], "current")) != NULL)
			config->current = vr_config_column(relation, value);
		else if ((value = option_value(args[i], "period")) != NULL)
			config->period = vr_config_column(relation, value);
		else if ((value = option_value(args[i], "ignore")) != NULL)
			config->ignored[vr_config_column(relation, value) - 1] = true;
		else if (strcmp(args[i], "reinsert=off") == 0)
			config->reinsert = false;
		else if (option_value(args[i], "view") != NULL ||
				 option_value(args[i], "facade") != NULL)
			 /* of interest to the management functions only */ ;
		else if (strcmp(args[i], "per_transaction=on") == 0)
			config->per_transaction = true;
		else if (strcmp(args[i], "live_version=off") == 0)
			 /* of interest where versions have a table of their own */ ;
		else if (read_who_option(config, relation, args[i]))
			 /* done */ ;
		else
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unrecognized trigger argument \"%s\"", args[i]),
					 errhint("Valid arguments are \"version=column\", \"current=column\", \"period=column\", \"ignore=column\", \"reinsert=off\", \"per_transaction=on\", \"live_version=off\", \"changed_by=column\", \"transaction_id=column\", \"application_name=column\", \"reason=column\", \"deletion=column\", \"view=name\" and \"facade=name\"."),
					 errtable(relation)));
	}
}

/*
 * Check the types of the columns that say who made a version, or who deleted
 * the row.
 */
static void
check_who_options(VrConfig *config, Relation relation)
{
	static const Oid user[] = {NAMEOID, TEXTOID};
	static const Oid transaction[] = {XID8OID};
	static const Oid string[] = {TEXTOID};
	static const Oid deletion[] = {JSONBOID};
	const AttrNumber *who = config->who;

	if (who[VR_CHANGED_BY] != InvalidAttrNumber)
		config->changed_by_type =
			check_column_type(relation, who[VR_CHANGED_BY], lengthof(user),
							  user, "name or text");
	if (who[VR_TRANSACTION_ID] != InvalidAttrNumber)
		check_column_type(relation, who[VR_TRANSACTION_ID],
						  lengthof(transaction), transaction, "xid8");
	if (who[VR_APPLICATION_NAME] != InvalidAttrNumber)
		check_column_type(relation, who[VR_APPLICATION_NAME],
						  lengthof(string), string, "text");
	if (who[VR_REASON] != InvalidAttrNumber)
		check_column_type(relation, who[VR_REASON],
						  lengthof(string), string, "text");
	if (config->deletion != InvalidAttrNumber)
		check_column_type(relation, config->deletion,
						  lengthof(deletion), deletion, "jsonb");
}

static void
add_managed(VrConfig *config, AttrNumber column)
{
	if (column != InvalidAttrNumber)
		config->managed[config->nmanaged++] = column;
}

static void
check_options(VrConfig *config, Relation relation)
{
	static const Oid integers[] = {INT4OID, INT8OID, INT2OID};
	static const Oid boolean[] = {BOOLOID};
	static const Oid period[] = {TSTZRANGEOID};

	if (config->version == InvalidAttrNumber)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("trigger argument \"version\" is missing"),
				 errhint("Use versioned_rows.enable() to make a table versioned."),
				 errtable(relation)));

	config->version_type =
		check_column_type(relation, config->version, lengthof(integers),
						  integers, "smallint, integer or bigint");
	if (config->current != InvalidAttrNumber)
		check_column_type(relation, config->current, lengthof(boolean),
						  boolean, "boolean");
	if (config->period != InvalidAttrNumber)
		check_column_type(relation, config->period, lengthof(period),
						  period, "tstzrange");
	if (config->has_who)
		check_who_options(config, relation);

	add_managed(config, config->version);
	add_managed(config, config->current);
	add_managed(config, config->period);
	for (int i = 0; i < VR_WHO_COLUMNS; i++)
		add_managed(config, config->who[i]);
	add_managed(config, config->deletion);

	/* here the number is all that tells history, so it must be the last one */
	if (config->current == InvalidAttrNumber &&
		config->period == InvalidAttrNumber)
		config->reinsert = true;
}

/*
 * Sort the columns into keys and contents, once.  Generated columns are
 * neither: they change only with others, and are not yet computed when a
 * BEFORE trigger runs.
 */
void
vr_config_sort_columns(VrConfig *config, Relation relation)
{
	TupleDesc	desc = RelationGetDescr(relation);
	Bitmapset  *primary;

	if (config->sorted)
		return;

	primary = RelationGetIndexAttrBitmap(relation,
										 INDEX_ATTR_BITMAP_PRIMARY_KEY);
	if (!bms_is_member(config->version - FirstLowInvalidHeapAttributeNumber,
					   primary))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
				 errmsg("versioned table \"%s\" has no primary key with the version column",
						RelationGetRelationName(relation)),
				 errhint("Add a primary key of the key columns followed by the version column, or call versioned_rows.disable() to end versioning."),
				 errtable(relation)));

	config->sorted = true;
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		AttrNumber	attno = att->attnum;

		if (attno == config->version)
			continue;
		/* no column of a primary key is nullable */
		if (att->attnotnull &&
			bms_is_member(attno - FirstLowInvalidHeapAttributeNumber, primary))
			config->keys[config->nkeys++] = attno;
		else if (!att->attisdropped && att->attgenerated == '\0' &&
				 attno != config->current && attno != config->period &&
				 !config->ignored[i])
			config->contents[config->ncontents++] = attno;
	}
}

/*
 * Read and check the configuration of a versioned table.
 *
 * The result is allocated in the current memory context.
 */
VrConfig *
vr_config_read(Relation relation, int nargs, char **args)
{
	int			natts = RelationGetNumberOfAttributes(relation);
	VrConfig   *config = palloc0(sizeof(VrConfig) +
								 natts * (2 * sizeof(AttrNumber) + sizeof(bool)));

	/* one piece of memory, since this is done for every statement */
	config->keys = (AttrNumber *) (config + 1);
	config->contents = config->keys + natts;
	config->ignored = (bool *) (config->contents + natts);
	config->reinsert = true;

	read_options(config, relation, nargs, args);
	check_options(config, relation);

	return config;
}

/*-------------------------------------------------------------------------
 *
 * who.c
 *	  Who makes a version, or deletes a row, and why.
 *
 * The answer to the first question is in every version, in columns of its
 * own: the session user, the transaction, the application_name, and the
 * setting versioned_rows.reason.  It says who has made that version, and so
 * also who has ended the one before.
 *
 * A row that is deleted has no next version to say so.  The same facts go
 * into one more column of its last version, as a JSON object, together with
 * the time; everywhere else that column is null.  It costs a row that is not
 * deleted a bit in its null bitmap, and no other part of the extension has to
 * know of it, as it would of a version that stands for the deletion.
 *
 * The reason is free text, and the application_name is the client's own
 * word: they inform, they prove nothing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/guc.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"
#include "utils/xid8.h"

#include "compat.h"
#include "who.h"

static char *reason;

/*
 * Make the setting known.  To be called once, when the module is loaded.
 */
void
vr_who_define(void)
{
	DefineCustomStringVariable("versioned_rows.reason",
							   "Why rows are changed; kept with every version where a table has a column for it.",
							   "Empty for no reason.",
							   &reason, "", PGC_USERSET, 0,
							   NULL, NULL, NULL);
}

/*
 * One of the facts, or NULL if there is none.
 */
static const char *
fact(VrWhoColumn column)
{
	const char *result = NULL;

	switch (column)
	{
		case VR_CHANGED_BY:
			result = GetUserNameFromId(GetSessionUserId(), false);
			break;
		case VR_TRANSACTION_ID:
			result = psprintf(UINT64_FORMAT,
							  U64FromFullTransactionId(GetTopFullTransactionId()));
			break;
		case VR_APPLICATION_NAME:
			result = application_name;
			break;
		case VR_REASON:
			result = reason;
			break;
	}
	return result != NULL && result[0] != '\0' ? result : NULL;
}

static Datum
fact_as_datum(const VrConfig *config, VrWhoColumn column, bool *isnull)
{
	const char *string;

	*isnull = false;
	if (column == VR_TRANSACTION_ID)
		return FullTransactionIdGetDatum(GetTopFullTransactionId());

	string = fact(column);
	if (string == NULL)
	{
		*isnull = true;
		return (Datum) 0;
	}
	if (column == VR_CHANGED_BY && config->changed_by_type == NAMEOID)
		return DirectFunctionCall1(namein, CStringGetDatum(string));
	return CStringGetTextDatum(string);
}

/*
 * What goes into the columns of a version that is made now.  The values live
 * in the current memory context.
 */
void
vr_who_read(const VrConfig *config, VrWho *who)
{
	who->n = 0;
	for (int i = 0; i < VR_WHO_COLUMNS; i++)
	{
		if (config->who[i] == InvalidAttrNumber)
			continue;
		who->columns[who->n] = config->who[i];
		who->values[who->n] = fact_as_datum(config, i, &who->isnull[who->n]);
		who->n++;
	}
}

static void
push_string(VrCompatJsonb *state, JsonbIteratorToken token,
			const char *string)
{
	JsonbValue	value;

	value.type = jbvString;
	value.val.string.val = unconstify(char *, string);
	value.val.string.len = strlen(string);
	vr_compat_push_jsonb(state, token, &value);
}

/*
 * What goes into the last version of a row that is deleted now: an object
 * with the time, and those facts that the table has columns for and that
 * there are.
 */
Datum
vr_who_make_deletion(const VrConfig *config)
{
	VrCompatJsonb state = {0};
	TimestampTz now = GetCurrentTransactionStartTimestamp();
	int			utc = 0;
	char		when[MAXDATELEN + 1];

	(void) JsonEncodeDateTime(when, TimestampTzGetDatum(now), TIMESTAMPTZOID,
							  &utc);
	vr_compat_push_jsonb(&state, WJB_BEGIN_OBJECT, NULL);
	push_string(&state, WJB_KEY, "deleted_at");
	push_string(&state, WJB_VALUE, when);
	for (int i = 0; i < VR_WHO_COLUMNS; i++)
	{
		const char *string;

		if (config->who[i] == InvalidAttrNumber || (string = fact(i)) == NULL)
			continue;
		push_string(&state, WJB_KEY, vr_config_who_names[i]);
		push_string(&state, WJB_VALUE, string);
	}
	vr_compat_push_jsonb(&state, WJB_END_OBJECT, NULL);
	return JsonbPGetDatum(JsonbValueToJsonb(state.result));
}

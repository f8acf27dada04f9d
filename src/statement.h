/*-------------------------------------------------------------------------
 *
 * statement.h
 *	  What a trigger function keeps from row to row of one statement.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_STATEMENT_H
#define VR_STATEMENT_H

#include "fmgr.h"

#include "claim.h"
#include "config.h"
#include "history.h"
#include "versions.h"
#include "who.h"

/*
 * Each trigger function has a structure of its own that begins with this one.
 * What is NULL at first is made by the first row that needs it.
 */
typedef struct VrStatement
{
	MemoryContext memory;		/* lives as long as the statement */
	VrConfig   *config;			/* what the trigger's arguments say */
	VrWho	   *who;			/* who makes versions, NULL at first */
	VrClaim    *claim;			/* the key that is inserted, NULL at first */
	VrHistory  *history;		/* archives versions, NULL at first */

	/* only where versions have a table of their own, see separate.c */
	Oid			separate;		/* that table, or 0 */
	VrVersions *table;			/* the same, NULL at first */
} VrStatement;

extern VrStatement *vr_statement_begin(FunctionCallInfo fcinfo, Size size);
extern const VrWho *vr_statement_who(VrStatement *statement);
extern VrClaim *vr_statement_claim(VrStatement *statement);
extern VrHistory *vr_statement_history(VrStatement *statement,
									   Relation relation);

#endif							/* VR_STATEMENT_H */

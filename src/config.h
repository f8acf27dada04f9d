/*-------------------------------------------------------------------------
 *
 * config.h
 *	  What the trigger arguments of a versioned table say, checked.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_CONFIG_H
#define VR_CONFIG_H

#include "access/attnum.h"
#include "utils/rel.h"

/* Optional columns that say who made a version, and why. */
typedef enum VrWhoColumn
{
	VR_CHANGED_BY,				/* the session user: name or text */
	VR_TRANSACTION_ID,			/* the transaction: xid8 */
	VR_APPLICATION_NAME,		/* application_name: text */
	VR_REASON					/* versioned_rows.reason: text */
} VrWhoColumn;

#define VR_WHO_COLUMNS (VR_REASON + 1)

/* version, flag, period, who makes the version, who deletes the row */
#define VR_MAX_MANAGED (4 + VR_WHO_COLUMNS)

/* Everything here is fixed for as long as a statement runs, once it is there. */
typedef struct VrConfig
{
	AttrNumber	version;		/* the version column: int2, int4 or int8 */
	Oid			version_type;	/* its type, domains looked through */
	AttrNumber	current;		/* the stored flag, or 0 */
	AttrNumber	period;			/* the tstzrange of validity, or 0 */
	bool		reinsert;		/* does INSERT look for deleted versions? */
	bool		per_transaction;	/* one version per transaction only? */

	bool		has_who;		/* is there any of the columns that follow? */
	AttrNumber	who[VR_WHO_COLUMNS];	/* by VrWhoColumn; 0: not wanted */
	Oid			changed_by_type;	/* NAMEOID or TEXTOID */
	AttrNumber	deletion;		/* jsonb: who deleted the row, or 0 */

	/* all of these columns, in this order, those left out that are 0 */
	int			nmanaged;
	AttrNumber	managed[VR_MAX_MANAGED];

	/* filled in by vr_config_sort_columns(), for those who compare rows */
	bool		sorted;			/* has it been called? */
	int			nkeys;			/* number of key columns */
	AttrNumber *keys;			/* primary key without the version column */
	int			ncontents;		/* number of content columns */
	AttrNumber *contents;		/* columns whose change makes a version */
	bool	   *ignored;		/* per column: neither content nor key? */

	/* made by vr_version_lookup() when it is needed */
	struct VrLookup *lookup;	/* finds the versions of a row by its key */
} VrConfig;

extern const char *const vr_config_who_names[VR_WHO_COLUMNS];

extern VrConfig *vr_config_read(Relation relation, int nargs, char **args);
extern AttrNumber vr_config_column(Relation relation, const char *name);
extern void vr_config_sort_columns(VrConfig *config, Relation relation);

#endif							/* VR_CONFIG_H */

/*-------------------------------------------------------------------------
 *
 * versions.h
 *	  The versions table of a versioned table, as a row trigger needs it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_VERSIONS_H
#define VR_VERSIONS_H

#include "datatype/timestamp.h"
#include "executor/tuptable.h"
#include "utils/rel.h"

#include "config.h"
#include "lookup.h"
#include "store.h"
#include "who.h"

typedef struct VrVersions
{
	/* fixed per statement */
	MemoryContext memory;		/* lives as long as the statement */
	Oid			relid;			/* the versions table */
	Oid			file;			/* where its rows were when it was looked at */
	VrConfig   *config;			/* its columns, and all options */
	AttrNumber	version;		/* the version column of the live table, or 0 */
	int			nkeys;			/* key columns of the live table */
	AttrNumber *keys;
	int			ncontents;		/* its columns whose change makes a version */
	AttrNumber *contents;
	AttrNumber *sources;		/* per column: that of the live table, or 0 */
	bool		same_shape;		/* is a live row also a row of versions? */
	bool		not_null;		/* may a live row be null where that may not? */
	VrStore    *store;			/* puts rows into the versions table */

	/* made when they are needed */
	VrLookup   *lookup;			/* finds versions by the key of their row */
	TupleDesc	desc;			/* a copy, which slots can keep */
	TupleTableSlot *last;		/* the version that was found */
	TupleTableSlot *slot;		/* a version that is stored */
	VrWho	   *who;			/* who makes versions */

	/* while a row is at hand */
	Relation	relation;		/* open, or NULL */
} VrVersions;

extern VrVersions *vr_versions_prepare(Relation live, Oid relid,
									   int nargs, char **args);
extern void vr_versions_open(VrVersions *versions);
extern void vr_versions_close(VrVersions *versions);
extern bool vr_versions_find_last(VrVersions *versions, TupleTableSlot *row);
extern bool vr_versions_await_last(VrVersions *versions, TupleTableSlot *row);
extern int64 vr_versions_number(VrVersions *versions);
extern bool vr_versions_is_loaded(Oid relid);
extern bool vr_versions_has_image(VrVersions *versions, TupleTableSlot *row);
extern TimestampTz vr_versions_next_start(VrVersions *versions, bool found);
extern bool vr_versions_is_own(VrVersions *versions);
extern bool vr_versions_put(VrVersions *versions, TupleTableSlot *row,
							int64 number, TimestampTz start, bool must);
extern void vr_versions_replace(VrVersions *versions, TupleTableSlot *row);
extern void vr_versions_end(VrVersions *versions, TupleTableSlot *row,
							TimestampTz end, bool deleted);

#endif							/* VR_VERSIONS_H */

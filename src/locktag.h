/*-------------------------------------------------------------------------
 *
 * locktag.h
 *	  The lock tags of the extension.
 *
 * Their type is the one that PostgreSQL has set aside for add-ons, so that
 * pg_locks shows them as "userlock"; their method is the one whose locks end
 * with the transaction.  classid is the table.  For a tuple objid and objsubid
 * are its block and its number, which is never 0; for a key objid is a hash of
 * it, and objsubid is 0.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_LOCKTAG_H
#define VR_LOCKTAG_H

#include "storage/itemptr.h"
#include "storage/lock.h"
#include "utils/rel.h"

static inline void
vr_locktag_set(LOCKTAG *tag, Relation relation, uint32 objid, uint16 objsubid)
{
	tag->locktag_field1 = relation->rd_lockInfo.lockRelId.dbId;
	tag->locktag_field2 = relation->rd_lockInfo.lockRelId.relId;
	tag->locktag_field3 = objid;
	tag->locktag_field4 = objsubid;
	tag->locktag_type = LOCKTAG_USERLOCK;
	tag->locktag_lockmethodid = DEFAULT_LOCKMETHOD;
}

/*
 * The turn of updates and pins at a tuple, see queue.c.
 */
static inline void
vr_locktag_set_tuple(LOCKTAG *tag, Relation relation, ItemPointer tid)
{
	Assert(ItemPointerIsValid(tid));
	vr_locktag_set(tag, relation, ItemPointerGetBlockNumber(tid),
				   ItemPointerGetOffsetNumber(tid));
}

/*
 * The claim of an INSERT to a key, see claim.c.
 */
static inline void
vr_locktag_set_key(LOCKTAG *tag, Relation relation, uint32 hash)
{
	vr_locktag_set(tag, relation, hash, 0);
}

#endif							/* VR_LOCKTAG_H */

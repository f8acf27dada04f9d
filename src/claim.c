/*-------------------------------------------------------------------------
 *
 * claim.c
 *	  One INSERT at a time for a key that has no current version.
 *
 * Two INSERTs of one new key would both give it the same version number and
 * meet in the primary key.  For a plain INSERT that is as good an error as
 * any; but INSERT ... ON CONFLICT must find the other row by the index of
 * current rows and turn into an UPDATE, and the primary key, which is not the
 * index that it watches, would raise an error instead.  So the key is claimed
 * before the number is chosen, and until the row is in the table: whoever
 * comes next sees it there, and waits for its transaction as for any row.
 *
 * The claim is a lock tag on the table and a hash of the key.  It is held for
 * one row at a time, however many a statement inserts: the next row of the
 * statement lets it go, since then the one before is stored; so does the end
 * of the statement.  Nothing is waited for under a claim but what the
 * insertion of a plain row would wait for.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "storage/lock.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"

#include "claim.h"
#include "compat.h"
#include "locktag.h"

struct VrClaim
{
	MemoryContextCallback at_end;	/* of the statement */
	LOCKTAG		tag;			/* what is claimed */
	ResourceOwner owner;		/* who answers for it, or NULL if nobody */
};

/*
 * The memory of the executor goes away at the end of the statement.  After an
 * error it goes away later, when the owner of the lock has let go of the lock.
 */
static void
release_at_end(void *arg)
{
	VrClaim    *claim = (VrClaim *) arg;

	if (claim->owner != NULL && IsTransactionState() &&
		claim->owner == CurrentResourceOwner)
		vr_claim_release(claim);
}

/*
 * Make room for the claims of the statement whose row trigger is running.
 *
 * The executor calls row triggers in its context for one row, which is a child
 * of the context that goes away when the statement ends.  That holds for COPY
 * too, whose portal, and with it fn_mcxt, can live on until the transaction
 * ends.
 */
VrClaim *
vr_claim_prepare(void)
{
	MemoryContext memory = MemoryContextGetParent(CurrentMemoryContext);
	VrClaim    *claim = MemoryContextAllocZero(memory, sizeof(VrClaim));

	claim->at_end.func = release_at_end;
	claim->at_end.arg = claim;
	MemoryContextRegisterResetCallback(memory, &claim->at_end);
	return claim;
}

/*
 * Claim a key of a table, and let go of the one before.
 */
void
vr_claim_take(VrClaim *claim, Relation relation, uint32 hash)
{
	if (claim->owner != NULL)
	{
		/* of the same statement, so it is held still */
		Assert(vr_compat_lock_held_by_me(&claim->tag, ExclusiveLock));
		(void) LockRelease(&claim->tag, ExclusiveLock, false);
	}

	vr_locktag_set_key(&claim->tag, relation, hash);
	(void) LockAcquire(&claim->tag, ExclusiveLock, false, false);
	claim->owner = CurrentResourceOwner;
}

/*
 * Let go of the claimed key, if there is one.
 */
void
vr_claim_release(VrClaim *claim)
{
	if (claim->owner != NULL && vr_compat_lock_held_by_me(&claim->tag, ExclusiveLock))
		(void) LockRelease(&claim->tag, ExclusiveLock, false);
	claim->owner = NULL;
}

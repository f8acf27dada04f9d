/*-------------------------------------------------------------------------
 *
 * queue.c
 *	  Updates and pins of one row take turns.
 *
 * A reference to the current version of a row locks its tuple FOR KEY SHARE
 * until its transaction ends; an UPDATE that makes a new version changes the
 * tuple's key and waits for all of these locks.  PostgreSQL lets a key-share
 * locker join others although an update is waiting, so under steady pins the
 * update would wait for ever.
 *
 * An update that has to wait therefore closes the door first: it holds a lock
 * tag of ours for that tuple until it has its tuple lock.  A pin looks at the
 * door before it joins other lockers, and waits while it is closed.
 *
 * What a pin does at the door must never make a deadlock that would not be
 * there without the door.  It can: two transactions that pin two rows in
 * opposite order are harmless, but with an update waiting for each of them,
 * each would wait at the door of the other.  So nobody blocks there:
 *
 * - a pin only looks who holds the lock tag, and naps in between.  The deadlock
 *	 detector knows nothing of that wait, and nobody is cancelled for it;
 * - it gives up after deadlock_timeout and joins the others.  The update may
 *	 then wait longer, which is what would have happened without the door;
 * - it does not wait for an update that is held up by one transaction for
 *	 longer than versioned_rows.pin_patience.  Such a transaction will not end
 *	 soon, and letting the update go first would win it nothing.  An update
 *	 waits for one transaction after the other, so the pins are patient again
 *	 as soon as the one that took long has ended;
 * - a transaction that has locked the tuple already walks in: the update
 *	 behind the door is waiting for it.
 *
 * Updates do not meet at the door: each has locked the tuple against other
 * updates, before its trigger runs.  One that has found nobody to wait for
 * goes past it, and may have to wait after all, for a pin that came a moment
 * later; pins that come after that recognize it by its lock.
 *
 * Pins do not starve either: our caller asks for a turn once, and joins the
 * lockers of the next version whoever waits there.  So every update waits for
 * one generation of pins, and every pin for one update.
 *
 * PostgreSQL's own heavyweight lock of a tuple cannot be the door, since other
 * updates that wait for ours hold it.  It is looked at, though: a DELETE, or
 * an UPDATE that sets a key column, waits there before its triggers run.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/multixact.h"
#include "access/subtrans.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "portability/instr_time.h"
#include "storage/bufmgr.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/guc.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "locktag.h"
#include "queue.h"

/*
 * A tuple that an update has locked and that nobody waits for belongs to an
 * update that has just begun, or to a SELECT ... FOR NO KEY UPDATE.  The former
 * gets this many milliseconds to finish before it has company to wait for.
 */
#define FIRST_COMER_DELAY 10

/* How long an update may be held up by one transaction before pins join. */
static int	pin_patience;

/* Who has locked a tuple, transactions that have ended left out. */
typedef struct VrLockers
{
	bool		mine;			/* this transaction */
	bool		others;			/* other transactions, perhaps also ... */
	TransactionId updater;		/* ... one that may be about to update it */
} VrLockers;

/*
 * Make the setting known.  To be called once, when the module is loaded.
 */
void
vr_queue_define(void)
{
	DefineCustomIntVariable("versioned_rows.pin_patience",
							"How long a new reference to the current version of a row lets an UPDATE of the row go first that one open transaction holds up.",
							"0 means not at all. A reference never waits longer than deadlock_timeout.",
							&pin_patience, 50, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
}

/*
 * Read afresh what the header of a tuple says about its lockers.  The tuple that
 * a trigger is given may be older.
 */
static void
read_xmax(Relation relation, ItemPointer tid, TransactionId *xmax,
		  uint16 *infomask, uint16 *infomask2)
{
	Buffer		buffer = ReadBuffer(relation, ItemPointerGetBlockNumber(tid));
	Page		page = BufferGetPage(buffer);
	ItemId		lp;

	*xmax = InvalidTransactionId;
	*infomask = HEAP_XMAX_INVALID;
	*infomask2 = 0;

	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	lp = PageGetItemId(page, ItemPointerGetOffsetNumber(tid));
	if (ItemIdIsNormal(lp))
	{
		HeapTupleHeader header = (HeapTupleHeader) PageGetItem(page, lp);

		*xmax = HeapTupleHeaderGetRawXmax(header);
		*infomask = header->t_infomask;
		*infomask2 = header->t_infomask2;
	}
	UnlockReleaseBuffer(buffer);
}

static void
count_locker(VrLockers *lockers, TransactionId xid, bool updater)
{
	if (TransactionIdIsCurrentTransactionId(xid))
		lockers->mine = true;
	else if (TransactionIdIsInProgress(xid))
	{
		lockers->others = true;
		if (updater)
			lockers->updater = xid;
	}
}

static VrLockers
find_lockers(TransactionId xmax, uint16 infomask, uint16 infomask2)
{
	VrLockers	lockers = {0};
	MultiXactMember *members;
	int			nmembers;

	if ((infomask & HEAP_XMAX_INVALID) || !TransactionIdIsValid(xmax) ||
		HEAP_LOCKED_UPGRADED(infomask))
		return lockers;

	if ((infomask & HEAP_XMAX_IS_MULTI) == 0)
	{
		count_locker(&lockers, xmax, HEAP_XMAX_IS_LOCKED_ONLY(infomask) &&
					 HEAP_XMAX_IS_EXCL_LOCKED(infomask) &&
					 (infomask2 & HEAP_KEYS_UPDATED) == 0);
		return lockers;
	}

	nmembers = GetMultiXactIdMembers(xmax, &members, false,
									 HEAP_XMAX_IS_LOCKED_ONLY(infomask));
	for (int i = 0; i < nmembers; i++)
		count_locker(&lockers, members[i].xid,
					 members[i].status == MultiXactStatusForNoKeyUpdate);
	return lockers;
}

/*
 * Does the tuple that a BEFORE ROW trigger is given say that nobody but this
 * transaction had locked it by then?
 *
 * It may have been read before our lock, by EvalPlanQual, and does not say so
 * then.
 */
bool
vr_queue_is_alone(HeapTuple tuple)
{
	HeapTupleHeader header = tuple->t_data;

	return (header->t_infomask & HEAP_XMAX_IS_MULTI) == 0 &&
		HEAP_XMAX_IS_LOCKED_ONLY(header->t_infomask) &&
		TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetRawXmax(header));
}

/*
 * Get the exclusive lock of a tuple that is about to get a new version, if
 * there are other lockers to wait for.
 *
 * The caller's transaction must have locked the tuple against other updates,
 * as a BEFORE ROW trigger finds it; any other locker then makes it a
 * multixact.  Without one the tuple itself will be locked soon enough, by the
 * update.
 *
 * Should the lock not be granted, the update will find out why.
 */
void
vr_queue_enter(Relation relation, ItemPointer tid)
{
	TransactionId xmax;
	uint16		infomask;
	uint16		infomask2;
	VrLockers	lockers;
	LOCKTAG		door;
	TupleTableSlot *slot;
	TM_FailureData failure;

	if (relation->rd_tableam != GetHeapamTableAmRoutine())
		return;
	read_xmax(relation, tid, &xmax, &infomask, &infomask2);
	if ((infomask & HEAP_XMAX_IS_MULTI) == 0)
		return;
	lockers = find_lockers(xmax, infomask, infomask2);
	Assert(lockers.mine);
	if (!lockers.others)
		return;

	vr_locktag_set_tuple(&door, relation, tid);
	(void) LockAcquire(&door, ExclusiveLock, false, false);
	slot = table_slot_create(relation, NULL);
	(void) table_tuple_lock(relation, tid, GetActiveSnapshot(), slot,
							GetCurrentCommandId(false), LockTupleExclusive,
							LockWaitBlock, 0, &failure);
	ExecDropSingleTupleTableSlot(slot);
	(void) LockRelease(&door, ExclusiveLock, false);
}

/*
 * Since when has a process been waiting for a lock?  0 if it is not waiting.
 * Read without a lock: the answer may be old by the time that it is given, and
 * the caller asks again.
 */
static TimestampTz
waiting_since(PGPROC *proc)
{
	if (proc == NULL || proc->waitStatus != PROC_WAIT_STATUS_WAITING)
		return 0;
	return (TimestampTz) pg_atomic_read_u64(&proc->waitStart);
}

static PGPROC *
find_process(TransactionId xid)
{
	int			pid = BackendXidGetPid(SubTransGetTopmostTransaction(xid));

	return pid != 0 ? BackendPidGetProc(pid) : NULL;
}

/*
 * Does somebody else hold a lock that conflicts with one of the given mode?
 * If so, *since says since when that process has been waiting, or 0.
 */
static bool
is_held(const LOCKTAG *tag, LOCKMODE mode, TimestampTz *since)
{
	int			count;
	VirtualTransactionId *holders = GetLockConflicts(tag, mode, &count);

	if (count > 0)
		*since = waiting_since(vr_compat_vxid_process(holders[0]));
	pfree(holders);
	return count > 0;
}

/*
 * Is there an update that a pin of a tuple should let go first?  *since says
 * since when it has been waiting for the transaction at hand, or 0.
 *
 * It is behind the door; or it is a DELETE in line for the tuple's heavyweight
 * lock, looked at in the mode in which a key-share locker would stand in line;
 * or it has locked the tuple and waits, or began a moment ago.
 */
static bool
find_update(Relation relation, ItemPointer tid, const VrLockers *lockers,
			double waited, TimestampTz *since)
{
	LOCKTAG		tag;

	vr_locktag_set_tuple(&tag, relation, tid);
	if (is_held(&tag, ShareLock, since))
		return true;
	SET_LOCKTAG_TUPLE(tag, relation->rd_lockInfo.lockRelId.dbId,
					  relation->rd_lockInfo.lockRelId.relId,
					  ItemPointerGetBlockNumber(tid),
					  ItemPointerGetOffsetNumber(tid));
	if (is_held(&tag, AccessShareLock, since))
		return true;
	if (!TransactionIdIsValid(lockers->updater))
		return false;
	*since = waiting_since(find_process(lockers->updater));
	return *since != 0 || waited < FIRST_COMER_DELAY;
}

static void
nap(long milliseconds)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					 milliseconds, vr_compat_wait_event("VersionedRowsPin"));
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

/*
 * Wait while an update is waiting for the lockers of a tuple, before the
 * caller becomes one of them by a key-share lock.
 *
 * The caller must have a snapshot that sees the tuple.
 */
void
vr_queue_pass(Relation relation, ItemPointer tid)
{
	double		limit = DeadlockTimeout;
	instr_time	start;

	if (relation->rd_tableam != GetHeapamTableAmRoutine())
		return;
	if (LockTimeout > 0)
		limit = Min(limit, LockTimeout);

	INSTR_TIME_SET_ZERO(start);
	for (;;)
	{
		TransactionId xmax;
		uint16		infomask;
		uint16		infomask2;
		VrLockers	lockers;
		TimestampTz since = 0;
		instr_time	now;
		double		waited;

		read_xmax(relation, tid, &xmax, &infomask, &infomask2);
		lockers = find_lockers(xmax, infomask, infomask2);
		if (lockers.mine || !lockers.others)
			return;

		INSTR_TIME_SET_CURRENT(now);
		if (INSTR_TIME_IS_ZERO(start))
			start = now;
		INSTR_TIME_SUBTRACT(now, start);
		waited = INSTR_TIME_GET_MILLISEC(now);
		if (waited >= limit)
			return;

		if (!find_update(relation, tid, &lockers, waited, &since))
			return;
		if (since != 0 &&
			TimestampDifferenceExceeds(since, GetCurrentTimestamp(),
									   pin_patience))
			return;
		/* what a pin waits for is mostly over in milliseconds */
		nap(waited < 100 ? 1 : 10);
	}
}

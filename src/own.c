/*-------------------------------------------------------------------------
 *
 * own.c
 *	  is_own(): was a row stored by the current transaction?
 *
 * SQL cannot tell: a row that was stored within a savepoint has the number of
 * a subtransaction, which no function of SQL knows to be ours.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"

PG_FUNCTION_INFO_V1(versioned_rows_is_own);

/*
 * versioned_rows_internal.is_own(xid)
 *
 * Takes the xmin of a row that the caller sees.
 */
Datum
versioned_rows_is_own(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(TransactionIdIsCurrentTransactionId(PG_GETARG_TRANSACTIONID(0)));
}

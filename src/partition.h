/*-------------------------------------------------------------------------
 *
 * partition.h
 *	  Find the partition that rows with a given key are in.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_PARTITION_H
#define VR_PARTITION_H

#include "access/attnum.h"
#include "utils/rel.h"

extern AttrNumber vr_partition_column(Relation root, Relation partition,
									  AttrNumber attno);
extern Oid	vr_partition_find(Relation root, int nkeys,
							  const AttrNumber *columns, const Datum *values);

#endif							/* VR_PARTITION_H */

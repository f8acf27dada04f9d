/*-------------------------------------------------------------------------
 *
 * image.h
 *	  Compare rows by image, without any operator; write a value into one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_IMAGE_H
#define VR_IMAGE_H

#include "access/attnum.h"
#include "access/htup.h"
#include "executor/tuptable.h"

extern bool vr_image_same(HeapTuple a, HeapTuple b);
extern bool vr_image_equal(TupleTableSlot *a, TupleTableSlot *b,
						   int natts, const AttrNumber *attnos);
extern bool vr_image_overwrite(TupleTableSlot *slot, HeapTuple tuple,
							   AttrNumber attno, Datum value);

#endif							/* VR_IMAGE_H */

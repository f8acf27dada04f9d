/*-------------------------------------------------------------------------
 *
 * image.c
 *	  Compare rows by image, without any operator.
 *
 * Two values are equal when they are the same bytes once detoasted.  An
 * equality operator would not do: json, xml and point have none, and numeric
 * or citext call equal what a reader can tell apart.
 *
 * Values are detoasted only when nothing cheaper decides: rows that differ
 * in some small column never cost a read of their large ones, and a value
 * that an UPDATE carries over has the same TOAST pointer.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/detoast.h"
#include "access/htup_details.h"
#include "utils/datum.h"

#include "image.h"

typedef enum VrVerdict
{
	VR_SAME,
	VR_DIFFERENT,
	VR_MUST_DETOAST				/* not known without detoasting */
} VrVerdict;

static VrVerdict
compare_varlena(struct varlena *a, struct varlena *b)
{
	if (VARSIZE_ANY(a) == VARSIZE_ANY(b) &&
		memcmp(a, b, VARSIZE_ANY(a)) == 0)
		return VR_SAME;
	if (toast_raw_datum_size(PointerGetDatum(a)) !=
		toast_raw_datum_size(PointerGetDatum(b)))
		return VR_DIFFERENT;
	if (VARATT_IS_EXTENDED(a) || VARATT_IS_EXTENDED(b))
	{
		/* a short header is no reason to copy the value */
		if (!VARATT_IS_EXTERNAL(a) && !VARATT_IS_COMPRESSED(a) &&
			!VARATT_IS_EXTERNAL(b) && !VARATT_IS_COMPRESSED(b))
			return memcmp(VARDATA_ANY(a), VARDATA_ANY(b),
						  VARSIZE_ANY_EXHDR(a)) == 0 ? VR_SAME : VR_DIFFERENT;
		return VR_MUST_DETOAST;
	}
	return VR_DIFFERENT;
}

static VrVerdict
compare_attribute(Form_pg_attribute att, TupleTableSlot *a, TupleTableSlot *b)
{
	int			i = att->attnum - 1;
	Datum		va = a->tts_values[i];
	Datum		vb = b->tts_values[i];

	if (a->tts_isnull[i] || b->tts_isnull[i])
		return a->tts_isnull[i] == b->tts_isnull[i] ? VR_SAME : VR_DIFFERENT;
	if (att->attlen == -1)
		return compare_varlena((struct varlena *) DatumGetPointer(va),
							   (struct varlena *) DatumGetPointer(vb));
	return datumIsEqual(va, vb, att->attbyval, att->attlen) ?
		VR_SAME : VR_DIFFERENT;
}

/*
 * Are two rows of one type the same, byte for byte, as they are stored?  That
 * is how an UPDATE that changes nothing looks mostly, and quickly told.
 */
bool
vr_image_same(HeapTuple a, HeapTuple b)
{
	const size_t start = offsetof(HeapTupleHeaderData, t_bits);
	HeapTupleHeader ha = a->t_data;
	HeapTupleHeader hb = b->t_data;

	return a->t_len == b->t_len && ha->t_hoff == hb->t_hoff &&
		HeapTupleHeaderGetNatts(ha) == HeapTupleHeaderGetNatts(hb) &&
		HeapTupleHasNulls(a) == HeapTupleHasNulls(b) &&
		memcmp((char *) ha + start, (char *) hb + start,
			   a->t_len - start) == 0;
}

/*
 * Are two rows of one type equal in the given columns?
 */
bool
vr_image_equal(TupleTableSlot *a, TupleTableSlot *b,
			   int natts, const AttrNumber *attnos)
{
	TupleDesc	desc = a->tts_tupleDescriptor;
	bool		must_detoast = false;

	slot_getallattrs(a);
	slot_getallattrs(b);

	for (int i = 0; i < natts; i++)
	{
		switch (compare_attribute(TupleDescAttr(desc, attnos[i] - 1), a, b))
		{
			case VR_SAME:
				break;
			case VR_DIFFERENT:
				return false;
			case VR_MUST_DETOAST:
				must_detoast = true;
				break;
		}
	}
	if (!must_detoast)
		return true;

	for (int i = 0; i < natts; i++)
	{
		int			k = attnos[i] - 1;
		Form_pg_attribute att = TupleDescAttr(desc, k);

		if (compare_attribute(att, a, b) == VR_MUST_DETOAST &&
			!datum_image_eq(a->tts_values[k], b->tts_values[k],
							att->attbyval, att->attlen))
			return false;
	}
	return true;
}

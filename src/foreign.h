/*-------------------------------------------------------------------------
 *
 * foreign.h
 *	  What the foreign keys of and to a versioned table ask of its history.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VR_FOREIGN_H
#define VR_FOREIGN_H

#include "executor/tuptable.h"
#include "nodes/pg_list.h"
#include "utils/rel.h"

typedef struct VrForeign VrForeign;

extern bool vr_foreign_is_part(List *fkeys, Oid conparentid);
extern VrForeign *vr_foreign_prepare_followers(Relation relation);
extern VrForeign *vr_foreign_prepare_outgoing(Relation relation);
extern void vr_foreign_check_delete(const VrForeign *outgoing,
									Relation relation, bool is_history,
									TupleTableSlot *row);
extern void vr_foreign_check_update(const VrForeign *outgoing,
									Relation relation, bool is_history,
									TupleTableSlot *oldslot,
									TupleTableSlot *newslot);
extern VrForeign *vr_foreign_prepare_references(Relation relation);
extern bool vr_foreign_hold_all(const VrForeign *references,
								TupleTableSlot *row);
extern bool vr_foreign_hold_left(const VrForeign *references,
								 TupleTableSlot *oldslot,
								 TupleTableSlot *newslot);
extern void vr_foreign_check_followers(const VrForeign *followers,
									   Relation relation,
									   TupleTableSlot *row);

#endif							/* VR_FOREIGN_H */

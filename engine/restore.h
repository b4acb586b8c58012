/*
 * Another database in place of this one: staged and checked while the engine
 * runs, taken when it starts again.
 */
#ifndef ENGINE_RESTORE_H
#define ENGINE_RESTORE_H

#include "engine/request.h"

#define RESTORE_PART	"restore.part"	/* it is still coming, or checked */
#define RESTORE_READY	"restore.db"	/* taken at the next start */
#define RESTORE_OLD	"praetor.db.old" /* what it took the place of */

/* db.restore: one piece; the last one has the whole checked. */
start_fn	 read_db_restore;

/*
 * At start, before the store is opened: if a database is ready, put it in
 * place.  The numbers of sessions and steps go on from the higher ones, so
 * that none is given twice.  0, or PRA_E* with one line in `why`.
 */
int	 restore_take(const char *dir, char *why, size_t size);

/*
 * At start, once the store is open and so nobody else's: delete what copies of
 * an engine left that were killed.
 */
void	 restore_tidy(const char *dir);

#endif

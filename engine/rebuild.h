/*
 * State made anew from events alone, and how it differs from the rows that
 * the store has.
 *
 * Every row comes from apply() and nothing else, so that the same events give
 * the same rows.  What else the database holds is no state: `keys` and
 * `pending` remember commands for a day, `meta` the numbers of sessions and
 * fences that were given, which may be above those that events have.
 */
#ifndef ENGINE_REBUILD_H
#define ENGINE_REBUILD_H

#include "engine/rowset.h"
#include "engine/state.h"

#define REBUILD_WHY	1024

struct rebuild {
	struct state	*st;		/* owned */
	struct rowset	 rows;
	uint64_t	 seq;		/* of the last event applied */
	unsigned int	 since;		/* events since the last flush */
	struct buf	 b;
};

/* A difference of one row. */
struct differ {
	enum store_table table;
	char		 row[160];	/* its key as people know it */
	const char	*field;		/* first one that differs, or "" */
	const char	*what;		/* "differs", "is missing", ... */
};

/* 0 or PRA_ENOMEM. */
int	 rebuild_init(struct rebuild *rb);
void	 rebuild_clear(struct rebuild *rb);

/*
 * Apply the next event.  PRA_ECORRUPT (it cannot be read, or does not fit),
 * PRA_EVERSION, PRA_ENOMEM, with one line in `why` that names it.
 */
int	 rebuild_event(struct rebuild *rb, const struct store_event *ev,
	    char why[REBUILD_WHY]);

/* Put what has changed into rb->rows; before they are looked at. */
int	 rebuild_flush(struct rebuild *rb);

/*
 * Compare a stored row with the one made.  1 the same, 0 it differs, or
 * PRA_E*.  Rows that read the same are the same: a field that is unset reads
 * as 0, so one that is new makes no difference.
 */
int	 rebuild_same(struct rebuild *rb, const struct store_row *row,
	    struct differ *d);

/* The next row that was made and never compared; *at begins at 0. */
int	 rebuild_unseen(struct rebuild *rb, size_t *at, struct differ *d);

/* A row's key as people know it: a name, an id, a session. */
void	 rebuild_name(const struct store_row *row, char *out, size_t size);

#endif

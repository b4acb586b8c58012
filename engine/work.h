/*
 * Commands that read a lot: each is answered by a copy of the engine that
 * has a snapshot of the store, while the engine goes on.
 *
 * A copy and not slices of the event loop: checking a database or going
 * through a long log is one long call for SQLite or seconds of computing, and
 * every slice of it would be time in which no command is answered.  A copy has
 * another core, costs the engine one fork(2), and cannot change anything: its
 * connection only reads, and its sockets are closed.
 */
#ifndef ENGINE_WORK_H
#define ENGINE_WORK_H

#include "engine/request.h"

struct work;

/* What the copy has. */
struct work_copy {
	struct store		*store;	/* a snapshot, read only */
	const struct config	*conf;
	const struct rec	*cmd;
	const char		*dir;	/* of the store */
	int			 fd;	/* to the engine */
	struct buf		 out;
};

/*
 * In the copy: carry a command out.  0 or a PRA_E*, with one line in `why`.
 */
typedef int	 work_fn(struct work_copy *w, char *why, size_t size);

/* In the copy: one view (taken) of the answer; waits while nobody reads. */
void	 work_item(struct work_copy *w, struct rec *r);

/*
 * Begin: 0, and the answer follows; 1 after request_done().  The command must
 * be permitted on no project: what it reads belongs to all of them.
 */
int	 work_start(struct request *rq, work_fn *fn);

/*
 * 1 when a copy is at work on a command of this kind: two that write a file of
 * one name would mix.
 */
int	 work_busy(const struct engine *e, enum rec_kind kind);

/* Read on when there is room again; for clients_pump(). */
void	 work_resume(struct work *w);

/* The request has ended: kill the copy (NULL is fine). */
void	 work_end(struct work *w);

#endif

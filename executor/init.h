/*
 * praetor-init's own state and its two helpers.
 */
#ifndef EXECUTOR_INIT_H
#define EXECUTOR_INIT_H

#include <stdint.h>
#include <sys/types.h>

#include "common/buf.h"
#include "common/ends.h"
#include "common/imsg.h"
#include "common/rec.h"
#include "executor/handover.h"

/* What praetor-init watches of a job (watch.c). */
struct watch {
	int		 procs, space;	/* looks in a row that found it full */
	char		 text[128];	/* what was full */
};

struct init {
	struct imsgbuf	 ib;		/* to the executor */
	struct buf	 join;		/* frames of a message so far */
	int		 joinfd;	/* descriptor that came with them, or -1 */
	int		 sigfd;
	pid_t		 main;		/* what SPAWN started; 0 none */
	struct handover	 session;
	struct watch	 watch;
	enum end	 limit;		/* for which it was killed */
};

/*
 * Start a program (b_spawn) in /workspace with its own session; fd becomes
 * its output, and its terminal when the record says so.  Its pid, or -1 with
 * the errno of what failed, execve(2) included, in *err.
 */
pid_t	 job_spawn(const struct rec *spawn, int fd, int *err);

/*
 * How many files a job changed, as far as its directory shows: evidence only,
 * at most COUNT_MAX.  In the upper directory of an overlay those are the
 * files, links and deletions beneath; in a copy (h tells of it) what is newer
 * than that, and what is not there any more of what was copied: renamed files
 * count once.  .git is left out, and so is what lies beyond COUNT_MAX names
 * that the base has not.
 */
uint64_t count_changes(int dirfd, const struct handover *h);

#define COUNT_MAX	100000

/*
 * Look once: the limit that a running job is at for the second time in a row,
 * with a line in w->text, or END_NONE.
 */
enum end watch_look(struct watch *w);

/* The main process has ended: why it failed, when that shows. */
void	 watch_last(struct watch *w, int failed, enum end *end);

#endif

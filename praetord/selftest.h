/*
 * The self-test: before any task, a throw-away session tries what no session
 * may.
 */
#ifndef PRAETORD_SELFTEST_H
#define PRAETORD_SELFTEST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "praetord/conf.h"
#include "praetord/session.h"

/*
 * Try the canaries, outside first, then in a session of the same make as any
 * other.  Blocks for as long as a session lives, SELFTEST_SECONDS at most;
 * everything it needs is in <state>/selftest and removed again.  0 when the
 * session could do none of it, else -1 with one line: what it could do, or
 * why it could not be tried.
 */
int	 selftest_run(const struct conf *conf,
	    const struct sessions_host *host, char *why, size_t size);

#define SELFTEST_SECONDS 30

/* -- between the files of it -- */

/* What is laid out for the canaries; every path is absolute. */
struct bait {
	const struct conf	*conf;
	int			 canaryfd;	/* praetor-canary, O_RDONLY */
	int			 dirfd;		/* <state>/selftest */
	char			 dir[4096];
	char			 secret[4200];
	char			 drop[4200];	/* not there yet */
	char			 sock[4200];
	char			 abstract[64];
	char			 port[8];
	int			 listener[3];	/* TCP, abstract, by path */
};

/* Arguments for praetor-canary, NULL-ended; strings are the bait's. */
#define BAIT_ARGS	24
void	 bait_args(const struct bait *b, int inside, const char *argv[BAIT_ARGS]);

/* Lay it out, or clear it away with all that an earlier start left. */
int	 bait_lay(struct bait *b, const struct conf *conf, char *why,
	    size_t size);
void	 bait_clear(struct bait *b);

/* 0 when all of it can be had from outside, else -1: a test would be void. */
int	 bait_control(struct bait *b, char *why, size_t size);

/* Bits of CANARY_* that the host sees done, whatever was reported. */
int	 bait_taken(const struct bait *b);

/*
 * In a forked child without privilege: be the engine of one session on `fd`,
 * run argv in it, and exit with the program's status, or with
 * SELFTEST_BROKEN.  Parses what the executor sends.
 */
void	 selftest_engine(int fd, const char *const argv[])
	    __attribute__((__noreturn__));
#define SELFTEST_BROKEN	0x7f

#endif

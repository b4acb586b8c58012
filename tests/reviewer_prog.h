/*
 * praetor-reviewer as a program, in its sandbox, with a test as its parent
 * and its engine.
 */
#ifndef TESTS_REVIEWER_PROG_H
#define TESTS_REVIEWER_PROG_H

#include <sys/types.h>
#include <stdint.h>

#include "common/imsg.h"
#include "common/rec.h"
#include "tests/reviewer_rig.h"

struct prog_cred {
	const char	*host, *kind, *user, *hostkey;
	const char	*file;		/* beneath rv.dir */
};

/* Zero it; what is set before prog_start() is configured. */
struct prog {
	struct prog_cred cred[4];
	size_t		 ncred;
	uint64_t	 fetch_timeout;	/* ms; 0: a minute */
	uint64_t	 fetch_bytes;	/* 0: plenty */
	uint64_t	 attempt;	/* of the next import; 0 the first */
	int		 copy;		/* `worktree copy` */
	struct rv	*v;
	pid_t		 pid;
	int		 lifeline;
	struct imsgbuf	 parent, engine;
};

#define PROG_WAIT 60000	/* ms; what is lost fails, nothing is timed */

extern const uint8_t	 prog_id[ULID_LEN];	/* of a change and its task */

/*
 * Start the program, wait until it is configured, give it an engine.
 * prog_stop() ends it by its lifeline, or with a signal, and reaps it.
 * prog_engine() is a new engine; close the old one's channel before.
 */
void	 prog_start(struct prog *p, struct rv *v);
void	 prog_stop(struct prog *p, int sig);
void	 prog_engine(struct prog *p);
void	 prog_close(struct imsgbuf *ib);

/*
 * Configure it (again); the test fails when it is refused.  prog_stage() does
 * not commit it.
 */
void	 prog_configure(struct prog *p);
void	 prog_stage(struct prog *p);

/* Send bytes or a record (taken); fd -1: none, else it is taken. */
void	 prog_send_raw(struct imsgbuf *ib, uint16_t type, uint32_t id,
	    const void *p, size_t n, int fd);
void	 prog_send(struct imsgbuf *ib, uint16_t type, uint32_t id,
	    struct rec *r, int fd);

/*
 * The next message: as it is (its data lives until the one after), or its
 * record, which must be of that type.
 */
struct imsg prog_next(struct imsgbuf *ib);
struct rec *prog_next_rec(struct imsgbuf *ib, uint16_t type,
	    enum rec_kind kind);

/* 1 when nothing has come. */
int	 prog_quiet(struct imsgbuf *ib);

/* Ask without waiting. */
void	 prog_ask_open(struct prog *p, const char *project, const char *repo);
void	 prog_ask_base(struct prog *p, const char *project, uint64_t session);
void	 prog_ask_land(struct prog *p, const char *project,
	    const uint8_t *onto, const uint8_t *tree);
void	 prog_ask_drop(struct prog *p, uint64_t session);

/* Ask about the project "web" or session 3 and wait for the answer. */
struct rec *prog_open(struct prog *p, const char *repo);
struct rec *prog_base(struct prog *p);
struct rec *prog_import(struct prog *p, const uint8_t *base);
struct rec *prog_import_fd(struct prog *p, const uint8_t *base, int upperfd);
struct rec *prog_merge(struct prog *p, const uint8_t *base,
	    const uint8_t *tree);
struct rec *prog_land(struct prog *p, const struct rec *merged);

/* Bytes of a patch until DIFF_END. */
size_t	 prog_diff(struct prog *p, const uint8_t *from, const uint8_t *to);

/* Fail with an answer's text unless its error is "ok". */
void	 prog_ok(const struct rec *r, int err, int text);

/* Take the answer to an open: check its error and words of its text. */
void	 prog_opened(struct prog *p, const char *project, const char *err,
	    const char *words);

#endif

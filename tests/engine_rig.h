/*
 * praetor-engine as a process, between a parent, a frontend, a reviewer and
 * executors that are all the test.  Everything is synchronous: each call
 * that waits has a watchdog, which fails the case with the name of what was
 * awaited.  Every function fails the running test itself.
 */
#ifndef TESTS_ENGINE_RIG_H
#define TESTS_ENGINE_RIG_H

#include <stdint.h>
#include <sys/types.h>

#include "common/imsg.h"
#include "common/proto.h"
#include "common/rec.h"

struct er_world;

/* One end of a socket to the engine. */
struct er_chan {
	struct er_world	*w;
	const char	*who;		/* that the test plays on it */
	struct imsgbuf	 ib;
};

struct er_world {
	char		 dir[64];	/* of its store */
	const char	*program;	/* beside the test; NULL the real one */
	pid_t		 pid;		/* -1: there is none */
	int		 lifeline;
	struct er_chan	 parent, front, review, exec;
	struct imsg	 m;		/* the last message that came */
	int		 fd;		/* its descriptor, the rig's; or -1 */
	uint32_t	 request;	/* number of the last command */
	int64_t		 end;		/* ms: patience with the case ends */
	uint64_t	 (*conf)(int field, uint64_t value); /* or NULL */
};

extern const uint8_t	 er_oid[OID_LEN];

#define ER_OTHER	7	/* a user who may do all on a project `theirs` */

/* For cmocka: a directory without an engine, and its end. */
int		 er_setup(void **state);
int		 er_teardown(void **state);

/* Only the process and its parent's socket; the settings that it gets. */
void		 er_spawn(struct er_world *w);
struct rec	*er_conf_rec(struct er_world *w);

/* Start it up to the point where sessions are named; kill -9. */
void		 er_start(struct er_world *w);
void		 er_kill(struct er_world *w);

/* Every session has been named. */
void		 er_sync(struct er_world *w);

/* With the engine dead: run SQL on its store, as an administrator could. */
void		 er_sql(struct er_world *w, const char *sql);

/* er_start(), er_sync() and a project named p. */
void		 er_ready(struct er_world *w);

/* er_kill(), er_start(), er_sync(). */
void		 er_again(struct er_world *w);

/* Patience begins anew; the directory is deleted. */
void		 er_patience(struct er_world *w);
void		 er_remove(struct er_world *w);

/* Fail when patience with the case is over; for a test's own loops. */
void		 er_expired(struct er_world *w, const char *what);

/* A new neighbour of the engine; a frontend counts requests from 1. */
void		 er_peer(struct er_world *w, enum proc who,
		    struct er_chan *c);
void		 er_front_again(struct er_world *w);

/* A new socket pair: the test's end in c, the other is returned. */
int		 er_pair(struct er_chan *c);
void		 er_close(struct er_chan *c);

/* Send: bytes, a record (taken), what the parent says of a session. */
void		 er_put(struct er_chan *c, enum msg_type type, uint32_t id,
		    int fd, const void *p, size_t n);
void		 er_put_rec(struct er_chan *c, enum msg_type type,
		    uint32_t id, struct rec *r);
void		 er_put_session(struct er_world *w, enum msg_type type,
		    uint64_t session, int err, int fd);
void		 er_put_upper(struct er_world *w, uint64_t session, int err,
		    int fd);

/* The next message is of this type; its record; the session of the parent. */
void		 er_expect(struct er_chan *c, enum msg_type type);
struct rec	*er_expect_rec(struct er_chan *c, enum msg_type type,
		    enum rec_kind kind);
uint64_t	 er_expect_session(struct er_world *w, enum msg_type type);

/* The next message is one of two: which. */
enum msg_type	 er_either(struct er_chan *c, enum msg_type a,
		    enum msg_type b);

/*
 * A command (taken), as root with a key or NULL; the end of its answer: the
 * PRA_E* (er_end(): the v_done itself, items before it are dropped).
 */
void		 er_ask(struct er_world *w, struct rec *cmd, const char *key);
void		 er_ask_as(struct er_world *w, struct rec *cmd,
		    const char *key, uint64_t uid);
int		 er_answer(struct er_world *w);
struct rec	*er_end(struct er_world *w);

/* Commands. */
struct rec	*er_project_rec(const char *name);
struct rec	*er_task_rec(const char *name);

/* A command whose one argument is in this field. */
struct rec	*er_named(enum rec_kind kind, int field, const char *name);

/* What task.why says of a task. */
void		 er_task_state(struct er_world *w, const char *name,
		    const char *state, const char *reason);

/* The reviewer's words. */
void		 er_project_state(struct er_world *w, const char *name,
		    const char *err);
void		 er_imported(struct er_world *w, const struct rec *want);

/* File a task (taken); give its session (returned) a base. */
uint64_t	 er_task(struct er_world *w, struct rec *cmd);
uint64_t	 er_base(struct er_world *w);

/* Give the engine an executor; the fence of the step that it sends. */
uint64_t	 er_dispatch(struct er_world *w, uint64_t session);
void		 er_hello(struct er_world *w, uint64_t session,
		    uint64_t fence);
void		 er_hello_paused(struct er_world *w, uint64_t session,
		    uint64_t fence);

/* What the executor says, and how far the engine has its output. */
void		 er_output(struct er_world *w, uint64_t fence, uint64_t at,
		    const char *text);
uint64_t	 er_acked(struct er_world *w);
void		 er_step_done(struct er_world *w, uint64_t fence,
		    int64_t status);

/* The session is to end, and is gone with a status as of wait(2). */
void		 er_stopped(struct er_world *w, uint64_t session,
		    int status);

/* Hand its upper directory over; IMPORT's body. */
struct rec	*er_import(struct er_world *w, uint64_t session);

/* The reviewer lets a session's base go. */
void		 er_dropped(struct er_world *w);

/* Its directory is deleted, its base released. */
void		 er_purged(struct er_world *w, uint64_t session);

/* Import nothing, then er_purged(). */
void		 er_import_all(struct er_world *w, uint64_t session,
		    int keep);

/* From STEP_DONE to a task that is done with no change. */
void		 er_finish(struct er_world *w, uint64_t session,
		    uint64_t fence);

#endif

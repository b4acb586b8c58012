/*
 * What copies of the engine are asked for.  All but the start of a request
 * runs in a copy, on a snapshot of the store.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sha2.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <event2/event.h>

#include "common/base64.h"
#include "common/err.h"
#include "common/log.h"
#include "common/when.h"
#include "engine/copies.h"
#include "engine/rebuild.h"
#include "engine/verify.h"
#include "engine/views.h"
#include "engine/work.h"

#define PIECE		(192 * 1024)	/* bytes of a file at once */
#define VACUUM_PAGES	64		/* in one turn of the loop */
#define VACUUM_MS	2		/* between them */

static void
emit_item(void *arg, struct rec *r)
{
	work_item(arg, r);
}

static int
replay_verify(struct work_copy *w, char *why, size_t size)
{
	return (verify_run(w->store, emit_item, w, why, size));
}

int
read_replay_verify(struct engine *e, struct request *rq)
{
	(void)e;
	return (work_start(rq, replay_verify));
}

/* The state as it was. */

struct past {
	struct rebuild	 rb;
	uint64_t	 seq;
	char		 why[REBUILD_WHY];
};

static int
past_event(void *arg, const struct store_event *ev)
{
	struct past	*p = arg;

	return (ev->seq > p->seq ? 1 : rebuild_event(&p->rb, ev, p->why));
}

static int
past_wants(const struct work_copy *w, const char *project)
{
	return (!rec_has(w->cmd, F_c_replay_at_project) || strcmp(project,
	    rec_str(w->cmd, F_c_replay_at_project)) == 0);
}

static void
past_show(struct work_copy *w, const struct state *st)
{
	struct project	*p;
	struct session	*s;
	struct task	*t;
	uint8_t		 lo[ULID_LEN] = { 0 };

	for (p = state_first_project(st); p != NULL;
	    p = RB_NEXT(project_names, NULL, p))
		if (past_wants(w, rec_str(p->e.row, F_s_project_name)))
			work_item(w, view_project(p));
	for (t = state_task_from(st, lo); t != NULL;
	    t = RB_NEXT(task_ids, NULL, t))
		if (past_wants(w, rec_str(t->e.row, F_s_task_project)) &&
		    (rec_u64(w->cmd, F_c_replay_at_all) ||
		    !task_final(t->state)))
			work_item(w, view_task(st, w->conf, t, 1));
	for (s = state_first_session(st); s != NULL;
	    s = RB_NEXT(session_ids, NULL, s))
		if (past_wants(w, rec_str(s->e.row, F_s_session_project)) &&
		    session_live(s))
			work_item(w, view_session_row(s->e.row));
}

static int
replay_at(struct work_copy *w, char *why, size_t size)
{
	struct store_filter	 all = { 0 };
	struct past		 p = { .seq = rec_u64(w->cmd,
	    F_c_replay_at_seq) };
	uint64_t		 last = store_last_seq(w->store);
	int			 e;

	if (p.seq > last) {
		snprintf(why, size, "there is no event %" PRIu64 ": the log "
		    "ends with %" PRIu64, p.seq, last);
		return (PRA_ESTATE);
	}
	if ((e = rebuild_init(&p.rb)) != 0)
		return (e);
	e = store_events(w->store, &all, past_event, &p);
	if (e == 0 || e == 1) {
		past_show(w, p.rb.st);
		e = 0;
	} else {
		snprintf(why, size, "%s", p.why);
	}
	rebuild_clear(&p.rb);
	return (e);
}

int
read_replay_at(struct engine *e, struct request *rq)
{
	(void)e;
	return (work_start(rq, replay_at));
}

/* The database. */

static int
database_item(struct store *s, uint64_t errors, struct rec **out)
{
	struct store_numbers	 n;
	int			 e;

	if ((e = store_numbers(s, &n)) != 0)
		return (e);
	*out = rec_new(REC_v_database);
	rec_set_u64(*out, F_v_database_format, STORE_VERSION);
	rec_set_u64(*out, F_v_database_bytes, n.bytes);
	rec_set_u64(*out, F_v_database_free, n.free);
	rec_set_u64(*out, F_v_database_first, n.first);
	rec_set_u64(*out, F_v_database_last, n.last);
	rec_set_u64(*out, F_v_database_errors, errors);
	return (0);
}

static void
check_error(void *arg, const char *text)
{
	struct rec	*r = rec_new(REC_v_differ);
	char		 vis[1000];

	rec_set_str(r, F_v_differ_text, log_vis(vis, sizeof(vis), text,
	    strlen(text)));
	work_item(arg, r);
}

static int
db_check(struct work_copy *w, char *why, size_t size)
{
	struct rec	*r;
	int		 n, e;

	if ((n = store_integrity(w->store, check_error, w)) < 0)
		return (n);
	if ((e = database_item(w->store, (uint64_t)n, &r)) != 0)
		return (e);
	work_item(w, r);
	if (n > 0)
		snprintf(why, size, "the database is damaged in %d place%s", n,
		    n == 1 ? "" : "s");
	return (n > 0 ? PRA_ECORRUPT : 0);
}

int
read_db_check(struct engine *e, struct request *rq)
{
	(void)e;
	return (work_start(rq, db_check));
}

static void
send_piece(struct work_copy *w, uint64_t offset, const uint8_t *p, size_t n)
{
	struct rec	*r = rec_new(REC_v_piece);
	struct buf	 b = { 0 };

	if (base64_encode(p, n, &b) != 0 || buf_str(&b) == NULL)
		_exit(1);
	rec_set_u64(r, F_v_piece_offset, offset);
	rec_set_str(r, F_v_piece_data, buf_str(&b));
	buf_free(&b);
	work_item(w, r);
}

/* A whole file in pieces, and what it was. */
static int
send_file(struct work_copy *w, int fd, uint64_t last)
{
	static uint8_t	 p[PIECE];
	struct rec	*r = rec_new(REC_v_file);
	uint8_t		 digest[STORE_HASH];
	uint64_t	 at = 0;
	SHA2_CTX	 c;
	ssize_t		 n;

	SHA256Init(&c);
	while ((n = read(fd, p, sizeof(p))) > 0) {
		SHA256Update(&c, p, (size_t)n);
		send_piece(w, at, p, (size_t)n);
		at += (uint64_t)n;
	}
	if (n == -1) {
		rec_free(r);
		return (err_errno(errno));
	}
	SHA256Final(digest, &c);
	rec_set_u64(r, F_v_file_bytes, at);
	rec_set_bytes(r, F_v_file_digest, digest, sizeof(digest));
	rec_set_u64(r, F_v_file_events, last);
	work_item(w, r);
	return (0);
}

/*
 * The copy has a name only until it is open again: whatever ends this process
 * then, nothing stays.  What one left that was killed before is removed at the
 * next start, or by the next backup.
 */
static int
db_backup(struct work_copy *w, char *why, size_t size)
{
	struct store	*s;
	char		 path[4200];
	uint64_t	 last;
	int		 fd, e;

	snprintf(path, sizeof(path), "%s/%s", w->dir, STORE_COPY);
	(void)unlink(path);
	if ((e = store_copy_to(w->store, path)) != 0) {
		(void)unlink(path);
		snprintf(why, size, "%s cannot be written: %s", path,
		    err_text(e));
		return (e);
	}
	if ((e = store_open_copy(&s, w->dir, STORE_COPY, why, size)) != 0)
		return (e);
	last = store_last_seq(s);
	store_close(s);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	e = fd == -1 ? err_errno(errno) : 0;
	(void)unlink(path);
	if (e == 0)
		e = send_file(w, fd, last);
	if (fd != -1)
		close(fd);
	return (e);
}

int
read_db_backup(struct engine *e, struct request *rq)
{
	if (request_permits(rq, NULL) && work_busy(e, REC_c_db_backup))
		return (request_done(rq, PRA_ELIMIT, "try again when it is "
		    "over", "another backup is being made"));
	return (work_start(rq, db_backup));
}

/* In the engine itself: it has the one connection that writes. */
static void
vacuum_step(int fd, short what, void *arg)
{
	struct request	*rq = arg;
	struct timeval	 tv = ms_timeval(VACUUM_MS);
	struct rec	*r;
	int		 left = store_vacuum(rq->e->store, VACUUM_PAGES);

	(void)fd;
	(void)what;
	if (left > 0) {
		evtimer_add(rq->timer, &tv);
		return;
	}
	if (left == 0)
		left = database_item(rq->e->store, 0, &r);
	if (left == 0)
		request_item(rq, r);
	request_done(rq, left, left == PRA_EUNSUPPORTED ? "make a backup and "
	    "restore it: that compacts it" : NULL, "%s", left ==
	    PRA_EUNSUPPORTED ? "the database is of a version that could not "
	    "give pages back" : "");
	request_free(rq);
}

int
read_db_vacuum(struct engine *e, struct request *rq)
{
	struct timeval	 tv = { 0, 0 };

	if (!request_permits(rq, NULL))
		return (request_done(rq, PRA_EPERM, "an administrator can add "
		    "a permit rule to praetord.conf", "%s is not permitted",
		    rq->who.command));
	rq->timer = evtimer_new(e->role.base, vacuum_step, rq);
	if (rq->timer == NULL || evtimer_add(rq->timer, &tv) == -1)
		return (request_done(rq, PRA_ENOMEM, NULL, "out of memory"));
	return (0);
}

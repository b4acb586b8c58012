/*
 * The rig of the engine's tests.  Runs in test programs.  Trusts the engine
 * for nothing: what does not come, or comes without end, ends the case.
 */
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <time.h>

#include "common/err.h"
#include "common/log.h"
#include "common/role.h"
#include "tests/engine_rig.h"
#include "tests/tap.h"

#define PATIENCE	30000	/* ms with a whole case: a hang is a failure */

const uint8_t	 er_oid[OID_LEN] = { 0xa3, 0xf1, 0xc8 };

/* The watchdog. */

static int64_t
now_ms(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

/* Wait for a descriptor, or fail with the name of what is awaited. */
static void
await(struct er_world *w, int fd, short events, const char *who,
    const char *what)
{
	struct pollfd	 p = { .fd = fd, .events = events };
	int64_t		 left;
	int		 n;

	do {
		left = w->end - now_ms();
		n = left <= 0 ? 0 : poll(&p, 1, (int)left);
	} while (n == -1 && errno == EINTR);
	if (n != 1)
		fail_msg("the case is over its %d s, and the %s still awaits "
		    "%s", PATIENCE / 1000, who, what);
}

void
er_patience(struct er_world *w)
{
	w->end = now_ms() + PATIENCE;
}

void
er_expired(struct er_world *w, const char *what)
{
	if (now_ms() >= w->end)
		await(w, -1, 0, "test", what);
}

/* Channels. */

static void
chan_init(struct er_chan *c, struct er_world *w, const char *who)
{
	c->w = w;
	c->who = who;
	c->ib.fd = -1;
}

void
er_close(struct er_chan *c)
{
	if (c->ib.fd == -1)
		return;
	imsgbuf_clear(&c->ib);
	close(c->ib.fd);
	c->ib.fd = -1;
}

int
er_pair(struct er_chan *c)
{
	int	 sv[2];

	er_close(c);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    sv), 0);
	assert_int_equal(fcntl(sv[0], F_SETFL, O_NONBLOCK), 0);
	imsgbuf_init(&c->ib, sv[0]);
	return (sv[1]);
}

void
er_put(struct er_chan *c, enum msg_type type, uint32_t id, int fd,
    const void *p, size_t n)
{
	struct imsg_hdr	 h = { .type = (uint16_t)type, .id = id };
	char		 what[64];

	h.len = (uint32_t)n;
	snprintf(what, sizeof(what), "room to send %s", msg_name(type));
	assert_int_equal(imsg_compose(&c->ib, &h, p, fd), 0);
	while (c->ib.queued > 0) {
		await(c->w, c->ib.fd, POLLOUT, c->who, what);
		if (imsgbuf_write(&c->ib) != 0)
			fail_msg("the engine does not take %s", msg_name(type));
	}
}

void
er_put_rec(struct er_chan *c, enum msg_type type, uint32_t id,
    struct rec *r)
{
	struct buf	 b = { 0 };

	assert_int_equal(rec_encode(r, &b), 0);
	er_put(c, type, id, -1, b.data, b.len);
	buf_free(&b);
	rec_free(r);
}

void
er_put_session(struct er_world *w, enum msg_type type, uint64_t session,
    int err, int fd)
{
	struct m_session	 m = { .session = session, .err = err };

	er_put(&w->parent, type, 0, fd, &m, sizeof(m));
}

void
er_put_upper(struct er_world *w, uint64_t session, int err, int fd)
{
	struct m_upper	 m = { .session = session, .err = err };

	er_put(&w->parent, MSG_UPPER_FD, 0, fd, &m, sizeof(m));
}

/* The next message of a channel, whatever it is; `what` is hoped for. */
static enum msg_type
take(struct er_chan *c, const char *what)
{
	struct er_world	*w = c->w;
	int		 n;

	if (w->fd != -1)
		close(w->fd);
	w->fd = -1;
	if (now_ms() >= w->end)
		await(w, c->ib.fd, POLLIN, c->who, what);
	while ((n = imsg_next(&c->ib, &w->m)) == 0) {
		await(w, c->ib.fd, POLLIN, c->who, what);
		if (imsgbuf_read(&c->ib) != 1)
			fail_msg("the engine closed its socket to the %s, "
			    "which awaited %s", c->who, what);
	}
	assert_int_equal(n, 1);
	w->fd = w->m.fd;
	return (w->m.hdr.type);
}

void
er_expect(struct er_chan *c, enum msg_type type)
{
	enum msg_type	 got = take(c, msg_name(type));

	if (got != type)
		fail_msg("%s came, not %s", msg_name(got), msg_name(type));
}

enum msg_type
er_either(struct er_chan *c, enum msg_type a, enum msg_type b)
{
	char		 what[80];
	enum msg_type	 got;

	snprintf(what, sizeof(what), "%s or %s", msg_name(a), msg_name(b));
	got = take(c, what);
	if (got != a && got != b)
		fail_msg("%s came, not %s", msg_name(got), what);
	return (got);
}

struct rec *
er_expect_rec(struct er_chan *c, enum msg_type type, enum rec_kind kind)
{
	struct rec	*r;

	er_expect(c, type);
	assert_int_equal(rec_decode_one(c->w->m.data, c->w->m.hdr.len, kind,
	    &r), 0);
	return (r);
}

uint64_t
er_expect_session(struct er_world *w, enum msg_type type)
{
	struct m_session	 m;

	er_expect(&w->parent, type);
	memcpy(&m, w->m.data, sizeof(m));
	return (m.session);
}

/* The process. */

static void
engine_exec(const char *dir, const char *program, int chan, int lifeline)
{
	char	 path[4096];
	char	*slash;
	ssize_t	 n = readlink("/proc/self/exe", path, sizeof(path) - 64);

	if (n == -1)
		_exit(1);
	path[n] = '\0';
	if ((slash = strrchr(path, '/')) == NULL)
		_exit(1);
	snprintf(slash, 64, "/%s", program != NULL ? program :
	    "../praetor-engine");
	if (fcntl(chan, F_DUPFD, 20) != 20 ||
	    fcntl(lifeline, F_DUPFD, 21) != 21 ||
	    dup2(20, ROLE_FD) == -1 || dup2(21, LIFELINE_FD) == -1)
		_exit(1);
	close(20);
	close(21);
	execl(path, "praetor-engine", "-s", dir, (char *)NULL);
	_exit(1);
}

/* Root may do everything anyway. */
static struct rec *
permit_rec(void)
{
	struct rec	*r = rec_new(REC_k_permit);

	rec_set_u64(r, F_k_permit_deny, 0);
	rec_set_u64(r, F_k_permit_any, 0);
	rec_set_u64(r, F_k_permit_group, 0);
	rec_set_u64(r, F_k_permit_id, ER_OTHER);
	rec_set_str(r, F_k_permit_command, "*");
	rec_set_str(r, F_k_permit_project, "theirs");
	rec_set_str(r, F_k_permit_text, "permit");
	return (r);
}

/* One session at a time, one retry; the case may want other settings. */
struct rec *
er_conf_rec(struct er_world *w)
{
	const struct rec_def	*def = rec_def(REC_k_main);
	struct rec		*r = rec_new(REC_k_main);
	uint64_t		 v;
	int			 f;

	for (f = 0; f < (int)def->nfields; f++) {
		if (def->fields[f].type == R_STR) {
			rec_set_str(r, f, "x");
			continue;
		}
		v = f == F_k_main_sessions_max || f == F_k_main_retries ? 1 :
		    def->fields[f].type == R_BOOL ||
		    f == F_k_main_retain_output ||
		    f == F_k_main_retain_attic ? 0 : 100000;
		rec_set_u64(r, f, w->conf != NULL ? w->conf(f, v) : v);
	}
	return (r);
}

static void
conf_send(struct er_world *w)
{
	struct m_count	 two = { .n = 2 };
	struct m_result	 res;

	er_put(&w->parent, MSG_CONF_BEGIN, 0, -1, &two, sizeof(two));
	er_put_rec(&w->parent, MSG_CONF_ITEM, 0, er_conf_rec(w));
	er_put_rec(&w->parent, MSG_CONF_ITEM, 0, permit_rec());
	er_put(&w->parent, MSG_CONF_END, 0, -1, &two, sizeof(two));
	er_expect(&w->parent, MSG_CONF_READY);
	memcpy(&res, w->m.data, sizeof(res));
	assert_int_equal(res.err, 0);
	er_put(&w->parent, MSG_CONF_COMMIT, 0, -1, NULL, 0);
}

void
er_peer(struct er_world *w, enum proc who, struct er_chan *c)
{
	struct m_peer	 m = { .proc = who };

	er_put(&w->parent, MSG_PEER_FD, 0, er_pair(c), &m, sizeof(m));
}

void
er_front_again(struct er_world *w)
{
	er_peer(w, P_FRONT, &w->front);
	w->request = 0;
}

void
er_spawn(struct er_world *w)
{
	int	 life[2], fd;

	assert_int_equal(pipe2(life, O_CLOEXEC), 0);
	fd = er_pair(&w->parent);
	assert_int_not_equal(w->pid = fork(), -1);
	if (w->pid == 0)
		engine_exec(w->dir, w->program, fd, life[0]);
	close(fd);
	close(life[0]);
	w->lifeline = life[1];
}

void
er_start(struct er_world *w)
{
	er_spawn(w);
	er_expect(&w->parent, MSG_HELLO);
	conf_send(w);
	er_peer(w, P_FRONT, &w->front);
	er_peer(w, P_REVIEW, &w->review);
}

void
er_sync(struct er_world *w)
{
	er_put(&w->parent, MSG_SESSION_SYNC, 0, -1, NULL, 0);
}

void
er_kill(struct er_world *w)
{
	int	 fd = pidfd_open(w->pid, 0);

	assert_int_not_equal(fd, -1);
	kill(w->pid, SIGKILL);
	await(w, fd, POLLIN, "test", "the death of the engine");
	close(fd);
	assert_int_equal(waitpid(w->pid, NULL, 0), w->pid);
	w->pid = -1;
	close(w->lifeline);
	er_close(&w->parent);
	er_close(&w->front);
	er_close(&w->review);
	er_close(&w->exec);
}

void
er_sql(struct er_world *w, const char *sql)
{
	sqlite3	*db;
	char	 path[128], *why = NULL;

	snprintf(path, sizeof(path), "%s/praetor.db", w->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

void
er_again(struct er_world *w)
{
	er_kill(w);
	er_start(w);
	er_sync(w);
}

void
er_ready(struct er_world *w)
{
	er_start(w);
	er_sync(w);
	er_ask(w, er_project_rec("p"), NULL);
	rec_free(er_expect_rec(&w->review, MSG_PROJECT_OPEN,
	    REC_b_project_open));
	er_project_state(w, "p", "ok");
	assert_int_equal(er_answer(w), 0);
}

int
er_setup(void **state)
{
	struct er_world	*w = calloc(1, sizeof(*w));

	if (w == NULL)
		return (-1);
	strcpy(w->dir, "/tmp/praetor-engine.XXXXXX");
	if (mkdtemp(w->dir) == NULL)
		return (-1);
	w->fd = w->pid = -1;
	er_patience(w);
	chan_init(&w->parent, w, "parent");
	chan_init(&w->front, w, "frontend");
	chan_init(&w->review, w, "reviewer");
	chan_init(&w->exec, w, "executor");
	*state = w;
	return (0);
}

static int
remove_one(const char *path, const struct stat *sb, int flag, struct FTW *ftw)
{
	(void)sb;
	(void)flag;
	(void)ftw;
	return (remove(path));
}

void
er_remove(struct er_world *w)
{
	nftw(w->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int
er_teardown(void **state)
{
	struct er_world	*w = *state;

	er_patience(w);
	if (w->pid != -1)
		er_kill(w);
	if (w->fd != -1)
		close(w->fd);
	er_remove(w);
	free(w);
	return (0);
}

/* Clients. */

void
er_ask_as(struct er_world *w, struct rec *cmd, const char *key, uint64_t uid)
{
	struct rec	*env = rec_new(REC_c_env);
	struct buf	 b = { 0 };

	rec_set_u64(env, F_c_env_uid, uid);
	rec_set_str(env, F_c_env_key, key);
	assert_int_equal(rec_encode(env, &b), 0);
	assert_int_equal(rec_encode(cmd, &b), 0);
	er_put(&w->front, MSG_COMMAND, ++w->request, -1, b.data, b.len);
	buf_free(&b);
	rec_free(env);
	rec_free(cmd);
}

void
er_ask(struct er_world *w, struct rec *cmd, const char *key)
{
	er_ask_as(w, cmd, key, 0);
}

struct rec *
er_end(struct er_world *w)
{
	struct rec	*r;

	while (take(&w->front, "the end of an answer") == MSG_ITEM)
		assert_int_equal(w->m.hdr.id, w->request);
	assert_int_equal(w->m.hdr.type, MSG_DONE);
	assert_int_equal(w->m.hdr.id, w->request);
	assert_int_equal(rec_decode_one(w->m.data, w->m.hdr.len, REC_v_done,
	    &r), 0);
	return (r);
}

int
er_answer(struct er_world *w)
{
	struct rec	*r = er_end(w);
	int		 err = err_byname(rec_str(r, F_v_done_error));

	rec_free(r);
	return (err);
}

struct rec *
er_project_rec(const char *name)
{
	struct rec	*r = rec_new(REC_c_project_add);

	rec_set_str(r, F_c_project_add_name, name);
	rec_set_str(r, F_c_project_add_repo, "/r");
	return (r);
}

struct rec *
er_task_rec(const char *name)
{
	struct rec	*r = rec_new(REC_c_task_create);

	rec_set_str(r, F_c_task_create_name, name);
	rec_set_str(r, F_c_task_create_run, "make");
	return (r);
}

struct rec *
er_named(enum rec_kind kind, int field, const char *name)
{
	struct rec	*r = rec_new(kind);

	if (rec_def(kind)->fields[field].type == R_STRS)
		rec_add_str(r, field, name);
	else
		rec_set_str(r, field, name);
	return (r);
}

void
er_task_state(struct er_world *w, const char *name, const char *state,
    const char *reason)
{
	struct rec	*r;

	er_ask(w, er_named(REC_c_task_why, F_c_task_why_task, name), NULL);
	r = er_expect_rec(&w->front, MSG_ITEM, REC_v_why);
	assert_string_equal(rec_str(r, F_v_why_state), state);
	assert_string_equal(rec_str(r, F_v_why_reason), reason);
	rec_free(r);
	assert_int_equal(er_answer(w), 0);
}

/* The reviewer. */

void
er_project_state(struct er_world *w, const char *name, const char *err)
{
	struct rec	*r = rec_new(REC_b_project_state);

	rec_set_str(r, F_b_project_state_project, name);
	rec_set_str(r, F_b_project_state_err, err);
	rec_set_str(r, F_b_project_state_text, "what the reviewer says");
	if (strcmp(err, "ok") == 0)
		rec_set_oid(r, F_b_project_state_head, er_oid);
	er_put_rec(&w->review, MSG_PROJECT_STATE, 0, r);
}

void
er_imported(struct er_world *w, const struct rec *want)
{
	struct rec	*r = rec_new(REC_b_imported);

	rec_set_id(r, F_b_imported_change, rec_id(want, F_b_import_change));
	rec_set_str(r, F_b_imported_err, "ok");
	rec_set_u64(r, F_b_imported_files, 0);
	er_put_rec(&w->review, MSG_IMPORTED, 0, r);
}

/* Sessions. */

uint64_t
er_base(struct er_world *w)
{
	struct rec	*r;
	uint64_t	 session;

	r = er_expect_rec(&w->review, MSG_BASE_WANT, REC_b_base_want);
	session = rec_u64(r, F_b_base_want_session);
	rec_free(r);
	r = rec_new(REC_b_base_ready);
	rec_set_u64(r, F_b_base_ready_session, session);
	rec_set_str(r, F_b_base_ready_err, "ok");
	rec_set_oid(r, F_b_base_ready_commit, er_oid);
	rec_set_oid(r, F_b_base_ready_tree, er_oid);
	rec_add_str(r, F_b_base_ready_layers, "0");
	er_put_rec(&w->review, MSG_BASE_READY, 0, r);
	return (session);
}

uint64_t
er_task(struct er_world *w, struct rec *cmd)
{
	uint64_t	 session;

	er_ask(w, cmd, NULL);
	session = er_base(w);
	assert_int_equal(er_answer(w), 0);
	return (session);
}

static void
hello(struct er_world *w, uint64_t session, uint64_t fence, int paused)
{
	struct rec	*r = rec_new(REC_b_hello);

	rec_set_u64(r, F_b_hello_session, session);
	rec_set_u64(r, F_b_hello_boot, 4200);
	rec_set_u64(r, F_b_hello_fence, fence);
	rec_set_u64(r, F_b_hello_paused, (uint64_t)paused);
	er_put_rec(&w->exec, MSG_EXEC_HELLO, 0, r);
}

void
er_hello(struct er_world *w, uint64_t session, uint64_t fence)
{
	hello(w, session, fence, 0);
}

void
er_hello_paused(struct er_world *w, uint64_t session, uint64_t fence)
{
	hello(w, session, fence, 1);
}

uint64_t
er_dispatch(struct er_world *w, uint64_t session)
{
	struct rec	*r;
	uint64_t	 fence;

	er_expect(&w->parent, MSG_SESSION_START);
	er_put_session(w, MSG_SESSION_FD, session, 0, er_pair(&w->exec));
	er_hello(w, session, 0);
	r = er_expect_rec(&w->exec, MSG_STEP, REC_b_step);
	fence = rec_u64(r, F_b_step_fence);
	rec_free(r);
	return (fence);
}

void
er_output(struct er_world *w, uint64_t fence, uint64_t at, const char *text)
{
	struct rec	*r = rec_new(REC_b_output);

	rec_set_u64(r, F_b_output_fence, fence);
	rec_set_u64(r, F_b_output_offset, at);
	rec_set_str(r, F_b_output_data, text);
	er_put_rec(&w->exec, MSG_OUTPUT, 0, r);
}

uint64_t
er_acked(struct er_world *w)
{
	struct rec	*r;
	uint64_t	 at;

	r = er_expect_rec(&w->exec, MSG_OUTPUT_ACK, REC_b_ack);
	at = rec_u64(r, F_b_ack_offset);
	rec_free(r);
	return (at);
}

void
er_step_done(struct er_world *w, uint64_t fence, int64_t status)
{
	struct rec	*r = rec_new(REC_b_exit);
	int		 f;

	for (f = 0; f < F_b_exit_N; f++)
		if (rec_def(REC_b_exit)->fields[f].type == R_U64)
			rec_set_u64(r, f, 0);
	rec_set_u64(r, F_b_exit_fence, fence);
	rec_set_str(r, F_b_exit_why, "exit");
	rec_set_i64(r, F_b_exit_status, status);
	er_put_rec(&w->exec, MSG_STEP_DONE, 0, r);
}

void
er_stopped(struct er_world *w, uint64_t session, int status)
{
	assert_int_equal(er_expect_session(w, MSG_SESSION_STOP), session);
	er_put_session(w, MSG_SESSION_GONE, session, status, -1);
}

struct rec *
er_import(struct er_world *w, uint64_t session)
{
	struct rec	*r;

	assert_int_equal(er_expect_session(w, MSG_UPPER_WANT), session);
	er_put_upper(w, session, 0, open("/", O_RDONLY));
	r = er_expect_rec(&w->review, MSG_IMPORT, REC_b_import);
	assert_int_not_equal(w->fd, -1);
	return (r);
}

void
er_dropped(struct er_world *w)
{
	struct rec	*r;

	r = er_expect_rec(&w->review, MSG_BASE_DROP, REC_b_base_drop);
	er_put_rec(&w->review, MSG_BASE_DROPPED, w->m.hdr.id, r);
}

void
er_purged(struct er_world *w, uint64_t session)
{
	assert_int_equal(er_expect_session(w, MSG_SESSION_PURGE), session);
	er_put_session(w, MSG_SESSION_PURGED, session, 0, -1);
	er_dropped(w);
}

void
er_import_all(struct er_world *w, uint64_t session, int keep)
{
	struct rec	*r = er_import(w, session);

	assert_int_equal(rec_u64(r, F_b_import_keep), keep);
	er_imported(w, r);
	rec_free(r);
	er_purged(w, session);
}

void
er_finish(struct er_world *w, uint64_t session, uint64_t fence)
{
	er_step_done(w, fence, 0);
	er_stopped(w, session, 0);
	er_import_all(w, session, 0);
}

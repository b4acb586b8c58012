/*
 * The roles around an engine that dies.  Runs in test programs.  They are
 * honest and idempotent, as the real ones are, and keep count: of steps that
 * came to their end, of changes that landed, of reports that were taken.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>

#include "common/err.h"
#include "common/log.h"
#include "tests/crash_roles.h"
#include "tests/tap.h"

#define PRINTED		"hello"		/* what every step prints */

/* Sending: an engine that is dead does not mind. */

void
send_bytes(struct er_chan *c, enum msg_type type, uint32_t id, int fd,
    const void *p, size_t n)
{
	struct imsg_hdr	 h = { .type = (uint16_t)type, .id = id };
	struct pollfd	 out = { .fd = c->ib.fd, .events = POLLOUT };

	h.len = (uint32_t)n;
	if (c->ib.fd == -1) {
		if (fd != -1)
			close(fd);
		return;
	}
	assert_int_equal(imsg_compose(&c->ib, &h, p, fd), 0);
	while (c->ib.queued > 0) {
		if (imsgbuf_write(&c->ib) != 0)
			imsgbuf_drop(&c->ib);
		else if (c->ib.queued > 0)
			(void)poll(&out, 1, 1000);
	}
}

void
send_rec(struct er_chan *c, enum msg_type type, uint32_t id, struct rec *r)
{
	struct buf	 b = { 0 };

	assert_int_equal(rec_encode(r, &b), 0);
	send_bytes(c, type, id, -1, b.data, b.len);
	buf_free(&b);
	rec_free(r);
}

static void
say_session(struct cw_world *w, enum msg_type type, uint64_t session, int err,
    int fd)
{
	struct m_session	 m = { .session = session, .err = err };

	send_bytes(&w->w.parent, type, 0, fd, &m, sizeof(m));
}

struct rec *
rec_of(const struct imsg *m, enum rec_kind kind)
{
	struct rec	*r;

	assert_int_equal(rec_decode_one(m->data, m->hdr.len, kind, &r), 0);
	return (r);
}

struct cw_session *
session_of(struct cw_world *w, uint64_t number)
{
	struct cw_session	*s;
	unsigned int		 i;

	for (i = 0; i < w->nsessions; i++)
		if (w->s[i].number == number)
			return (&w->s[i]);
	assert_true(w->nsessions < CW_SESSIONS);
	s = &w->s[w->nsessions++];
	memset(s, 0, sizeof(*s));
	s->number = number;
	s->exec.w = &w->w;
	s->exec.who = "executor";
	s->exec.ib.fd = -1;
	return (s);
}

void
cw_name(char out[64], const char *name)
{
	const char	*run = strstr(name, "-2");

	snprintf(out, 64, "%.*s", run != NULL ? (int)(run - name) :
	    (int)strlen(name), name);
}

struct cw_task *
cw_task(struct cw_world *w, const char *name)
{
	unsigned int	 i;

	for (i = 0; i < w->ntasks; i++)
		if (strcmp(w->tasks[i].name, name) == 0)
			return (&w->tasks[i]);
	return (NULL);
}

struct cw_task *
task_by_id(struct cw_world *w, const uint8_t *id)
{
	unsigned int	 i;

	for (i = 0; i < w->ntasks; i++)
		if (memcmp(w->tasks[i].id, id, ULID_LEN) == 0)
			return (&w->tasks[i]);
	fail_msg("a task comes to the reviewer that no executor ran");
	return (NULL);
}

struct cw_session *
cw_running(struct cw_world *w, const char *name)
{
	unsigned int	 i;

	for (i = 0; i < w->nsessions; i++)
		if (w->s[i].alive && w->s[i].step == X_RUNNING &&
		    strcmp(w->s[i].task, name) == 0)
			return (&w->s[i]);
	return (NULL);
}

/* Executors. */

static void
exec_hello(struct cw_session *s)
{
	struct rec	*r = rec_new(REC_b_hello);

	rec_set_u64(r, F_b_hello_session, s->number);
	rec_set_u64(r, F_b_hello_boot, 4200);
	rec_set_u64(r, F_b_hello_fence, s->fence);
	rec_set_u64(r, F_b_hello_paused, (uint64_t)s->paused);
	send_rec(&s->exec, MSG_EXEC_HELLO, 0, r);
}

static void
exec_print(struct cw_session *s)
{
	struct rec	*r = rec_new(REC_b_output);

	rec_set_u64(r, F_b_output_fence, s->fence);
	rec_set_u64(r, F_b_output_offset, s->acked);
	rec_set_bytes(r, F_b_output_data, PRINTED + s->acked,
	    strlen(PRINTED) - s->acked);
	send_rec(&s->exec, MSG_OUTPUT, 0, r);
}

/* "fail": the first attempt; "stop": until it is cancelled. */
static void
exec_done(struct cw_session *s)
{
	struct rec	*r = rec_new(REC_b_exit);
	int		 f, bad;

	bad = strcmp(s->task, "fail") == 0 && s->attempt == 1;
	for (f = 0; f < F_b_exit_N; f++)
		if (rec_def(REC_b_exit)->fields[f].type == R_U64)
			rec_set_u64(r, f, 0);
	rec_set_u64(r, F_b_exit_fence, s->fence);
	rec_set_str(r, F_b_exit_why, s->cancelled ? "cancel" : "exit");
	rec_set_i64(r, F_b_exit_status, s->cancelled ? 143 : bad ? 3 : 0);
	send_rec(&s->exec, MSG_STEP_DONE, 0, r);
}

static int
exec_waits(const struct cw_session *s)
{
	return (!s->verify && !s->cancelled && (s->paused ||
	    strcmp(s->task, "stop") == 0 ||
	    (strcmp(s->task, "slow") == 0 && !s->was_paused)));
}

static void
exec_goes_on(struct cw_world *w, struct cw_session *s)
{
	if (s->step == X_RUNNING && s->acked == strlen(PRINTED) &&
	    !exec_waits(s)) {
		s->step = X_OVER;
		if (!s->verify)
			cw_task(w, s->task)->runs++;
		exec_done(s);
	}
}

/* NAME=VALUE of a step. */
static const char *
step_env(const struct rec *r, const char *name)
{
	const char	*v;
	size_t		 i, n = strlen(name);

	for (i = 0; i < rec_count(r, F_b_step_env); i++) {
		v = rec_nth_str(r, F_b_step_env, i);
		if (strncmp(v, name, n) == 0 && v[n] == '=')
			return (v + n + 1);
	}
	return (NULL);
}

/* What the gateway knows of it: rules, and one connection. */
static void
gate_report(struct cw_world *w, struct cw_session *s)
{
	struct rec	*r;

	if (s->egress > 0)
		return;
	r = rec_new(REC_b_egress_rules);
	rec_set_u64(r, F_b_egress_rules_session, s->number);
	rec_add_str(r, F_b_egress_rules_rules, "example.org:443");
	send_rec(&w->gate, MSG_EGRESS_RULES, 0, r);
	r = rec_new(REC_b_egress);
	rec_set_u64(r, F_b_egress_session, s->number);
	rec_set_u64(r, F_b_egress_number, 1);
	rec_set_str(r, F_b_egress_verdict, "allowed");
	rec_set_str(r, F_b_egress_reason, "closed");
	rec_set_str(r, F_b_egress_host, "example.org:443");
	rec_set_u64(r, F_b_egress_count, 1);
	rec_set_u64(r, F_b_egress_sent, 10);
	rec_set_u64(r, F_b_egress_received, 20);
	rec_set_u64(r, F_b_egress_wall, 1);
	send_rec(&w->gate, MSG_EGRESS, 0, r);
}

static void
exec_step(struct cw_world *w, struct cw_session *s, const struct imsg *m)
{
	struct rec	*r = rec_of(m, REC_b_step);
	uint64_t	 fence = rec_u64(r, F_b_step_fence);
	struct cw_task	*t;

	assert_true(fence > 0 && fence < CW_FENCES);
	if (w->fences[fence])
		fail_msg("step %u was given twice", (unsigned int)fence);
	w->fences[fence] = 1;
	assert_int_equal(s->step, X_IDLE);
	s->fence = fence;
	s->step = X_RUNNING;
	cw_name(s->task, step_env(r, "PRAETOR_TASK_NAME"));
	s->attempt = strtoull(step_env(r, "PRAETOR_ATTEMPT"), NULL, 10);
	s->verify = step_env(r, "PRAETOR_VERIFY") != NULL;
	if ((t = cw_task(w, s->task)) == NULL) {
		assert_true(w->ntasks < CW_TASKS);
		t = &w->tasks[w->ntasks++];
		snprintf(t->name, sizeof(t->name), "%s", s->task);
		assert_int_equal(id_parse(t->id, 't',
		    step_env(r, "PRAETOR_TASK")), 0);
	}
	rec_free(r);
	if (!s->verify)
		gate_report(w, s);
	if (strcmp(s->task, "lost") == 0 && s->attempt == 1 && !s->verify) {
		er_close(&s->exec);	/* the parent has to end it */
		return;
	}
	exec_print(s);
}

static void
exec_acked(struct cw_world *w, struct cw_session *s, const struct imsg *m)
{
	struct rec	*r = rec_of(m, REC_b_ack);
	uint64_t	 at = rec_u64(r, F_b_ack_offset);

	assert_int_equal(rec_u64(r, F_b_ack_fence), s->fence);
	rec_free(r);
	if (at > strlen(PRINTED) || at < s->acked)
		fail_msg("output of %s: %u bytes are acknowledged, after %u",
		    s->task, (unsigned int)at, (unsigned int)s->acked);
	s->acked = at;
	if (at < strlen(PRINTED))
		exec_print(s);
	else if (s->step == X_OVER)
		exec_done(s);
	else
		exec_goes_on(w, s);
}

static void
exec_cancel(struct cw_world *w, struct cw_session *s, const struct imsg *m)
{
	(void)m;
	s->cancelled = 1;
	s->paused = 0;
	exec_goes_on(w, s);
}

static void
exec_pause(struct cw_world *w, struct cw_session *s, const struct imsg *m)
{
	struct rec	*r = rec_of(m, REC_b_pause);

	s->paused = rec_u64(r, F_b_pause_on) != 0;
	s->was_paused |= s->paused;
	rec_free(r);
	exec_goes_on(w, s);
}

/* The parent. */

static void
session_show(struct cw_world *w, struct cw_session *s)
{
	say_session(w, MSG_SESSION_FD, s->number, 0, er_pair(&s->exec));
	exec_hello(s);
}

static void
parent_start(struct cw_world *w, struct cw_session *s, const struct imsg *m)
{
	(void)m;
	assert_true(s->base);
	if (!w->failed_start) {
		w->failed_start = 1;
		say_session(w, MSG_SESSION_FAIL, s->number, PRA_ESYSTEM, -1);
		return;
	}
	if (s->alive || s->dir) {
		say_session(w, MSG_SESSION_FAIL, s->number, PRA_EEXISTS, -1);
		return;
	}
	s->alive = s->dir = 1;
	session_show(w, s);
}

static void
parent_stop(struct cw_world *w, struct cw_session *s, const struct imsg *m)
{
	(void)m;
	if (s->alive)
		er_close(&s->exec);
	s->alive = 0;
	say_session(w, MSG_SESSION_GONE, s->number, 0, -1);
}

static void
parent_upper(struct cw_world *w, struct cw_session *s, const struct imsg *m)
{
	struct m_upper	 u = { .session = s->number };
	int		 fd = -1;

	(void)m;
	assert_true(s->dir);
	if (s->alive)
		u.err = PRA_ESTATE;
	else if (strcmp(s->task, "noupper") == 0)
		u.err = PRA_ENOTFOUND;
	else
		assert_int_not_equal(fd = open("/", O_RDONLY | O_CLOEXEC), -1);
	send_bytes(&w->w.parent, MSG_UPPER_FD, 0, fd, &u, sizeof(u));
}

static void
parent_purge(struct cw_world *w, struct cw_session *s, const struct imsg *m)
{
	(void)m;
	if (!s->alive)
		s->dir = 0;
	say_session(w, MSG_SESSION_PURGED, s->number,
	    s->alive ? PRA_ESTATE : 0, -1);
}

/* The gateway. */

static void
gate_acked(struct cw_world *w, struct cw_session *s, const struct imsg *m)
{
	struct m_egress	 a;

	memcpy(&a, m->data, sizeof(a));
	s = session_of(w, a.session);
	s->egress = a.number;
}

static void
gate_used(struct cw_world *w, struct cw_session *s, const struct imsg *m)
{
	(void)w;
	(void)s;
	(void)m;
}

void
cw_gate(struct cw_world *w)
{
	struct m_peer	 p = { .proc = P_GATE };
	unsigned int	 i;

	send_bytes(&w->w.parent, MSG_PEER_FD, 0, er_pair(&w->gate), &p,
	    sizeof(p));
	w->gates++;
	for (i = 0; i < w->nsessions; i++)
		if (w->s[i].fence != 0 && !w->s[i].verify)
			gate_report(w, &w->s[i]);
}

void
cw_room(struct cw_world *w, int err)
{
	struct m_result	 m = { .err = err };

	snprintf(m.text, sizeof(m.text), "%s", err != 0 ? "full" : "");
	send_bytes(&w->w.parent, MSG_ROOM, 0, -1, &m, sizeof(m));
}

/* The client. */

static void
client_ask(struct cw_world *w, unsigned int n)
{
	struct rec	*env = rec_new(REC_c_env);
	struct rec	*cmd = w->commands[n].make();
	struct buf	 b = { 0 };
	char		 key[16];

	snprintf(key, sizeof(key), "key%u", n);
	rec_set_u64(env, F_c_env_uid, 0);
	if (!w->commands[n].reads)
		rec_set_str(env, F_c_env_key, key);
	assert_int_equal(rec_encode(env, &b), 0);
	assert_int_equal(rec_encode(cmd, &b), 0);
	send_bytes(&w->w.front, MSG_COMMAND, ++w->w.request, -1, b.data,
	    b.len);
	buf_free(&b);
	rec_free(env);
	rec_free(cmd);
	w->answer.len = 0;
	w->asked = 1;
}

/* First what was answered by an engine before this one, then what is next. */
static void
client_next(struct cw_world *w)
{
	const struct cw_command	*c;

	if (!w->up || w->asked)
		return;
	while (w->again < w->at && (w->commands[w->again].reads ||
	    w->commands[w->again].old))
		w->again++;
	if (w->again < w->at) {
		client_ask(w, w->again);
		return;
	}
	c = &w->commands[w->at];
	/* What it has asked for it asks for again, whatever has happened. */
	if (w->at < w->ncommands && (w->tried > w->at || c->ready == NULL ||
	    c->ready(&w->w))) {
		w->tried = w->at + 1;
		client_ask(w, w->at);
	}
}

static void
client_same(struct cw_world *w, unsigned int n)
{
	if (w->answer.len != w->answers[n].len || memcmp(w->answer.data,
	    w->answers[n].data, w->answer.len) != 0)
		fail_msg("command %u has another answer now", n);
}

static void
client_done(struct cw_world *w, struct cw_session *s, const struct imsg *m)
{
	struct rec	*r = rec_of(m, REC_v_done);
	const char	*err = rec_str(r, F_v_done_error);
	unsigned int	 n = w->again < w->at ? w->again : w->at;
	int		 ok;

	(void)s;
	w->asked = 0;
	ok = strcmp(err, "ok") == 0 || w->commands[n].reads;
	if (!ok && w->page->failed == 0)
		fail_msg("command %u: %s: %s", n, err,
		    rec_str(r, F_v_done_message));
	assert_int_equal(buf_add(&w->answer, m->data, m->hdr.len), 0);
	rec_free(r);
	if (!ok) {
		w->refused++;		/* and asked again */
	} else if (n < w->at) {
		client_same(w, w->again++);
	} else {
		assert_int_equal(buf_add(&w->answers[n], w->answer.data,
		    w->answer.len), 0);
		w->again = ++w->at;
	}
}

static void
client_item(struct cw_world *w, struct cw_session *s, const struct imsg *m)
{
	(void)s;
	assert_int_equal(buf_add(&w->answer, m->data, m->hdr.len), 0);
}

/* The process. */

void
cw_conf(struct cw_world *w)
{
	struct m_count	 one = { .n = 1 };

	send_bytes(&w->w.parent, MSG_CONF_BEGIN, 0, -1, &one, sizeof(one));
	send_rec(&w->w.parent, MSG_CONF_ITEM, 0, er_conf_rec(&w->w));
	send_bytes(&w->w.parent, MSG_CONF_END, 0, -1, &one, sizeof(one));
}

static void
parent_hello(struct cw_world *w, struct cw_session *s, const struct imsg *m)
{
	(void)s;
	(void)m;
	cw_conf(w);
}

static void
peer_new_pair(struct cw_world *w, enum proc who, struct er_chan *c)
{
	struct m_peer	 p = { .proc = who };

	send_bytes(&w->w.parent, MSG_PEER_FD, 0, er_pair(c), &p, sizeof(p));
}

/* The configuration is ready: the first time everybody is introduced. */
static void
parent_ready(struct cw_world *w, struct cw_session *s, const struct imsg *m)
{
	unsigned int	 i;

	(void)m;
	send_bytes(&w->w.parent, MSG_CONF_COMMIT, 0, -1, NULL, 0);
	if (w->up)
		return;
	w->up = 1;
	w->w.request = 0;
	peer_new_pair(w, P_FRONT, &w->w.front);
	peer_new_pair(w, P_REVIEW, &w->w.review);
	cw_gate(w);
	for (i = 0; i < w->nsessions; i++) {
		s = &w->s[i];
		if (s->alive)
			session_show(w, s);
		else if (s->dir)
			say_session(w, MSG_SESSION_LEFT, s->number, 0, -1);
	}
	send_bytes(&w->w.parent, MSG_SESSION_SYNC, 0, -1, NULL, 0);
}

static taker *const takers[MSG_MAX] = {
	[MSG_HELLO] = parent_hello, [MSG_CONF_READY] = parent_ready,
	[MSG_SESSION_START] = parent_start, [MSG_SESSION_STOP] = parent_stop,
	[MSG_UPPER_WANT] = parent_upper, [MSG_SESSION_PURGE] = parent_purge,
	[MSG_ITEM] = client_item, [MSG_DONE] = client_done,
	[MSG_PROJECT_OPEN] = review_open, [MSG_PROJECT_DROP] = review_forget,
	[MSG_BASE_WANT] = review_base, [MSG_BASE_DROP] = review_drop,
	[MSG_IMPORT] = review_import, [MSG_MERGE] = review_merge,
	[MSG_LAND] = review_land, [MSG_ATTIC_DROP] = review_attic,
	[MSG_STEP] = exec_step, [MSG_OUTPUT_ACK] = exec_acked,
	[MSG_STEP_CANCEL] = exec_cancel, [MSG_STEP_PAUSE] = exec_pause,
	[MSG_EGRESS_ACK] = gate_acked, [MSG_EGRESS_USED] = gate_used
};

/* What the parent is asked of a session begins with its number. */
static struct cw_session *
session_meant(struct cw_world *w, const struct imsg *m)
{
	struct m_session	 s;

	switch (m->hdr.type) {
	case MSG_SESSION_START:
	case MSG_SESSION_STOP:
	case MSG_UPPER_WANT:
	case MSG_SESSION_PURGE:
		memcpy(&s.session, m->data, sizeof(s.session));
		return (session_of(w, s.session));
	default:
		return (NULL);
	}
}

/* Everything that a socket holds; 0 when the engine has closed it. */
static int
take_all(struct cw_world *w, struct er_chan *c, struct cw_session *s)
{
	struct pollfd	 p = { .fd = c->ib.fd, .events = POLLIN };
	struct imsg	 m;

	while (c->ib.fd == p.fd && p.fd != -1 && poll(&p, 1, 0) == 1) {
		if (imsgbuf_read(&c->ib) != 1)
			return (0);
		while (c->ib.fd == p.fd && imsg_next(&c->ib, &m) == 1) {
			if (m.fd != -1)
				close(m.fd);
			if (m.hdr.type >= MSG_MAX ||
			    takers[m.hdr.type] == NULL)
				fail_msg("%s came to the %s",
				    msg_name(m.hdr.type), c->who);
					takers[m.hdr.type](w, s != NULL ? s :
			    session_meant(w, &m), &m);
		}
	}
	return (1);
}

/* The channels, with the session of an executor's. */
static unsigned int
channels(struct cw_world *w, struct er_chan **c)
{
	unsigned int	 i;

	c[0] = &w->w.parent;
	c[1] = &w->w.front;
	c[2] = &w->w.review;
	c[3] = &w->gate;
	for (i = 0; i < w->nsessions; i++)
		c[i + 4] = &w->s[i].exec;
	return (i + 4);
}

/*
 * It stopped itself, or something is wrong.  What it had said before reaches
 * everybody.
 */
static void
bury(struct cw_world *w)
{
	struct er_chan	*c[CW_SESSIONS + 4];
	unsigned int	 i, n = channels(w, c);
	int		 status;

	for (i = 0; i < n; i++) {
		if (i > 0)
			(void)take_all(w, c[i], i >= 4 ? &w->s[i - 4] : NULL);
		er_close(c[i]);
	}
	assert_int_equal(waitpid(w->w.pid, &status, 0), w->w.pid);
	w->w.pid = -1;
	close(w->w.lifeline);
	if (!w->page->stopped)
		fail_msg("the engine has died by itself: status %#x", status);
	w->up = w->asked = 0;
	w->again = 0;
}

void
cw_start(struct cw_world *w)
{
	w->page->stopped = 0;
	w->lives++;
	er_spawn(&w->w);
}

int
cw_turn(struct cw_world *w)
{
	struct er_chan	*c[CW_SESSIONS + 4];
	struct pollfd	 p[CW_SESSIONS + 4];
	unsigned int	 i, n;

	er_expired(&w->w, "the end of the scenario");
	client_next(w);
	n = channels(w, c);
	for (i = 0; i < n; i++) {
		p[i].fd = c[i]->ib.fd;
		p[i].events = POLLIN;
		p[i].revents = 0;
	}
	if (poll(p, n, 100) <= 0)
		return (0);
	for (i = n; i-- > 0; ) {
		if (p[i].revents == 0 || take_all(w, c[i],
		    i >= 4 ? &w->s[i - 4] : NULL))
			continue;
		if (i == 0) {
			bury(w);
			return (1);
		}
		er_close(c[i]);
	}
	return (0);
}

/* In memory where that can be: no test here pulls the plug. */
static void
page_open(struct cw_world *w)
{
	int	 fd;

	snprintf(w->w.dir, sizeof(w->w.dir), "%s/praetor-crash.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(w->w.dir));
	snprintf(w->path, sizeof(w->path), "%s.page", w->w.dir);
	fd = open(w->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_int_not_equal(fd, -1);
	assert_int_equal(ftruncate(fd, sizeof(*w->page)), 0);
	w->page = mmap(NULL, sizeof(*w->page), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);
	assert_ptr_not_equal(w->page, MAP_FAILED);
	close(fd);
	assert_int_equal(setenv("PRAETOR_CRASH", w->path, 1), 0);
}

static void
chan_init(struct cw_world *w, struct er_chan *c, const char *who)
{
	c->w = &w->w;
	c->who = who;
	c->ib.fd = -1;
}

void
cw_begin(struct cw_world *w)
{
	cw_end(w);
	page_open(w);
	er_patience(&w->w);
	w->w.program = "crash-engine";
	chan_init(w, &w->w.parent, "parent");
	chan_init(w, &w->w.front, "frontend");
	chan_init(w, &w->w.review, "reviewer");
	chan_init(w, &w->w.exec, "executor");
	chan_init(w, &w->gate, "gateway");
}

void
cw_kill(struct cw_world *w)
{
	if (w->w.pid == -1)
		return;
	w->page->stopped = 1;
	kill(w->w.pid, SIGKILL);
	bury(w);
}

void
cw_end(struct cw_world *w)
{
	unsigned int	 i;

	cw_kill(w);
	for (i = 0; i < CW_COMMANDS; i++)
		buf_free(&w->answers[i]);
	buf_free(&w->answer);
	if (w->page != NULL) {
		munmap(w->page, sizeof(*w->page));
		unlink(w->path);
		er_remove(&w->w);
	}
	memset(w, 0, sizeof(*w));
	w->w.fd = w->w.pid = -1;
}

int
cw_setup(void **state)
{
	struct cw_world	*w = calloc(1, sizeof(*w));

	if (w == NULL)
		return (-1);
	w->w.fd = w->w.pid = -1;
	*state = w;
	return (0);
}

int
cw_teardown(void **state)
{
	cw_end(*state);
	free(*state);
	return (0);
}

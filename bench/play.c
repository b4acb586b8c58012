/*
 * The neighbours of an engine; a part of benchmarks and not of the daemon.
 * It trusts the engine: what it measures are figures, not answers.
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <event2/event.h>

#include "bench/play.h"
#include "common/err.h"
#include "common/role.h"

static const uint8_t	 some_oid[OID_LEN] = { 0xa3, 0xf1, 0xc8 };

/* An executor that has nothing to do. */
struct exec {
	struct play	*p;
	struct peer	*peer;
	uint64_t	 session;
};

static int
pair(int *theirs)
{
	int	 sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1)
		err(1, "socketpair");
	*theirs = sv[1];
	return (sv[0]);
}

static void
ended(struct peer *peer, enum peer_end why, void *arg)
{
	struct play	*p = arg;

	(void)peer;
	if (p->pid != -1)
		errx(1, "the engine %s", why == PEER_LIED ? "lied" : "ended");
}

static void
ignore(struct peer *peer, struct msg *m, void *arg)
{
	(void)peer;
	(void)m;
	(void)arg;
}

/* Executors. */

static void
on_step(struct peer *peer, struct msg *m, void *arg)
{
	struct exec	*x = arg;
	struct rec	*step, *r = rec_new(REC_b_exit);
	int		 f;

	if (msg_rec(m, REC_b_step, &step) != 0)
		errx(1, "step");
	for (f = 0; f < F_b_exit_N; f++)
		if (rec_def(REC_b_exit)->fields[f].type == R_U64)
			rec_set_u64(r, f, 0);
	rec_set_u64(r, F_b_exit_fence, rec_u64(step, F_b_step_fence));
	rec_set_str(r, F_b_exit_why, "exit");
	rec_set_i64(r, F_b_exit_status, 0);
	rec_free(step);
	peer_send_rec(peer, MSG_STEP_DONE, 0, -1, r);
	if (x->p->begun != NULL)
		x->p->begun(x->p, x->session);
}

static void
exec_ended(struct peer *peer, enum peer_end why, void *arg)
{
	struct exec	*x = arg;

	(void)why;
	peer_free(peer);
	free(x);
}

static msg_handler *const exec_handlers[MSG_MAX] = {
	[MSG_STEP] = on_step, [MSG_OUTPUT_ACK] = ignore,
	[MSG_STEP_CANCEL] = ignore, [MSG_STEP_PAUSE] = ignore
};
static const struct peer_ops exec_ops = {
	.self = P_EXEC, .other = P_ENGINE, .handlers = exec_handlers,
	.ended = exec_ended
};

/* The parent. */

static void
say_session(struct play *p, enum msg_type type, uint64_t session, int fd)
{
	struct m_session	 m = { .session = session, .pid = 1 };

	peer_send(p->parent, type, 0, fd, &m, sizeof(m));
}

static void
on_start(struct peer *peer, struct msg *m, void *arg)
{
	struct play	*p = arg;
	struct exec	*x = calloc(1, sizeof(*x));
	struct m_start	 s;
	struct rec	*r = rec_new(REC_b_hello);
	int		 theirs, ours = pair(&theirs);

	(void)peer;
	msg_get(m, &s, sizeof(s));
	if (x == NULL ||
	    (x->peer = peer_new(p->base, ours, &exec_ops, x)) == NULL)
		err(1, "executor");
	x->p = p;
	x->session = s.session;
	say_session(p, MSG_SESSION_FD, s.session, theirs);
	rec_set_u64(r, F_b_hello_session, s.session);
	rec_set_u64(r, F_b_hello_boot, 0);
	rec_set_u64(r, F_b_hello_fence, 0);
	rec_set_u64(r, F_b_hello_paused, 0);
	peer_send_rec(x->peer, MSG_EXEC_HELLO, 0, -1, r);
}

static uint64_t
session_of(const struct msg *m)
{
	struct m_session	 s;

	msg_get(m, &s, sizeof(s));
	return (s.session);
}

static void
on_stop(struct peer *peer, struct msg *m, void *arg)
{
	(void)peer;
	say_session(arg, MSG_SESSION_GONE, session_of(m), -1);
}

static void
on_upper(struct peer *peer, struct msg *m, void *arg)
{
	struct play	*p = arg;
	struct m_upper	 u = { .session = session_of(m) };

	peer_send(peer, MSG_UPPER_FD, 0, dup(p->file), &u, sizeof(u));
}

/* The engine asks for this once the end of the task is on the disk. */
static void
on_purge(struct peer *peer, struct msg *m, void *arg)
{
	struct play	*p = arg;
	uint64_t	 session = session_of(m);

	(void)peer;
	say_session(p, MSG_SESSION_PURGED, session, -1);
	if (p->over != NULL)
		p->over(p, session);
}

static void
conf_send(struct play *p)
{
	const struct rec_def	*def = rec_def(REC_k_main);
	struct rec		*r = rec_new(REC_k_main);
	struct m_count		 one = { .n = 1 };
	int			 f;

	for (f = 0; f < (int)def->nfields; f++)
		if (def->fields[f].required && def->fields[f].type == R_STR)
			rec_set_str(r, f, "x");
		else if (def->fields[f].required)
			rec_set_u64(r, f, 0);
	rec_set_u64(r, F_k_main_sessions_max, p->sessions);
	rec_set_u64(r, F_k_main_tasks_max, 10000000);
	rec_set_u64(r, F_k_main_output, 1 << 20);
	peer_send(p->parent, MSG_CONF_BEGIN, 0, -1, &one, sizeof(one));
	peer_send_rec(p->parent, MSG_CONF_ITEM, 0, -1, r);
	peer_send(p->parent, MSG_CONF_END, 0, -1, &one, sizeof(one));
}

static void
on_hello(struct peer *peer, struct msg *m, void *arg)
{
	(void)peer;
	(void)m;
	conf_send(arg);
}

static void
on_conf_ready(struct peer *peer, struct msg *m, void *arg)
{
	struct play	*p = arg;
	struct m_result	 res;

	msg_get(m, &res, sizeof(res));
	if (res.err != 0)
		errx(1, "configuration: %s", res.text);
	peer_send(peer, MSG_CONF_COMMIT, 0, -1, NULL, 0);
	p->up = 1;
}

static msg_handler *const parent_handlers[MSG_MAX] = {
	[MSG_HELLO] = on_hello, [MSG_CONF_READY] = on_conf_ready,
	[MSG_SESSION_START] = on_start, [MSG_SESSION_STOP] = on_stop,
	[MSG_UPPER_WANT] = on_upper, [MSG_SESSION_PURGE] = on_purge
};
static const struct peer_ops parent_ops = {
	.self = P_PARENT, .other = P_ENGINE, .handlers = parent_handlers,
	.ended = ended
};

/* The reviewer. */

static void
on_project(struct peer *peer, struct msg *m, void *arg)
{
	struct rec	*want, *r = rec_new(REC_b_project_state);

	(void)arg;
	if (msg_rec(m, REC_b_project_open, &want) != 0)
		errx(1, "project");
	rec_set_str(r, F_b_project_state_project,
	    rec_str(want, F_b_project_open_project));
	rec_set_str(r, F_b_project_state_err, "ok");
	rec_set_oid(r, F_b_project_state_head, some_oid);
	rec_free(want);
	peer_send_rec(peer, MSG_PROJECT_STATE, 0, -1, r);
}

/* Takes the question. */
static void
base_ready(struct play *p, struct rec *want)
{
	struct rec	*r = rec_new(REC_b_base_ready);

	rec_set_u64(r, F_b_base_ready_session,
	    rec_u64(want, F_b_base_want_session));
	rec_free(want);
	rec_set_str(r, F_b_base_ready_err, "ok");
	rec_set_oid(r, F_b_base_ready_commit, some_oid);
	rec_set_oid(r, F_b_base_ready_tree, some_oid);
	rec_add_str(r, F_b_base_ready_layers, "0");
	peer_send_rec(p->review, MSG_BASE_READY, 0, -1, r);
}

static void
on_base(struct peer *peer, struct msg *m, void *arg)
{
	struct play	*p = arg;
	struct rec	*want;

	(void)peer;
	if (msg_rec(m, REC_b_base_want, &want) != 0)
		errx(1, "base");
	if (!p->mute)
		base_ready(p, want);
	else if (p->nkept == PLAY_SESSIONS)
		errx(1, "too many sessions");
	else
		p->kept[p->nkept++] = want;
}

void
play_mute(struct play *p, int on)
{
	p->mute = on;
	while (!on && p->nkept > 0)
		base_ready(p, p->kept[--p->nkept]);
}

static void
on_import(struct peer *peer, struct msg *m, void *arg)
{
	struct rec	*want, *r = rec_new(REC_b_imported);

	(void)arg;
	if (msg_rec(m, REC_b_import, &want) != 0)
		errx(1, "import");
	rec_set_id(r, F_b_imported_change, rec_id(want, F_b_import_change));
	rec_free(want);
	rec_set_str(r, F_b_imported_err, "ok");
	rec_set_u64(r, F_b_imported_files, 0);
	peer_send_rec(peer, MSG_IMPORTED, 0, -1, r);
}

static void
on_drop(struct peer *peer, struct msg *m, void *arg)
{
	(void)arg;
	peer_send(peer, MSG_BASE_DROPPED, m->id, -1, m->data, m->len);
}

static msg_handler *const review_handlers[MSG_MAX] = {
	[MSG_PROJECT_OPEN] = on_project, [MSG_BASE_WANT] = on_base,
	[MSG_IMPORT] = on_import, [MSG_BASE_DROP] = on_drop
};
static const struct peer_ops review_ops = {
	.self = P_REVIEW, .other = P_ENGINE, .handlers = review_handlers,
	.ended = ended
};

/* Clients. */

static void
on_done(struct peer *peer, struct msg *m, void *arg)
{
	struct play	*p = arg;
	struct rec	*r;
	int		 e;

	(void)peer;
	if (msg_rec(m, REC_v_done, &r) != 0)
		errx(1, "answer");
	e = err_byname(rec_str(r, F_v_done_error));
	if (e != 0)
		warnx("%s", rec_str(r, F_v_done_message));
	rec_free(r);
	if (p->done != NULL)
		p->done(p, m->id, e);
}

static msg_handler *const front_handlers[MSG_MAX] = {
	[MSG_ITEM] = ignore, [MSG_DONE] = on_done
};
static const struct peer_ops front_ops = {
	.self = P_FRONT, .other = P_ENGINE, .handlers = front_handlers,
	.ended = ended
};

uint32_t
play_ask(struct play *p, struct rec *cmd)
{
	struct rec	*env = rec_new(REC_c_env);
	struct buf	 b = { 0 };

	rec_set_u64(env, F_c_env_uid, 0);
	if (rec_encode(env, &b) != 0 || rec_encode(cmd, &b) != 0)
		errx(1, "command");
	peer_send(p->front, MSG_COMMAND, ++p->request, -1, b.data, b.len);
	buf_free(&b);
	rec_free(env);
	rec_free(cmd);
	return (p->request);
}

void
play_step(struct play *p)
{
	event_base_loop(p->base, EVLOOP_ONCE);
}

void
play_until(struct play *p, const int *flag)
{
	while (!*flag)
		play_step(p);
}

static int	 did;

static void
do_done(struct play *p, uint32_t id, int e)
{
	(void)p;
	(void)id;
	if (e != 0)
		errx(1, "%s", err_text(e));
	did = 1;
}

void
play_do(struct play *p, struct rec *cmd)
{
	play_done	*was = p->done;

	p->done = do_done;
	did = 0;
	play_ask(p, cmd);
	play_until(p, &did);
	p->done = was;
}

void
play_project(struct play *p)
{
	struct rec	*r = rec_new(REC_c_project_add);

	rec_set_str(r, F_c_project_add_name, "p");
	rec_set_str(r, F_c_project_add_repo, "/r");
	play_do(p, r);
}

struct rec *
play_task(void)
{
	struct rec	*r = rec_new(REC_c_task_create);

	rec_set_str(r, F_c_task_create_run, "true");
	return (r);
}

struct rec *
play_plan(unsigned int n)
{
	struct rec	*r = rec_new(REC_c_task_plan);

	while (n-- > 0)
		rec_add_rec(r, F_c_task_plan_tasks, play_task());
	return (r);
}

/* The process. */

static void
engine_exec(const char *dir, int chan, int lifeline)
{
	char	 path[4096];
	char	*slash;
	ssize_t	 n = readlink("/proc/self/exe", path, sizeof(path) - 32);

	if (n == -1)
		_exit(1);
	path[n] = '\0';
	if ((slash = strrchr(path, '/')) == NULL)
		_exit(1);
	strcpy(slash, "/../praetor-engine");
	if (fcntl(chan, F_DUPFD, 200) != 200 ||
	    fcntl(lifeline, F_DUPFD, 201) != 201 ||
	    dup2(200, ROLE_FD) == -1 || dup2(201, LIFELINE_FD) == -1)
		_exit(1);
	close(200);
	close(201);
	execl(path, "praetor-engine", "-s", dir, (char *)NULL);
	_exit(1);
}

static struct peer *
neighbour(struct play *p, enum proc who, const struct peer_ops *ops)
{
	struct m_peer	 m = { .proc = who };
	struct peer	*peer;
	int		 theirs, ours = pair(&theirs);

	if ((peer = peer_new(p->base, ours, ops, p)) == NULL)
		err(1, "%s", proc_name(who));
	peer_send(p->parent, MSG_PEER_FD, 0, theirs, &m, sizeof(m));
	return (peer);
}

void
play_open(struct play *p, const char *dir, uint64_t sessions)
{
	int	 life[2], theirs, ours = pair(&theirs);

	if (p->base == NULL && (p->base = event_base_new()) == NULL)
		errx(1, "libevent");
	if ((p->file = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1 ||
	    pipe2(life, O_CLOEXEC) == -1)
		err(1, "%s", dir);
	p->dir = dir;
	p->sessions = sessions;
	p->up = 0;
	if ((p->pid = fork()) == -1)
		err(1, "fork");
	if (p->pid == 0)
		engine_exec(dir, theirs, life[0]);
	close(theirs);
	close(life[0]);
	p->lifeline = life[1];
	if ((p->parent = peer_new(p->base, ours, &parent_ops, p)) == NULL)
		err(1, "parent");
	play_until(p, &p->up);
	while (p->nkept > 0)
		rec_free(p->kept[--p->nkept]);	/* of the one before */
	p->front = neighbour(p, P_FRONT, &front_ops);
	p->review = neighbour(p, P_REVIEW, &review_ops);
	peer_send(p->parent, MSG_SESSION_SYNC, 0, -1, NULL, 0);
}

void
play_kill(struct play *p)
{
	pid_t	 pid = p->pid;

	p->pid = -1;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	peer_free(p->parent);
	peer_free(p->front);
	peer_free(p->review);
	close(p->lifeline);
	close(p->file);
	event_base_loop(p->base, EVLOOP_NONBLOCK);	/* executors see it */
}

double
play_cpu(const struct play *p)
{
	struct timespec	 ts;
	clockid_t	 clock;

	if (clock_getcpuclockid(p->pid, &clock) != 0 ||
	    clock_gettime(clock, &ts) != 0)
		errx(1, "the engine's clock");
	return ((double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3);
}

double
play_private(const struct play *p)
{
	char	 path[64], line[256];
	double	 kib = 0, n;
	FILE	*f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", p->pid);
	if ((f = fopen(path, "r")) == NULL)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "Private_%*[A-Za-z]: %lf", &n) == 1)
			kib += n;
	fclose(f);
	return (kib);
}

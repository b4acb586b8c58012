/*
 * The coordinator: engine on one side, praetor-init on the other, one step
 * between them.  Runs in the executor.  Trusts the engine's messages as far
 * as the table checks them; a job's output is bytes.  Nothing here waits.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <event2/event.h>
#include <sys/wait.h>

#include "common/err.h"
#include "common/log.h"
#include "executor/executor.h"

static void	 step_pump(struct executor *);
static void	 step_orphaned(struct executor *);

static void
engine_hello(struct executor *ex)
{
	struct rec	*r = rec_new(REC_b_hello);

	rec_set_u64(r, F_b_hello_session, ex->session);
	rec_set_u64(r, F_b_hello_boot, (uint64_t)ex->boot);
	rec_set_u64(r, F_b_hello_fence, ex->step.fence);
	rec_set_u64(r, F_b_hello_paused, (uint64_t)ex->step.paused);
	if (peer_send_rec(ex->engine, MSG_EXEC_HELLO, 0, -1, r) != 0)
		fatalx("out of memory");
	peer_flush(ex->engine);
}

static void
timer_set(struct event *ev, uint64_t ms)
{
	struct timeval	 tv = ms_timeval((int64_t)ms);

	if (ms == 0)
		event_del(ev);
	else
		event_add(ev, &tv);
}

static void
job_signal(struct executor *ex, int sig)
{
	struct m_count	 c = { (uint32_t)sig, 0 };

	if (ex->init == NULL)
		return;			/* and so is the job */
	peer_send(ex->init, MSG_KILL, 0, -1, &c, sizeof(c));
	peer_flush(ex->init);
}

/* What takes too much is killed; what takes too long may end in order. */
static int
end_is_gentle(enum end why)
{
	return (why == END_WALL || why == END_IDLE || why == END_CANCEL);
}

/* The first reason counts: a cancel during the grace time changes nothing. */
static void
step_end(struct executor *ex, enum end why, const char *text)
{
	struct step	*st = &ex->step;

	if (!st->running || st->end != END_NONE)
		return;
	st->end = why;
	snprintf(st->text, sizeof(st->text), "%s", text);
	job_signal(ex, end_is_gentle(why) ? SIGTERM : SIGKILL);
	if (st->paused)
		job_signal(ex, SIGCONT);	/* so that it can end */
	st->paused = 0;
	if (ex->init != NULL)
		timer_set(st->grace, GRACE_MS);
}

/* Milliseconds until a timer fires, at least 1; 0 when it is not set. */
static uint64_t
timer_left(const struct executor *ex, struct event *ev)
{
	struct timeval	 now, tv;

	if (!event_pending(ev, EV_TIMEOUT, &tv))
		return (0);
	event_base_gettimeofday_cached(ex->role.base, &now);
	evutil_timersub(&tv, &now, &tv);
	if (tv.tv_sec < 0 || (tv.tv_sec == 0 && tv.tv_usec < 1000))
		return (1);
	return ((uint64_t)tv.tv_sec * 1000 + (uint64_t)tv.tv_usec / 1000);
}

/* Limits stand still with what they limit. */
static void
step_pause(struct executor *ex, int on)
{
	struct step	*st = &ex->step;

	if (!st->running || st->end != END_NONE || st->paused == on)
		return;
	st->paused = on;
	job_signal(ex, on ? SIGSTOP : SIGCONT);
	if (on) {
		st->left = timer_left(ex, st->timeout);
		timer_set(st->timeout, 0);
		timer_set(st->quiet, 0);
	} else {
		timer_set(st->timeout, st->left);
		timer_set(st->quiet, st->idle);
	}
}

static void
on_timeout(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	step_end(arg, END_WALL, "");
}

static void
on_quiet(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	step_end(arg, END_IDLE, "");
}

static void
on_grace(int fd, short what, void *arg)
{
	struct executor	*ex = arg;

	(void)fd;
	(void)what;
	if (ex->init == NULL)
		fatalx("praetor-init is gone");
	job_signal(ex, SIGKILL);
}

static void
output_count(struct executor *ex)
{
	struct step	*st = &ex->step;
	char		 text[80];

	if (st->most == 0 || ex->tr.printed <= st->most)
		return;
	snprintf(text, sizeof(text), "more than %llu bytes printed (limit "
	    "output)", (unsigned long long)st->most);
	step_end(ex, END_OUTPUT, text);
}

/* -1 when there is no more. */
static int
out_read(struct executor *ex)
{
	char	 buf[32768];
	ssize_t	 n;

	n = read(ex->step.out, buf, sizeof(buf));
	if (n == -1)
		return (errno == EAGAIN || errno == EINTR ? 0 : -1);
	if (n == 0)
		return (-1);
	transcript_add(&ex->tr, buf, (size_t)n);
	output_count(ex);
	return (1);
}

static void
out_close(struct step *st)
{
	if (st->readable != NULL)
		event_free(st->readable);
	st->readable = NULL;
	if (st->out != -1)
		close(st->out);
	st->out = -1;
}

static void
on_output(int fd, short what, void *arg)
{
	struct executor	*ex = arg;
	struct step	*st = &ex->step;

	(void)fd;
	(void)what;
	if (out_read(ex) == -1)
		out_close(st);
	else if (st->idle > 0 && st->end == END_NONE && !st->paused)
		timer_set(st->quiet, st->idle);
	step_orphaned(ex);
	step_pump(ex);
}

static int
step_status(const struct step *st)
{
	int	 ws = (int)rec_u64(st->reaped, F_b_reaped_status);

	if (st->end == END_EXEC)
		return (st->err == ENOENT ? 127 : 126);
	return (WIFSIGNALED(ws) ? 128 + WTERMSIG(ws) : WEXITSTATUS(ws));
}

/* The control group has counted all processes, init the main one. */
static uint64_t
used(const struct step *st, uint64_t group, int field)
{
	uint64_t	 own = rec_u64(st->reaped, field);

	return (group > own ? group : own);
}

static struct rec *
exit_make(const struct executor *ex)
{
	const struct step	*st = &ex->step;
	struct rec		*r = rec_new(REC_b_exit);
	char			 text[256];

	rec_set_u64(r, F_b_exit_fence, st->fence);
	rec_set_str(r, F_b_exit_why, end_word(st->end));
	rec_set_i64(r, F_b_exit_status, step_status(st));
	if (st->end == END_EXEC) {
		snprintf(text, sizeof(text), "%s: %s", st->name,
		    strerror(st->err));
		rec_set_str(r, F_b_exit_text, text);
	} else if (st->text[0] != '\0') {
		rec_set_str(r, F_b_exit_text, st->text);
	}
	rec_set_u64(r, F_b_exit_wall, (uint64_t)st->wall);
	rec_set_u64(r, F_b_exit_utime, used(st, st->counted.utime,
	    F_b_reaped_utime));
	rec_set_u64(r, F_b_exit_stime, used(st, st->counted.stime,
	    F_b_reaped_stime));
	rec_set_u64(r, F_b_exit_maxrss, used(st, st->counted.maxrss,
	    F_b_reaped_maxrss));
	rec_set_u64(r, F_b_exit_bytes, ex->tr.printed);
	rec_set_u64(r, F_b_exit_files, rec_u64(st->reaped, F_b_reaped_files));
	return (r);
}

static int
output_send(struct executor *ex)
{
	char		 buf[CHUNK];
	struct rec	*r;
	uint64_t	 offset;
	size_t		 n;

	if ((n = transcript_next(&ex->tr, buf, &offset)) == 0)
		return (0);
	r = rec_new(REC_b_output);
	rec_set_u64(r, F_b_output_fence, ex->step.fence);
	rec_set_u64(r, F_b_output_offset, offset);
	rec_set_bytes(r, F_b_output_data, buf, n);
	if (peer_send_rec(ex->engine, MSG_OUTPUT, 0, -1, r) != 0)
		fatalx("out of memory");
	return (1);
}

/* Send what may be sent; at the end, once all is acknowledged, the result. */
static void
step_pump(struct executor *ex)
{
	struct step	*st = &ex->step;

	if (ex->engine == NULL || st->fence == 0)
		return;
	while (output_send(ex))
		;
	if (st->over && !st->told && transcript_done(&ex->tr)) {
		st->told = 1;
		if (peer_send_rec(ex->engine, MSG_STEP_DONE, 0, -1,
		    exit_make(ex)) != 0)
			fatalx("out of memory");
	}
	peer_flush(ex->engine);
}

/* A shell that does not die of it passes on how its last command ended. */
static int
step_signal(const struct step *st, int ws)
{
	if (WIFSIGNALED(ws))
		return (WTERMSIG(ws));
	return (strcmp(st->name, "/bin/sh") == 0 && WEXITSTATUS(ws) > 128 ?
	    WEXITSTATUS(ws) - 128 : 0);
}

/* How it ended when nothing here has ended it. */
static void
step_ended(struct step *st, int ws)
{
	static const struct { int sig; enum end end; const char *text; }
	    limits[] = {
		{ SIGXCPU, END_CPU, "one process used more CPU time than it "
		    "may (limit cpu-time, or the task's own)" },
		{ SIGXFSZ, END_DISK, "a file grew larger than it may (limit "
		    "file-size)" }
	};
	size_t	 i;

	st->end = WIFSIGNALED(ws) ? END_SIGNAL : END_EXIT;
	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (step_signal(st, ws) == limits[i].sig) {
			st->end = limits[i].end;
			snprintf(st->text, sizeof(st->text), "%s",
			    limits[i].text);
		}
}

/* praetor-init's word, for the limits that it watches. */
static void
step_limited(struct step *st)
{
	enum end	 end;

	end = end_byword(rec_str(st->reaped, F_b_reaped_limit));
	if (st->end != END_NONE || !end_is_limit(end))
		return;
	st->end = end;
	snprintf(st->text, sizeof(st->text), "%s",
	    rec_str(st->reaped, F_b_reaped_text));
}

/* Every writer is dead: what is still in the pipe is all there will be. */
static void
step_over(struct executor *ex)
{
	struct step	*st = &ex->step;
	int		 ws = (int)rec_u64(st->reaped, F_b_reaped_status);

	while (st->out != -1 && out_read(ex) == 1)
		;
	out_close(st);
	timer_set(st->timeout, 0);
	timer_set(st->quiet, 0);
	timer_set(st->grace, 0);
	st->wall = mono_diff_us(st->started, mono_now());
	st->err = (int)rec_u64(st->reaped, F_b_reaped_err);
	step_limited(st);
	if (st->err != 0)
		st->end = END_EXEC;
	else if (st->end == END_NONE)
		step_ended(st, ws);
	st->running = 0;
	st->over = 1;
	step_pump(ex);
}

/*
 * The control group killed praetor-init and with it the whole job.  Its output
 * ends when the kernel has closed it everywhere; why comes from the parent.
 */
static void
step_orphaned(struct executor *ex)
{
	struct step	*st = &ex->step;
	struct rec	*r;

	if (ex->init != NULL || !st->running || st->out != -1 ||
	    st->end == END_NONE)
		return;
	if ((r = rec_new(REC_b_reaped)) == NULL)
		fatalx("out of memory");
	rec_set_u64(r, F_b_reaped_status, SIGKILL);
	st->reaped = r;
	step_over(ex);
}

void
coordinator_limit(struct executor *ex, const struct m_limit *m)
{
	if (!end_is_limit((enum end)m->end))
		return;
	ex->step.counted = *m;
	step_end(ex, (enum end)m->end, m->text);
	step_orphaned(ex);
}

static void
from_init_reaped(struct peer *p, struct msg *m, void *arg)
{
	struct executor	*ex = arg;

	(void)p;
	if (!ex->step.running ||
	    msg_rec(m, REC_b_reaped, &ex->step.reaped) != 0)
		fatalx("REAPED refused");
	step_over(ex);
}

/*
 * Nobody waits for this: what is to run is already on its way to
 * praetor-init, which reads it only when it is confined.
 */
static void
from_init_ready(struct peer *p, struct msg *m, void *arg)
{
	(void)p;
	(void)m;
	(void)arg;
	log_debug("praetor-init is in place");
}

void
coordinator_ready(struct executor *ex)
{
	ex->ready = 1;
	ex->boot = mono_now().us - ex->forked;
	role_hello(&ex->role);
	if (ex->engine != NULL)
		engine_hello(ex);
}

static void
init_ended(struct peer *p, enum peer_end why, void *arg)
{
	struct executor	*ex = arg;

	if (why == PEER_LIED || !ex->step.running)
		fatalx("praetor-init is gone");
	peer_free(p);
	ex->init = NULL;
	timer_set(ex->step.grace, ORPHAN_MS);
	step_orphaned(ex);
}

static void
step_reset(struct step *st)
{
	struct step	 keep = *st;

	rec_free(st->reaped);
	memset(st, 0, sizeof(*st));
	st->out = -1;
	st->timeout = keep.timeout;
	st->quiet = keep.quiet;
	st->grace = keep.grace;
}

/* It could not even be asked for: the result is made up here. */
static void
step_failed(struct executor *ex, int err)
{
	struct rec	*r = rec_new(REC_b_reaped);

	rec_set_u64(r, F_b_reaped_err, (uint64_t)err);
	ex->step.reaped = r;
	step_over(ex);
}

static void
step_begin(struct executor *ex, const struct rec *r)
{
	struct step	*st = &ex->step;
	int		 e;

	step_reset(st);
	st->fence = rec_u64(r, F_b_step_fence);
	st->idle = rec_u64(r, F_b_step_idle);
	st->most = rec_u64(r, F_b_step_most);
	st->started = mono_now();
	st->running = 1;
	snprintf(st->name, sizeof(st->name), "%s",
	    rec_nth_str(r, F_b_step_argv, 0));
	if ((e = transcript_begin(&ex->tr, rec_u64(r, F_b_step_output))) != 0 ||
	    (e = command_start(ex, r)) != 0) {
		step_failed(ex, e);
		return;
	}
	st->readable = event_new(ex->role.base, st->out, EV_READ | EV_PERSIST,
	    on_output, ex);
	if (st->readable == NULL || event_add(st->readable, NULL) == -1)
		fatalx("out of memory");
	timer_set(st->timeout, rec_u64(r, F_b_step_timeout));
	timer_set(st->quiet, st->idle);
}

static void
from_engine_step(struct peer *p, struct msg *m, void *arg)
{
	struct executor	*ex = arg;
	struct rec	*r;

	(void)p;
	if (msg_rec(m, REC_b_step, &r) != 0) {
		log_warnx("STEP refused");
		return;
	}
	/* Sent again after a restart of the engine: it runs, or is over. */
	if (rec_u64(r, F_b_step_fence) == ex->step.fence)
		step_pump(ex);
	else if (ex->step.running || rec_count(r, F_b_step_argv) == 0)
		log_warnx("STEP refused: %s",
		    ex->step.running ? "another one runs" : "no program");
	else
		step_begin(ex, r);
	rec_free(r);
}

static void
from_engine_ack(struct peer *p, struct msg *m, void *arg)
{
	struct executor	*ex = arg;
	struct rec	*r;

	(void)p;
	if (msg_rec(m, REC_b_ack, &r) != 0)
		return;
	if (rec_u64(r, F_b_ack_fence) == ex->step.fence) {
		transcript_ack(&ex->tr, rec_u64(r, F_b_ack_offset));
		step_pump(ex);
	}
	rec_free(r);
}

static void
from_engine_cancel(struct peer *p, struct msg *m, void *arg)
{
	struct executor	*ex = arg;
	struct rec	*r;

	(void)p;
	if (msg_rec(m, REC_b_cancel, &r) != 0)
		return;
	if (rec_u64(r, F_b_cancel_fence) == ex->step.fence)
		step_end(ex, END_CANCEL, "");
	rec_free(r);
}

static void
from_engine_pause(struct peer *p, struct msg *m, void *arg)
{
	struct executor	*ex = arg;
	struct rec	*r;

	(void)p;
	if (msg_rec(m, REC_b_pause, &r) != 0)
		return;
	if (rec_u64(r, F_b_pause_fence) == ex->step.fence)
		step_pause(ex, rec_u64(r, F_b_pause_on) != 0);
	rec_free(r);
}

/* The job runs on; a new engine comes by ENGINE_FD, or the parent ends us. */
static void
engine_ended(struct peer *p, enum peer_end why, void *arg)
{
	struct executor	*ex = arg;

	if (why == PEER_LIED)
		log_warnx("the engine broke the protocol");
	peer_free(p);
	ex->engine = NULL;
}

static msg_handler *const engine_handlers[MSG_MAX] = {
	[MSG_STEP] = from_engine_step,
	[MSG_OUTPUT_ACK] = from_engine_ack,
	[MSG_STEP_CANCEL] = from_engine_cancel,
	[MSG_STEP_PAUSE] = from_engine_pause
};

static msg_handler *const init_handlers[MSG_MAX] = {
	[MSG_INIT_READY] = from_init_ready,
	[MSG_REAPED] = from_init_reaped
};

static const struct peer_ops engine_ops = {
	.self = P_EXEC, .other = P_ENGINE, .handlers = engine_handlers,
	.ended = engine_ended
};

static const struct peer_ops init_ops = {
	.self = P_EXEC, .other = P_INIT, .handlers = init_handlers,
	.ended = init_ended
};

void
coordinator_engine(struct executor *ex, int fd)
{
	peer_free(ex->engine);
	ex->engine = peer_new(ex->role.base, fd, &engine_ops, ex);
	if (ex->engine == NULL)
		fatal("socket to the engine");
	if (!ex->ready)
		return;
	engine_hello(ex);
	transcript_resend(&ex->tr);
	ex->step.told = 0;
	step_pump(ex);
}

void
coordinator_init(struct executor *ex, int fd)
{
	ex->init = peer_new(ex->role.base, fd, &init_ops, ex);
	if (ex->init == NULL)
		fatal("socket to praetor-init");
}

void
coordinator_start(struct executor *ex)
{
	struct event_base	*base = ex->role.base;

	ex->step.out = -1;
	ex->step.timeout = evtimer_new(base, on_timeout, ex);
	ex->step.quiet = evtimer_new(base, on_quiet, ex);
	ex->step.grace = evtimer_new(base, on_grace, ex);
	if (ex->step.timeout == NULL || ex->step.quiet == NULL ||
	    ex->step.grace == NULL)
		fatalx("out of memory");
}

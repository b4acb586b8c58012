/*
 * Parent: the table of sessions.  Starts each as a child that is pid 1 of its
 * own pid namespace, ends it by killing that child through its pidfd, and
 * reports its death only after the kernel has reaped everything below it.
 * Trusts nothing in a request but its number, which is checked.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <event2/event.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "common/err.h"
#include "common/log.h"
#include "common/peer.h"
#include "common/rec.h"
#include "common/when.h"
#include "praetord/cgroup.h"
#include "praetord/netmaker.h"
#include "praetord/purger.h"
#include "praetord/sandbox.h"
#include "praetord/session_dir.h"
#include "praetord/session_table.h"
#include "praetord/slot.h"
#include "praetord/watch.h"

#define ROOM_MS		1000	/* between two looks whether there is room */
#define WORK_AGAIN	3	/* times, when the child that does it is killed */
#define PURGE_FAILED	"its directory could not be deleted; the log says why"

static struct session *
session_find(struct sessions *s, uint64_t number)
{
	struct session	*se;

	TAILQ_FOREACH(se, &s->list, entry)
		if (se->number == number && number != 0)
			return (se);
	return (NULL);
}

int
session_has_process(const struct session *se)
{
	return (se->life <= L_FAILED && se->pidfd != -1);
}

void
session_kill(struct session *se)
{
	if (!session_has_process(se))
		return;
	if (pidfd_send_signal(se->pidfd, SIGKILL, NULL, 0) == -1 &&
	    errno != ESRCH)
		log_warn("session %llu: kill", (unsigned long long)se->number);
	cgroup_kill(se->cgroup);
}

void
session_drop(struct session *se)
{
	usage_stop(&se->watched.usage);
	if (se->status != NULL)
		event_free(se->status);
	se->status = NULL;
	if (se->statusfd != -1)
		close(se->statusfd);
	se->statusfd = -1;
	peer_free(se->peer);
	se->peer = NULL;
	if (se->pidfd != -1)
		close(se->pidfd);
	se->pidfd = -1;
	if (se->engine != -1)
		close(se->engine);
	se->engine = -1;
	if (se->startfd != -1)
		close(se->startfd);
	se->startfd = -1;
	if (se->cgroup != -1)
		close(se->cgroup);
	se->cgroup = -1;
	rec_free(se->gate);
	se->gate = NULL;
}

void
session_free(struct session *se)
{
	session_drop(se);
	TAILQ_REMOVE(&se->owner->list, se, entry);
	free(se);
}

struct session *
session_new(struct sessions *s, uint64_t number)
{
	struct session	*se;

	if ((se = calloc(1, sizeof(*se))) == NULL)
		return (NULL);
	se->owner = s;
	se->number = number;
	se->pid = -1;
	se->pidfd = se->cgroup = se->engine = se->startfd = se->statusfd = -1;
	TAILQ_INSERT_TAIL(&s->list, se, entry);
	return (se);
}

void
session_release(struct session *se)
{
	struct sessions	*s = se->owner;

	if (s->host.cgroups.dir != -1)
		cgroup_remove(&s->host.cgroups, se->slot->number);
	sdir_spare_drop(s->host.statefd, se->spare);
	se->slot->used = 0;
}

/* Tell the builder; a shell that died while it waited is not an error yet. */
static int
session_give(struct sessions *s, const struct m_start *m, struct why *why)
{
	struct sandbox_start	 st = { *m, mono_now().us, 0 };
	struct session		*se;
	int			 tries, ready;

	for (tries = 0; tries < 2; tries++) {
		ready = (int)sessions_waiting(s, 0);
		if ((se = shell_take(s, m, why)) == NULL)
			return (-1);
		ready = ready >= (int)sessions_waiting(s, 0);
		se->number = m->session;
		se->cpu_time = m->cpu_time;
		se->gate = s->ops->gate == NULL ? NULL :
		    s->ops->gate(s->arg, m);
		st.connections = se->gate == NULL ? 0 : (uint32_t)rec_u64(
		    se->gate, F_b_gate_session_connections);
		s->live++;
		if (se->life == L_SHELL && send(se->startfd, &st, sizeof(st),
		    MSG_NOSIGNAL) == (ssize_t)sizeof(st)) {
			se->life = L_STARTING;
			close(se->startfd);
			se->startfd = -1;
			log_debug("session %llu: in a sandbox %s",
			    (unsigned long long)se->number, ready ?
			    "that was ready" : "made for it");
			return (0);
		}
		se->number = 0;
		s->live--;
		se->life = L_FAILED;
		session_kill(se);
	}
	return (why_set(why, PRA_ESYSTEM, "a sandbox that was just made died; "
	    "the log says why"));
}

void
session_room(int fd, short what, void *arg)
{
	struct sessions	*s = arg;
	struct timeval	 tv = ms_timeval(ROOM_MS);
	struct why	 why = { 0 };

	(void)fd;
	(void)what;
	if (disk_room(s, &why) == -1)
		event_add(s->room, &tv);
	else
		s->ops->room(s->arg, 0, "");
}

/*
 * The engine is told first, so that it neither blames the task nor tries with
 * the next one.
 */
static int
room_check(struct sessions *s, struct why *why)
{
	struct timeval	 tv = ms_timeval(ROOM_MS);

	if (disk_room(s, why) == 0)
		return (0);
	if (s->ops->room != NULL) {
		s->ops->room(s->arg, why->err, why->text);
		event_add(s->room, &tv);
	}
	return (-1);
}

void
sessions_start(struct sessions *s, const struct m_start *m)
{
	struct m_start	 copy = *m;
	struct session	*se = session_find(s, copy.session);
	struct why	 why = { 0 };
	int		 r;

	/* A new engine asks again: the answer to that start is for it. */
	if (se != NULL && se->life == L_STARTING)
		return;
	shell_refill(s);
	if ((r = names_check(&copy, &why)) == 0 && (se != NULL ||
	    sdir_there(s->host.statefd, copy.session)))
		r = why_set(&why, PRA_EEXISTS, "that session exists");
	if (r == 0)
		r = room_check(s, &why);
	if (r == 0 && (r = session_give(s, &copy, &why)) == 0)
		shell_note(s, &copy);
	if (r == -1)
		s->ops->failed(s->arg, copy.session, why.err, why.text);
}

void
sessions_stop(struct sessions *s, uint64_t session)
{
	struct session	*se = session_find(s, session);

	if (se != NULL && session_has_process(se))
		session_kill(se);
	else
		s->ops->gone(s->arg, session, 0, END_NONE, "");
}

/*
 * Work on a dead session's directory that may take long: in a child, which
 * has nothing to say but its exit status and its log.
 */
static int
work_fork(struct session *se, const char *name,
    int (*work)(int, uint64_t, struct why *))
{
	struct why	 why = { 0 };
	pid_t		 parent = getpid();

	if ((se->pid = fork()) == -1)
		return (why_errno(&se->why, NULL, "fork"));
	if (se->pid > 0)
		return (0);
	/*
	 * With the lifeline and the channels of others it would keep them
	 * alive when the parent dies.
	 */
	(void)prctl(PR_SET_NAME, name);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent ||
	    dup2(se->owner->host.statefd, STDERR_FILENO + 1) == -1 ||
	    close_range(STDERR_FILENO + 2, ~0U, 0) == -1)
		_exit(1);
	if (work(STDERR_FILENO + 1, se->number, &why) == 0)
		_exit(0);
	log_warnx("session %llu: %s", (unsigned long long)se->number,
	    why.text);
	_exit(1);
}

static void
upper_answer(struct sessions *s, uint64_t session, int whole)
{
	struct why	 why = { 0 };
	struct stat	 sb;
	int		 fd, map = -1;

	fd = sdir_upper(s->host.statefd, session, &sb, &why);
	if (fd != -1 && s->conf->mode == MODE_SYSTEM) {
		if (!whole)
			map = slot_reviewer(s->slots, s->nslots, s->conf,
			    sb.st_uid, sb.st_gid, &why);
		fd = sdir_upper_show(fd, whole, map, &why);
		if (map != -1)
			close(map);
	}
	s->ops->upper(s->arg, session, fd == -1 ? why.err : 0, fd, whole,
	    fd == -1 ? why.text : "");
}

static void
show_begin(struct sessions *s, uint64_t session)
{
	struct session	*se;
	struct why	 why;

	if ((se = session_new(s, session)) == NULL) {
		s->ops->upper(s->arg, session, PRA_ENOMEM, -1, 1,
		    "out of memory");
		return;
	}
	se->life = L_SHOWING;
	if (work_fork(se, "praetord-show", sdir_show) == 0)
		return;
	why = se->why;
	session_free(se);
	s->ops->upper(s->arg, session, why.err, -1, 1, why.text);
}

void
sessions_upper(struct sessions *s, uint64_t session)
{
	struct session	*se = session_find(s, session);
	struct why	 why = { 0 };
	uint64_t	 bytes;
	int		 whole;

	if (se != NULL && se->life == L_SHOWING)
		return;			/* answered when that one ends */
	if (se != NULL) {
		s->ops->upper(s->arg, session, PRA_ESTATE, -1, 0,
		    "the session still runs");
		return;
	}
	whole = sdir_whole(s->host.statefd, session, &bytes, &why);
	if (whole == -1)
		s->ops->upper(s->arg, session, why.err, -1, 1, why.text);
	else if (whole && s->conf->mode == MODE_SYSTEM)
		show_begin(s, session);
	else
		upper_answer(s, session, whole);
}

static void
purge_end(struct session *se, int err, const char *text)
{
	struct sessions	*s = se->owner;

	if (!se->quiet)
		s->ops->purged(s->arg, se->number, err, text);
	session_free(se);
}

/* What the purger said: gone, or there is something to search first. */
static void
purge_removed(struct session *se, const struct why *why)
{
	if (why->err == 0) {
		purge_end(se, 0, "");
	} else if (se->cleared) {
		log_warnx("session %llu: %s", (unsigned long long)se->number,
		    why->text);
		purge_end(se, PRA_ESYSTEM, PURGE_FAILED);
	} else if (work_fork(se, "praetord-clear", sdir_clear) == -1) {
		purge_end(se, se->why.err, se->why.text);
	}
}

/* Without the purger it is done here. */
static void
purge_remove(struct session *se)
{
	struct sessions	*s = se->owner;
	struct why	 why = { 0 };

	se->pid = -1;
	if (purger_ask(s->purger, se->number) == 0)
		return;
	(void)sdir_remove(s->host.statefd, se->number, &why);
	purge_removed(se, &why);
}

void
session_purged(void *arg, uint64_t session, const struct why *why)
{
	struct session	*se = session_find(arg, session);

	if (se != NULL && se->life == L_PURGING && se->pid == -1)
		purge_removed(se, why);
}

static void
purge_begin(struct session *se)
{
	se->life = L_PURGING;
	se->cleared = 0;
	purge_remove(se);
}

void
sessions_purge(struct sessions *s, uint64_t session)
{
	struct session	*se = session_find(s, session);

	if (se != NULL && se->life == L_PURGING) {
		se->quiet = 0;		/* answered when that one ends */
		return;
	}
	if (se != NULL && se->life == L_SHOWING) {
		se->unshown = 1;	/* purged when that one ends */
		kill(se->pid, SIGKILL);
		return;
	}
	if (se != NULL) {
		s->ops->purged(s->arg, session, PRA_ESTATE,
		    "the session still runs");
		return;
	}
	/* Looked at first: every number would cost a row. */
	if (!sdir_there(s->host.statefd, session))
		s->ops->purged(s->arg, session, 0, "");
	else if ((se = session_new(s, session)) == NULL)
		s->ops->purged(s->arg, session, PRA_ENOMEM, "out of memory");
	else
		purge_begin(se);
}

/* A new engine's socket to a live executor. */
static void
session_readopt(struct session *se)
{
	int	 sv[2];

	if (se->life != L_LIVE || se->peer == NULL)
		return;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1) {
		log_warn("session %llu: socketpair",
		    (unsigned long long)se->number);
		session_kill(se);
		return;
	}
	peer_send(se->peer, MSG_ENGINE_FD, 0, sv[1], NULL, 0);
	se->owner->ops->started(se->owner->arg, se->number, se->pid, sv[0]);
}

void
sessions_readopt(struct sessions *s)
{
	struct session	*se;

	TAILQ_FOREACH(se, &s->list, entry)
		session_readopt(se);
}

struct leftover {
	struct sessions	*s;
	void		(*fn)(void *, uint64_t);
	void		*arg;
};

static void
leftover_one(void *arg, uint64_t session)
{
	struct leftover	*l = arg;

	if (session_find(l->s, session) == NULL)
		l->fn(l->arg, session);
}

void
sessions_leftover(struct sessions *s, void (*fn)(void *, uint64_t), void *arg)
{
	struct leftover	 l = { s, fn, arg };

	if (sdir_each(s->host.statefd, leftover_one, &l) == -1)
		log_warn("sessions directory");
}

/* Killed, as for want of memory: that says nothing of the directory. */
static int
work_again(struct session *se, int status)
{
	return (WIFSIGNALED(status) && se->again++ < WORK_AGAIN);
}

static void
reap_show(struct session *se, int status)
{
	struct sessions	*s = se->owner;
	uint64_t	 n = se->number;

	if (se->unshown) {
		s->ops->upper(s->arg, n, PRA_ESTATE, -1, 1, "it is deleted");
		purge_begin(se);
		return;
	}
	if (work_again(se, status) &&
	    work_fork(se, "praetord-show", sdir_show) == 0)
		return;
	session_free(se);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		upper_answer(s, n, 1);
	else
		s->ops->upper(s->arg, n, PRA_ESYSTEM, -1, 1, "what it left "
		    "could not be made readable; the log says why");
}

static void
reap_purge(struct session *se, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		se->cleared = 1;
		purge_remove(se);
	} else if (work_again(se, status)) {
		purge_remove(se);
	} else {
		purge_end(se, PRA_ESYSTEM, PURGE_FAILED);
	}
}

/* What the purger had taken and not answered is done another way. */
static int
reap_purger(struct sessions *s, pid_t pid)
{
	struct session	*se, *next;

	if (!purger_reap(s->purger, pid))
		return (0);
	log_warnx("the process that deletes sessions died");
	for (se = TAILQ_FIRST(&s->list); se != NULL; se = next) {
		next = TAILQ_NEXT(se, entry);
		if (se->life == L_PURGING && se->pid == -1)
			purge_remove(se);
	}
	return (1);
}

/* A worktree that was only guessed may have become impossible. */
static void
shell_gone(struct sessions *s, const struct session *se,
    const struct why *why)
{
	if (se->unwanted)
		return;
	if (se->guess.nlayers != 0) {
		s->streak = 0;
		log_debug("preparing a worktree: %s", why->text);
		return;
	}
	s->failures++;
	if (why->err != 0)
		log_warnx("preparing a sandbox: %s", why->text);
}

/* Pid 1 of a session is reaped: the kernel has ended all below it before. */
static void
reap_session(struct sessions *s, struct session *se, int status)
{
	char		 text[sizeof(se->watched.text)];
	enum end	 end;
	struct why	 why;
	uint64_t	 n = se->number;

	/* The report may still be unread: it came before the death. */
	if (se->life <= L_STARTING && se->status != NULL)
		shell_status(se->statusfd, EV_READ, se);
	why = se->why;
	end = watch_end(se, text, sizeof(text));
	session_drop(se);
	session_release(se);
	if (n == 0)
		shell_gone(s, se, &why);
	shell_refill(s);
	if (n == 0) {
		session_free(se);
		return;
	}
	s->live--;
	if (se->life != L_FAILED) {
		session_free(se);
		s->ops->gone(s->arg, n, status, end, text);
		return;
	}
	se->quiet = 1;
	purge_begin(se);
	s->ops->failed(s->arg, n, why.err, why.text);
}

int
sessions_reap(struct sessions *s, pid_t pid, int status)
{
	struct session	*se;

	TAILQ_FOREACH(se, &s->list, entry)
		if (se->pid == pid)
			break;
	if (se == NULL)
		return (netmaker_reap(s->nets, pid) || reap_purger(s, pid));
	if (se->life == L_PURGING)
		reap_purge(se, status);
	else if (se->life == L_SHOWING)
		reap_show(se, status);
	else
		reap_session(s, se, status);
	return (1);
}

const struct slot *
sessions_slot(struct sessions *s, uint64_t session)
{
	struct session	*se = session_find(s, session);

	return (se == NULL || !session_has_process(se) ? NULL : se->slot);
}

const struct rec *
sessions_gate(struct sessions *s, uint64_t session)
{
	struct session	*se = session_find(s, session);

	return (se == NULL || !session_has_process(se) ? NULL : se->gate);
}

unsigned int
sessions_live(const struct sessions *s)
{
	return (s->live);
}

void
sessions_kill_all(struct sessions *s)
{
	struct session	*se;

	s->closing = 1;
	TAILQ_FOREACH(se, &s->list, entry)
		session_kill(se);
}

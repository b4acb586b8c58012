/*
 * Parent: the roles' processes.  fork, descriptors 3 and 4, the role's user,
 * execv of its own program; HELLO within a time; restart with back-off.
 * Trusts a child for nothing but its messages' meaning.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <event2/event.h>

#include "common/err.h"
#include "common/log.h"
#include "common/role.h"
#include "praetord/parent.h"
#include "praetord/why.h"

#define BACKOFF_FIRST	100		/* ms */
#define BACKOFF_MOST	30000		/* ms */
#define ANSWER_WITHIN	10		/* s for HELLO and for each CONF_READY */
#define STEADY		60000000	/* us alive after which failures are forgotten */

static const struct {
	const char	*title;
	const char	*program;
	enum proc	 proc;
	const char	*dir;		/* below the state directory, for -s */
	int		 rootless;	/* needs no file: an empty root */
} roles[ROLE_MAX] = {
	[ROLE_ENGINE] = { "engine", "praetor-engine", P_ENGINE, "engine",
	    0 },
	[ROLE_FRONTEND] = { "frontend", "praetor-frontend", P_FRONT, NULL,
	    1 },
	[ROLE_REVIEWER] = { "reviewer", "praetor-reviewer", P_REVIEW, "review",
	    0 },
	[ROLE_GATEWAY] = { "gateway", "praetor-gateway", P_GATE, NULL, 0 }
};

static void	 child_hello(struct peer *, struct msg *, void *);
static void	 child_conf_ready(struct peer *, struct msg *, void *);

static msg_handler *const plain_handlers[MSG_MAX] = {
	[MSG_HELLO] = child_hello,
	[MSG_CONF_READY] = child_conf_ready
};

/* What is passed on of the parent's own environment. */
static const char *const passed[] = {
	"JOURNAL_STREAM", "TZ", "ASAN_OPTIONS", "UBSAN_OPTIONS"
};

const char *
role_title(enum conf_role role)
{
	return (roles[role].title);
}

enum proc
role_proc(enum conf_role role)
{
	return (roles[role].proc);
}

/*
 * Handlers get the child as arg; the engine's rows are shared out by type.
 * While it does not read its answers it is asked for no more questions: they
 * would all be in this process' memory.
 */
static void
engine_message(struct peer *peer, struct msg *m, void *arg)
{
	struct child	*c = arg;

	parent_engine_handlers[m->type](peer, m, c->parent);
	if (c->peer == peer && peer_choked(peer))
		peer_pause(peer);
}

static void
child_drained(struct peer *peer, void *arg)
{
	(void)arg;
	peer_resume(peer);
}

static void
child_hello(struct peer *peer, struct msg *m, void *arg)
{
	struct child	*c = arg;
	struct m_hello	 h;

	(void)peer;
	msg_get(m, &h, sizeof(h));
	if (c->state != CH_STARTING || h.version != PROTO_VERSION ||
	    h.proc != roles[c->role].proc) {
		log_warnx("%s: wrong HELLO (programs of two versions?)",
		    roles[c->role].title);
		kill(c->pid, SIGKILL);
		return;
	}
	c->state = CH_CONFIGURING;
	reconf_first(c->parent, c);
}

/* A role that hangs before it runs, or in a reload, would block us for good. */
static void
child_silent(int fd, short what, void *arg)
{
	struct child	*c = arg;

	(void)fd;
	(void)what;
	log_warnx("%s does not answer: killed", roles[c->role].title);
	if (c->pid != 0)
		kill(c->pid, SIGKILL);
}

void
child_expect(struct child *c)
{
	event_add(c->answer, &(struct timeval){ ANSWER_WITHIN, 0 });
}

static void
child_conf_ready(struct peer *peer, struct msg *m, void *arg)
{
	struct child	*c = arg;
	struct m_result	 res;

	msg_get(m, &res, sizeof(res));
	res.text[sizeof(res.text) - 1] = '\0';
	event_del(c->answer);
	if (c->state == CH_RUNNING) {
		reconf_answer(c->parent, c, res.err, res.text);
		return;
	}
	if (c->state != CH_CONFIGURING || res.err != 0) {
		log_warnx("%s: configuration not taken: %s",
		    roles[c->role].title, res.text);
		kill(c->pid, SIGKILL);
		return;
	}
	peer_send(peer, MSG_CONF_COMMIT, 0, -1, NULL, 0);
	c->state = CH_RUNNING;
	log_info("%s ready, pid %ld", roles[c->role].title, (long)c->pid);
	wire_child(c->parent, c);
}

/* The channel broke: the process is dead, or must be. */
static void
child_ended(struct peer *peer, enum peer_end why, void *arg)
{
	struct child	*c = arg;

	if (why == PEER_LIED)
		log_warnx("%s broke the protocol: killed",
		    roles[c->role].title);
	peer_free(peer);
	c->peer = NULL;
	if (c->pid != 0 && !c->parent->stopping)
		kill(c->pid, SIGKILL);
}

static char **
child_env(void)
{
	static const char *const fixed[] = {
		"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/nonexistent"
	};
	size_t	 i, n = 0;
	char   **env;

	env = calloc(sizeof(fixed) / sizeof(fixed[0]) +
	    sizeof(passed) / sizeof(passed[0]) + 1, sizeof(*env));
	if (env == NULL)
		return (NULL);
	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		env[n++] = strdup(fixed[i]);
	for (i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		if (getenv(passed[i]) != NULL && asprintf(&env[n], "%s=%s",
		    passed[i], getenv(passed[i])) != -1)
			n++;
	return (env);
}

#define ARGV_MAX	128

/* The role's arguments: flags from the table, directories for the reviewer. */
static void
child_argv(struct child *c, char *path, char *dir, char **argv)
{
	struct conf_path	*cp;
	int			 n = 0;

	argv[n++] = path;
	if (c->parent->verbose)
		argv[n++] = strdup("-v");
	if (roles[c->role].dir != NULL) {
		argv[n++] = strdup("-s");
		argv[n++] = dir;
	}
	if (c->role == ROLE_REVIEWER)
		TAILQ_FOREACH(cp, &c->parent->conf->repositories, entry) {
			if (n >= ARGV_MAX - 3)
				break;
			argv[n++] = strdup("-r");
			argv[n++] = cp->path;
		}
	argv[n] = NULL;
}

/* Put the role's descriptors in their places and close all others. */
static int
child_fds(struct child *c, int fd, int root)
{
	int	 life = c->parent->lifeline[0], last = LIFELINE_FD;

	/* Away from 3, 4 and 5 first: each may be another's place. */
	if ((fd = fcntl(fd, F_DUPFD, 10)) == -1 ||
	    (life = fcntl(life, F_DUPFD, 10)) == -1 ||
	    (root != -1 && (root = fcntl(root, F_DUPFD, 10)) == -1) ||
	    dup2(fd, ROLE_FD) == -1 || dup2(life, LIFELINE_FD) == -1)
		return (-1);
	if (root != -1 && (last = dup2(root, ROOT_FD)) == -1)
		return (-1);
	return (close_range((unsigned int)last + 1, ~0U, 0));
}

/* Its program takes it by confine_root(), and gives up the right to. */
static int
child_root(struct child *c)
{
	struct why	 why;
	int		 fd;

	if (!roles[c->role].rootless)
		return (-1);
	if ((fd = emptyroot_open(c->parent->conf, &why)) == -1)
		fatalx("%s: its empty root: %s", roles[c->role].title,
		    why.text);
	return (fd);
}

/* In the child, between fork and exec: never returns. */
static void __attribute__((__noreturn__))
child_exec(struct child *c, int fd)
{
	char	*argv[ARGV_MAX], **env, path[4200], dir[4200];
	int	 root = child_root(c);

	snprintf(path, sizeof(path), "%s/%s", c->parent->conf->libexec,
	    roles[c->role].program);
	snprintf(dir, sizeof(dir), "%s/%s", c->parent->conf->state,
	    roles[c->role].dir != NULL ? roles[c->role].dir : "");
	child_argv(c, path, dir, argv);
	env = child_env();
	if (child_fds(c, fd, root) == -1 || chdir("/") == -1 ||
	    setsid() == -1)
		fatal("%s: descriptors", roles[c->role].title);
	if ((root != -1 ? privs_role_root : privs_role)(c->parent->conf,
	    c->role) == -1)
		fatal("%s: privileges", roles[c->role].title);
	execve(path, argv, env);
	fatal("%s (see `libexec`)", path);
}

static int
child_start(struct child *c)
{
	msg_handler	**table;
	int		  sp[2], i;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sp) == -1)
		return (-1);
	if ((c->pid = fork()) == -1) {
		c->pid = 0;
		close(sp[0]);
		close(sp[1]);
		return (-1);
	}
	if (c->pid == 0)
		child_exec(c, sp[1]);
	close(sp[1]);
	c->state = CH_STARTING;
	child_expect(c);
	c->started = mono_now();
	c->ops.self = P_PARENT;
	c->ops.other = roles[c->role].proc;
	c->ops.ended = child_ended;
	c->ops.drained = child_drained;
	if (c->ops.handlers == NULL) {
		if ((table = calloc(MSG_MAX, sizeof(*table))) == NULL)
			fatal("handlers");
		memcpy(table, plain_handlers, sizeof(plain_handlers));
		for (i = 0; c->role == ROLE_ENGINE && i < MSG_MAX; i++)
			if (parent_engine_handlers[i] != NULL)
				table[i] = engine_message;
		c->ops.handlers = c->table = table;
	}
	if ((c->peer = peer_new(c->parent->base, sp[0], &c->ops, c)) == NULL)
		fatal("channel to %s", roles[c->role].title);
	return (0);
}

static void
child_restart(int fd, short what, void *arg)
{
	struct child	*c = arg;

	(void)fd;
	(void)what;
	if (c->parent->stopping || c->state != CH_DEAD)
		return;
	c->restarts++;
	log_info("starting %s again (%u)", roles[c->role].title, c->restarts);
	if (child_start(c) == -1) {
		log_warn("%s", roles[c->role].title);
		event_add(c->restart, &(struct timeval){ 1, 0 });
	}
}

int
child_start_all(struct parent *p)
{
	struct child	*c;
	int		 i;

	for (i = 0; i < ROLE_MAX; i++) {
		c = &p->child[i];
		c->parent = p;
		c->role = i;
		c->restart = evtimer_new(p->base, child_restart, c);
		c->answer = evtimer_new(p->base, child_silent, c);
		if (c->restart == NULL || c->answer == NULL ||
		    child_start(c) == -1) {
			log_warn("%s", roles[i].title);
			return (-1);
		}
	}
	return (0);
}

static void
child_died(struct child *c, int status)
{
	struct parent	*p = c->parent;
	struct timeval	 tv;
	int64_t		 ms;

	if (c->peer != NULL) {
		peer_free(c->peer);
		c->peer = NULL;
	}
	c->pid = 0;
	c->state = CH_DEAD;
	event_del(c->answer);
	if (p->stopping)
		return;
	if (WIFSIGNALED(status))
		log_warnx("%s killed by signal %d", roles[c->role].title,
		    WTERMSIG(status));
	else
		log_warnx("%s exited with status %d", roles[c->role].title,
		    WEXITSTATUS(status));
	if (p->next != NULL)
		reconf_answer(p, c, PRA_EUNREACH, "a process died meanwhile");
	if (!p->ready) {
		log_warnx("%s does not start: giving up", roles[c->role].title);
		parent_shutdown(p, 1);
		return;
	}
	if (mono_diff_us(c->started, mono_now()) > STEADY)
		c->failures = 0;
	ms = BACKOFF_FIRST << (c->failures < 10 ? c->failures : 10);
	c->failures++;
	tv = ms_timeval(ms < BACKOFF_MOST ? ms : BACKOFF_MOST);
	event_add(c->restart, &tv);
}

int
child_reap(struct parent *p, pid_t pid, int status)
{
	int	 i;

	for (i = 0; i < ROLE_MAX; i++)
		if (p->child[i].pid == pid) {
			child_died(&p->child[i], status);
			return (1);
		}
	return (0);
}

void
child_free_all(struct parent *p)
{
	struct child	*c;
	int		 i;

	for (i = 0; i < ROLE_MAX; i++) {
		c = &p->child[i];
		peer_free(c->peer);
		if (c->restart != NULL)
			event_free(c->restart);
		if (c->answer != NULL)
			event_free(c->answer);
		free(c->table);
	}
}

unsigned int
child_alive(const struct parent *p)
{
	unsigned int	 n = 0;
	int		 i;

	for (i = 0; i < ROLE_MAX; i++)
		n += p->child[i].pid != 0;
	return (n);
}

unsigned int
child_kill_all(struct parent *p)
{
	int	 i;

	for (i = 0; i < ROLE_MAX; i++)
		if (p->child[i].pid != 0)
			kill(p->child[i].pid, SIGKILL);
	return (child_alive(p));
}

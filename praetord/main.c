/*
 * praetord, the parent.  In system mode it is root: it parses its own
 * configuration and fixed-size messages, nothing foreign, and links neither
 * SQLite nor libgit2 nor libcurl nor a script engine.
 *
 * Order at start: options, configuration, privileges, features, state
 * directory, lifeline, control socket, self-test, events, sessions, roles; READY=1 when every
 * role has said HELLO, taken the configuration and met its neighbours.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <event2/event.h>

#include "common/log.h"
#include "praetord/feature.h"
#include "praetord/parent.h"
#include "praetord/selftest.h"

#define KILL_AFTER	5		/* seconds between lifeline and SIGKILL */

struct flags {
	const char	*file;
	int		 check, doctor, user, debug;
};

static void __attribute__((__noreturn__))
usage(void)
{
	fprintf(stderr, "usage: praetord [-Ddnuv] [-f file]\n");
	exit(2);
}

/* Signals are few and all end here. */
static void	on_signal(int, short, void *);
static void	on_child(int, short, void *);

static const struct {
	int			 sig;
	event_callback_fn	 fn;
} signals[] = {
	{ SIGTERM, on_signal }, { SIGINT, on_signal }, { SIGHUP, on_signal },
	{ SIGCHLD, on_child }
};

static void
parent_done(struct parent *p)
{
	if (p->stopping && child_alive(p) == 0 &&
	    sessions_live(p->sessions) == 0)
		event_base_loopbreak(p->base);
}

static void
kill_rest(int fd, short what, void *arg)
{
	struct parent	*p = arg;
	unsigned int	 n;

	(void)fd;
	(void)what;
	n = child_kill_all(p);
	log_warnx("%u roles and %u sessions killed", n,
	    sessions_live(p->sessions));
	sessions_kill_all(p->sessions);
}

/*
 * Shutdown is a signal: the lifeline closes, everybody unwinds by himself,
 * nobody is waited for longer than the timer.
 */
void
parent_shutdown(struct parent *p, int failed)
{
	struct timeval	 tv = { KILL_AFTER, 0 };

	p->failed |= failed;
	if (p->stopping)
		return;
	p->stopping = 1;
	notify_send(p, "STOPPING=1");
	log_info("shutting down");
	listen_close(p);
	close(p->lifeline[1]);
	p->lifeline[1] = -1;
	event_add(p->kill_timer, &tv);
	parent_done(p);
}

static void
on_signal(int sig, short what, void *arg)
{
	struct parent	*p = arg;

	(void)what;
	if (sig == SIGHUP)
		reconf_start(p);
	else
		parent_shutdown(p, 0);
}

static void
on_child(int sig, short what, void *arg)
{
	struct parent	*p = arg;
	pid_t		 pid;
	int		 status;

	(void)sig;
	(void)what;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (!child_reap(p, pid, status) &&
		    !sessions_reap(p->sessions, pid, status))
			log_debug("pid %ld ended", (long)pid);
	parent_done(p);
}

static void
feature_keep(void *arg, const struct m_feature *f)
{
	struct parent	*p = arg;

	if (p->nfeatures < FEATURES_MAX)
		p->feature[p->nfeatures++] = *f;
	if (strcmp(f->status, "missing") == 0)
		log_warnx("this host lacks %s: %s (%s)", f->feature, f->detail,
		    f->remedy);
}

static void
feature_print(void *arg, const struct m_feature *f)
{
	(void)arg;
	printf("%-24s %-8s %s", f->feature, f->status, f->detail);
	if (f->remedy[0] != '\0' && strcmp(f->status, "ok") != 0)
		printf(" (%s)", f->remedy);
	printf("\n");
}

static int
open_program(const struct conf *conf, const char *name, char *why, size_t size)
{
	char	 path[4200];
	int	 fd;

	snprintf(path, sizeof(path), "%s/%s", conf->libexec, name);
	if ((fd = open(path, O_PATH | O_CLOEXEC)) == -1)
		snprintf(why, size, "%s: %s (see `libexec`)", path,
		    strerror(errno));
	return (fd);
}

static int
host_open(struct parent *p, char *why, size_t size)
{
	p->host.statefd = p->statefd;
	p->host.lifelinefd = p->lifeline[0];
	p->host.cgroups.dir = p->host.cgroups.executors = -1;
	p->host.execfd = open_program(p->conf, "praetor-executor", why, size);
	if (p->host.execfd == -1)
		return (-1);
	p->host.initfd = open_program(p->conf, "praetor-init", why, size);
	if (p->host.initfd == -1)
		return (-1);
	if (p->conf->cgroup == CGROUP_DELEGATED)
		return (cgroups_open(p->conf, &p->host.cgroups, why, size));
	return (0);
}

static int
events_open(struct parent *p)
{
	size_t	 i;

	if ((p->base = event_base_new()) == NULL)
		return (-1);
	signal(SIGPIPE, SIG_IGN);
	p->kill_timer = evtimer_new(p->base, kill_rest, p);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		p->sig[i] = evsignal_new(p->base, signals[i].sig,
		    signals[i].fn, p);
		if (p->sig[i] == NULL || event_add(p->sig[i], NULL) == -1)
			return (-1);
	}
	return (p->kill_timer == NULL ? -1 : 0);
}

/* Its result is a row of praetorctl doctor's, like what the kernel offers. */
static int
selftest(struct parent *p, char *why, size_t size)
{
	struct m_feature	 f = { .feature = "self-test", .status = "ok",
	    .detail = "a session could not read, write or connect outside" };

	if (selftest_run(p->conf, &p->host, why, size) == -1)
		return (-1);
	feature_keep(p, &f);
	return (0);
}

/* Everything that can refuse the start, in one order; -1 with why. */
static int
parent_open(struct parent *p, char *why, size_t size)
{
	int	 missing;

	if (privs_enter(p->conf, why, size) == -1)
		return (-1);
	missing = feature_probe(p->conf, feature_keep, p);
	if (missing != 0) {
		snprintf(why, size, "%d needed features are missing on this "
		    "host (see `praetord -D`)", missing);
		return (-1);
	}
	if (statedir_open(p, why, size) == -1)
		return (-1);
	if (pipe2(p->lifeline, O_CLOEXEC) == -1) {
		snprintf(why, size, "lifeline: %s", strerror(errno));
		return (-1);
	}
	/* Its child has a loop of its own: before this one has signals. */
	if (host_open(p, why, size) == -1 || listen_open(p, why, size) == -1 ||
	    selftest(p, why, size) == -1)
		return (-1);
	if (events_open(p) == -1) {
		snprintf(why, size, "event loop: %s", strerror(errno));
		return (-1);
	}
	p->sessions = sessions_new(p->base, p->conf, &p->host,
	    &parent_sessions_ops, p, why, size);
	return (p->sessions == NULL ? -1 : 0);
}

/* Everything was ended in order: leave nothing for a leak checker to find. */
static void
parent_close(struct parent *p)
{
	size_t	 i;

	sessions_free(p->sessions);
	child_free_all(p);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		event_free(p->sig[i]);
	event_free(p->kill_timer);
	event_base_free(p->base);
	conf_free(p->conf);
}

static int
parent_main(struct conf *conf, const struct flags *fl, int verbose)
{
	struct parent	 p = { 0 };
	char		 why[1024];

	p.conf = conf;
	p.verbose = verbose;
	p.started = wall_now();
	p.statefd = p.lockfd = p.listenfd = -1;
	if (fl->debug)
		unsetenv("JOURNAL_STREAM");
	log_init("praetord", verbose);
	umask(022);
	if (chdir("/") == -1)
		fatal("/");
	if (inherited_drop(why, sizeof(why)) == -1)
		fatalx("%s", why);
	notify_open(&p);
	if (parent_open(&p, why, sizeof(why)) == -1)
		fatalx("%s", why);
	if (child_start_all(&p) == -1)
		parent_shutdown(&p, 1);
	if (event_base_dispatch(p.base) == -1)
		fatalx("event loop");
	parent_close(&p);
	log_info("stopped");
	return (p.failed);
}

static int
doctor_main(const struct conf *conf)
{
	char	 why[1024];

	if (privs_enter(conf, why, sizeof(why)) == -1) {
		fprintf(stderr, "praetord: %s\n", why);
		return (1);
	}
	return (feature_probe(conf, feature_print, NULL) == 0 ? 0 : 1);
}

int
main(int argc, char *argv[])
{
	struct flags	 fl = { 0 };
	struct conf	*conf;
	int		 c, r = 0, verbose = 0;

	fl.user = getuid() != 0;
	while ((c = getopt(argc, argv, "Ddf:nuv")) != -1) {
		switch (c) {
		case 'D':
			fl.doctor = 1;
			break;
		case 'd':
			fl.debug = 1;
			break;
		case 'f':
			fl.file = optarg;
			break;
		case 'n':
			fl.check = 1;
			break;
		case 'u':
			fl.user = 1;
			break;
		case 'v':
			verbose = 1;
			break;
		default:
			usage();
		}
	}
	if (argc != optind)
		usage();
	if (fl.file == NULL)
		fl.file = PRAETOR_SYSCONFDIR "/praetord.conf";
	conf = conf_load(fl.file, fl.user ? MODE_USER : MODE_SYSTEM);
	if (conf == NULL)
		return (1);
	if (!fl.check && !fl.doctor)
		return (parent_main(conf, &fl, verbose));
	if (fl.doctor)
		r = doctor_main(conf);
	else if (verbose)
		conf_print(stdout, conf);
	else
		fprintf(stderr, "configuration OK\n");
	conf_free(conf);
	return (r);
}

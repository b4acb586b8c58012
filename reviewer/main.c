/*
 * praetor-reviewer: holds the git credentials and the mirrors, exports
 * pristine trees, imports what sessions left, merges, commits and pushes.
 * It parses git data and session files, both hostile; it starts no program,
 * runs no hook or filter and reads no configuration but the parent's.
 */
#include <sys/stat.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bsd/stdlib.h>

#include "common/confine.h"
#include "common/err.h"
#include "common/log.h"
#include "common/role.h"
#include "reviewer/gitlib.h"
#include "reviewer/hand.h"
#include "reviewer/messages.h"
#include "reviewer/outcome.h"
#include "reviewer/reviewer.h"
#include "reviewer/settings.h"

#define REPOS_MAX	128
#define PATHS_SYSTEM	16

struct options {
	int		 verbose;
	const char	*state;			/* -s */
	const char	*repos[REPOS_MAX];	/* -r */
	size_t		 nrepos;
};

/* For https:// and ssh://: names, certificates, what the C library loads. */
static const char *const system_paths[] = {
	"/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/resolv.conf",
	"/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf",
	"/etc/services", "/etc/protocols", "/etc/ssl", "/etc/localtime",
};

static void	 reviewer_main(struct options *);

static void
usage(void)
{
	fprintf(stderr, "usage: praetor-reviewer [-v] -s directory "
	    "[-r directory]...\n");
	exit(2);
}

static void
reviewer_peer(void *arg, enum proc other, int fd)
{
	struct reviewer	*r = arg;

	if (other != P_ENGINE)
		fatalx("the parent sent a socket to %s", proc_name(other));
	messages_engine(r, fd);
}

/*
 * Only the state directory and the users' repositories can be written.  The
 * descriptor of an upper directory is of no use without a rule for a
 * directory above it in the same mount: that is <state>/../sessions.
 */
static void
reviewer_confine(const struct reviewer *r)
{
	struct confine_path	 paths[2 + REPOS_MAX + PATHS_SYSTEM];
	char			 why[256], sessions[PATH_MAX];
	size_t			 i, n = 0;

	paths[n++] = (struct confine_path){ NULL, CONFINE_LENT };
	paths[n++] = (struct confine_path){ r->state,
	    CONFINE_READ | CONFINE_WRITE | CONFINE_WHITEOUT };
	snprintf(sessions, sizeof(sessions), "%s/../sessions", r->state);
	if (access(sessions, F_OK) == 0)
		paths[n++] = (struct confine_path){ sessions, CONFINE_READ };
	for (i = 0; i < r->nrepos; i++) {
		if (access(r->repos[i], F_OK) == 0)
			paths[n++] = (struct confine_path){ r->repos[i],
			    CONFINE_READ | CONFINE_WRITE };
		else
			log_warn("repositories %s", r->repos[i]);
	}
	for (i = 0; i < sizeof(system_paths) / sizeof(system_paths[0]); i++)
		if (access(system_paths[i], F_OK) == 0)
			paths[n++] = (struct confine_path){ system_paths[i],
			    CONFINE_READ };
	if (confine_paths(paths, n, why, sizeof(why)) != 0 ||
	    confine_syscalls(CONFINE_REVIEW, why, sizeof(why)) != 0)
		fatalx("sandbox: %s", why);
}

static void
reviewer_main(struct options *opt)
{
	struct reviewer	 r;
	struct outcome	 o;
	int		 lock;

	umask(022);
	if ((lock = hand_lock(opt->state)) == -1)
		fatal("%s/lock", opt->state);
	if (gitlib_init(&o) != 0 ||
	    reviewer_open(&r, opt->state, opt->repos, opt->nrepos, &o) != 0)
		fatalx("%s", o.text);
	r.lockfd = lock;
	role_start(&r.role, P_REVIEW, &settings_conf, NULL, reviewer_peer, &r);
	reviewer_confine(&r);
	role_hello(&r.role);
	messages_sweep(&r);
	role_run(&r.role);
	reviewer_close(&r);
	gitlib_end();
}

int
main(int argc, char *argv[])
{
	struct options	 opt = { 0 };
	int		 ch;

	setprogname("praetor-reviewer");
	while ((ch = getopt(argc, argv, "r:s:v")) != -1) {
		switch (ch) {
		case 'r':
			if (opt.nrepos == REPOS_MAX)
				usage();
			opt.repos[opt.nrepos++] = optarg;
			break;
		case 's':
			opt.state = optarg;
			break;
		case 'v':
			opt.verbose = 1;
			break;
		default:
			usage();
		}
	}
	if (opt.state == NULL || optind != argc)
		usage();
	log_init("reviewer", opt.verbose);
	reviewer_main(&opt);
	return (0);
}

/*
 * praetor-gateway: the one process that connects to hosts for sessions.  It
 * parses what jobs ask for and what name servers answer, both hostile.  It
 * starts no program, listens nowhere, writes no file, and reads none but
 * those of the resolver.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>
#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "common/confine.h"
#include "common/err.h"
#include "common/log.h"
#include "gateway/address.h"
#include "gateway/dns.h"
#include "gateway/gateway.h"

/*
 * Names of hosts and their servers.  The directory, because both files are
 * replaced while the daemon runs; random numbers for the questions.
 */
static const struct confine_path paths[] = {
	{ "/etc", CONFINE_READ },
	{ "/dev/urandom", CONFINE_READ },
	{ "/run/systemd/resolve", CONFINE_READ }  /* last: may be missing */
};

static void
conf_begin(void *arg)
{
	struct gateway	*gw = arg;

	memset(&gw->staged, 0, sizeof(gw->staged));
}

static int
conf_item(void *arg, const struct rec *r, int fd, char *why, size_t size)
{
	struct gateway	*gw = arg;

	(void)why;
	(void)size;
	if (fd != -1)
		close(fd);
	if (rec_kind(r) != REC_k_main)
		return (0);
	strlcpy(gw->staged.resolver, rec_str(r, F_k_main_resolver),
	    sizeof(gw->staged.resolver));
	gw->staged.sessions = rec_u64(r, F_k_main_sessions_max);
	gw->staged.conns = rec_u64(r, F_k_main_egress);
	return (0);
}

/* Every session must have all it was promised, whatever the others do. */
static int
conf_end(void *arg, char *why, size_t size)
{
	struct gateway	*gw = arg;
	struct rlimit	 rl;
	uint64_t	 need = GATE_FILES(gw->staged.sessions,
			    gw->staged.conns);

	if (gw->staged.conns == 0)
		return (0);
	if (getrlimit(RLIMIT_NOFILE, &rl) == -1 || rl.rlim_cur < need) {
		snprintf(why, size, "egress connections max %llu for each of "
		    "%llu sessions needs %llu open files, the limit is %llu "
		    "(lower it, or raise LimitNOFILE)",
		    (unsigned long long)gw->staged.conns,
		    (unsigned long long)gw->staged.sessions,
		    (unsigned long long)need, (unsigned long long)rl.rlim_cur);
		return (PRA_EUNSUPPORTED);
	}
	return (0);
}

static void
conf_commit(void *arg)
{
	struct gateway	*gw = arg;
	struct dns	*next;
	char		 why[128];

	if (gw->dns == NULL ||
	    strcmp(gw->now.resolver, gw->staged.resolver) != 0) {
		next = dns_new(gw->role.base, gw->staged.resolver, why,
		    sizeof(why));
		if (next == NULL)
			fatalx("%s", why);
		dns_free(gw->dns);
		gw->dns = next;
	}
	gw->now = gw->staged;
}

static void
conf_abort(void *arg)
{
	(void)arg;
}

static const struct role_conf conf_ops = {
	.begin = conf_begin, .item = conf_item, .end = conf_end,
	.commit = conf_commit, .abort = conf_abort
};

static void
from_parent_session(struct peer *p, struct msg *m, void *arg)
{
	struct role	*role = arg;
	struct rec	*r;

	(void)p;
	if (msg_rec(m, REC_b_gate_session, &r) != 0)
		fatalx("GATE_SESSION is malformed");
	session_open(role->arg, r, msg_fd(m));
	rec_free(r);
}

static msg_handler *const parent_handlers[MSG_MAX] = {
	[MSG_GATE_SESSION] = from_parent_session
};

static void
on_peer(void *arg, enum proc other, int fd)
{
	if (other == P_ENGINE)
		engine_connect(arg, fd);
	else
		close(fd);
}

static void
files_raise(void)
{
	struct rlimit	 rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		fatal("limit of open files");
	rl.rlim_cur = rl.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &rl) == -1)
		fatal("limit of open files");
}

static void
confine(void)
{
	size_t	 n = sizeof(paths) / sizeof(paths[0]);
	char	 why[256];

	if (access(paths[n - 1].path, F_OK) == -1)
		n--;
	if (confine_paths(paths, n, why, sizeof(why)) != 0 ||
	    confine_syscalls(CONFINE_GATEWAY, why, sizeof(why)) != 0)
		fatalx("no sandbox: %s", why);
}

static void
gateway_main(struct gateway *gw)
{
	TAILQ_INIT(&gw->sessions);
	files_raise();
	if ((gw->routes = address_open()) == -1)
		fatal("routing socket");
	role_start(&gw->role, P_GATE, &conf_ops, parent_handlers, on_peer, gw);
	confine();
	role_hello(&gw->role);
	role_run(&gw->role);
	sessions_close(gw);
	peer_free(gw->engine);
	dns_free(gw->dns);
	close(gw->routes);
}

int
main(int argc, char *argv[])
{
	static struct gateway	 gw;	/* too large for a stack */
	int			 ch, verbose = 0;

	setprogname("praetor-gateway");
	while ((ch = getopt(argc, argv, "v")) != -1) {
		if (ch != 'v') {
			fprintf(stderr, "usage: praetor-gateway [-v]\n");
			return (2);
		}
		verbose = 1;
	}
	log_init("gateway", verbose);
	gateway_main(&gw);
	return (0);
}

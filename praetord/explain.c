/*
 * Parent: what confines a session, line by line, for `praetorctl explain`.
 * Every line comes from what is enforced: the configuration in force, the
 * tables that the filters are made of, the slot that a live session has.
 * Runs in the parent; parses nothing.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sched.h>
#include <sys/socket.h>

#include "common/confine.h"
#include "praetord/conf_parse.h"
#include "praetord/explain.h"

struct explain {
	explain_fn		*fn;
	void			*arg;
	const struct conf	*conf;
	int			 live;		/* this session, not any */
	const struct rec	*gate;		/* what it may reach, or NULL */
};

static void	 line(const struct explain *, const char *, const char *,
		    const char *, ...)
		    __attribute__((__format__(printf, 4, 5)));

static void
line(const struct explain *x, const char *section, const char *name,
    const char *fmt, ...)
{
	struct m_policy	 row = { { 0 }, { 0 }, { 0 } };
	va_list		 ap;

	snprintf(row.section, sizeof(row.section), "%s", section);
	snprintf(row.name, sizeof(row.name), "%s", name);
	va_start(ap, fmt);
	vsnprintf(row.value, sizeof(row.value), fmt, ap);
	va_end(ap);
	x->fn(x->arg, &row);
}

static void
explain_identity(const struct explain *x, const struct slot *sl)
{
	const struct conf	*c = x->conf;
	unsigned long		 base = c->uid_base;

	if (c->mode == MODE_USER)
		line(x, "identity", "users", "executor and job have the uid of "
		    "who started praetord; namespaces alone keep them apart");
	else if (sl != NULL)
		line(x, "identity", "users", "uid %u for the executor, %u for "
		    "the job; nobody else has them", sl->exec_uid,
		    sl->job_uid);
	else
		line(x, "identity", "users", "two uids of %lu to %lu, which "
		    "nobody else has", base, base +
		    2 * SLOTS(c) - 1);
	line(x, "identity", "root", "uid 0 of the host is not mapped");
	line(x, "identity", "groups", "none");
	line(x, "identity", "capabilities", "none, in no set; securebits "
	    "locked, no_new_privs");
	line(x, "namespaces", "own", "user, mount, pid (two: the job cannot "
	    "see its executor), net, ipc, uts, cgroup, and time where the "
	    "kernel has it");
	line(x, "namespaces", "new", "refused");
}

static void
explain_files(const struct explain *x)
{
	const struct conf	*c = x->conf;
	const struct conf_path	*p;
	char			 size[24];

	line(x, "files", "/workspace", "read and write: %s",
	    c->worktree == WORKTREE_OVERLAY ? "an overlay over the commit" :
	    "a private copy of the commit");
	TAILQ_FOREACH(p, &c->system, entry)
		line(x, "files", p->path, "read only%s",
		    p->optional ? ", if the host has it" : "");
	conf_unit_format(size, UNIT_BYTES, c->opt[OPT_LIMIT_TMP]);
	line(x, "files", "/tmp, /home/agent, /dev/shm",
	    "read and write: private, in memory, %s each", size);
	line(x, "files", "/dev", "null zero full random urandom tty, and "
	    "terminals of its own");
	line(x, "files", "/proc", "its own processes only");
	line(x, "files", "everything else", "is not there: the root is an "
	    "empty directory; no set-user-ID program, no device");
	line(x, "files", "Landlock", "the same boundaries a second time, "
	    "ABI %d", confine_abi());
}

/* How many calls the tables treat in which way. */
#define ALLOW(call)		+ 1
#define DENY(call)
#define NOSYS(call)
#define CHECK(call, ...)
static const int calls_allowed = 0
#include "executor/policy_job.tbl"
    ;
#undef ALLOW
#undef CHECK
#define ALLOW(call)
#define CHECK(call, ...)	#call,
static const char *const calls_checked[] = {
#include "executor/policy_job.tbl"
	NULL
};
#undef CHECK
#undef DENY
#define CHECK(call, ...)
#define DENY(call)		#call,
static const char *const calls_denied[] = {
#include "executor/policy_job.tbl"
	NULL
};

/* A list of names over as many lines as it takes. */
static void
names(const struct explain *x, const char *name, const char *const *v)
{
	char	 text[200] = "";
	size_t	 n = 0;

	for (; *v != NULL; v++) {
		if (n + strlen(*v) + 2 >= sizeof(text)) {
			line(x, "syscalls", name, "%s", text);
			n = 0;
		}
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s",
		    n > 0 ? " " : "", *v);
	}
	if (n > 0)
		line(x, "syscalls", name, "%s", text);
}

static void
explain_calls(const struct explain *x)
{
	line(x, "syscalls", "allowed", "%d calls of the native ABI",
	    calls_allowed);
	names(x, "by their arguments", calls_checked);
	names(x, "refused (EPERM)", calls_denied);
	line(x, "syscalls", "all others", "ENOSYS, so that programs fall "
	    "back; a foreign ABI kills the process");
}

/* For whom a rule of the configuration is. */
static void
explain_rule(const struct explain *x, const struct conf_egress *r)
{
	line(x, "network", r->host, "through the proxy%s%s%s%s",
	    r->project != NULL ? ", on " : "",
	    r->project != NULL ? r->project : "",
	    r->agent != NULL ? ", agent " : "",
	    r->agent != NULL ? r->agent : "");
}

static void
explain_hosts(const struct explain *x)
{
	const struct conf_egress	*r;
	size_t				 i, n;

	n = x->gate == NULL ? 0 : rec_count(x->gate, F_b_gate_session_rules);
	for (i = 0; i < n; i++)
		line(x, "network", rec_nth_str(x->gate,
		    F_b_gate_session_rules, i), "through the proxy");
	if (!x->live)
		TAILQ_FOREACH(r, &x->conf->egress, entry)
			explain_rule(x, r);
	if (x->live ? n == 0 : TAILQ_EMPTY(&x->conf->egress)) {
		line(x, "network", "other hosts", "none");
		return;
	}
	line(x, "network", "other hosts", "none: the proxy at 127.0.0.1:3128 "
	    "ends in the gateway, which looks names up and answers 403");
	line(x, "network", "private addresses", "none but those that a rule "
	    "names, wherever a name leads");
}

static void
explain_network(const struct explain *x)
{
	line(x, "network", "loopback", "of the session's own, shared with "
	    "nobody");
	explain_hosts(x);
	line(x, "network", "sockets", "UNIX and IP, TCP and UDP; no raw, "
	    "packet, vsock, MPTCP or other families");
}

#define ENV(name, value)	name " "
static const char env_names[] =
#include "executor/base_env.tbl"
    "TERM";
static const char env_proxy[] =
#include "executor/relay_env.tbl"
    "";

static void
explain_process(const struct explain *x)
{
	line(x, "process", "descriptors", "0, 1 and 2: the output, and nothing "
	    "or the terminal as input");
	line(x, "process", "environment", "%s, PRAETOR_* of its task, and "
	    "nothing inherited", env_names);
	if (x->live ? x->gate != NULL : !TAILQ_EMPTY(&x->conf->egress))
		line(x, "process", "environment", "%swhere hosts may be "
		    "reached", env_proxy);
	line(x, "process", "end", "when its main process ends, all of it is "
	    "killed");
	line(x, "process", "credentials", "none: not in its environment, "
	    "files, memory or descriptors");
}

static void
explain_limits(const struct explain *x)
{
	const struct conf_option	*o = conf_options;
	char				 value[24];
	int				 i;

	for (i = 0; i < OPT_MAX; i++) {
		if (strncmp(o[i].words, "limit ", 6) != 0 &&
		    strncmp(o[i].words, "egress", 6) != 0)
			continue;
		if (x->conf->opt[i] == 0)
			snprintf(value, sizeof(value), "none");
		else
			conf_unit_format(value, o[i].unit, x->conf->opt[i]);
		line(x, "limits", o[i].words + (o[i].words[0] == 'l' ? 6 : 0),
		    "%s (%s)", value, o[i].text);
	}
	line(x, "limits", "control group", x->conf->cgroup == CGROUP_NONE ?
	    "none: limits are those of processes (`cgroup none`)" :
	    "one of its own; what runs in it is killed as one");
}

static const struct {
	void	(*part)(const struct explain *);
} parts[] = {
	{ explain_files }, { explain_network }, { explain_calls },
	{ explain_limits }, { explain_process }
};

void
explain_policy(const struct conf *conf, const struct slot *sl,
    const struct rec *gate, explain_fn *fn, void *arg)
{
	const struct explain	 x = { fn, arg, conf, sl != NULL, gate };
	size_t			 i;

	explain_identity(&x, sl);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		parts[i].part(&x);
}

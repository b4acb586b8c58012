/*
 * The parent's configuration: what praetord.conf(5) says, checked, with
 * defaults filled in.  Parsed by the parent only; the roles get records
 * (common/conf.tbl) made of it.
 */
#ifndef PRAETORD_CONF_H
#define PRAETORD_CONF_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <bsd/sys/queue.h>

#include "common/quota.h"
#include "common/review.h"

struct rec;

enum conf_mode { MODE_SYSTEM, MODE_USER };
enum conf_cgroup { CGROUP_NONE, CGROUP_DELEGATED };
enum conf_worktree { WORKTREE_OVERLAY, WORKTREE_COPY };
enum conf_role {
	ROLE_ENGINE, ROLE_FRONTEND, ROLE_REVIEWER, ROLE_GATEWAY, ROLE_MAX
};

/* One scalar of the configuration; conf_options[] in conf.c says which. */
enum conf_opt {
	OPT_SESSIONS_MAX,	/* `sessions max` */
	OPT_SESSIONS_SPARE,
	OPT_TASKS_MAX,		/* `tasks max` */
	OPT_SUBTASKS_MAX,	/* `subtasks max`, 0 none */
	OPT_SUBTASKS_DEPTH,	/* `subtasks depth` */
	OPT_CLIENTS_MAX,	/* `clients max` */
	OPT_TIMEOUT,		/* ms, an attempt's default */
	OPT_VERIFY_TIMEOUT,	/* ms */
	OPT_IDLE,		/* ms, 0 none */
	OPT_OUTPUT,		/* bytes kept of an attempt's output */
	OPT_RETRIES,
	OPT_FETCH,		/* ms */
	OPT_FETCH_TIMEOUT,	/* ms without a sign of a Git server */
	OPT_FETCH_BYTES,	/* bytes that one may send */
	OPT_FILES_MAX,		/* files a change may touch */
	OPT_BYTES_MAX,		/* bytes a change may add */
	OPT_LARGE_FILE,		/* bytes, 0 none: class large-file */
	OPT_MANY_FILES,		/* 0 none: class large-change */
	OPT_MANY_BYTES,		/* the same in bytes */
	OPT_APPROVAL,		/* ms, 0 none */
	OPT_LIMIT_MEMORY,	/* bytes, 0 none; needs cgroup delegated */
	OPT_LIMIT_PIDS,		/* processes of a session, 0 none */
	OPT_LIMIT_CPU,		/* percent of one CPU, 0 none; as memory */
	OPT_LIMIT_CPU_TIME,	/* ms of CPU time of an attempt, 0 none */
	OPT_LIMIT_IO_READ,	/* bytes a second, 0 none; as memory */
	OPT_LIMIT_IO_WRITE,
	OPT_LIMIT_FILES,	/* RLIMIT_NOFILE of what runs */
	OPT_LIMIT_FSIZE,	/* RLIMIT_FSIZE in bytes, 0 none */
	OPT_LIMIT_TMP,		/* bytes of each private tmpfs: /tmp, home */
	OPT_EGRESS_CONNS,	/* connections of a session at once */
	OPT_EGRESS_BYTES,	/* bytes of a session, 0 none */
	OPT_EGRESS_IDLE,	/* ms without a byte on a connection */
	OPT_RETAIN_OUTPUT,	/* ms, 0 for ever */
	OPT_RETAIN_ATTIC,	/* ms, 0 for ever */
	OPT_LIMIT_DISK,		/* bytes of a session's upper directory, 0 none */
	OPT_LIMIT_DISK_FREE,	/* bytes that sessions leave free, 0 none */
	OPT_LIMIT_OUTPUT,	/* printed bytes that end an attempt, 0 none */
	OPT_FAIR_HALF,		/* ms, 0 never: half-life of what was used */
	OPT_FAIR_WEIGHT,	/* points of priority, 0 none */
	OPT_FAIR_AGE,		/* ms that are worth a point, 0 none */
	OPT_FAIR_CPU,		/* weights of what is used */
	OPT_FAIR_WALL,
	OPT_FAIR_TOKENS,
	OPT_FAIR_MONEY,
	OPT_MAX
};

struct conf_path {
	TAILQ_ENTRY(conf_path) entry;	/* on system or repositories */
	char		*path;		/* absolute */
	int		 optional;	/* may be missing on this host */
};
TAILQ_HEAD(conf_paths, conf_path);

struct conf_agent {
	TAILQ_ENTRY(conf_agent) entry;	/* on conf.agents */
	char		*name;
	char		*driver;	/* "command" */
	char		*shell;		/* or NULL */
	char		**argv;		/* NULL-ended, or NULL */
	int		 pty;
	uint64_t	 timeout;	/* ms, 0 the default */
	uint64_t	 idle;		/* ms, 0 the default */
	char		*provider;	/* or NULL */
};

struct conf_permit {
	TAILQ_ENTRY(conf_permit) entry;	/* on conf.permits, in order */
	int		 deny, any, group;
	char		*who;		/* as written: "alice", ":devs", "*" */
	uint32_t	 id;		/* uid or gid */
	char		*command;	/* "task.*" */
	char		*project;	/* or NULL: any */
};

/* A host that sessions of a project, or of an agent, may reach. */
struct conf_egress {
	TAILQ_ENTRY(conf_egress) entry;	/* on conf.egress, in order */
	char		*host;		/* canonical host:port */
	char		*project;	/* name, or "name*"; NULL: any */
	char		*agent;		/* or NULL: any, and verifications */
};

struct conf_review {
	TAILQ_ENTRY(conf_review) entry;	/* on conf.reviews, in order */
	char		*cls;		/* "secret", or "*" */
	enum review_verdict verdict;
	char		**paths;	/* patterns, NULL-ended; NULL: any */
	char		*project;	/* "web", "web*", or NULL: any */
};

/* How attempts that failed are made again. */
struct conf_retry {
	TAILQ_ENTRY(conf_retry) entry;	/* on conf.retries, in order */
	char		*agent;		/* of this one; NULL: any task */
	char		*cls;		/* "exit", or "*" */
	char		*how;		/* "none", "fixed" or "exponential" */
	uint64_t	 delay, most;	/* ms; 0 unless it has them */
	uint64_t	 times;		/* further attempts, if limited */
	int		 limited;
};
/* A share, a limit of what runs at once, or a quota. */
struct conf_quota {
	TAILQ_ENTRY(conf_quota) entry;	/* on conf.quotas or conf.shares */
	char		*kind;		/* "user", "label", ... */
	char		*name;		/* as written; "*" each */
	char		*key;		/* of its account: "user/1000" */
	enum quota	 what;
	uint64_t	 most;		/* or the share */
	int		 limit;		/* written as `limit running` */
};
TAILQ_HEAD(conf_quotas, conf_quota);

struct conf_cred {
	TAILQ_ENTRY(conf_cred) entry;	/* on conf.creds */
	char		*host;
	char		*kind;		/* "ssh-key", "token" or "ca" */
	char		*file;		/* absolute; opened by the parent */
	char		*user;		/* or NULL */
	char		*hostkey;	/* "SHA256:...", blanks between; NULL */
};

struct conf {
	enum conf_mode	 mode;
	enum conf_cgroup cgroup;
	enum conf_worktree worktree;
	char		*file;			/* that was read, absolute */
	char		*state;			/* state directory, absolute */
	char		*socket;		/* control socket, absolute */
	char		*libexec;		/* of the roles' programs */
	char		*author_name, *author_email;
	char		*user[ROLE_MAX];	/* as written */
	uid_t		 uid[ROLE_MAX];
	gid_t		 gid[ROLE_MAX];
	uint32_t	 uid_base;		/* first uid of the sessions */
	uint64_t	 opt[OPT_MAX];
	mode_t		 socket_mode;		/* e.g. 0666 */
	struct conf_paths system;
	struct conf_paths repositories;
	TAILQ_HEAD(, conf_agent) agents;
	TAILQ_HEAD(, conf_permit) permits;
	TAILQ_HEAD(, conf_review) reviews;
	TAILQ_HEAD(, conf_retry) retries;
	struct conf_paths windows;	/* texts: of maintenance */
	TAILQ_HEAD(, conf_cred) creds;
	TAILQ_HEAD(, conf_egress) egress;
	struct conf_quotas quotas;	/* in order */
	struct conf_quotas shares;
	char		*resolver;		/* "address:port", or NULL */
};

/*
 * Read a file.  `mode` fixes the defaults (user mode: XDG directories).
 * Every error is printed to stderr as "file:line: text"; NULL when there was
 * one.  The result is the caller's; conf_free() it.
 */
struct conf	*conf_load(const char *file, enum conf_mode mode);
void		 conf_free(struct conf *c);

/*
 * Print the configuration in its own grammar, defaults included: reading the
 * print gives the same configuration.
 */
void		 conf_print(FILE *f, const struct conf *c);

/*
 * The items for the roles, in order, as records of class RC_CONF: k_main,
 * k_agent, k_permit, k_review, k_retry, k_window, k_share, k_quota, k_repos
 * (k_cred apart).  Calls `emit` with each, which
 * takes it.  `started` is microseconds since 1970.  Returns how many.
 */
unsigned int	 conf_items(const struct conf *c, int64_t started,
		    void (*emit)(void *arg, struct rec *r), void *arg);

/*
 * What a session may reach, as a b_gate_session: every rule for its project
 * and agent ("" none).  NULL when there is no rule, so that it gets nothing.
 * The caller's.
 */
struct rec	*conf_egress(const struct conf *c, uint64_t session,
		    const char *project, const char *agent);

/*
 * What cannot change without a restart (state, socket, libexec, users, mode,
 * cgroup, worktree, uid base, repositories): NULL, or the keyword that differs.
 */
const char	*conf_fixed_differs(const struct conf *a, const struct conf *b);

#endif

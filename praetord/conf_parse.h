/*
 * What the parser of praetord.conf(5) is made of: the grammar (parse.y) says
 * in which order words stand, the functions here what they mean.  Each checks
 * what it is given, reports what is wrong with its place, and copies what it
 * keeps.  Parent process and praetord -n.
 */
#ifndef PRAETORD_CONF_PARSE_H
#define PRAETORD_CONF_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "praetord/conf.h"
#include "praetord/lex.h"

enum conf_unit {
	UNIT_COUNT, UNIT_BYTES, UNIT_MS, UNIT_PERCENT, UNIT_MONEY
};

/* One scalar setting; the table has a row for each of enum conf_opt. */
struct conf_option {
	const char	*words;		/* as in the file: "sessions max" */
	uint64_t	 min, max;	/* in the unit */
	uint64_t	 dflt;
	enum conf_unit	 unit;
	int		 none;		/* 0 is allowed as well: no limit */
	const char	*text;		/* one line for people */
};
extern const struct conf_option	 conf_options[OPT_MAX];

/* Other settings that may be given once. */
enum conf_once {
	ONCE_STATE = OPT_MAX,
	ONCE_SOCKET,
	ONCE_LIBEXEC,
	ONCE_CGROUP,
	ONCE_WORKTREE,
	ONCE_AUTHOR,
	ONCE_UIDS,
	ONCE_RESOLVER,
	ONCE_USER,			/* and one for each further role */
	ONCE_MAX = ONCE_USER + ROLE_MAX
};

struct parse {
	struct lex		*lex;
	struct conf		*conf;
	struct where		 seen[ONCE_MAX];	/* where it was set */
	struct where		 block;		/* where the agent began */
	struct conf_agent	*agent;		/* being read; on no list yet */
};

/* Some values in a row, as the grammar gathers them. */
struct conf_words {
	char	**v;		/* NULL-ended */
	size_t	  n;
};
void		 conf_words_add(struct conf_words *w, const char *text);
void		 conf_words_free(struct conf_words *w);	/* and w itself */

/*
 * Read what the lexer has; conf_load() without the file.  NULL when there
 * was an error; all have been printed.
 */
struct conf	*conf_parse(struct lex *lx, const char *file,
		    enum conf_mode mode);

/* An empty configuration of a mode, no default filled in yet. */
struct conf	*conf_new(const char *file, enum conf_mode mode);

/* Zeroed memory; a copy of a string.  fatal() when there is none. */
void		*conf_alloc(size_t size);
char		*conf_strdup(const char *s);
void		 conf_agent_free(struct conf_agent *a);

/*
 * A number with its unit.  "64M", "30s", "200%", "8"; 0 or -1.  Printed, it
 * is what reads back as the same number.
 */
int		 conf_unit_parse(enum conf_unit unit, const char *text,
		    uint64_t *v);
void		 conf_unit_format(char out[24], enum conf_unit unit,
		    uint64_t v);

/*
 * 1 when a record is as its definition says; reports what is wrong at a place
 * otherwise.  Frees it; NULL is an error too.
 */
int		 conf_record_ok(struct parse *p, struct where at,
		    const char *what, struct rec *r);

/* Frees a NULL-ended list of strings with the strings; NULL is fine. */
void		 conf_strings_free(char **v);

/* The records of the roles; the caller's. */
struct rec	*conf_agent_rec(const struct conf_agent *a);
struct rec	*conf_permit_rec(const struct conf_permit *p);
struct rec	*conf_review_rec(const struct conf_review *v);
struct rec	*conf_retry_rec(const struct conf_retry *r);
struct rec	*conf_window_rec(const char *text);

/* conf_defaults.c: whatever the file left open; -1 after an error. */
int		 conf_defaults(struct parse *p);

/* conf_set.c: settings that are there once, and lists of directories. */
void		 conf_set_option(struct parse *p, enum conf_opt opt,
		    const char *text);
void		 conf_set_path(struct parse *p, enum conf_once what,
		    const char *path);
void		 conf_set_socket(struct parse *p, const char *path,
		    const char *mode);
void		 conf_set_user(struct parse *p, enum conf_role role,
		    const char *user, const char *group);
void		 conf_set_uids(struct parse *p, const char *base);
void		 conf_set_cgroup(struct parse *p, enum conf_cgroup v);
void		 conf_set_worktree(struct parse *p, enum conf_worktree v);
void		 conf_set_author(struct parse *p, const char *name,
		    const char *email);
void		 conf_add_system(struct parse *p, const struct conf_words *w,
		    int optional);
void		 conf_add_repositories(struct parse *p,
		    const struct conf_words *w);

/*
 * The ids of a user or group by name or number.  A number need not be in
 * passwd(5); its group then has the same.  0, or -1 when there is none.
 */
int		 conf_user_id(const char *text, uid_t *uid, gid_t *gid);
int		 conf_group_id(const char *text, gid_t *gid);

/* An absolute path that is written in the one way there is.  0 or -1. */
int		 conf_check_path(struct parse *p, const char *what,
		    const char *path);

/* conf_check.c: 1 when path is dir or beneath it. */
int		 conf_beneath(const char *path, const char *dir);

/* conf_rules.c: agents, permissions, credentials. */
void		 conf_agent_begin(struct parse *p, const char *name);
void		 conf_agent_command(struct parse *p, struct conf_words *w);
void		 conf_agent_shell(struct parse *p, const char *line);
void		 conf_agent_pty(struct parse *p);
void		 conf_agent_timeout(struct parse *p, const char *text);
void		 conf_agent_idle(struct parse *p, const char *text);
void		 conf_agent_provider(struct parse *p, const char *name);
void		 conf_agent_end(struct parse *p);
void		 conf_add_permit(struct parse *p, int deny, const char *who,
		    const char *command, const char *project);
void		 conf_add_cred(struct parse *p, const char *host,
		    const char *kind, const char *file, const char *user,
		    const struct conf_words *hostkeys);

/* conf_egress.c: what sessions may reach. */
void		 conf_add_egress(struct parse *p, const struct conf_words *w,
		    const char *project, const char *agent);
void		 conf_set_resolver(struct parse *p, const char *text);
void		 conf_egress_free(struct conf *c);
void		 conf_check_egress(struct parse *p);

/* 1 for what can be the name of a project or an agent. */
int		 conf_name_ok(const char *name);

/* 1 the first time; else 0 and an error that names the other place. */
int		 conf_once(struct parse *p, unsigned int what,
		    const char *words);
/* conf_review.c: rules of review.  The words of paths are taken. */
void		 conf_add_review(struct parse *p, const char *cls,
		    enum review_verdict verdict, struct conf_words *paths,
		    const char *project);
void		 conf_review_free(struct conf_review *v);

/* conf_quota.c: shares, limits of what runs at once, quotas. */
void		 conf_add_share(struct parse *p, const char *kind,
		    const char *name, const char *share);
void		 conf_add_limit(struct parse *p, const char *kind,
		    const char *name, const char *most);
void		 conf_add_quota(struct parse *p, const char *kind,
		    const char *name, const char *what, const char *most);
void		 conf_quota_free(struct conf_quota *q);
struct rec	*conf_quota_rec(const struct conf_quota *q);
struct rec	*conf_share_rec(const struct conf_quota *q);

/* Money as millionths: "12.50". */
int		 conf_money_parse(const char *text, uint64_t *v);
void		 conf_money_format(char out[24], uint64_t v);

/*
 * conf_retry.c: rules for further attempts, in an agent's block or not; NULL
 * for no words.
 */
void		 conf_add_retry(struct parse *p, const char *cls,
		    const char *how, const struct conf_words *w);
void		 conf_retry_print(FILE *f, const struct conf_retry *r);
void		 conf_retry_free(struct conf_retry *r);

/* conf_window.c: maintenance, "Sun 02:00-04:00 Europe/Berlin". */
void		 conf_add_window(struct parse *p, const char *text);

/* conf_check.c: what only shows once everything is known. */
void		 conf_check(struct parse *p);

#endif

/*
 * Settings that are there once, and lists of directories.  Parent process and
 * praetord -n.
 */
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "praetord/conf_parse.h"

#define ID_MAX	4294967294	/* (uid_t)-1 is no user */

int
conf_once(struct parse *p, unsigned int what, const char *words)
{
	struct where	*at = &p->seen[what];

	if (at->file != NULL) {
		lex_fail(p->lex, "%s is already set at %s:%u", words, at->file,
		    at->line);
		return (0);
	}
	*at = lex_where(p->lex);
	return (1);
}

static int
system_only(struct parse *p, const char *words)
{
	if (p->conf->mode == MODE_SYSTEM)
		return (1);
	lex_fail(p->lex, "%s is for system mode only", words);
	return (0);
}

void
conf_set_option(struct parse *p, enum conf_opt opt, const char *text)
{
	const struct conf_option	*o = &conf_options[opt];
	static const char *const	 kinds[] = {
		[UNIT_COUNT] = "a number",
		[UNIT_BYTES] = "a size such as 64K, 64M or 2G",
		[UNIT_MS] = "a duration such as 30s, 5m, 2h or 1d",
		[UNIT_PERCENT] = "a percentage such as 200%",
	};
	char				 min[24], max[24];
	uint64_t			 v;

	if (!conf_once(p, opt, o->words))
		return;
	if (conf_unit_parse(o->unit, text, &v) == -1) {
		lex_fail(p->lex, "%s %s: is not %s", o->words, text,
		    kinds[o->unit]);
		return;
	}
	if ((v < o->min || v > o->max) && !(v == 0 && o->none)) {
		conf_unit_format(min, o->unit, o->min);
		conf_unit_format(max, o->unit, o->max);
		lex_fail(p->lex, "%s %s: must be from %s to %s%s", o->words,
		    text, min, max, o->none ? ", or 0 for none" : "");
		return;
	}
	p->conf->opt[opt] = v;
}

/* The one way there is: no empty part, no dots, no slash at the end. */
static int
canonical(const char *path)
{
	const char	*part = path;
	size_t		 n;

	if (path[0] == '/' && path[1] == '\0')
		return (1);
	while (*part == '/') {
		part++;
		n = strcspn(part, "/");
		if (n == 0 || (n == 1 && part[0] == '.') ||
		    (n == 2 && part[0] == '.' && part[1] == '.'))
			return (0);
		part += n;
	}
	return (1);
}

int
conf_check_path(struct parse *p, const char *what, const char *path)
{
	if (path[0] != '/')
		lex_fail(p->lex, "%s \"%s\": must be an absolute path", what,
		    path);
	else if (!canonical(path))
		lex_fail(p->lex, "%s \"%s\": must be written without //, . and "
		    ".. and without / at its end", what, path);
	else if (strlen(path) >= PATH_MAX)
		lex_fail(p->lex, "%s: is longer than %d bytes", what, PATH_MAX -
		    1);
	else
		return (0);
	return (-1);
}

void
conf_set_path(struct parse *p, enum conf_once what, const char *path)
{
	const char	*words = what == ONCE_STATE ? "state" : "libexec";
	char		**field;

	if (!conf_once(p, what, words) || conf_check_path(p, words, path) == -1)
		return;
	field = what == ONCE_STATE ? &p->conf->state : &p->conf->libexec;
	*field = conf_strdup(path);
}

void
conf_set_socket(struct parse *p, const char *path, const char *mode)
{
	char		*end;
	unsigned long	 v;

	if (!conf_once(p, ONCE_SOCKET, "socket") ||
	    conf_check_path(p, "socket", path) == -1)
		return;
	p->conf->socket = conf_strdup(path);
	if (mode == NULL)
		return;
	v = strtoul(mode, &end, 8);
	if (mode[0] < '0' || mode[0] > '7' || *end != '\0' || v > 0777)
		lex_fail(p->lex, "socket mode %s: must be octal, 0000 to 0777",
		    mode);
	else
		p->conf->socket_mode = (mode_t)v;
}

/* Every digit, and not past the last id there is.  0 or -1. */
static int
id_number(const char *text, uint32_t *id)
{
	uint64_t	 v;

	if (conf_unit_parse(UNIT_COUNT, text, &v) == -1 || v > ID_MAX)
		return (-1);
	*id = (uint32_t)v;
	return (0);
}

int
conf_user_id(const char *text, uid_t *uid, gid_t *gid)
{
	const struct passwd	*pw;

	if ((pw = getpwnam(text)) == NULL) {
		if (id_number(text, uid) == -1)
			return (-1);
		*gid = *uid;
		pw = getpwuid(*uid);
	}
	if (pw != NULL) {
		*uid = pw->pw_uid;
		*gid = pw->pw_gid;
	}
	return (0);
}

int
conf_group_id(const char *text, gid_t *gid)
{
	const struct group	*gr;

	if ((gr = getgrnam(text)) != NULL) {
		*gid = gr->gr_gid;
		return (0);
	}
	return (id_number(text, gid));
}

void
conf_set_user(struct parse *p, enum conf_role role, const char *user,
    const char *group)
{
	static const char *const words[ROLE_MAX] = {
		[ROLE_ENGINE] = "user engine",
		[ROLE_FRONTEND] = "user frontend",
		[ROLE_REVIEWER] = "user reviewer",
		[ROLE_GATEWAY] = "user gateway",
	};
	struct conf	*c = p->conf;
	gid_t		 gid = 0;

	if (!system_only(p, "user") ||
	    !conf_once(p, ONCE_USER + role, words[role]))
		return;
	if (conf_user_id(user, &c->uid[role], &gid) == -1)
		lex_fail(p->lex, "%s: there is no user %s", words[role], user);
	else if (group != NULL && conf_group_id(group, &gid) == -1)
		lex_fail(p->lex, "%s: there is no group %s", words[role],
		    group);
	else if (c->uid[role] == 0 || gid == 0)
		lex_fail(p->lex, "%s: must be neither root nor of root's group",
		    words[role]);
	else {
		c->gid[role] = gid;
		c->user[role] = conf_strdup(user);
	}
}

void
conf_set_uids(struct parse *p, const char *base)
{
	uint32_t	 v;

	if (!system_only(p, "uids") || !conf_once(p, ONCE_UIDS, "uids base"))
		return;
	if (id_number(base, &v) == -1 || v < 65536)
		lex_fail(p->lex, "uids base %s: must be a user number from "
		    "65536", base);
	else
		p->conf->uid_base = v;
}

void
conf_set_cgroup(struct parse *p, enum conf_cgroup v)
{
	if (conf_once(p, ONCE_CGROUP, "cgroup"))
		p->conf->cgroup = v;
}

void
conf_set_worktree(struct parse *p, enum conf_worktree v)
{
	if (conf_once(p, ONCE_WORKTREE, "worktree"))
		p->conf->worktree = v;
}

/* What Git takes as a name in a commit's header. */
static int
author_ok(const char *text)
{
	return (text[0] != '\0' && strlen(text) <= 256 &&
	    strpbrk(text, "<>\n") == NULL);
}

void
conf_set_author(struct parse *p, const char *name, const char *email)
{
	if (!conf_once(p, ONCE_AUTHOR, "author"))
		return;
	if (!author_ok(name) || !author_ok(email)) {
		lex_fail(p->lex, "author: name and email must be 1 to 256 "
		    "bytes without <, > and ends of lines");
		return;
	}
	p->conf->author_name = conf_strdup(name);
	p->conf->author_email = conf_strdup(email);
}

/* Append, unless the list has it. */
static void
path_add(struct parse *p, struct conf_paths *list, const char *what,
    const char *path, int optional)
{
	struct conf_path	*d;

	TAILQ_FOREACH(d, list, entry)
		if (strcmp(d->path, path) == 0) {
			lex_fail(p->lex, "%s \"%s\": is already on the list",
			    what, path);
			return;
		}
	d = conf_alloc(sizeof(*d));
	d->path = conf_strdup(path);
	d->optional = optional;
	TAILQ_INSERT_TAIL(list, d, entry);
}

/* What the sandbox makes itself cannot come from the host. */
static int
own(const char *path)
{
	static const char *const	 dirs[] = { "/proc", "/sys", "/dev",
	    "/tmp", "/var/tmp", "/workspace", "/home/agent",
	    "/run/praetor" };
	size_t				 i;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (conf_beneath(path, dirs[i]) || conf_beneath(dirs[i], path))
			return (1);
	return (0);
}

void
conf_add_system(struct parse *p, const struct conf_words *w, int optional)
{
	size_t	 i;

	for (i = 0; i < w->n; i++) {
		if (conf_check_path(p, "system", w->v[i]) == -1)
			continue;
		if (own(w->v[i]))
			lex_fail(p->lex, "system \"%s\": a session has its "
			    "own; name what it needs beneath", w->v[i]);
		else
			path_add(p, &p->conf->system, "system", w->v[i],
			    optional);
	}
}

void
conf_add_repositories(struct parse *p, const struct conf_words *w)
{
	size_t	 i;

	for (i = 0; i < w->n; i++)
		if (conf_check_path(p, "repositories", w->v[i]) == 0)
			path_add(p, &p->conf->repositories, "repositories",
			    w->v[i], 0);
}

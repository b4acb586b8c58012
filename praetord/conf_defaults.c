/*
 * What a file left open, by mode.  Parent process and praetord -n.  System
 * mode has fixed places and users of its own; user mode follows the XDG base
 * directory specification and takes the caller's identity.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "praetord/conf_parse.h"

#define UIDS_BASE	2000000000

static const char *const role_words[ROLE_MAX] = {
	[ROLE_ENGINE] = "engine",
	[ROLE_FRONTEND] = "frontend",
	[ROLE_REVIEWER] = "reviewer",
	[ROLE_GATEWAY] = "gateway",
};

static const char *const role_users[ROLE_MAX] = {
	[ROLE_ENGINE] = "_praetor-engine",
	[ROLE_FRONTEND] = "_praetor-front",
	[ROLE_REVIEWER] = "_praetor-review",
	[ROLE_GATEWAY] = "_praetor-gate",
};

/*
 * What a Debian system needs for compilers, interpreters and their libraries
 * to run, and nothing that says who uses the machine.
 */
static const struct { const char *path; int optional; } system_paths[] = {
	{ "/usr", 0 },
	{ "/bin", 1 },
	{ "/sbin", 1 },
	{ "/lib", 1 },
	{ "/lib32", 1 },
	{ "/lib64", 1 },
	{ "/libx32", 1 },
	{ "/etc/alternatives", 1 },
	{ "/etc/ca-certificates", 1 },
	{ "/etc/ca-certificates.conf", 1 },
	{ "/etc/debian_version", 1 },
	{ "/etc/ld.so.cache", 1 },
	{ "/etc/ld.so.conf", 1 },
	{ "/etc/ld.so.conf.d", 1 },
	{ "/etc/localtime", 1 },
	{ "/etc/mime.types", 1 },
	{ "/etc/os-release", 1 },
	{ "/etc/perl", 1 },
	{ "/etc/protocols", 1 },
	{ "/etc/python3", 1 },
	{ "/etc/services", 1 },
	{ "/etc/ssl", 1 },
	{ "/etc/timezone", 1 },
};

static void
path_add(struct conf *c, const char *path, int optional)
{
	struct conf_path	*d;

	d = conf_alloc(sizeof(*d));
	d->path = conf_strdup(path);
	d->optional = optional;
	TAILQ_INSERT_TAIL(&c->system, d, entry);
}

static void
system_default(struct conf *c)
{
	size_t	 i;

	for (i = 0; i < sizeof(system_paths) / sizeof(system_paths[0]); i++)
		path_add(c, system_paths[i].path, system_paths[i].optional);
}

static char *
join(const char *dir, const char *rest)
{
	char	*out;

	if (asprintf(&out, "%s%s", dir, rest) == -1)
		fatal("configuration");
	return (out);
}

/* The specification: a directory that is not absolute is as if unset. */
static const char *
xdg(const char *name)
{
	const char	*dir = getenv(name);

	return (dir != NULL && dir[0] == '/' ? dir : NULL);
}

static const char *
home(void)
{
	const struct passwd	*pw;
	const char		*dir = xdg("HOME");

	if (dir == NULL && (pw = getpwuid(getuid())) != NULL)
		dir = pw->pw_dir;
	return (dir);
}

static void
repositories_default(struct conf *c, const char *path)
{
	struct conf_path	*d;

	if (!TAILQ_EMPTY(&c->repositories))
		return;
	d = conf_alloc(sizeof(*d));
	d->path = conf_strdup(path);
	TAILQ_INSERT_TAIL(&c->repositories, d, entry);
}

static int
user_defaults(struct parse *p)
{
	struct conf	*c = p->conf;
	const char	*dir = home(), *base;
	unsigned int	 i;

	if (dir == NULL) {
		lex_error(p->lex, (struct where){ c->file, 0 },
		    "no home directory; set HOME");
		return (-1);
	}
	base = xdg("XDG_STATE_HOME");
	if (c->state == NULL)
		c->state = base != NULL ? join(base, "/praetor") :
		    join(dir, "/.local/state/praetor");
	base = xdg("XDG_RUNTIME_DIR");
	if (c->socket == NULL)
		c->socket = base != NULL ? join(base, "/praetor/control.sock") :
		    join(c->state, "/control.sock");
	repositories_default(c, dir);
	for (i = 0; i < ROLE_MAX; i++) {
		c->uid[i] = getuid();
		c->gid[i] = getgid();
	}
	return (0);
}

static int
system_defaults(struct parse *p)
{
	struct conf		*c = p->conf;
	struct where		 at = { c->file, 0 };
	const struct passwd	*pw;
	unsigned int		 i;

	for (i = 0; i < ROLE_MAX; i++) {
		if (c->user[i] != NULL)
			continue;
		if ((pw = getpwnam(role_users[i])) == NULL) {
			lex_error(p->lex, at, "user %s: there is no user %s; "
			    "make it with systemd-sysusers, or name another",
			    role_words[i], role_users[i]);
			continue;
		}
		c->user[i] = conf_strdup(role_users[i]);
		c->uid[i] = pw->pw_uid;
		c->gid[i] = pw->pw_gid;
	}
	if (c->state == NULL)
		c->state = conf_strdup("/var/lib/praetor");
	if (c->socket == NULL)
		c->socket = conf_strdup("/run/praetor/control.sock");
	if (c->uid_base == 0)
		c->uid_base = UIDS_BASE;
	repositories_default(c, "/srv/git");
	return (lex_errors(p->lex) == 0 ? 0 : -1);
}

int
conf_defaults(struct parse *p)
{
	struct conf	*c = p->conf;

	if (c->libexec == NULL)
		c->libexec = conf_strdup(PRAETOR_LIBEXEC);
	if (c->author_name == NULL) {
		c->author_name = conf_strdup("Praetor");
		c->author_email = conf_strdup("praetor@localhost");
	}
	if (TAILQ_EMPTY(&c->system))
		system_default(c);
	if (c->mode == MODE_USER)
		return (user_defaults(p));
	return (system_defaults(p));
}

/*
 * What only shows once the whole file is known.  Parent process and praetord
 * -n.  Runs after errors too, so that one run reports all of them, and so
 * takes nothing for granted that another check refuses.
 */
#include <sys/un.h>

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "praetord/conf_parse.h"
#include "praetord/slot.h"

#define ID_MAX	4294967294	/* (uid_t)-1 is no user */

/* The place where something was set, or the file. */
static struct where
place(const struct parse *p, unsigned int what)
{
	if (p->seen[what].file != NULL)
		return (p->seen[what]);
	return ((struct where){ p->conf->file, 0 });
}

/* These are enforced by a control group and by nothing else. */
static void
check_cgroup(struct parse *p)
{
	static const enum conf_opt	 needs[] = { OPT_LIMIT_MEMORY,
	    OPT_LIMIT_CPU, OPT_LIMIT_IO_READ, OPT_LIMIT_IO_WRITE };
	size_t				 i;

	if (p->conf->cgroup == CGROUP_DELEGATED)
		return;
	for (i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (p->conf->opt[needs[i]] != 0)
			lex_error(p->lex, place(p, needs[i]), "%s needs a "
			    "control group: add `cgroup delegated' and start "
			    "praetord by a unit with Delegate=yes, or remove "
			    "the limit", conf_options[needs[i]].words);
}

/* Users of the machine must not be those of sessions. */
static void
check_uids(struct parse *p)
{
	const struct conf	*c = p->conf;
	const struct passwd	*pw;
	uint64_t		 end;

	if (c->mode != MODE_SYSTEM || c->uid_base == 0)
		return;
	end = (uint64_t)c->uid_base + 2 * SLOTS(c);
	if (end - 1 > ID_MAX) {
		lex_error(p->lex, place(p, ONCE_UIDS), "uids base %" PRIu32
		    ": %" PRIu64 " user numbers do not fit above it",
		    c->uid_base, end - c->uid_base);
		return;
	}
	setpwent();
	while ((pw = getpwent()) != NULL)
		if (pw->pw_uid >= c->uid_base && pw->pw_uid < end) {
			lex_error(p->lex, place(p, ONCE_UIDS), "uids base %"
			    PRIu32 ": user %s has %u, which is one of the %"
			    PRIu64 " from there", c->uid_base, pw->pw_name,
			    (unsigned int)pw->pw_uid, end - c->uid_base);
			break;
		}
	endpwent();
}

/* A role that shares its user with another could trace it. */
static void
check_users(struct parse *p)
{
	const struct conf	*c = p->conf;
	unsigned int		 i, k;

	if (c->mode != MODE_SYSTEM)
		return;
	for (i = 0; i < ROLE_MAX; i++)
		for (k = i + 1; k < ROLE_MAX; k++)
			if (c->user[i] != NULL && c->user[k] != NULL &&
			    c->uid[i] == c->uid[k])
				lex_error(p->lex, place(p, ONCE_USER + k),
				    "user %s is another role's already; each "
				    "role needs its own", c->user[k]);
}

int
conf_beneath(const char *path, const char *dir)
{
	size_t	 n = strlen(dir);

	if (n == 1)		/* the root directory */
		return (1);
	return (strncmp(path, dir, n) == 0 &&
	    (path[n] == '\0' || path[n] == '/'));
}

/*
 * What sessions must not see, not even to read: a socket can be connected to,
 * and in user mode the modes of files keep nobody out.
 */
static void
check_hidden(struct parse *p, struct where at, const char *what,
    const char *path)
{
	const struct conf_path	*d;

	if (path == NULL)
		return;
	TAILQ_FOREACH(d, &p->conf->system, entry)
		if (conf_beneath(path, d->path))
			lex_error(p->lex, at, "%s \"%s\": is beneath system "
			    "\"%s\", which sessions see", what, path, d->path);
}

static void
check_secrets(struct parse *p)
{
	const struct conf		*c = p->conf;
	const struct conf_cred		*k;

	if (c->state != NULL && strcmp(c->state, "/") == 0)
		lex_error(p->lex, place(p, ONCE_STATE), "state \"/\": name a "
		    "directory of its own");
	check_hidden(p, place(p, ONCE_STATE), "state", c->state);
	check_hidden(p, place(p, ONCE_SOCKET), "socket", c->socket);
	TAILQ_FOREACH(k, &c->creds, entry)
		check_hidden(p, (struct where){ c->file, 0 }, "credential",
		    k->file);
}

static void
check_socket(struct parse *p)
{
	size_t	 max = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

	if (p->conf->socket != NULL && strlen(p->conf->socket) > max)
		lex_error(p->lex, place(p, ONCE_SOCKET), "socket \"%s\": is "
		    "longer than %zu bytes; name a shorter one",
		    p->conf->socket, max);
}

void
conf_check(struct parse *p)
{
	check_cgroup(p);
	check_uids(p);
	check_users(p);
	check_secrets(p);
	check_socket(p);
	conf_check_egress(p);
}

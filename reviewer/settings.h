/*
 * What the reviewer uses of the configuration.
 */
#ifndef REVIEWER_SETTINGS_H
#define REVIEWER_SETTINGS_H

#include <stddef.h>
#include <stdint.h>
#include <bsd/sys/queue.h>

#include "common/role.h"

struct rec;

struct cred {
	TAILQ_ENTRY(cred) entry;	/* on settings.creds */
	char		*host;		/* lower case */
	char		*kind;		/* "ssh-key", "token" or "ca" */
	char		*user;		/* or "" */
	char		*hostkey;	/* "SHA256:...", blanks between; or "" */
	char		*secret;	/* bytes and a NUL; wiped on free */
	size_t		 len;		/* bytes of it */
};

/* Paths that a rule of class `protected' names. */
struct protect {
	TAILQ_ENTRY(protect) entry;	/* on settings.protects */
	char		*project;	/* or a pattern, or NULL: any */
	char		*pattern;	/* of common/glob.h */
};

struct settings {
	char		*author_name, *author_email;
	uint64_t	 files_max;	/* files that a change may touch */
	uint64_t	 bytes_max;	/* bytes that a change may add */
	uint64_t	 fetch;		/* ms; younger mirrors are not fetched */
	uint64_t	 large_file;	/* bytes; 0: no file is large */
	uint64_t	 many_files;	/* files; 0: no change is large */
	uint64_t	 many_bytes;
	int		 copy;		/* worktrees are copies: no layers */
	uint64_t	 fetch_timeout;	/* ms that a server may be silent */
	uint64_t	 fetch_bytes;	/* bytes that it may send at once */
	TAILQ_HEAD(, cred) creds;
	TAILQ_HEAD(, protect) protects;
};

#define SECRET_MAX	(64 * 1024)	/* bytes of a credential's file */

/*
 * What holds until the first configuration, for tests and benchmarks too.
 * NULL: no memory.
 */
struct settings	*settings_new(void);
void		 settings_free(struct settings *s);	/* NULL is fine */

/* The transaction of configuration (common/role.h); arg is the reviewer. */
extern const struct role_conf settings_conf;

/*
 * Wipe the credentials of every host but the one of a URL (NULL: of every
 * host).
 */
void		 settings_only(struct settings *s, const char *url);

/* The credential of a kind for a host (case does not matter), or NULL. */
const struct cred *settings_cred(const struct settings *s, const char *kind,
	    const char *host);

#endif

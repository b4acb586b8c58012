/*
 * The escape suite: what a job tries to get out of its sandbox, as tables of
 * cases.  The same program runs inside, as a job, and outside as the control:
 * an attempt that fails outside as well proves nothing.  Static, so that it
 * runs in any root; links nothing of the daemon.
 */
#ifndef TESTS_ESCAPE_H
#define TESTS_ESCAPE_H

#include <stddef.h>
#include <sys/types.h>

#define OUT	512		/* bytes of an outcome */

/* Who tries. */
enum arm {
	INSIDE,			/* the job */
	USER,			/* an ordinary user of the host */
	NS,			/* root of a user namespace, all others new too */
	PIDNS,			/* the same in a new pid namespace, host's /proc */
	ROOT,			/* root of the host */
	ARMS
};

/* What the canaries' keeper said, and what the driver adds: name, value. */
struct param {
	char	 name[16];
	char	 value[240];
};

struct world {
	const char	*who;		/* before each line of output */
	enum arm	 arm;
	struct param	 p[48];
	size_t		 np;
};

/*
 * One attempt.  `try` writes its outcome: "ok" when it worked, the name of an
 * errno, or what was seen.  A child that is killed has the signal's name.
 * inside and outside list the outcomes wanted, a|b, each a pattern of
 * fnmatch(3); an outside of "" wants any that is not wanted inside.
 */
struct escape {
	const char	*id, *name;
	void		(*try)(const struct world *, const struct escape *,
			    char *);
	const char	*inside, *outside;
	enum arm	 arm;		/* of the control */
	long		 a[7];		/* for `try` */
	const char	*s;
	int		 alone;		/* only when it is named: slow, or kills */
};

struct table {
	char			 letter;
	const struct escape	*cases;
	size_t			 n;
};

#define GROUP(l, t)	{ l, t, sizeof(t) / sizeof((t)[0]) }

/* The tables, one file each. */
extern const struct table group_a, group_b, group_c, group_d, group_e,
    group_f, group_g, group_h, group_j;

/* The value of a parameter; "" when it was not given. */
const char	*param(const struct world *w, const char *name);
long		 number(const struct world *w, const char *name);

/* Say how it went: r is -1 with errno, or "ok". */
void	 say(char *out, long r);
void	 said(char *out, const char *fmt, ...)
	    __attribute__((__format__(__printf__, 2, 3)));

/* Any system call: a[0] its number, then its arguments. */
void	 raw(const struct world *w, const struct escape *e, char *out);

/* The first line of a file that begins with a prefix, without it, or NULL. */
char	*line_of(const char *file, const char *prefix, char *buf, size_t size);

/* open(2) of e->s with flags a[0], after replacing {param} in it. */
void	 open_path(const struct world *w, const struct escape *e, char *out);
void	 path_of(const struct world *w, const char *text, char *path,
	    size_t size);

/* What a child says: fn runs after fork(2), in a session of its own. */
void	 in_child(const struct world *w, const struct escape *e, char *out,
	    void (*fn)(const struct world *, const struct escape *, char *));

/* Where the attempt may write: a directory of this arm. */
const char	*own_dir(const struct world *w);

#endif

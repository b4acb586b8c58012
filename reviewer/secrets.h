/*
 * The search for secrets in what a change adds.  What is found is told by its
 * place and its rule, never by its bytes.
 */
#ifndef REVIEWER_SECRETS_H
#define REVIEWER_SECRETS_H

#include <stddef.h>

#include "common/review.h"

struct secret_rule {
	const char		*name;		/* "aws-access-key" */
	enum review_class	 cls;
	const char		*prefix;
	int			 fold;		/* prefix: either case */
	size_t			(*match)(const struct secret_rule *r,
				    const char *p, size_t n);
	unsigned int		 set;		/* characters of the run */
	size_t			 least, most;	/* of them */
	unsigned int		 distinct;	/* different ones, at least */
	const char		*text;		/* for people */
};

/* Row i of the table, or NULL after the last. */
const struct secret_rule *secret_row(size_t i);

struct scanner;

/* What the table's prefixes begin with.  NULL: no memory; free(3) it. */
struct scanner	*scanner_new(void);

/* A place: `at` and `len` are bytes of what was searched. */
struct secret_found {
	const struct secret_rule *rule;
	size_t			 at, len;
	unsigned int		 line;		/* from 1 */
};

/*
 * Search n bytes; `found` is called for each place in order, and ends the
 * search with a value that is not 0, which is returned.  The time follows n.
 */
int	 secrets_scan(const struct scanner *sc, const char *p, size_t n,
	    int (*found)(void *arg, const struct secret_found *f), void *arg);

#endif

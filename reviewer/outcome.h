/*
 * How an operation of the reviewer ended: an error of err.tbl and the one
 * line for people that names the thing and the remedy.
 */
#ifndef REVIEWER_OUTCOME_H
#define REVIEWER_OUTCOME_H

#include <stddef.h>

#define OUTCOME_TEXT	1024

struct outcome {
	int	 err;			/* PRA_E* or 0 */
	char	 text[OUTCOME_TEXT];	/* UTF-8, one line, nothing unprintable */
};

/* Set error and text; returns err, so that a function can end with it. */
int	 outcome_set(struct outcome *o, int err, const char *fmt, ...)
	    __attribute__((__format__(printf, 3, 4)));

/* As outcome_set() with the error and text that an errno value stands for. */
int	 outcome_errno(struct outcome *o, int errnum, const char *fmt, ...)
	    __attribute__((__format__(printf, 3, 4)));

/*
 * As outcome_set() for a failed call of libgit2: appends what libgit2 says.
 * `rc` is its return value; a full disk and missing rights are recognised.
 */
int	 outcome_git(struct outcome *o, int rc, const char *fmt, ...)
	    __attribute__((__format__(printf, 3, 4)));

/*
 * Foreign text made safe for messages and terminals: valid UTF-8 is kept,
 * control characters and stray bytes become \xNN; cut to fit.  Returns out.
 */
char	*text_clean(char *out, size_t size, const char *text);

#endif

/*
 * Why a step of making a sandbox failed: one sentence that names the step and
 * the remedy, small enough to travel in a message.
 */
#ifndef PRAETORD_WHY_H
#define PRAETORD_WHY_H

struct why {
	int	 err;		/* PRA_E* */
	char	 text[240];
};

/*
 * Fill in "<what>: <strerror(errno)> (<remedy>)" and the error that errno
 * stands for; remedy may be NULL.  Returns -1.
 */
int	 why_errno(struct why *w, const char *remedy, const char *fmt, ...)
	    __attribute__((__format__(printf, 3, 4)));

/* The same for a failure that has no errno.  Returns -1. */
int	 why_set(struct why *w, int err, const char *fmt, ...)
	    __attribute__((__format__(printf, 3, 4)));

#endif

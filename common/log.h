/*
 * The log: one line a message on standard error, with a <N> priority in
 * front (sd-daemon(3)) when that is the journal.  Linked by every program.
 * Nothing that came from outside is printed except through log_vis().
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stddef.h>

/*
 * Name this process in every line; verbose 1 adds debug messages and the
 * trace of every message.  Keeps the pointer.  Call once, first.
 */
void	 log_init(const char *name, int verbose);
void	 log_verbose(int verbose);
int	 log_is_verbose(void);

/* Name a session in front of each line from now on (executors); 0 for none. */
void	 log_session(unsigned long long session);

/* Each keeps errno.  log_warn() and fatal() append strerror(errno). */
void	 log_warn(const char *fmt, ...) __attribute__((__format__(printf, 1, 2)));
void	 log_warnx(const char *fmt, ...) __attribute__((__format__(printf, 1, 2)));
void	 log_info(const char *fmt, ...) __attribute__((__format__(printf, 1, 2)));
void	 log_debug(const char *fmt, ...) __attribute__((__format__(printf, 1, 2)));

/*
 * Log and exit with status 1.  Only where the process cannot go on: start-up,
 * its own memory, a parent that lies.  Nothing from outside may reach it.
 */
void	 fatal(const char *fmt, ...)
	    __attribute__((__noreturn__, __format__(printf, 1, 2)));
void	 fatalx(const char *fmt, ...)
	    __attribute__((__noreturn__, __format__(printf, 1, 2)));

/*
 * Foreign text made safe for one line of a log or terminal: vis(3) with
 * VIS_NL | VIS_CSTYLE, cut to fit.  Returns out.
 */
const char *log_vis(char *out, size_t size, const char *text, size_t len);

#endif

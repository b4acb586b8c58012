/*
 * Sentences and messages made of the state.  Engine, pure half; what users
 * and agents wrote passes through here into one line, or into a commit.
 */
#ifndef ENGINE_TEXT_H
#define ENGINE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/ids.h"
#include "common/when.h"
#include "engine/state.h"

#define TEXT_LINE	1024	/* a sentence of an event or view, with NUL */
#define TEXT_NAME	81	/* a task's name or id, with NUL */

/* "lint", or "t_..." when it has no name. */
const char	*text_task(char out[TEXT_NAME], const struct task *t);

/* "waiting on a, any:b" of what a task depends on and that keeps it. */
void	 text_waiting(char out[TEXT_LINE], const struct task *t);

/* Append to a list "a, b" in out; a list that is full ends in "...". */
void	 text_list(char *out, size_t size, const char *item);

/*
 * One printable line of at most size - 1 bytes: control characters dropped,
 * cut between characters with "..." at the end.
 */
void	 text_line(char *out, size_t size, const char *text);

/* "2026-12-01T03:00:00Z". */
const char	*text_when(char out[WHEN_TEXT], uint64_t us);

/* "1 file", "3 files". */
void	 text_files(char out[32], uint64_t n);

/*
 * The end of a step: "exit 0", "killed by signal 9", "timed out after 2s",
 * "no output for 30s", "cancelled", "could not be started: ...".  timeout
 * and idle are the step's limits in milliseconds.
 */
void	 text_exit(char out[TEXT_LINE], const struct rec *exit,
	    uint64_t timeout, uint64_t idle);

/*
 * The message of the commit: subject, text and trailers that nobody but the
 * engine can have written.  0 or PRA_ENOMEM.
 */
int	 text_commit(struct buf *out, const struct task *t,
	    const struct change *c);

#endif

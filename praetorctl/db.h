/*
 * What the files of `praetorctl db' share: a file that is being written, under
 * another name until it is whole.
 */
#ifndef PRAETORCTL_DB_H
#define PRAETORCTL_DB_H

#include "praetorctl/ctl.h"

struct taking;

/* Write to it; an error is told at its end. */
void	 taking_write(struct taking *t, const void *p, size_t n);

/* Its end came, and what came before it agrees (or not). */
void	 taking_end(struct taking *t, int whole);

/*
 * Run c->cmd, whose items fn (with c->taking) writes to a file that is not
 * there yet.  An exit code; without taking_end() nothing stays.
 */
int	 taking_run(struct ctl *c, const char *file, item_fn *fn);

int	 db_export(struct ctl *c);
int	 db_restore(struct ctl *c);
int	 db_verify(struct ctl *c);

#endif

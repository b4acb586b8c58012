/*
 * praetorctl help.
 */
#ifndef PRAETORCTL_HELP_H
#define PRAETORCTL_HELP_H

struct ctl;

/* Print the usage of c->cmd; of everything when that is `help`.  Exit code. */
int	 help_run(struct ctl *c);

#endif

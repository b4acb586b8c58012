/*
 * The commands of `praetorctl task` that print a stream.
 */
#ifndef PRAETORCTL_TASK_H
#define PRAETORCTL_TASK_H

struct ctl;

/* Each returns the exit code; 8 and 9 for a task that failed, was cancelled. */
int	 task_trace(struct ctl *c);
int	 task_logs(struct ctl *c);
int	 task_diff(struct ctl *c);
int	 task_wait(struct ctl *c);

#endif

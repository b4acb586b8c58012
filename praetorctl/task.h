/*
 * The commands of `praetorctl task` that have files of their own.
 */
#ifndef PRAETORCTL_TASK_H
#define PRAETORCTL_TASK_H

struct ctl;
struct ctl_opt;

/* graph.c */
extern const struct ctl_opt	 edit_opts[], deps_opts[], clean_opts[];
extern const struct ctl_opt	 reorder_opts[];
int	 task_edit(struct ctl *c);
int	 task_deps(struct ctl *c);
int	 task_clean(struct ctl *c);

/* Each returns the exit code; 8 and 9 for a task that failed, was cancelled. */
int	 task_trace(struct ctl *c);
int	 task_logs(struct ctl *c);
int	 task_diff(struct ctl *c);
int	 task_wait(struct ctl *c);

#endif

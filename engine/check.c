/*
 * Checks of what users write.  Engine, pure half, on foreign text: nothing
 * of it is repeated in a message except through log_vis().
 */
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "common/log.h"
#include "common/when.h"
#include "engine/check.h"

#define NAME_MAX_LEN	64
#define LABELS_MAX	32
#define PRIORITY_MAX	1000
#define RETRIES_MAX	100
#define TIMEOUT_MAX	(366ULL * 24 * 3600 * 1000)	/* ms */
#define SHOWN		(4 * NAME_MAX_LEN + 1)

static const char name_chars[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

static const char *
shown(char out[SHOWN], const char *text)
{
	return (log_vis(out, SHOWN, text, strlen(text)));
}

int
name_good(const char *name)
{
	size_t	 n = strlen(name);

	return (n > 0 && n <= NAME_MAX_LEN && strspn(name, name_chars) == n);
}

int
check_name(struct decision *d, const char *what, const char *name)
{
	char	 vis[SHOWN];

	if (name_good(name))
		return (1);
	refuse(d, PRA_EINVALID, "use 1 to 64 letters, digits, '.', '_', '-'",
	    "\"%s\" cannot be the name of a %s", shown(vis, name), what);
	return (0);
}

int
check_line(struct decision *d, const char *what, const char *text)
{
	const char	*p;
	char		 vis[SHOWN];

	for (p = text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f) {
			refuse(d, PRA_EINVALID, "remove it", "%s has a "
			    "control character: \"%s\"", what,
			    shown(vis, text));
			return (0);
		}
	return (1);
}

int
check_some(const char *text)
{
	return (text[strspn(text, " \t\r\n\v\f")] != '\0');
}

int
check_agent(struct decision *d, const char *name)
{
	char	 vis[SHOWN];

	if (config_agent(d->conf, name) != NULL)
		return (1);
	refuse(d, PRA_ENOTFOUND, "add an agent block to praetord.conf and "
	    "reload it, or use --run", "there is no agent \"%s\"",
	    shown(vis, name));
	return (0);
}

struct project *
check_project(struct decision *d, const char *name)
{
	struct project	*p = state_project(d->st, name);
	char		 vis[SHOWN];

	if (!decide_permitted(d, name))
		return (NULL);
	if (p == NULL)
		refuse(d, PRA_ENOTFOUND, "praetorctl project list shows them; "
		    "praetorctl project add makes one",
		    "there is no project \"%s\"", shown(vis, name));
	return (p);
}

static struct project *
only_project(struct decision *d)
{
	struct project	*p = state_first_project(d->st);

	if (p == NULL)
		refuse(d, PRA_ENOTFOUND, "make one: praetorctl project add",
		    "there is no project yet");
	else if (RB_NEXT(project_names, NULL, p) != NULL)
		refuse(d, PRA_EUSAGE, "give --project", "there are several "
		    "projects, and the task names none");
	return (d->err != 0 ? NULL : p);
}

struct project *
check_task_project(struct decision *d, const char *name)
{
	struct project	*p;

	if (*name == '\0') {
		if ((p = only_project(d)) == NULL)
			return (NULL);
		name = rec_str(p->e.row, F_s_project_name);
	}
	if ((p = check_project(d, name)) == NULL)
		return (NULL);
	if (strcmp(rec_str(p->e.row, F_s_project_state), "ready") != 0) {
		refuse(d, PRA_ESTATE, "try again when it has been added",
		    "project %s is being added", name);
		return (NULL);
	}
	return (p);
}

static int
check_labels(struct decision *d, const struct rec *c)
{
	size_t		 i, n = rec_count(c, F_c_task_create_labels);
	const char	*label;

	if (n > LABELS_MAX)
		refuse(d, PRA_ELIMIT, "use fewer", "%zu labels are more than "
		    "%d", n, LABELS_MAX);
	for (i = 0; d->err == 0 && i < n; i++) {
		label = rec_nth_str(c, F_c_task_create_labels, i);
		if (*label == '\0')
			refuse(d, PRA_EINVALID, "leave it out",
			    "a label is empty");
		else
			check_line(d, "label", label);
	}
	return (d->err == 0);
}

/* In whole seconds is what a resource limit can be. */
static void
check_cpu_time(struct decision *d, uint64_t ms)
{
	uint64_t	 most = config_u64(d->conf, F_k_main_cpu_time);
	char		 asked[24], limit[24];

	if (ms > 0 && ms < 1000)
		refuse(d, PRA_EINVALID, "use at least 1s",
		    "the CPU time is too short");
	else if (ms > TIMEOUT_MAX)
		refuse(d, PRA_EINVALID, "use at most 366 days",
		    "the CPU time is too long");
	else if (most != 0 && ms > most) {
		duration_format(asked, ms);
		duration_format(limit, most);
		refuse(d, PRA_EINVALID, "ask for less: a task can only lower "
		    "that limit", "%s of CPU time are more than the %s of "
		    "limit cpu-time", asked, limit);
	}
}

int
check_task_fields(struct decision *d, const struct rec *c)
{
	int64_t		 prio = rec_i64(c, F_c_task_create_priority);
	uint64_t	 retries = rec_u64(c, F_c_task_create_retries);

	if (*rec_str(c, F_c_task_create_name) != '\0' &&
	    !check_name(d, "task", rec_str(c, F_c_task_create_name)))
		return (0);
	if (prio < -PRIORITY_MAX || prio > PRIORITY_MAX)
		refuse(d, PRA_EINVALID, "use -1000 to 1000",
		    "priority %lld is out of range", (long long)prio);
	if (rec_u64(c, F_c_task_create_timeout) > TIMEOUT_MAX)
		refuse(d, PRA_EINVALID, "use at most 366 days",
		    "the timeout is too long");
	if (rec_u64(c, F_c_task_create_idle) > TIMEOUT_MAX)
		refuse(d, PRA_EINVALID, "use at most 366 days",
		    "the limit without output is too long");
	check_cpu_time(d, rec_u64(c, F_c_task_create_cpu_time));
	if (retries > RETRIES_MAX)
		refuse(d, PRA_EINVALID, "use 0 to 100",
		    "%llu retries are too many", (unsigned long long)retries);
	return (check_task_times(d, c) && check_labels(d, c));
}

int
check_task_work(struct decision *d, const struct rec *c,
    const struct project *p)
{
	const char	*agent = rec_str(c, F_c_task_create_agent);
	const char	*run = rec_str(c, F_c_task_create_run);
	const char	*text = rec_str(c, F_c_task_create_text);

	if (*agent != '\0' && *run != '\0') {
		refuse(d, PRA_EUSAGE, "give one of --run and --agent",
		    "the task has both a command line and an agent");
		return (0);
	}
	if (*run != '\0' && check_some(run))
		return (1);
	if (*agent == '\0' && !check_some(text)) {
		refuse(d, PRA_EUSAGE, "give a text, or --run with a command "
		    "line", "the task is empty");
		return (0);
	}
	if (*agent == '\0')
		agent = rec_str(p->e.row, F_s_project_agent);
	if (*agent == '\0') {
		refuse(d, PRA_EUSAGE, "give --run or --agent, or add the "
		    "project with a default agent", "nothing says how to do "
		    "the task: project %s has no default agent",
		    rec_str(p->e.row, F_s_project_name));
		return (0);
	}
	return (check_agent(d, agent));
}

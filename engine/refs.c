/*
 * Finding tasks by what people write.  Engine, pure half, on foreign text.
 */
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "common/log.h"
#include "engine/policy.h"
#include "engine/refs.h"

#define CANDIDATES	4	/* named in the message */

struct found {
	struct task	*task;		/* the first that may be seen */
	unsigned int	 n;
	unsigned int	 denied;	/* seen, but not for this command */
	char		 names[512];
};

int
ref_range(const char *text, uint8_t lo[ULID_LEN], uint8_t hi[ULID_LEN])
{
	char	 full[ID_SIZE];
	size_t	 n = strlen(text);

	if (n < REF_SHORTEST || n > ID_TEXT || text[0] != 't' ||
	    text[1] != '_')
		return (PRA_EINVALID);
	memset(full, '0', ID_TEXT);
	full[ID_TEXT] = '\0';
	memcpy(full, text, n);
	if (id_parse(lo, 't', full) != 0)
		return (PRA_EINVALID);
	memset(full + n, 'Z', ID_TEXT - n);
	return (id_parse(hi, 't', full));
}

static void
found_add(struct found *fd, const struct ref_who *who, struct task *t,
    const char *shown)
{
	const char	*project = rec_str(t->e.row, F_s_task_project);
	size_t		 n = strlen(fd->names);

	if (!policy_permits(who->conf, who->env, who->command, project,
	    NULL)) {
		fd->denied += (unsigned int)policy_sees(who->conf, who->env,
		    project);
		return;
	}
	if (fd->n++ == 0)
		fd->task = t;
	if (fd->n <= CANDIDATES)
		snprintf(fd->names + n, sizeof(fd->names) - n, "%s%s",
		    n == 0 ? "" : ", ", shown);
}

static void
find_ids(const struct state *st, const struct ref_who *who, const char *text,
    struct found *fd)
{
	struct task	*t;
	uint8_t		 lo[ULID_LEN], hi[ULID_LEN];
	char		 id[ID_SIZE];

	if (ref_range(text, lo, hi) != 0)
		return;
	for (t = state_task_from(st, lo); t != NULL;
	    t = RB_NEXT(task_ids, NULL, t)) {
		if (memcmp(rec_id(t->e.row, F_s_task_id), hi, ULID_LEN) > 0)
			return;
		id_format(id, 't', rec_id(t->e.row, F_s_task_id));
		found_add(fd, who, t, id);
	}
}

static void
find_names(const struct state *st, const struct ref_who *who,
    const char *text, const char *project, struct found *fd)
{
	struct project	*p;
	struct task	*t;
	char		 shown[160];

	for (p = state_first_project(st); p != NULL;
	    p = RB_NEXT(project_names, NULL, p)) {
		if (project != NULL && *project != '\0' &&
		    strcmp(project, rec_str(p->e.row, F_s_project_name)) != 0)
			continue;
		if ((t = state_named(p, text)) == NULL)
			continue;
		snprintf(shown, sizeof(shown), "%s in project %s", text,
		    rec_str(p->e.row, F_s_project_name));
		found_add(fd, who, t, shown);
	}
}

int
ref_task(const struct state *st, const struct ref_who *who, const char *text,
    const char *project, struct task **out, char *why, size_t size)
{
	struct found	 fd = { 0 };
	char		 shown[4 * 80 + 1];

	log_vis(shown, sizeof(shown), text, strlen(text));
	find_ids(st, who, text, &fd);
	if (fd.n == 0)
		find_names(st, who, text, project, &fd);
	*out = fd.task;
	if (fd.n == 1)
		return (0);
	if (fd.n > 1) {
		snprintf(why, size, "\"%s\" may mean %s%s", shown, fd.names,
		    fd.n > CANDIDATES ? " and others" : "");
		return (PRA_EAMBIGUOUS);
	}
	if (fd.denied > 0) {
		snprintf(why, size, "%s on task \"%s\" is not permitted",
		    who->command, shown);
		return (PRA_EPERM);
	}
	snprintf(why, size, "there is no task \"%s\"", shown);
	return (PRA_ENOTFOUND);
}

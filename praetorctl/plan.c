/*
 * Plan files: a graph of tasks in JSON.  Runs in praetorctl on a file that
 * may come from anybody, for instance from an agent.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "common/json.h"
#include "common/proto.h"
#include "common/when.h"
#include "praetorctl/ctl.h"

int
file_read(const char *file, size_t most, struct buf *out)
{
	ssize_t	 n = 0;
	int	 e = 0, fd = STDIN_FILENO;

	if (strcmp(file, "-") != 0 &&
	    (fd = open(file, O_RDONLY | O_CLOEXEC)) == -1)
		return (err_errno(errno));
	while (e == 0 && out->len <= most) {
		if ((e = buf_reserve(out, 65536)) != 0)
			break;
		n = read(fd, out->data + out->len, 65536);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		out->len += (size_t)n;
	}
	if (n == -1)
		e = err_errno(errno);
	if (fd != STDIN_FILENO)
		close(fd);
	return (e == 0 && out->len > most ? PRA_ELIMIT : e);
}

/* "timeout": "5m" is 300000.  0, or -1 for text that is no duration. */
static int
plan_duration(json_t *task, const char *name)
{
	const json_t	*v = json_object_get(task, name);
	uint64_t	 ms;

	if (!json_is_string(v))
		return (0);
	if (duration_parse(json_string_value(v), &ms) != 0 || ms > INT64_MAX)
		return (-1);
	return (json_object_set_new(task, name, json_integer((json_int_t)ms)));
}

/* "2026-12-01 03:00 Europe/Berlin" as the daemon reads it, or -1. */
static int
plan_time(json_t *task, const char *name)
{
	const json_t	*v = json_object_get(task, name);

	if (!json_is_string(v))
		return (0);
	return (json_object_set_new(task, name,
	    when_json(json_string_value(v))));
}

/* What people write in another form than the daemon.  0 or PRA_EINVALID. */
static int
plan_times(json_t *plan, char *why, size_t size)
{
	static const struct {
		const char	*name;
		int		 (*fn)(json_t *, const char *);
	} members[] = {
		{ "timeout", plan_duration }, { "delay", plan_duration },
		{ "retry_delay", plan_duration }, { "at", plan_time },
		{ "deadline", plan_time }, { "idle", plan_duration },
		{ "cpu_time", plan_duration }
	};
	json_t		*task;
	size_t		 i, k;

	json_array_foreach(json_object_get(plan, "tasks"), i, task)
		for (k = 0; k < sizeof(members) / sizeof(members[0]); k++)
			if (members[k].fn(task, members[k].name) != 0) {
				snprintf(why, size, "%s: is no %s",
				    members[k].name,
				    members[k].fn == plan_time ? "time like "
				    "2026-12-01T03:00:00Z" :
				    "duration like 30s or 5m");
				return (PRA_EINVALID);
			}
	return (0);
}

/* --project counts when the file names none. */
static int
plan_check(json_t *plan, const char *project, char *why, size_t size)
{
	struct rec	*r;
	int		 e;

	if (project != NULL && json_object_get(plan, "project") == NULL &&
	    json_object_set_new(plan, "project", json_string(project)) == -1)
		return (PRA_ENOMEM);
	if (plan_times(plan, why, size) != 0)
		return (PRA_EINVALID);
	e = jrec_parse(plan, REC_c_task_plan, &r, why, size);
	rec_free(r);
	return (e);
}

json_t *
plan_load(const char *file, const char *project, int *code)
{
	static const char	 see[] = "PLAN FILES in praetorctl(1)";
	struct buf		 b = { 0 };
	json_t			*plan = NULL;
	char			 why[400] = "out of memory";
	int			 e;

	e = file_read(file, MAX_PLAN, &b);
	if (e == PRA_ELIMIT)
		*code = ctl_error(e, "split it", "%s: is larger than %d bytes",
		    file, MAX_PLAN);
	else if (e != 0)
		*code = ctl_error(e, NULL, "%s: %s", file, err_text(e));
	else if ((plan = jrec_load(b.data, b.len, why, sizeof(why))) == NULL)
		*code = ctl_error(PRA_EINVALID, see, "%s: %s", file, why);
	else if ((e = plan_check(plan, project, why, sizeof(why))) != 0)
		*code = ctl_error(e, see, "%s: %s", file, why);
	buf_free(&b);
	if (e != 0) {
		json_decref(plan);
		plan = NULL;
	}
	return (plan);
}

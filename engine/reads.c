/*
 * Commands that are answered at once, or by one question to another role.
 * Engine.  Everybody sees only what the rules of the configuration permit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/log.h"
#include "common/when.h"
#include "engine/forecast.h"
#include "engine/request.h"
#include "engine/views.h"

int
read_project_show(struct engine *e, struct request *rq)
{
	const char	*name = rec_str(rq->cmd, F_c_project_show_project);
	struct project	*p = state_project(e->st, name);
	char		 vis[260];

	log_vis(vis, sizeof(vis), name, strlen(name));
	if (!request_permits(rq, name))
		return (request_done(rq, PRA_EPERM, NULL, "project.show on "
		    "project %s is not permitted", vis));
	if (p == NULL)
		return (request_done(rq, PRA_ENOTFOUND, "praetorctl project "
		    "list shows them; praetorctl project add makes one",
		    "there is no project \"%s\"", vis));
	request_item(rq, view_project(p));
	return (request_done(rq, 0, NULL, "%s", ""));
}

int
read_task_show(struct engine *e, struct request *rq)
{
	struct task	*t;

	t = request_task(rq, rec_str(rq->cmd, F_c_task_show_task),
	    rec_str(rq->cmd, F_c_task_show_project));
	if (t == NULL)
		return (1);
	request_item(rq, view_task(e->st, e->conf, t, 1));
	return (request_done(rq, 0, NULL, "%s", ""));
}

int
read_task_why(struct engine *e, struct request *rq)
{
	struct task	*t;
	struct rec	*v;

	t = request_task(rq, rec_str(rq->cmd, F_c_task_why_task),
	    rec_str(rq->cmd, F_c_task_why_project));
	if (t == NULL)
		return (1);
	v = view_why(e->st, e->conf, t);
	forecast_why(e->st, e->conf, t, wall_now().us, v);
	request_item(rq, v);
	return (request_done(rq, 0, NULL, "%s", ""));
}

/*
 * From the commit that the change starts from to what it made of it; once it
 * has landed, from the commit below it.
 */
static struct rec *
diff_rec(const struct task *t, const struct rec *change)
{
	struct rec	*r = rec_new(REC_b_diff);
	int		 landed = rec_has(change, F_s_change_commit);

	rec_set_str(r, F_b_diff_project, rec_str(t->e.row, F_s_task_project));
	rec_set_oid(r, F_b_diff_from, rec_oid(change,
	    landed ? F_s_change_onto : F_s_change_base));
	rec_set_oid(r, F_b_diff_to, rec_oid(change,
	    landed ? F_s_change_commit : F_s_change_tree));
	return (r);
}

int
read_task_diff(struct engine *e, struct request *rq)
{
	struct task	*t;
	struct rec	*row = NULL;

	t = request_task(rq, rec_str(rq->cmd, F_c_task_diff_task),
	    rec_str(rq->cmd, F_c_task_diff_project));
	if (t == NULL)
		return (1);
	if (e->review == NULL)
		return (request_done(rq, PRA_EUNREACH, "try again",
		    "the reviewer is not there"));
	if (!rec_has(t->e.row, F_s_task_change) || store_get(e->store,
	    ST_CHANGE, rec_id(t->e.row, F_s_task_change), ULID_LEN,
	    &row) != 0 || !rec_has(row, F_s_change_tree)) {
		rec_free(row);
		return (request_done(rq, PRA_ESTATE, NULL,
		    "the task has changed nothing so far"));
	}
	if (++e->diffs == 0)
		e->diffs = 1;
	rq->diff = e->diffs;
	peer_send_rec(e->review, MSG_DIFF, rq->diff, -1, diff_rec(t, row));
	rec_free(row);
	return (0);
}

/* "s_03", "3": the number, or -1. */
static int
session_number(const char *text, uint8_t key[8])
{
	unsigned long long	 n;
	char			*end;
	int			 i;

	if (strncmp(text, "s_", 2) == 0)
		text += 2;
	if (*text < '0' || *text > '9')
		return (-1);
	n = strtoull(text, &end, 10);
	if (*end != '\0')
		return (-1);
	for (i = 0; i < 8; i++)
		key[i] = (uint8_t)(n >> (56 - 8 * i));
	return (0);
}

int
read_session_show(struct engine *e, struct request *rq)
{
	const char	*text = rec_str(rq->cmd, F_c_session_show_session);
	struct rec	*row = NULL;
	uint8_t		 key[8];
	char		 vis[100];

	log_vis(vis, sizeof(vis), text, strlen(text));
	if (session_number(text, key) != 0)
		return (request_done(rq, PRA_EINVALID, "write s_<number>",
		    "\"%s\" is no session", vis));
	if (store_get(e->store, ST_SESSION, key, sizeof(key), &row) != 0 ||
	    !request_permits(rq, rec_str(row, F_s_session_project))) {
		rec_free(row);
		return (request_done(rq, PRA_ENOTFOUND, "praetorctl session "
		    "list --all", "there is no session %s", vis));
	}
	request_item(rq, view_session_row(row));
	rec_free(row);
	return (request_done(rq, 0, NULL, "%s", ""));
}

/* Ask the parent; its answer is for the first question of the list. */
static int
ask_with(struct engine *e, struct request *rq, struct questions *qs,
    enum msg_type type, struct rec *status, const void *p, size_t n)
{
	struct question	*q;

	if ((q = calloc(1, sizeof(*q))) == NULL) {
		rec_free(status);
		return (request_done(rq, PRA_ENOMEM, NULL, "out of memory"));
	}
	q->request = rq->id;
	q->status = status;
	STAILQ_INSERT_TAIL(qs, q, next);
	peer_send(e->role.parent, type, 0, -1, p, n);
	return (0);
}

static int
ask(struct engine *e, struct request *rq, struct questions *qs,
    enum msg_type type, struct rec *status)
{
	return (ask_with(e, rq, qs, type, status, NULL, 0));
}

int
request_ask(struct engine *e, struct request *rq, enum msg_type type,
    const void *p, size_t n)
{
	return (ask_with(e, rq, &e->rows, type, NULL, p, n));
}

static int
not_permitted(struct request *rq)
{
	return (request_done(rq, PRA_EPERM, "an administrator can add a permit "
	    "rule to praetord.conf", "%s is not permitted", rq->who.command));
}

int
read_status(struct engine *e, struct request *rq)
{
	return (ask(e, rq, &e->rows, MSG_PROCESSES, view_status(e->st,
	    e->conf, store_last_seq(e->store))));
}

int
read_doctor(struct engine *e, struct request *rq)
{
	return (ask(e, rq, &e->rows, MSG_DOCTOR, NULL));
}

int
read_config_reload(struct engine *e, struct request *rq)
{
	if (!request_permits(rq, NULL))
		return (not_permitted(rq));
	if (!STAILQ_EMPTY(&e->reloads))
		return (request_done(rq, PRA_ESTATE, "try again when it is "
		    "over", "a reload is under way"));
	return (ask(e, rq, &e->reloads, MSG_RELOAD, NULL));
}

int
read_log_level(struct engine *e, struct request *rq)
{
	struct m_count	 c = { 0 };

	if (!request_permits(rq, NULL))
		return (not_permitted(rq));
	c.n = rec_u64(rq->cmd, F_c_log_level_verbose) != 0;
	peer_send(e->role.parent, MSG_VERBOSE, 0, -1, &c, sizeof(c));
	return (request_done(rq, 0, NULL, "%s", ""));
}

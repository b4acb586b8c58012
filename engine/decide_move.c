/*
 * Deciding about a task's place among those of its project and priority.
 * Engine, pure half.  Places have gaps between them; looking for neighbours
 * goes through the tasks in memory, which people ask for seldom.
 */
#include <string.h>

#include "common/err.h"
#include "engine/decide.h"
#include "engine/queue.h"

#define GAP	(1ULL << PLACE_BITS)

/* It has not begun, and nothing is being made ready for it. */
static int
moves(const struct task *t)
{
	return (t->state == TS_WAITING || t->state == TS_HELD ||
	    (t->state == TS_READY && t->session == NULL));
}

static int
beside(const struct task *t, const struct task *o)
{
	return (o != t && moves(o) && o->project == t->project &&
	    rec_i64(o->e.row, F_s_task_priority) ==
	    rec_i64(t->e.row, F_s_task_priority));
}

/* The one before or after a place, of those beside t; or NULL. */
static struct task *
neighbour(const struct decision *d, const struct task *t, uint64_t place,
    int after)
{
	struct task	*o, *best = NULL;
	uint64_t	 p, b = 0;

	for (o = state_task_from(d->st, (const uint8_t[ULID_LEN]){ 0 });
	    o != NULL; o = RB_NEXT(task_ids, NULL, o)) {
		p = queue_place(o);
		if (!beside(t, o) || p == place || (p > place) != after)
			continue;
		if (best == NULL || (after ? p < b : p > b)) {
			best = o;
			b = p;
		}
	}
	return (best);
}

static void
move_to(struct decision *d, const struct task *t, uint64_t lo, uint64_t hi,
    const struct task *beside_it)
{
	struct rec	*ev;

	if (hi - lo < 2) {
		refuse(d, PRA_ELIMIT, "move it, or the other one, elsewhere "
		    "first", "there is no room between those two any more");
		return;
	}
	ev = emit(d, REC_e_task_moved);
	rec_set_id(ev, F_e_task_moved_task, rec_id(t->e.row, F_s_task_id));
	rec_set_u64(ev, F_e_task_moved_place, lo + (hi - lo) / 2);
	rec_set_u64(ev, F_e_task_moved_since, queue_since(beside_it));
	decide_show(d, rec_id(t->e.row, F_s_task_id));
}

static void
move_before(struct decision *d, const struct task *t, const struct task *o)
{
	uint64_t	 hi = queue_place(o);
	struct task	*prev = neighbour(d, t, hi, 0);

	move_to(d, t, prev != NULL ? queue_place(prev) : hi - GAP, hi, o);
}

static void
move_after(struct decision *d, const struct task *t, const struct task *o)
{
	uint64_t	 lo = queue_place(o);
	struct task	*next = neighbour(d, t, lo, 1);

	move_to(d, t, lo, next != NULL ? queue_place(next) : lo + GAP, o);
}

/* The other task that is named, when the one can be moved beside it. */
static struct task *
move_beside(struct decision *d, const struct task *t, const char *text,
    const char *project)
{
	struct rec	*env = rec_copy(d->env);
	const struct rec *was = d->env;
	struct task	*o;

	/* The version is that of the task which is moved. */
	rec_unset(env, F_c_env_expect);
	d->env = env;
	o = decide_task(d, text, project);
	d->env = was;
	rec_free(env);
	if (o == NULL)
		return (NULL);
	if (!moves(o))
		refuse(d, PRA_ESTATE, "name one that has not begun",
		    "the other task has begun, or is finished");
	else if (!beside(t, o))
		refuse(d, PRA_EINVALID, "praetorctl task edit changes "
		    "the priority", o == t ? "that is the same task" :
		    "the other task has another project or priority");
	return (d->err != 0 ? NULL : o);
}

void
decide_task_reorder(struct decision *d, const struct input *in)
{
	const struct rec	*cmd = in->rec;
	const char		*project;
	struct task		*t, *o;
	int			 before, after, top;

	before = rec_has(cmd, F_c_task_reorder_before);
	after = rec_has(cmd, F_c_task_reorder_after);
	top = rec_u64(cmd, F_c_task_reorder_top) != 0;
	project = rec_str(cmd, F_c_task_reorder_project);
	t = decide_task(d, rec_str(cmd, F_c_task_reorder_task), project);
	if (t == NULL)
		return;
	if (before + after + top != 1)
		refuse(d, PRA_EUSAGE, "give one of --before, --after and --top",
		    "nothing says where the task is to be, or too much does");
	else if (!moves(t))
		refuse(d, PRA_ESTATE, NULL, "the task has begun, or is "
		    "finished");
	if (d->err != 0)
		return;
	if (top) {
		o = neighbour(d, t, 0, 1);	/* the first of all others */
		if (o != NULL && queue_place(o) < queue_place(t))
			move_before(d, t, o);
		else
			decide_show(d, rec_id(t->e.row, F_s_task_id));
	} else if ((o = move_beside(d, t, rec_str(cmd, before ?
	    F_c_task_reorder_before : F_c_task_reorder_after), project)) !=
	    NULL) {
		if (before)
			move_before(d, t, o);
		else
			move_after(d, t, o);
	}
}

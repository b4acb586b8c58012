/*
 * For the walk: commands about the graph of tasks as such.  Runs in the test
 * program.
 */
#include "common/ids.h"
#include "tests/tap.h"
#include "tests/walk.h"

/* What a task waits for instead, by any kind; now and then nothing. */
static struct rec *
edit(struct world *w, const char *ref)
{
	static const char *const	 kinds[] = {
		"", "any:", "failed:", "merged:"
	};
	struct rec			*r = rec_new(REC_c_task_edit);
	char				 other[80], dep[120];

	rec_set_str(r, F_c_task_edit_task, ref);
	if (rnd(w, 3) == 0) {
		rec_set_i64(r, F_c_task_edit_priority, (int64_t)rnd(w, 3) - 1);
		return (r);
	}
	rec_touch(r, F_c_task_edit_deps);
	if (rnd(w, 3) > 0) {
		task_ref(w, other, 1);
		snprintf(dep, sizeof(dep), "%s%s", kinds[rnd(w, 4)], other);
		rec_add_str(r, F_c_task_edit_deps, dep);
	}
	return (r);
}

static struct rec *
reorder(struct world *w, const char *ref)
{
	struct rec	*r = rec_new(REC_c_task_reorder);
	char		 other[80];

	rec_set_str(r, F_c_task_reorder_task, ref);
	task_ref(w, other, 0);
	if (rnd(w, 3) == 0)
		rec_set_u64(r, F_c_task_reorder_top, 1);
	else
		rec_set_str(r, rnd(w, 2) ? F_c_task_reorder_before :
		    F_c_task_reorder_after, other);
	return (r);
}

static struct rec *
part(struct world *w, const char *whole)
{
	struct rec	*r = rec_new(REC_c_task_create);
	char		 other[80];

	rec_set_str(r, F_c_task_create_run, "make");
	rec_set_str(r, F_c_task_create_parent, whole);
	rec_set_u64(r, F_c_task_create_retries, rnd(w, 2));
	task_ref(w, other, 1);
	if (rnd(w, 3) == 0)
		rec_add_str(r, F_c_task_create_deps, other);
	return (r);
}

/* A composite with parts; one more part for something; an array. */
static struct rec *
composite(struct world *w, const char *ref)
{
	struct rec	*r, *whole;
	char		 name[80];
	uint32_t	 i;

	if (rnd(w, 3) == 0) {
		r = part(w, ref);
		rec_set_str(r, F_c_task_create_project, "p");
		return (r);
	}
	whole = rec_new(REC_c_task_create);
	snprintf(name, sizeof(name), "n%u", w->filed++);
	rec_set_str(whole, F_c_task_create_name, name);
	if (rnd(w, 2)) {
		rec_set_str(whole, F_c_task_create_project, "q");
		rec_set_str(whole, F_c_task_create_run, "make");
		rec_set_str(whole, F_c_task_create_array, "0-3%2");
		return (whole);
	}
	rec_set_u64(whole, F_c_task_create_composite, 1);
	r = rec_new(REC_c_task_plan);
	rec_set_str(r, F_c_task_plan_project, "p");
	for (i = 0; i <= rnd(w, 3); i++)
		rec_add_rec(r, F_c_task_plan_tasks, part(w, name));
	rec_add_rec(r, F_c_task_plan_tasks, whole);
	return (r);
}

struct rec *
graph_some(struct world *w, const char *ref)
{
	switch (rnd(w, 3)) {
	case 0:
		return (edit(w, ref));
	case 1:
		return (reorder(w, ref));
	default:
		return (composite(w, ref));
	}
}

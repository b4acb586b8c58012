/*
 * Deciding which finished tasks are forgotten.  Engine, pure half.  The shell
 * has read a piece of the store into memory; what must be kept is counted, so
 * that who asked is told.
 */
#include <string.h>

#include "common/err.h"
#include "engine/check.h"
#include "engine/decide.h"

#define AGE_LEAST	1000		/* ms */

static int
clean_young(const struct decision *d, const struct rec *cmd,
    const struct task *t)
{
	return (rec_u64(t->e.row, F_s_task_finished) +
	    rec_u64(cmd, F_c_task_clean_older) * 1000 > (uint64_t)d->time);
}

/* Nobody would find it there any more. */
static int
clean_attic(const struct task *t)
{
	static const char	 attic[] = "refs/praetor/attic/";

	return (strncmp(rec_str(t->e.row, F_s_task_ref), attic,
	    sizeof(attic) - 1) == 0);
}

static void
clean_emit(struct decision *d, const struct task *t)
{
	struct rec	*ev = emit(d, REC_e_task_cleaned);

	rec_set_id(ev, F_e_task_cleaned_task, rec_id(t->e.row, F_s_task_id));
	rec_set_u64(ev, F_e_task_cleaned_attempt,
	    rec_u64(t->e.row, F_s_task_attempt));
}

static void
clean_count(struct rec *view, int field)
{
	rec_set_u64(view, field, rec_u64(view, field) + 1);
}

static void
clean_task(struct decision *d, const struct rec *cmd, const struct task *t)
{
	const char	*project = rec_str(t->e.row, F_s_task_project);

	if (!task_final(t->state) ||
	    (rec_has(cmd, F_c_task_clean_project) &&
	    strcmp(project, rec_str(cmd, F_c_task_clean_project)) != 0) ||
	    !decide_may(d, project))
		return;
	if (clean_young(d, cmd, t)) {
		clean_count(d->view, F_v_cleaned_young);
	} else if (clean_attic(t)) {
		clean_count(d->view, F_v_cleaned_attic);
	} else if (task_needed(t)) {
		clean_count(d->view, F_v_cleaned_needed);
	} else {
		clean_count(d->view, F_v_cleaned_cleaned);
		clean_emit(d, t);
	}
}

/* The piece that was read ends with the id in in->text; "": it is the last. */
void
decide_task_clean(struct decision *d, const struct input *in)
{
	const struct rec	*cmd = in->rec;
	const char		*project;
	struct task		*t;
	uint8_t			 last[ULID_LEN];

	project = rec_str(cmd, F_c_task_clean_project);
	if (rec_u64(cmd, F_c_task_clean_older) < AGE_LEAST) {
		refuse(d, PRA_EINVALID, "use 1s or more",
		    "the age is too short");
		return;
	}
	if (*project != '\0' && (!decide_permitted(d, project) ||
	    check_project(d, project) == NULL))
		return;
	d->view = rec_new(REC_v_cleaned);
	memset(last, 0xff, sizeof(last));
	if (in->text[0] != '\0' && id_parse(last, 't', in->text) == 0)
		rec_set_id(d->view, F_v_cleaned_after, last);
	t = state_task_from(d->st, rec_id(cmd, F_c_task_clean_after));
	for (; t != NULL && memcmp(rec_id(t->e.row, F_s_task_id), last,
	    ULID_LEN) <= 0; t = RB_NEXT(task_ids, NULL, t))
		clean_task(d, cmd, t);
}

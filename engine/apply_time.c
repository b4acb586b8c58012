/*
 * Applying what time decides about tasks.  Engine, pure half.
 */
#include "engine/apply.h"

void
apply_task_delayed(struct state *st, const struct fact *f)
{
	struct task	*t;

	if ((t = fact_task(st, f, F_e_task_delayed_task)) == NULL)
		return;
	t->session = NULL;
	rec_set_str(t->e.row, F_s_task_reason,
	    rec_str(f->data, F_e_task_delayed_reason));
	rec_set_str(t->e.row, F_s_task_detail,
	    rec_str(f->data, F_e_task_delayed_summary));
	rec_set_u64(t->e.row, F_s_task_until,
	    rec_u64(f->data, F_e_task_delayed_until));
	rec_set_u64(t->e.row, F_s_task_retries,
	    rec_u64(f->data, F_e_task_delayed_retries));
	rec_set_u64(t->e.row, F_s_task_tries,
	    rec_u64(f->data, F_e_task_delayed_tries));
	task_step(st, t, TE_WAIT);
}

/* As if it were cancelled, but what follows is a failure. */
void
apply_task_overdue(struct state *st, const struct fact *f)
{
	struct task	*t;

	if ((t = fact_task(st, f, F_e_task_overdue_task)) == NULL)
		return;
	rec_set_u64(t->e.row, F_s_task_overdue, 1);
	task_stop(st, t, f);
}

void
created_times(struct rec *row, const struct rec *ev)
{
	static const int	 copied[][2] = {
		{ F_s_task_at, F_e_task_created_at },
		{ F_s_task_until, F_e_task_created_until },
		{ F_s_task_deadline, F_e_task_created_deadline },
		{ F_s_task_own_retries, F_e_task_created_own_retries },
		{ F_s_task_retry_delay, F_e_task_created_retry_delay },
		{ F_s_task_idle, F_e_task_created_idle },
		{ F_s_task_cpu_time, F_e_task_created_cpu_time }
	};
	size_t			 i;

	for (i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		if (rec_has(ev, copied[i][1]))
			rec_set_u64(row, copied[i][0],
			    rec_u64(ev, copied[i][1]));
	if (rec_has(ev, F_e_task_created_backoff))
		rec_set_str(row, F_s_task_backoff,
		    rec_str(ev, F_e_task_created_backoff));
}

/*
 * Applying events of rules of review: a change that asks for an approval, and
 * what comes of it.  Engine, pure half.
 */
#include <string.h>

#include "common/err.h"
#include "engine/apply.h"

#define APPROVED_MAX	65536	/* bytes of s_change.approved */

static void
lines_add(struct state *st, struct buf *b, const char *line)
{
	if (buf_printf(b, "%s\n", line) != 0)
		st->err = PRA_ENOMEM;
}

/* The task has another version: whoever saw it before must look again. */
static void
task_touch(struct state *st, struct task *t)
{
	rec_set_u64(t->e.row, F_s_task_version,
	    rec_u64(t->e.row, F_s_task_version) + 1);
	state_dirty(st, &t->e);
}

void
apply_change_asked(struct state *st, const struct fact *f)
{
	const struct rec	*ev = f->data;
	struct change		*c;
	struct buf		 asks = { 0 };
	size_t			 i;

	if ((c = fact_change(st, f, F_e_change_asked_change)) == NULL ||
	    change_step(st, c, CE_ASK) != 0)
		return;
	for (i = 0; i < rec_count(ev, F_e_change_asked_asks); i++)
		lines_add(st, &asks, rec_nth_str(ev, F_e_change_asked_asks,
		    i));
	rec_set_str(c->e.row, F_s_change_asks, buf_str(&asks));
	buf_free(&asks);
	rec_set_str(c->e.row, F_s_change_hash,
	    rec_str(ev, F_e_change_asked_hash));
	rec_set_str(c->e.row, F_s_change_keys,
	    rec_str(ev, F_e_change_asked_keys));
	rec_set_u64(c->e.row, F_s_change_until,
	    rec_u64(ev, F_e_change_asked_until));
	settle_change(st, EF_MERGE, c);
	task_touch(st, c->task);
}

/*
 * What was approved before stays approved: each key is for one content.  Of
 * more than fits the oldest are forgotten and asked about again.
 */
static void
approved_add(struct state *st, struct change *c)
{
	const char	*keys = rec_str(c->e.row, F_s_change_keys);
	const char	*was = rec_str(c->e.row, F_s_change_approved);
	size_t		 n = strlen(keys), k = strlen(was);
	struct buf	 b = { 0 };

	if (n + k > APPROVED_MAX)
		k = n > APPROVED_MAX ? 0 : APPROVED_MAX - n;
	while (k > 0 && was[k - 1] != '\n')
		k--;
	if (buf_add(&b, keys, n) != 0 || buf_add(&b, was, k) != 0)
		st->err = PRA_ENOMEM;
	rec_set_bytes(c->e.row, F_s_change_approved, b.data, b.len);
	buf_free(&b);
}

/* It goes to the end of the queue: others have not waited for its approval. */
void
apply_change_approved(struct state *st, const struct fact *f)
{
	struct change	*c;

	if ((c = fact_change(st, f, F_e_change_approved_change)) == NULL)
		return;
	rec_set_u64(c->e.row, F_s_change_order, f->seq);
	if (change_step(st, c, CE_APPROVE) != 0)
		return;
	approved_add(st, c);
	rec_set_u64(c->e.row, F_s_change_approver,
	    rec_u64(f->data, F_e_change_approved_uid));
	rec_set_u64(c->e.row, F_s_change_until, 0);
	task_touch(st, c->task);
}

void
apply_change_refused(struct state *st, const struct fact *f)
{
	struct change	*c;

	if ((c = fact_change(st, f, F_e_change_refused_change)) != NULL)
		change_end(st, c, CE_REFUSE,
		    rec_str(f->data, F_e_change_refused_summary));
}

void
apply_change_expired(struct state *st, const struct fact *f)
{
	struct change	*c;

	if ((c = fact_change(st, f, F_e_change_expired_change)) != NULL)
		change_end(st, c, CE_REFUSE,
		    rec_str(f->data, F_e_change_expired_summary));
}

void
apply_change_denied(struct state *st, const struct fact *f)
{
	struct change	*c;

	if ((c = fact_change(st, f, F_e_change_denied_change)) != NULL)
		change_end(st, c, CE_DENY,
		    rec_str(f->data, F_e_change_denied_summary));
}

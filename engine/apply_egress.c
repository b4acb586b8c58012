/*
 * Applying events of the gateway.  Engine, pure half.
 */
#include <stdio.h>
#include <string.h>

#include "engine/apply.h"

#define REFUSALS_MAX	16

void
apply_session_reach(struct state *st, const struct fact *f)
{
	struct session	*s;
	size_t		 i;

	if ((s = fact_session(st, f, F_e_session_reach_session)) == NULL)
		return;
	for (i = 0; i < rec_count(f->data, F_e_session_reach_rules); i++)
		rec_add_str(s->e.row, F_s_session_reach, rec_nth_str(f->data,
		    F_e_session_reach_rules, i));
	state_dirty(st, &s->e);
}

static void
add(struct rec *row, int field, uint64_t n)
{
	rec_set_u64(row, field, rec_u64(row, field) + n);
}

/* Each host and reason once, the first so many. */
static void
refused(struct rec *row, const struct rec *ev)
{
	char	 text[320];
	size_t	 i, n = rec_count(row, F_s_session_refusals);

	add(row, F_s_session_refused, rec_u64(ev, F_e_session_egress_count));
	snprintf(text, sizeof(text), "%s (%s)",
	    rec_str(ev, F_e_session_egress_host),
	    rec_str(ev, F_e_session_egress_reason));
	for (i = 0; i < n; i++)
		if (strcmp(rec_nth_str(row, F_s_session_refusals, i),
		    text) == 0)
			return;
	if (n < REFUSALS_MAX)
		rec_add_str(row, F_s_session_refusals, text);
}

void
apply_session_egress(struct state *st, const struct fact *f)
{
	const struct rec	*ev = f->data;
	const char		*verdict;
	struct session		*s;

	if ((s = fact_session(st, f, F_e_session_egress_session)) == NULL)
		return;
	verdict = rec_str(ev, F_e_session_egress_verdict);
	rec_set_u64(s->e.row, F_s_session_egress,
	    rec_u64(ev, F_e_session_egress_number));
	add(s->e.row, F_s_session_sent,
	    rec_u64(ev, F_e_session_egress_sent));
	add(s->e.row, F_s_session_received,
	    rec_u64(ev, F_e_session_egress_received));
	if (strcmp(verdict, "allowed") == 0)
		add(s->e.row, F_s_session_connections,
		    rec_u64(ev, F_e_session_egress_count));
	else if (strcmp(verdict, "refused") == 0)
		refused(s->e.row, ev);
	state_dirty(st, &s->e);
}

/* It is on record for people: no row depends on it. */
void
apply_nothing(struct state *st, const struct fact *f)
{
	(void)st;
	(void)f;
}

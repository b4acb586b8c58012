/*
 * Deciding about what the gateway reports: it is written down, and shown
 * where a person looks.  Engine, pure half.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <bsd/string.h>

#include "engine/decide.h"
#include "engine/text.h"

/* They never change: a gateway that was started again says the same. */
void
decide_egress_rules(struct decision *d, const struct input *in)
{
	struct session	*s;
	struct rec	*ev;
	size_t		 i;

	s = state_session(d->st, rec_u64(in->rec, F_b_egress_rules_session));
	if (s == NULL || rec_count(s->e.row, F_s_session_reach) > 0)
		return;
	ev = emit(d, REC_e_session_reach);
	rec_set_u64(ev, F_e_session_reach_session,
	    rec_u64(s->e.row, F_s_session_id));
	rec_set_id(ev, F_e_session_reach_task,
	    rec_id(s->e.row, F_s_session_task));
	for (i = 0; i < rec_count(in->rec, F_b_egress_rules_rules); i++)
		rec_add_str(ev, F_e_session_reach_rules, rec_nth_str(in->rec,
		    F_b_egress_rules_rules, i));
}

void
decide_egress(struct decision *d, const struct input *in)
{
	static const int	 numbers[][2] = {
		{ F_e_session_egress_session, F_b_egress_session },
		{ F_e_session_egress_number, F_b_egress_number },
		{ F_e_session_egress_count, F_b_egress_count },
		{ F_e_session_egress_sent, F_b_egress_sent },
		{ F_e_session_egress_received, F_b_egress_received },
		{ F_e_session_egress_wall, F_b_egress_wall }
	};
	const struct rec	*b = in->rec;
	struct session		*s;
	struct rec		*ev;
	size_t			 i;

	s = state_session(d->st, rec_u64(b, F_b_egress_session));
	if (s == NULL || rec_u64(b, F_b_egress_number) <=
	    rec_u64(s->e.row, F_s_session_egress))
		return;			/* it is on record */
	ev = emit(d, REC_e_session_egress);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		rec_set_u64(ev, numbers[i][0], rec_u64(b, numbers[i][1]));
	rec_set_id(ev, F_e_session_egress_task,
	    rec_id(s->e.row, F_s_session_task));
	rec_set_str(ev, F_e_session_egress_verdict,
	    rec_str(b, F_b_egress_verdict));
	rec_set_str(ev, F_e_session_egress_reason,
	    rec_str(b, F_b_egress_reason));
	rec_set_str(ev, F_e_session_egress_host, rec_str(b, F_b_egress_host));
	if (rec_has(b, F_b_egress_address))
		rec_set_str(ev, F_e_session_egress_address,
		    rec_str(b, F_b_egress_address));
}

/* "evil.org:443 (rule), 10.0.0.1:22 (address)"; the count says the rest. */
void
decide_refusals(struct decision *d, const struct session *s)
{
	const struct rec	*row = s->e.row;
	size_t			 i, n = rec_count(row, F_s_session_refusals);
	struct rec		*ev;
	char			 line[TEXT_LINE];

	if (n == 0)
		return;
	ev = emit(d, REC_e_task_refused);
	rec_set_id(ev, F_e_task_refused_task, rec_id(row, F_s_session_task));
	rec_set_u64(ev, F_e_task_refused_session,
	    rec_u64(row, F_s_session_id));
	rec_set_u64(ev, F_e_task_refused_count,
	    rec_u64(row, F_s_session_refused));
	snprintf(line, sizeof(line), "%" PRIu64 " connection%s: ",
	    rec_u64(row, F_s_session_refused),
	    rec_u64(row, F_s_session_refused) == 1 ? "" : "s");
	for (i = 0; i < n; i++) {
		rec_add_str(ev, F_e_task_refused_hosts,
		    rec_nth_str(row, F_s_session_refusals, i));
		strlcat(line, i > 0 ? ", " : "", sizeof(line));
		strlcat(line, rec_nth_str(row, F_s_session_refusals, i),
		    sizeof(line));
	}
	rec_set_str(ev, F_e_task_refused_summary, line);
}

void
decide_gateway(struct decision *d, const struct input *in)
{
	struct rec	*ev = emit(d, REC_e_gateway_restarted);

	rec_set_u64(ev, F_e_gateway_restarted_times, in->number);
}

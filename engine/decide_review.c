/*
 * Deciding about what the reviewer found in a change, and about approvals.
 * Engine, pure half.  An approval is for one change with one hash, and for
 * the facts that were shown with it; what a merge adds to them is asked about
 * again.
 */
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "engine/decide.h"
#include "engine/judge.h"
#include "engine/text.h"

#define HASH_SHORT	12	/* digits shown */
#define HASH_LEAST	8	/* digits that must be given */

static struct rec *
emit_review(struct decision *d, enum rec_kind kind, int fchange, int ftask,
    const struct change *c)
{
	struct rec	*ev = emit(d, kind);

	rec_set_id(ev, fchange, rec_id(c->e.row, F_s_change_id));
	rec_set_id(ev, ftask, rec_id(c->e.row, F_s_change_task));
	return (ev);
}

#define EMIT(d, kind, c)						\
	emit_review(d, REC_##kind, F_##kind##_change, F_##kind##_task, c)

static void
change_denied(struct decision *d, const struct change *c,
    const struct judgement *j)
{
	struct rec	*ev = EMIT(d, e_change_denied, c);
	char		 line[TEXT_LINE], rule[120];

	text_line(rule, sizeof(rule), j->policy);
	snprintf(line, sizeof(line), "denied by \"%s\": %s", rule, j->list);
	judge_tell(j, ev, F_e_change_denied_denied);
	rec_set_str(ev, F_e_change_denied_summary, line);
	decide_fail(d, c->task, "policy", line);
}

static void
change_asked(struct decision *d, const struct change *c,
    const struct judgement *j, const uint8_t *from, const uint8_t *tree)
{
	struct rec	*ev = EMIT(d, e_change_asked, c);
	uint64_t	 ms = config_u64(d->conf, F_k_main_approval);
	char		 line[TEXT_LINE], hash[JUDGE_HASH];

	judge_hash(hash, from, tree);
	snprintf(line, sizeof(line), "needs an approval (%.*s): %s",
	    HASH_SHORT, hash, j->list);
	rec_set_str(ev, F_e_change_asked_hash, hash);
	rec_set_oid(ev, F_e_change_asked_from, from);
	rec_set_oid(ev, F_e_change_asked_tree, tree);
	judge_tell(j, ev, F_e_change_asked_asks);
	rec_set_bytes(ev, F_e_change_asked_keys, j->keys.data, j->keys.len);
	if (ms != 0)
		rec_set_u64(ev, F_e_change_asked_until,
		    (uint64_t)d->time + ms * 1000);
	rec_set_str(ev, F_e_change_asked_summary, line);
}

int
decide_judged(struct decision *d, const struct change *c,
    const struct rec *facts, int field, const uint8_t *from,
    const uint8_t *tree)
{
	struct judgement	 j;
	enum review_verdict	 v;

	judge(&j, d->conf, rec_str(c->e.row, F_s_change_project), facts,
	    field, rec_str(c->e.row, F_s_change_approved));
	if ((v = j.verdict) != RV_ALLOW)
		snprintf(d->policy, sizeof(d->policy), "%s", j.policy);
	if (v == RV_DENY)
		change_denied(d, c, &j);
	else if (v == RV_ASK)
		change_asked(d, c, &j, from, tree);
	judgement_clear(&j);
	return (v != RV_ALLOW);
}

/* The change of a task that asks, or NULL and refused. */
static struct change *
asking_change(struct decision *d, const char *text, const char *project,
    const char *hash)
{
	struct task	*t = decide_task(d, text, project);
	struct change	*c;
	const char	*now;

	if (t == NULL)
		return (NULL);
	c = t->state == TS_REVIEW ? t->change : NULL;
	if (c == NULL || c->state != CS_ASKING) {
		refuse(d, PRA_ESTATE, "praetorctl task why tells what it "
		    "waits for", "the task does not wait for an approval");
		return (NULL);
	}
	now = rec_str(c->e.row, F_s_change_hash);
	if (*hash == '\0')
		return (c);
	if (strlen(hash) < HASH_LEAST)
		refuse(d, PRA_EINVALID, "give more of it", "a hash of less "
		    "than %d digits could be another's", HASH_LEAST);
	else if (strncmp(hash, now, strlen(hash)) != 0)
		refuse(d, PRA_ECONFLICT, "look at it again: praetorctl task "
		    "show, praetorctl task diff", "the change that waits for "
		    "an approval is another: its hash is %.*s", HASH_SHORT,
		    now);
	return (d->err == 0 ? c : NULL);
}

void
decide_task_approve(struct decision *d, const struct input *in)
{
	struct change	*c;
	struct rec	*ev;
	const char	*hash;
	char		 line[TEXT_LINE];
	uint64_t	 uid = rec_u64(d->env, F_c_env_uid);

	c = asking_change(d, rec_str(in->rec, F_c_task_approve_task),
	    rec_str(in->rec, F_c_task_approve_project),
	    rec_str(in->rec, F_c_task_approve_hash));
	if (c == NULL)
		return;
	hash = rec_str(c->e.row, F_s_change_hash);
	snprintf(line, sizeof(line), "approved by user %llu (%.*s)",
	    (unsigned long long)uid, HASH_SHORT, hash);
	ev = EMIT(d, e_change_approved, c);
	rec_set_str(ev, F_e_change_approved_hash, hash);
	rec_set_u64(ev, F_e_change_approved_uid, uid);
	rec_set_str(ev, F_e_change_approved_summary, line);
	decide_show(d, rec_id(c->e.row, F_s_change_task));
}

void
decide_task_reject(struct decision *d, const struct input *in)
{
	struct change	*c;
	struct rec	*ev;
	char		 line[TEXT_LINE], message[800];
	uint64_t	 uid = rec_u64(d->env, F_c_env_uid);

	c = asking_change(d, rec_str(in->rec, F_c_task_reject_task),
	    rec_str(in->rec, F_c_task_reject_project),
	    rec_str(in->rec, F_c_task_reject_hash));
	if (c == NULL)
		return;
	text_line(message, sizeof(message),
	    rec_str(in->rec, F_c_task_reject_message));
	snprintf(line, sizeof(line), "rejected by user %llu%s%s",
	    (unsigned long long)uid, *message != '\0' ? ": " : "", message);
	ev = EMIT(d, e_change_refused, c);
	rec_set_str(ev, F_e_change_refused_hash,
	    rec_str(c->e.row, F_s_change_hash));
	rec_set_u64(ev, F_e_change_refused_uid, uid);
	if (rec_has(in->rec, F_c_task_reject_message))
		rec_set_str(ev, F_e_change_refused_message,
		    rec_str(in->rec, F_c_task_reject_message));
	rec_set_str(ev, F_e_change_refused_summary, line);
	decide_fail(d, c->task, "refused", line);
	decide_show(d, rec_id(c->e.row, F_s_change_task));
}

int
decide_expired(struct decision *d)
{
	const struct change	*c;
	struct rec		*ev;
	uint64_t		 until;

	TAILQ_FOREACH(c, &d->st->asking, queue) {
		until = rec_u64(c->e.row, F_s_change_until);
		if (until != 0 && until <= (uint64_t)d->time)
			break;
	}
	if (c == NULL)
		return (0);
	ev = EMIT(d, e_change_expired, c);
	rec_set_str(ev, F_e_change_expired_hash,
	    rec_str(c->e.row, F_s_change_hash));
	rec_set_str(ev, F_e_change_expired_summary, "nobody approved it in "
	    "time");
	decide_fail(d, c->task, "approval", "nobody approved its change in "
	    "time");
	return (1);
}

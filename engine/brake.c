/*
 * Brakes and maintenance.  Engine, pure half.
 */
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "common/when.h"
#include "engine/brake.h"
#include "engine/check.h"
#include "engine/policy.h"
#include "engine/sched.h"
#include "engine/text.h"

#define BRAKE_KEY	81

static int
brake_cmp(const struct brake *a, const struct brake *b)
{
	return (strcmp(rec_str(a->e.row, F_s_brake_brake),
	    rec_str(b->e.row, F_s_brake_brake)));
}

RB_GENERATE(brake_keys, brake, by_key, brake_cmp)

/* There are few: as many as projects are paused. */
struct brake *
state_brake(const struct state *st, const char *key)
{
	struct brake	*b = RB_ROOT(&st->brakes);
	int		 c;

	while (b != NULL) {
		c = strcmp(key, rec_str(b->e.row, F_s_brake_brake));
		if (c == 0)
			return (b);
		b = c < 0 ? RB_LEFT(b, by_key) : RB_RIGHT(b, by_key);
	}
	return (NULL);
}

/* Applying. */

void
apply_queue_braked(struct state *st, const struct fact *f)
{
	const struct rec	*ev = f->data;
	struct rec		*row = rec_new(REC_s_brake);
	struct brake		*b;

	rec_set_str(row, F_s_brake_brake, rec_str(ev, F_e_queue_braked_brake));
	if (rec_has(ev, F_e_queue_braked_project))
		rec_set_str(row, F_s_brake_project,
		    rec_str(ev, F_e_queue_braked_project));
	rec_set_u64(row, F_s_brake_uid, rec_u64(ev, F_e_queue_braked_uid));
	rec_set_u64(row, F_s_brake_since, (uint64_t)f->time);
	rec_set_str(row, F_s_brake_detail,
	    rec_str(ev, F_e_queue_braked_detail));
	if ((b = state_add_brake(st, row)) == NULL)
		return;
	state_dirty(st, &b->e);
}

void
apply_queue_released(struct state *st, const struct fact *f)
{
	struct brake	*b;

	b = state_brake(st, rec_str(f->data, F_e_queue_released_brake));
	if (b == NULL) {
		st->err = PRA_ECORRUPT;
		return;
	}
	state_drop_brake(st, b);
}

/* Deciding. */

static int
everywhere_permitted(struct decision *d)
{
	char	 remedy[256];

	if (policy_permits(d->conf, d->env, d->command, NULL, d->policy))
		return (1);
	snprintf(remedy, sizeof(remedy), "an administrator can add a permit "
	    "rule for %s to praetord.conf", d->command);
	refuse(d, PRA_EPERM, remedy, "%s for all projects is not permitted",
	    d->command);
	return (0);
}

/* "drained by uid 0: because". */
static void
brake_text(struct decision *d, char line[TEXT_LINE], const char *what,
    const char *reason)
{
	char	 text[300];

	text_line(text, sizeof(text), reason);
	snprintf(line, TEXT_LINE, "%s by uid %llu%s%s", what,
	    (unsigned long long)rec_u64(d->env, F_c_env_uid),
	    *text != '\0' ? ": " : "", text);
}

static void
brake(struct decision *d, const char *key, const char *project,
    const char *what, const char *reason)
{
	struct rec	*ev;
	char		 line[TEXT_LINE];

	if (!check_line(d, "reason", reason))
		return;
	if (state_brake(d->st, key) != NULL) {
		refuse(d, PRA_ESTATE, NULL, "it is %s already", what);
		return;
	}
	brake_text(d, line, what, reason);
	ev = emit(d, REC_e_queue_braked);
	rec_set_str(ev, F_e_queue_braked_brake, key);
	if (project != NULL)
		rec_set_str(ev, F_e_queue_braked_project, project);
	rec_set_u64(ev, F_e_queue_braked_uid, rec_u64(d->env, F_c_env_uid));
	rec_set_str(ev, F_e_queue_braked_detail, line);
}

static void
release(struct decision *d, const char *key, const char *project,
    const char *what, const char *undone)
{
	struct rec	*ev;
	char		 line[TEXT_LINE];

	if (state_brake(d->st, key) == NULL) {
		refuse(d, PRA_ESTATE, NULL, "it is not %s", what);
		return;
	}
	brake_text(d, line, undone, "");
	ev = emit(d, REC_e_queue_released);
	rec_set_str(ev, F_e_queue_released_brake, key);
	if (project != NULL)
		rec_set_str(ev, F_e_queue_released_project, project);
	rec_set_u64(ev, F_e_queue_released_uid, rec_u64(d->env, F_c_env_uid));
	rec_set_str(ev, F_e_queue_released_detail, line);
}

void
decide_drain(struct decision *d, const struct input *in)
{
	if (everywhere_permitted(d))
		brake(d, "drain", NULL, "drained",
		    rec_str(in->rec, F_c_drain_reason));
}

void
decide_undrain(struct decision *d, const struct input *in)
{
	(void)in;
	if (everywhere_permitted(d))
		release(d, "drain", NULL, "drained", "undrained");
}

/* "queue", or "project/NAME"; NULL and refused when it may not be. */
static const char *
queue_key(struct decision *d, const char *project, char key[BRAKE_KEY])
{
	if (*project == '\0') {
		if (!everywhere_permitted(d))
			return (NULL);
		snprintf(key, BRAKE_KEY, "queue");
	} else {
		if (check_project(d, project) == NULL)
			return (NULL);
		snprintf(key, BRAKE_KEY, "project/%s", project);
	}
	return (key);
}

void
decide_queue_pause(struct decision *d, const struct input *in)
{
	const char	*project = rec_str(in->rec, F_c_queue_pause_project);
	char		 key[BRAKE_KEY];

	if (queue_key(d, project, key) != NULL)
		brake(d, key, *project != '\0' ? project : NULL, "paused",
		    rec_str(in->rec, F_c_queue_pause_reason));
}

void
decide_queue_resume(struct decision *d, const struct input *in)
{
	const char	*project = rec_str(in->rec, F_c_queue_resume_project);
	char		 key[BRAKE_KEY];

	if (queue_key(d, project, key) != NULL)
		release(d, key, *project != '\0' ? project : NULL, "paused",
		    "resumed");
}

/* What keeps a task. */

const struct brake *
brake_on(const struct state *st, const struct project *p)
{
	struct brake	*b;

	if ((b = state_brake(st, "drain")) != NULL ||
	    (b = state_brake(st, "queue")) != NULL)
		return (b);
	return (p != NULL ? p->brake : NULL);
}

static int
too_near(const struct shut *s, int64_t now, uint64_t ms)
{
	return (s->until > now && (s->from <= now ||
	    ms > (uint64_t)(s->from - now) / 1000));
}

int
brake_shut(const struct decision *d, uint64_t ms)
{
	return (too_near(&d->conf->shut, d->time, ms));
}

static void
set_aside(struct decision *d, const struct task *t)
{
	struct rec	*ev = emit(d, REC_e_task_delayed);
	char		 from[WHEN_TEXT], until[WHEN_TEXT], line[TEXT_LINE];

	text_when(from, (uint64_t)d->conf->shut.from);
	text_when(until, (uint64_t)d->conf->shut.until);
	snprintf(line, sizeof(line), "waiting until %s: maintenance begins at "
	    "%s, before its time limit", until, from);
	rec_set_id(ev, F_e_task_delayed_task, rec_id(t->e.row, F_s_task_id));
	rec_set_u64(ev, F_e_task_delayed_until,
	    (uint64_t)d->conf->shut.until);
	rec_set_str(ev, F_e_task_delayed_reason, "maintenance");
	rec_set_u64(ev, F_e_task_delayed_retries,
	    rec_u64(t->e.row, F_s_task_retries));
	rec_set_u64(ev, F_e_task_delayed_tries,
	    rec_u64(t->e.row, F_s_task_tries));
	rec_set_str(ev, F_e_task_delayed_summary, line);
}

int
brake_task(struct decision *d, const struct task *t)
{
	if (brake_on(d->st, t->project) != NULL || brake_shut(d, 0))
		return (1);
	if (!brake_shut(d, sched_timeout(d->conf, t)))
		return (0);
	if (d->st->naside < ASIDE_MAX)
		set_aside(d, t);
	return (1);
}

const char *
brake_at(const struct state *st, const struct config *conf,
    const struct task *t, int64_t at, char sentence[TEXT_LINE],
    int64_t *until)
{
	const struct brake	*b = brake_on(st, t->project);
	const struct shut	*s = &conf->shut;
	char			 when[WHEN_TEXT];

	*until = 0;
	if (b != NULL) {
		snprintf(sentence, TEXT_LINE, "%s%.900s", b->project != NULL ?
		    "its project is " : "the daemon is ",
		    rec_str(b->e.row, F_s_brake_detail));
		return (strcmp(rec_str(b->e.row, F_s_brake_brake), "drain") ==
		    0 ? "draining" : "queue-paused");
	}
	if (!too_near(s, at, sched_timeout(conf, t)))
		return (NULL);
	*until = s->until;
	snprintf(sentence, TEXT_LINE, "maintenance %s %s",
	    s->from <= at ? "lasts until" : "begins, before its time "
	    "limit, at", text_when(when, (uint64_t)(s->from <= at ?
	    s->until : s->from)));
	return ("maintenance");
}

const char *
brake_why(const struct state *st, const struct config *conf,
    const struct task *t, char sentence[TEXT_LINE])
{
	int64_t	 until;

	return (brake_at(st, conf, t, conf->shut.now, sentence, &until));
}

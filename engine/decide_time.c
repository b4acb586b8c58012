/*
 * Deciding what time has to do with a task: when it may start, when it must be
 * over, and how long it waits before a further attempt.  Engine, pure half.
 *
 * Times are of the wall clock: whoever says "not before Monday" means that.
 * Every time is compared with the clock when it is looked at, so a clock that
 * is set forward wakes what is due by it, and one that is set back makes what
 * still waits wait until it shows the time again.  What has begun stays begun.
 */
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "common/when.h"
#include "engine/decide.h"
#include "engine/text.h"

#define TRIES_MAX	3	/* of what failed for no fault of the task */
#define DELAY_MAX	(366ULL * 24 * 3600 * 1000)	/* ms */
#define TIME_MAX	(253402300799000000ULL)		/* us: the year 9999 */
#define SPREAD		4	/* up to a fourth longer, by chance */
#define MOST_DEFAULT	(3600ULL * 1000)	/* ms: of exponential waits */

/* Starting. */

static uint64_t
starts_at(const struct decision *d, const struct rec *cmd)
{
	if (rec_has(cmd, F_c_task_create_delay))
		return ((uint64_t)d->time +
		    rec_u64(cmd, F_c_task_create_delay) * 1000);
	return (rec_u64(cmd, F_c_task_create_at));
}

static int
check_backoff(struct decision *d, const struct rec *cmd)
{
	const char	*b = rec_str(cmd, F_c_task_create_backoff);

	if (*b != '\0' && strcmp(b, "fixed") != 0 &&
	    strcmp(b, "exponential") != 0)
		refuse(d, PRA_EINVALID, "use fixed or exponential",
		    "there is no such backoff");
	else if (*b != '\0' && rec_u64(cmd, F_c_task_create_retry_delay) == 0)
		refuse(d, PRA_EUSAGE, "give --retry-delay as well",
		    "a backoff needs the delay to begin with");
	else if (rec_u64(cmd, F_c_task_create_retry_delay) > DELAY_MAX)
		refuse(d, PRA_EINVALID, "use at most 366 days",
		    "the retry delay is too long");
	return (d->err == 0);
}

int
check_task_times(struct decision *d, const struct rec *cmd)
{
	uint64_t	 end = rec_u64(cmd, F_c_task_create_deadline);
	uint64_t	 at;

	if (rec_u64(cmd, F_c_task_create_delay) > DELAY_MAX) {
		refuse(d, PRA_EINVALID, "use at most 366 days, or --at",
		    "the delay is too long");
		return (0);
	}
	at = starts_at(d, cmd);
	if (rec_has(cmd, F_c_task_create_at) &&
	    rec_has(cmd, F_c_task_create_delay))
		refuse(d, PRA_EUSAGE, "give one of --at and --delay",
		    "the task has two times to start");
	else if (at > TIME_MAX || end > TIME_MAX)
		refuse(d, PRA_EINVALID, "use one before the year 10000",
		    "a time is too far away");
	else if (rec_has(cmd, F_c_task_create_deadline) &&
	    end <= (uint64_t)d->time)
		refuse(d, PRA_EINVALID, "give a time to come",
		    "the deadline has passed already");
	else if (rec_has(cmd, F_c_task_create_deadline) && end <= at)
		refuse(d, PRA_EINVALID, "give a later deadline", "the task "
		    "would not start before its deadline");
	return (d->err == 0 && check_backoff(d, cmd));
}

void
decide_created_times(struct decision *d, const struct rec *cmd,
    struct rec *ev)
{
	uint64_t	 at = starts_at(d, cmd);
	char		 line[TEXT_LINE], when[WHEN_TEXT];

	if (rec_has(cmd, F_c_task_create_deadline))
		rec_set_u64(ev, F_e_task_created_deadline,
		    rec_u64(cmd, F_c_task_create_deadline));
	if (rec_has(cmd, F_c_task_create_retries))
		rec_set_u64(ev, F_e_task_created_own_retries, 1);
	if (rec_has(cmd, F_c_task_create_retry_delay))
		rec_set_u64(ev, F_e_task_created_retry_delay,
		    rec_u64(cmd, F_c_task_create_retry_delay));
	if (*rec_str(cmd, F_c_task_create_backoff) != '\0')
		rec_set_str(ev, F_e_task_created_backoff,
		    rec_str(cmd, F_c_task_create_backoff));
	if (at == 0)
		return;
	rec_set_u64(ev, F_e_task_created_at, at);
	if (at <= (uint64_t)d->time ||
	    strcmp(rec_str(ev, F_e_task_created_state), "ready") != 0)
		return;
	snprintf(line, sizeof(line), "waiting until %s", text_when(when, at));
	rec_set_str(ev, F_e_task_created_state, "waiting");
	rec_set_str(ev, F_e_task_created_reason, "start-time");
	rec_set_str(ev, F_e_task_created_summary, line);
	rec_set_u64(ev, F_e_task_created_until, at);
}

uint64_t
decide_until(const struct decision *d, const struct task *t,
    char line[TEXT_LINE])
{
	uint64_t	 at = rec_u64(t->e.row, F_s_task_at);
	char		 when[WHEN_TEXT];

	if (at <= (uint64_t)d->time)
		return (0);
	snprintf(line, TEXT_LINE, "waiting until %s", text_when(when, at));
	return (at);
}

static void
emit_delayed(struct decision *d, const struct task *t, uint64_t until,
    const char *reason, uint64_t retries, uint64_t tries, const char *line)
{
	struct rec	*ev = emit(d, REC_e_task_delayed);

	rec_set_id(ev, F_e_task_delayed_task, rec_id(t->e.row, F_s_task_id));
	rec_set_u64(ev, F_e_task_delayed_until, until);
	rec_set_str(ev, F_e_task_delayed_reason, reason);
	rec_set_str(ev, F_e_task_delayed_summary, line);
	rec_set_u64(ev, F_e_task_delayed_retries, retries);
	rec_set_u64(ev, F_e_task_delayed_tries, tries);
}

int
decide_starts_later(struct decision *d, const struct task *t,
    uint64_t retries, uint64_t tries)
{
	char		 line[TEXT_LINE];
	uint64_t	 at;

	if (t->state == TS_WAITING &&
	    rec_u64(t->e.row, F_s_task_until) > (uint64_t)d->time)
		return (1);
	if ((at = decide_until(d, t, line)) == 0)
		return (0);
	emit_delayed(d, t, at, "start-time", retries, tries, line);
	return (1);
}

/* Retries. */

static int
rule_matches(const struct rec *rule, const char *class, const char *agent)
{
	const char	*c = rec_str(rule, F_k_retry_class);

	return ((strcmp(c, "*") == 0 || strcmp(c, class) == 0) &&
	    (!rec_has(rule, F_k_retry_agent) ||
	    strcmp(rec_str(rule, F_k_retry_agent), agent) == 0));
}

/* The last rule for a way to fail, or NULL; those of agents come last. */
static const struct rec *
retry_rule(const struct decision *d, const struct task *t, const char *class)
{
	const struct config_item	*it;
	const struct rec		*last = NULL;
	const char			*agent = "";

	if (!rec_has(t->e.row, F_s_task_run))
		agent = rec_str(t->e.row, F_s_task_agent);
	STAILQ_FOREACH(it, &d->conf->retries, next)
		if (rule_matches(it->rec, class, agent))
			last = it->rec;
	return (last);
}

/* Attempts that were not the first, since a user last wanted it to run. */
static uint64_t
retries_made(const struct task *t)
{
	uint64_t	 before = rec_u64(t->e.row, F_s_task_before) + 1;
	uint64_t	 attempt = rec_u64(t->e.row, F_s_task_attempt);

	return (attempt > before ? attempt - before : 0);
}

static uint64_t
retries_left(const struct task *t, const struct rec *rule)
{
	uint64_t	 made = retries_made(t), times;

	if (rule == NULL || !rec_has(rule, F_k_retry_times) ||
	    rec_u64(t->e.row, F_s_task_own_retries))
		return (rec_u64(t->e.row, F_s_task_retries));
	times = rec_u64(rule, F_k_retry_times);
	return (times > made ? times - made : 0);
}

/*
 * Milliseconds before what failed n times more is done again.  Never less
 * than configured; what failed together is spread by chance.
 */
static uint64_t
backoff(const struct decision *d, const char *how, uint64_t delay,
    uint64_t most, uint64_t n)
{
	if (strcmp(how, "none") == 0)
		return (0);
	if (strcmp(how, "exponential") == 0) {
		if (most < delay)
			most = delay > MOST_DEFAULT ? delay : MOST_DEFAULT;
		for (; n > 0 && delay < most; n--)
			delay *= 2;
		delay = delay < most ? delay : most;
	}
	return (delay + ((delay / SPREAD * d->chance) >> 32));
}

/* The task's own delay counts more than a rule. */
static uint64_t
retry_wait(const struct decision *d, const struct task *t,
    const struct rec *rule)
{
	uint64_t	 own = rec_u64(t->e.row, F_s_task_retry_delay);
	uint64_t	 n = retries_made(t);

	if (own != 0)
		return (backoff(d, rec_str(t->e.row, F_s_task_backoff), own, 0,
		    n));
	return (rule == NULL ? 0 : backoff(d, rec_str(rule, F_k_retry_backoff),
	    rec_u64(rule, F_k_retry_delay), rec_u64(rule, F_k_retry_most), n));
}

/* Another attempt, now or in ms. */
static void
attempt_again(struct decision *d, const struct task *t, uint64_t left,
    uint64_t ms)
{
	const char	*last = rec_str(t->e.row, F_s_task_ended);
	char		 line[TEXT_LINE], when[WHEN_TEXT];
	uint64_t	 until = (uint64_t)d->time + ms * 1000;

	if (ms == 0) {
		snprintf(line, sizeof(line), "ready again, %llu attempt%s left",
		    (unsigned long long)left, left == 1 ? "" : "s");
		decide_ready(d, t, left - 1, 0, line);
		return;
	}
	snprintf(line, sizeof(line), "waiting until %s, %llu attempt%s left; "
	    "the last one: %.800s", text_when(when, until),
	    (unsigned long long)left, left == 1 ? "" : "s", last);
	emit_delayed(d, t, until, "retry-delay", left - 1, 0, line);
}

void
decide_attempt_over(struct decision *d, const struct task *t)
{
	const struct rec	*rule;
	char			 line[TEXT_LINE];
	uint64_t		 left;

	rule = retry_rule(d, t, rec_str(t->e.row, F_s_task_why));
	left = retries_left(t, rule);
	if (rec_u64(t->e.row, F_s_task_cancelling)) {
		decide_cancelled(d, t);
	} else if (rec_u64(t->e.row, F_s_task_overdue)) {
		snprintf(line, sizeof(line), "its deadline passed; its last "
		    "attempt: %.900s", rec_str(t->e.row, F_s_task_ended));
		decide_fail(d, t, "deadline", line);
	} else if (left > 0) {
		attempt_again(d, t, left, retry_wait(d, t, rule));
	} else {
		decide_fail(d, t, rec_str(t->e.row, F_s_task_why),
		    rec_str(t->e.row, F_s_task_ended));
	}
}

/* A session for a task that could not start: again a few times. */
void
decide_not_started(struct decision *d, const struct task *t,
    const char *reason, const char *text, int permanent)
{
	const struct rec	*rule = retry_rule(d, t, reason);
	uint64_t		 tries = rec_u64(t->e.row, F_s_task_tries) + 1;
	uint64_t		 most = TRIES_MAX, ms = 0, until;
	char			 line[TEXT_LINE], both[TEXT_LINE];
	char			 when[WHEN_TEXT];

	text_line(line, sizeof(line), text);
	if (rule != NULL && rec_has(rule, F_k_retry_times))
		most = rec_u64(rule, F_k_retry_times) + 1;
	if (rule != NULL)
		ms = backoff(d, rec_str(rule, F_k_retry_backoff),
		    rec_u64(rule, F_k_retry_delay),
		    rec_u64(rule, F_k_retry_most), tries - 1);
	if (permanent || tries >= most) {
		decide_fail(d, t, reason, line);
	} else if (ms == 0) {
		decide_ready(d, t, rec_u64(t->e.row, F_s_task_retries), tries,
		    "ready again");
	} else {
		until = (uint64_t)d->time + ms * 1000;
		snprintf(both, sizeof(both), "waiting until %s; %.900s",
		    text_when(when, until), line);
		emit_delayed(d, t, until, "retry-delay",
		    rec_u64(t->e.row, F_s_task_retries), tries, both);
	}
}

/* What is due. */

int
task_too_late(const struct decision *d, const struct task *t)
{
	uint64_t	 end = rec_u64(t->e.row, F_s_task_deadline);

	return (end != 0 && end <= (uint64_t)d->time);
}

static void
too_late(struct decision *d, const struct task *t)
{
	const char	*last = rec_str(t->e.row, F_s_task_ended);
	struct rec	*ev;
	char		 line[TEXT_LINE], when[WHEN_TEXT];

	text_when(when, rec_u64(t->e.row, F_s_task_deadline));
	if (t->state == TS_RUNNING || t->state == TS_PAUSED) {
		snprintf(line, sizeof(line), "overdue: its attempt is ended, "
		    "the deadline was %s", when);
		ev = emit(d, REC_e_task_overdue);
		rec_set_id(ev, F_e_task_overdue_task,
		    rec_id(t->e.row, F_s_task_id));
		rec_set_str(ev, F_e_task_overdue_summary, line);
		return;
	}
	if (rec_u64(t->e.row, F_s_task_attempt) ==
	    rec_u64(t->e.row, F_s_task_before))
		snprintf(line, sizeof(line), "it had not begun by its "
		    "deadline, %s", when);
	else
		snprintf(line, sizeof(line), "its deadline passed at %s; its "
		    "last attempt: %.900s", when, last);
	if (t->session != NULL)
		decide_stop(d, t->session);
	decide_fail(d, t, "deadline", line);
}

int
decide_timed(struct decision *d)
{
	const struct task	*t = state_first_timed(d->st);

	if (t == NULL || t->due > (uint64_t)d->time)
		return (0);
	if (task_too_late(d, t))
		too_late(d, t);
	else
		decide_ready(d, t, rec_u64(t->e.row, F_s_task_retries),
		    rec_u64(t->e.row, F_s_task_tries), "ready");
	return (1);
}

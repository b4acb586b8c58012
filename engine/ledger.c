/*
 * The ledger.  Engine, pure half.  What is charged is what an executor says
 * of its own work: it decides whose turn it is, never what is allowed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/fixed.h"
#include "engine/ledger.h"
#include "engine/queue.h"

#define MEAN_OF		8	/* an attempt moves the mean by an eighth */

const char *const resource_names[RS_MAX] = {
	[RS_CPU] = "cpu", [RS_WALL] = "wall", [RS_TOKENS] = "tokens",
	[RS_MONEY] = "money"
};

#define COUNTERS(r) { F_s_usage_##r, F_s_usage_##r##_decayed,		\
	F_s_usage_##r##_day, F_s_usage_##r##_month, F_s_usage_##r##_mean }

/* Where a row counts each resource. */
static const struct {
	int	 total, decayed, day, month, mean;
} counters[RS_MAX] = {
	[RS_CPU] = COUNTERS(cpu), [RS_WALL] = COUNTERS(wall),
	[RS_TOKENS] = COUNTERS(tokens), [RS_MONEY] = COUNTERS(money)
};

void
ledger_user(char key[ACCOUNT_KEY], uint64_t uid)
{
	snprintf(key, ACCOUNT_KEY, "user/%" PRIu64, uid);
}

void
ledger_key(char key[ACCOUNT_KEY], const char *kind, const char *name)
{
	snprintf(key, ACCOUNT_KEY, "%s/%s", kind, name);
}

struct account *
ledger_account(struct state *st, const char *key, int64_t time)
{
	struct account	*a = state_account(st, key);
	struct rec	*row;

	if (a != NULL || (row = rec_new(REC_s_usage)) == NULL)
		return (a);
	rec_set_str(row, F_s_usage_key, key);
	rec_set_u64(row, F_s_usage_first, (uint64_t)time);
	rec_set_u64(row, F_s_usage_at, (uint64_t)time);
	if ((a = state_add_account(st, row)) != NULL)
		state_dirty(st, &a->e);
	return (a);
}

static void
add(struct rec *row, int field, uint64_t v)
{
	if (v != 0)
		rec_set_u64(row, field, fixed_add(rec_u64(row, field), v));
}

/* Bring a row to a time; one that lies before its own changes nothing. */
static void
row_decay(struct rec *row, uint64_t time, uint64_t half_ms)
{
	uint64_t	 at = rec_u64(row, F_s_usage_at), v;
	int		 r;

	if (time <= at)
		return;
	for (r = 0; r < RS_MAX; r++)
		if ((v = rec_u64(row, counters[r].decayed)) != 0)
			rec_set_u64(row, counters[r].decayed,
			    fixed_decay(v, time - at, half_ms));
	rec_set_u64(row, F_s_usage_at, time);
}

/* A day or month that is later than the row's: its counters begin again. */
static void
row_turn(struct rec *row, int64_t time)
{
	int	 r;

	if (fixed_day(time) > rec_u64(row, F_s_usage_day)) {
		rec_set_u64(row, F_s_usage_day, fixed_day(time));
		rec_set_u64(row, F_s_usage_attempts_day, 0);
		for (r = 0; r < RS_MAX; r++)
			rec_set_u64(row, counters[r].day, 0);
	}
	if (fixed_month(time) > rec_u64(row, F_s_usage_month)) {
		rec_set_u64(row, F_s_usage_month, fixed_month(time));
		rec_set_u64(row, F_s_usage_attempts_month, 0);
		for (r = 0; r < RS_MAX; r++)
			rec_set_u64(row, counters[r].month, 0);
	}
}

/* The first attempt is the mean; each later one moves it. */
static void
row_mean(struct rec *row, enum resource r, uint64_t v)
{
	uint64_t	 mean = rec_u64(row, counters[r].mean);

	if (rec_u64(row, F_s_usage_attempts) <= 1)
		mean = v;
	else if (v >= mean)
		mean += (v - mean) / MEAN_OF;
	else
		mean -= (mean - v) / MEAN_OF;
	rec_set_u64(row, counters[r].mean, mean);
}

void
ledger_charge(struct state *st, struct account *a, const struct used *u,
    int64_t time, uint64_t half_ms, int attempt)
{
	struct rec	*row = a->e.row;
	int		 r;

	row_decay(row, (uint64_t)time, half_ms);
	row_turn(row, time);
	add(row, F_s_usage_attempts, (uint64_t)attempt);
	add(row, F_s_usage_attempts_day, (uint64_t)attempt);
	add(row, F_s_usage_attempts_month, (uint64_t)attempt);
	for (r = 0; r < RS_MAX; r++) {
		add(row, counters[r].total, u->v[r]);
		add(row, counters[r].decayed, u->v[r]);
		add(row, counters[r].day, u->v[r]);
		add(row, counters[r].month, u->v[r]);
		if (attempt)
			row_mean(row, (enum resource)r, u->v[r]);
	}
	state_dirty(st, &a->e);
	queue_account(st, a);
}

uint64_t
ledger_total(const struct rec *row, enum resource r)
{
	return (rec_u64(row, counters[r].total));
}

uint64_t
ledger_decayed(const struct rec *row, enum resource r, int64_t time,
    uint64_t half_ms)
{
	uint64_t	 at = rec_u64(row, F_s_usage_at), now = (uint64_t)time;

	return (fixed_decay(rec_u64(row, counters[r].decayed),
	    now > at ? now - at : 0, half_ms));
}

uint64_t
ledger_day(const struct rec *row, enum resource r, int64_t time)
{
	return (fixed_day(time) > rec_u64(row, F_s_usage_day) ? 0 :
	    rec_u64(row, counters[r].day));
}

uint64_t
ledger_month(const struct rec *row, enum resource r, int64_t time)
{
	return (fixed_month(time) > rec_u64(row, F_s_usage_month) ? 0 :
	    rec_u64(row, counters[r].month));
}

uint64_t
ledger_mean(const struct rec *row, enum resource r)
{
	return (rec_u64(row, counters[r].mean));
}

static void
charge_key(struct state *st, const struct fact *f, const char *key,
    const struct used *u, int half, int attempt)
{
	struct account	*a = ledger_account(st, key, f->time);

	if (a != NULL)
		ledger_charge(st, a, u, f->time, rec_u64(f->data, half),
		    attempt);
}

/* `half` and `others` are the event's fields of these names. */
static void
charge(struct state *st, const struct fact *f, const struct task *t,
    const struct used *u, int half, int others, int attempt)
{
	char	 key[ACCOUNT_KEY];
	size_t	 i;

	if (!rec_has(f->data, half))
		return;			/* of a version without a ledger */
	ledger_user(key, rec_u64(t->e.row, F_s_task_uid));
	charge_key(st, f, key, u, half, attempt);
	ledger_key(key, "project", rec_str(t->e.row, F_s_task_project));
	charge_key(st, f, key, u, half, attempt);
	for (i = 0; others != -1 && i < rec_count(f->data, others); i++)
		charge_key(st, f, rec_nth_str(f->data, others, i), u, half,
		    attempt);
}

/*
 * Nothing was used yet: the accounts are only brought to the time of it, so
 * that one that was idle for long counts as one that begins now.
 */
void
ledger_begun(struct state *st, const struct fact *f, const struct task *t)
{
	struct used	 none = { { 0 } };

	charge(st, f, t, &none, F_e_session_created_half, -1, 0);
}

void
ledger_ran(struct state *st, const struct fact *f, const struct task *t)
{
	struct used	 u = { {
		[RS_CPU] = fixed_add(rec_u64(f->data, F_e_task_ran_utime),
		    rec_u64(f->data, F_e_task_ran_stime)),
		[RS_WALL] = rec_u64(f->data, F_e_task_ran_wall),
		[RS_TOKENS] = rec_u64(f->data, F_e_task_ran_tokens),
		[RS_MONEY] = rec_u64(f->data, F_e_task_ran_money)
	} };

	charge(st, f, t, &u, F_e_task_ran_half, F_e_task_ran_charge, 1);
}

/* Nobody knows what it used but the clock. */
void
ledger_lost(struct state *st, const struct fact *f, const struct task *t)
{
	uint64_t	 began = rec_u64(t->e.row, F_s_task_started);
	struct used	 u = { { 0 } };

	if (began != 0 && (uint64_t)f->time > began)
		u.v[RS_WALL] = (uint64_t)f->time - began;
	charge(st, f, t, &u, F_e_task_lost_half, F_e_task_lost_charge, 0);
}

/* More is kept for somebody, or all of a task's is not any more. */
static void
disk_key(struct state *st, const struct fact *f, const char *key,
    uint64_t more, uint64_t less)
{
	struct account	*a = ledger_account(st, key, f->time);
	uint64_t	 disk;

	if (a == NULL)
		return;
	disk = fixed_add(rec_u64(a->e.row, F_s_usage_disk), more);
	rec_set_u64(a->e.row, F_s_usage_disk, disk > less ? disk - less : 0);
	state_dirty(st, &a->e);
	queue_account(st, a);
}

static void
disk_task(struct state *st, const struct fact *f, const struct task *t,
    uint64_t more, uint64_t less)
{
	char	 key[ACCOUNT_KEY];
	size_t	 i;

	ledger_user(key, rec_u64(t->e.row, F_s_task_uid));
	disk_key(st, f, key, more, less);
	ledger_key(key, "project", rec_str(t->e.row, F_s_task_project));
	disk_key(st, f, key, more, less);
	for (i = 0; i < rec_count(t->e.row, F_s_task_groups); i++) {
		ledger_key(key, "group",
		    rec_nth_str(t->e.row, F_s_task_groups, i));
		disk_key(st, f, key, more, less);
	}
}

void
ledger_kept(struct state *st, const struct fact *f, struct task *t,
    uint64_t bytes)
{
	if (bytes == 0)
		return;
	add(t->e.row, F_s_task_kept, bytes);
	state_dirty(st, &t->e);
	disk_task(st, f, t, bytes, 0);
}

void
ledger_freed(struct state *st, const struct fact *f, struct task *t)
{
	uint64_t	 kept = rec_u64(t->e.row, F_s_task_kept);

	if (kept == 0)
		return;
	rec_set_u64(t->e.row, F_s_task_kept, 0);
	disk_task(st, f, t, 0, kept);
}

void
apply_task_used(struct state *st, const struct fact *f)
{
	struct task	*t = fact_task(st, f, F_e_task_used_task);
	struct used	 u = { {
		[RS_CPU] = rec_u64(f->data, F_e_task_used_cpu),
		[RS_WALL] = rec_u64(f->data, F_e_task_used_wall),
		[RS_TOKENS] = rec_u64(f->data, F_e_task_used_tokens),
		[RS_MONEY] = rec_u64(f->data, F_e_task_used_money)
	} };

	if (t == NULL)
		return;
	charge(st, f, t, &u, F_e_task_used_half, F_e_task_used_charge, 0);
	attempt_used(st, t, f);
}

void
ledger_others(struct rec *ev, int field, const struct task *t)
{
	const char	*agent = rec_str(t->e.row, F_s_task_agent);
	char		 key[ACCOUNT_KEY];
	size_t		 i;

	for (i = 0; i < rec_count(t->e.row, F_s_task_groups); i++) {
		ledger_key(key, "group",
		    rec_nth_str(t->e.row, F_s_task_groups, i));
		rec_add_str(ev, field, key);
	}
	if (rec_has(t->e.row, F_s_task_run) || *agent == '\0')
		return;
	ledger_key(key, "agent", agent);
	rec_add_str(ev, field, key);
}

/*
 * What was kept for long enough: idempotency keys after a day, output and the
 * attic as configured.  Engine.  Each step looks at a bounded number of rows
 * and files, so that no command waits for it; nothing goes that belongs to a
 * task which is not finished.
 */
#include <stdio.h>
#include <string.h>
#include <event2/event.h>

#include "common/err.h"
#include "common/log.h"
#include "common/when.h"
#include "engine/crash.h"
#include "engine/upkeep.h"

#define KEYS_KEPT	(24LL * 3600 * 1000000)	/* us */
#define KEYS_AT_ONCE	256
#define FILES_AT_ONCE	256
#define ROWS_AT_ONCE	64
#define NEXT_MS		200		/* between the steps of a walk */
#define LEAST_MS	1000		/* between two walks: a tenth of what */
#define MOST_MS		(10 * 60 * 1000) /* is kept, within these */

static void
upkeep_after(struct engine *e, uint64_t ms)
{
	struct timeval	 tv = ms_timeval((int64_t)ms);

	evtimer_add(e->upkeep, &tv);
}

/* Output. */

/*
 * "t_....1", "c_....verify.1": every task and change that is not finished is
 * in memory.
 */
static int
output_wanted(void *arg, const char *name)
{
	struct engine	*e = arg;
	struct task	*t;
	uint8_t		 id[ULID_LEN];
	char		 text[ID_SIZE];

	if (strlen(name) <= ID_TEXT || name[ID_TEXT] != '.')
		return (1);
	snprintf(text, sizeof(text), "%.*s", ID_TEXT, name);
	if (id_parse(id, 'c', text) == 0)
		return (state_change(e->st, id) != NULL);
	if (id_parse(id, 't', text) != 0)
		return (1);
	t = state_task(e->st, id);
	return (t != NULL && (!task_final(t->state) || t->change != NULL));
}

static int
output_step(struct engine *e, int64_t now)
{
	uint64_t	 ms = config_u64(e->conf, F_k_main_retain_output);

	if (ms == 0)
		return (0);
	return (store_log_expire(e->store, now - (int64_t)ms * 1000,
	    FILES_AT_ONCE, output_wanted, e));
}

int
upkeep_output_gone(const struct engine *e, const struct rec *task)
{
	uint64_t	 ms = config_u64(e->conf, F_k_main_retain_output);
	uint64_t	 us = rec_u64(task, F_s_task_finished);

	return (ms != 0 && us != 0 &&
	    us + ms * 1000 <= (uint64_t)wall_now().us);
}

/* The attic. */

struct attic {
	struct engine	*e;
	int64_t		 now;
	unsigned int	 rows;
};

static int
attic_row(void *arg, const void *key, size_t keylen, struct rec *row)
{
	struct attic	*a = arg;
	struct engine	*e = a->e;
	struct input	*in;
	int		 s;

	memcpy(e->attic, key, keylen <= ULID_LEN ? keylen : ULID_LEN);
	a->rows++;
	s = fsm_state(&task_fsm, rec_str(row, F_s_task_state));
	if (s != -1 && task_final((enum task_state)s) &&
	    state_project(e->st, rec_str(row, F_s_task_project)) != NULL &&
	    task_expires(e->conf, row, a->now) &&
	    (in = engine_input(e, IN_EXPIRE)) != NULL)
		id_format(in->text, 't', rec_id(row, F_s_task_id));
	rec_free(row);
	return (0);
}

/* The tasks in the order of filing, from the one after the last on. */
static int
attic_step(struct engine *e, int64_t now)
{
	struct attic	 a = { e, now, 0 };
	uint8_t		 hi[ULID_LEN];
	int		 i, err;

	if (config_u64(e->conf, F_k_main_retain_attic) == 0)
		return (0);
	memset(hi, 0xff, sizeof(hi));
	for (i = ULID_LEN - 1; i >= 0 && ++e->attic[i] == 0; i--)
		;
	err = store_prefix(e->store, ST_TASK, e->attic, hi, ULID_LEN,
	    ROWS_AT_ONCE, attic_row, &a);
	if (err == 0 && a.rows == ROWS_AT_ONCE)
		return (1);
	if (err != 0)
		log_warnx("tasks cannot be read: %s", err_text(err));
	memset(e->attic, 0, sizeof(e->attic));
	return (0);
}

/* Keys: in the next turn. */
static int
keys_step(struct engine *e, int64_t now)
{
	if (store_keys_older(e->store, now - KEYS_KEPT) != 1)
		return (0);
	e->expire = 1;
	engine_turn(e);
	return (1);
}

int
upkeep_turn(struct engine *e, int64_t time)
{
	int	 err = 0;

	if (!e->expire)
		return (0);
	e->expire = 0;
	if (!store_in_transaction(e->store))
		err = store_begin(e->store);
	if (err == 0)
		err = store_keys_expire(e->store, time - KEYS_KEPT,
		    KEYS_AT_ONCE);
	CRASH_AT(CP_KEYS);
	return (err);
}

/* Often enough for the shortest time for which something is kept. */
static uint64_t
upkeep_pause(const struct engine *e)
{
	static const int	 fields[] = {
		F_k_main_retain_output, F_k_main_retain_attic
	};
	uint64_t		 ms, least = MOST_MS;
	size_t			 i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		ms = config_u64(e->conf, fields[i]);
		if (ms != 0 && ms / 10 < least)
			least = ms / 10;
	}
	return (least < LEAST_MS ? LEAST_MS : least);
}

static void
upkeep_step(int fd, short what, void *arg)
{
	struct engine	*e = arg;
	int64_t		 now = wall_now().us;
	int		 more = 0;

	(void)fd;
	(void)what;
	if (e->conf == NULL || !e->synced || e->stuck) {
		upkeep_after(e, LEAST_MS);
		return;
	}
	more |= keys_step(e, now);
	more |= output_step(e, now);
	more |= attic_step(e, now);
	upkeep_after(e, more ? NEXT_MS : upkeep_pause(e));
}

void
upkeep_soon(struct engine *e)
{
	upkeep_after(e, 0);
}

void
upkeep_open(struct engine *e)
{
	if ((e->upkeep = evtimer_new(e->role.base, upkeep_step, e)) == NULL)
		fatalx("timers");
}

void
upkeep_close(struct engine *e)
{
	event_free(e->upkeep);
}

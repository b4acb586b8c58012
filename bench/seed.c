/*
 * Stores with many tasks; a part of benchmarks and not of the daemon.
 */
#include <err.h>
#include <string.h>

#include "bench/seed.h"
#include "common/err.h"
#include "engine/remake.h"

#define AT_ONCE		20000	/* tasks of a transaction */
#define LONG_AGO	1600000000000000	/* us */

static void
must(int e)
{
	if (e != 0)
		errx(1, "seed: %s", err_text(e));
}

/* Ids in order, before every one that a clock of today gives. */
static void
seed_id(uint8_t id[ULID_LEN], unsigned int n)
{
	unsigned int	 i;

	memset(id, 0, ULID_LEN);
	id[0] = 1;
	for (i = 0; i < sizeof(n); i++)
		id[ULID_LEN - 1 - i] = (uint8_t)(n >> 8 * i);
}

static void
seed_event(struct store *s, struct store_event *ev, struct rec *data)
{
	struct buf	 b = { 0 };

	must(rec_encode(data, &b));
	ev->time = LONG_AGO;
	ev->schema = 1;
	strcpy(ev->actor, "uid:0");
	strcpy(ev->cause, "seed");
	strcpy(ev->project, "p");
	ev->data = b.data;
	ev->len = b.len;
	must(store_append(s, ev));
	buf_free(&b);
	rec_free(data);
}

static void
seed_project(struct store *s)
{
	static const uint8_t	 some_oid[OID_LEN] = { 1 };
	struct store_event	 ev = { .stream = "project/p" };
	struct rec		*r = rec_new(REC_e_project_added);
	struct rec		*row = rec_new(REC_s_project);

	rec_set_str(r, F_e_project_added_project, "p");
	rec_set_str(r, F_e_project_added_repo, "/r");
	rec_set_str(r, F_e_project_added_branch, "main");
	seed_event(s, &ev, r);
	rec_set_str(row, F_s_project_name, "p");
	rec_set_str(row, F_s_project_state, "ready");
	rec_set_str(row, F_s_project_repo, "/r");
	rec_set_str(row, F_s_project_branch, "main");
	rec_set_oid(row, F_s_project_head, some_oid);
	rec_set_u64(row, F_s_project_added, LONG_AGO);
	must(store_put(s, ST_PROJECT, "p", 1, 1, row));
	rec_free(row);
}

static uint64_t
seed_filed(struct store *s, const uint8_t id[ULID_LEN])
{
	struct store_event	 ev = { .seq = 0 };
	struct rec		*r = rec_new(REC_e_task_created);

	id_format(ev.subject, 't', id);
	strcpy(ev.stream, "task/");
	strcat(ev.stream, ev.subject);
	memcpy(ev.id, id, ULID_LEN);
	rec_set_id(r, F_e_task_created_task, id);
	rec_set_str(r, F_e_task_created_project, "p");
	rec_set_str(r, F_e_task_created_state, "ready");
	rec_set_str(r, F_e_task_created_summary, "ready");
	rec_set_str(r, F_e_task_created_run, "true");
	rec_set_u64(r, F_e_task_created_retries, 0);
	rec_set_u64(r, F_e_task_created_uid, 0);
	seed_event(s, &ev, r);
	return (ev.seq);
}

static void
seed_task(struct store *s, unsigned int n, int live)
{
	struct rec	*row = rec_new(REC_s_task);
	uint8_t		 id[ULID_LEN];

	seed_id(id, n);
	rec_set_id(row, F_s_task_id, id);
	rec_set_u64(row, F_s_task_order, seed_filed(s, id));
	rec_set_str(row, F_s_task_project, "p");
	rec_set_str(row, F_s_task_state, live ? "ready" : "cancelled");
	rec_set_str(row, F_s_task_run, "true");
	rec_set_u64(row, F_s_task_retries_max, 0);
	rec_set_u64(row, F_s_task_retries, 0);
	rec_set_u64(row, F_s_task_uid, 0);
	rec_set_u64(row, F_s_task_version, 1);
	rec_set_u64(row, F_s_task_created, LONG_AGO);
	if (!live)
		rec_set_u64(row, F_s_task_finished, LONG_AGO);
	must(store_put(s, ST_TASK, id, ULID_LEN, live, row));
	rec_free(row);
}

void
seed_store(const char *dir, unsigned int finished, unsigned int ready)
{
	struct store	*s;
	unsigned int	 i;
	char		 why[512];

	if (store_open(&s, dir, why, sizeof(why)) != 0 ||
	    remake_state(s, why, sizeof(why)) != 0)
		errx(1, "%s", why);
	must(store_begin(s));
	seed_project(s);
	for (i = 0; i < finished + ready; i++) {
		if (i % AT_ONCE == AT_ONCE - 1) {
			must(store_commit(s));
			must(store_begin(s));
		}
		seed_task(s, i, i >= finished);
	}
	must(store_commit(s));
	store_close(s);
}

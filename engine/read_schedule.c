/*
 * schedule.list, schedule.show and schedule.next.  Engine; the runs to come
 * need zone data.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/cron.h"
#include "common/err.h"
#include "common/log.h"
#include "common/zone.h"
#include "engine/request.h"
#include "engine/schedule.h"

#define RUNS_MOST	1000
#define RUNS_DEFAULT	5

int
read_schedule_list(struct engine *e, struct request *rq)
{
	const char	*project;
	const char	*only = rec_str(rq->cmd, F_c_schedule_list_project);
	struct schedule	*s;

	for (s = schedule_after(e->st, ""); s != NULL;
	    s = schedule_after(e->st, rec_str(s->e.row, F_s_schedule_key))) {
		project = rec_str(s->e.row, F_s_schedule_project);
		if ((*only == '\0' || strcmp(only, project) == 0) &&
		    request_permits(rq, project))
			request_item(rq, view_schedule(s));
	}
	return (request_done(rq, 0, NULL, "%s", ""));
}

/* Without a project the only one that has such a schedule; or NULL. */
static struct schedule *
schedule_of(struct request *rq, const char *name, const char *project)
{
	struct schedule	*s, *found = NULL;

	for (s = schedule_after(rq->e->st, ""); s != NULL; s = schedule_after(
	    rq->e->st, rec_str(s->e.row, F_s_schedule_key))) {
		if (strcmp(rec_str(s->e.row, F_s_schedule_name), name) != 0 ||
		    (*project != '\0' && strcmp(rec_str(s->e.row,
		    F_s_schedule_project), project) != 0) ||
		    !request_permits(rq, rec_str(s->e.row,
		    F_s_schedule_project)))
			continue;
		if (found != NULL) {
			request_done(rq, PRA_EAMBIGUOUS, "give --project",
			    "several projects have a schedule of that name");
			return (NULL);
		}
		found = s;
	}
	if (found == NULL)
		request_done(rq, PRA_ENOTFOUND, "praetorctl schedule list",
		    "there is no such schedule");
	return (found);
}

int
read_schedule_show(struct engine *e, struct request *rq)
{
	struct schedule	*s;

	(void)e;
	s = schedule_of(rq, rec_str(rq->cmd, F_c_schedule_show_name),
	    rec_str(rq->cmd, F_c_schedule_show_project));
	if (s == NULL)
		return (1);
	request_item(rq, view_schedule(s));
	return (request_done(rq, 0, NULL, "%s", ""));
}

/* "Mon 2026-11-30 03:00 +0100". */
static void
run_item(struct request *rq, const char *zone, int64_t sec)
{
	struct rec	*r = rec_new(REC_v_run);
	int32_t		 off = zone_offset(zone, sec);
	struct tm	 tm;
	time_t		 local = (time_t)(sec + off);
	char		 text[32], when[24];

	gmtime_r(&local, &tm);
	strftime(when, sizeof(when), "%a %Y-%m-%d %H:%M", &tm);
	snprintf(text, sizeof(text), "%s %c%02d%02d", when, off < 0 ? '-' :
	    '+', (off < 0 ? -off : off) / 3600 % 24,
	    (off < 0 ? -off : off) / 60 % 60);
	rec_set_u64(r, F_v_run_time, (uint64_t)sec * 1000000);
	rec_set_str(r, F_v_run_local, text);
	request_item(rq, r);
}

int
read_schedule_next(struct engine *e, struct request *rq)
{
	uint64_t	 i, n = rec_u64(rq->cmd, F_c_schedule_next_count);
	const char	*zone;
	struct schedule	*s;
	struct cron	 c;
	int64_t		 sec;

	(void)e;
	s = schedule_of(rq, rec_str(rq->cmd, F_c_schedule_next_name),
	    rec_str(rq->cmd, F_c_schedule_next_project));
	if (s == NULL)
		return (1);
	n = n == 0 ? RUNS_DEFAULT : n > RUNS_MOST ? RUNS_MOST : n;
	zone = rec_str(s->e.row, F_s_schedule_zone);
	sec = (int64_t)(s->due / 1000000);
	if (cron_parse(rec_str(s->e.row, F_s_schedule_cron), &c) != NULL ||
	    !zone_known(zone))
		sec = 0;
	for (i = 0; i < n && sec != 0; i++) {
		run_item(rq, zone, sec);
		sec = cron_next(&c, zone, sec);
	}
	return (request_done(rq, 0, NULL, "%s", ""));
}

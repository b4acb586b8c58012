/*
 * What the calendar says.  Engine, its shell: zone data is read here, and what
 * comes of it goes to the pure half as times.
 */
#include <stdio.h>
#include <string.h>

#include "common/cron.h"
#include "common/err.h"
#include "common/window.h"
#include "engine/calendar.h"
#include "engine/schedule.h"

#define SECOND	1000000LL

/* Of several windows one that is now, the longest; else the first. */
static void
window_take(struct shut *s, int64_t from, int64_t until, int64_t now)
{
	int	 is = from <= now, was = s->until != 0 && s->from <= now;

	if (until == 0 || (was && (!is || until <= s->until)) ||
	    (s->until != 0 && !is && from >= s->from))
		return;
	s->from = from;
	s->until = until;
}

static void
windows_look(const struct config *conf, struct shut *s, int64_t now)
{
	const struct config_item	*it;
	struct window			 w;
	int64_t				 from, until;

	STAILQ_FOREACH(it, &conf->windows, next) {
		if (window_parse(rec_str(it->rec, F_k_window_text), &w) != NULL)
			continue;
		window_next(&w, now / SECOND, &from, &until);
		window_take(s, from * SECOND, until * SECOND, now);
	}
}

/* The first run of a schedule after a time, both in us; 0 for none. */
static uint64_t
run_after(const char *cron, const char *zone, uint64_t us)
{
	struct cron	 c;

	if (cron_parse(cron, &c) != NULL || !zone_known(zone))
		return (0);
	return ((uint64_t)cron_next(&c, zone, (int64_t)us / SECOND) * SECOND);
}

static void
command_error(struct input *in, int err, const char *what, const char *text)
{
	in->err = err;
	snprintf(in->text, sizeof(in->text), "%s: %s", what, text);
}

static void
command_add(struct input *in, int64_t now)
{
	const char	*cron = rec_str(in->rec, F_c_schedule_add_cron);
	const char	*zone = rec_str(in->rec, F_c_schedule_add_zone);
	const char	*why;
	struct cron	 c;

	if (*zone == '\0')
		zone = "UTC";
	if ((why = cron_parse(cron, &c)) != NULL)
		command_error(in, PRA_EINVALID, "cron", why);
	else if (!zone_known(zone))
		command_error(in, PRA_EINVALID, "tz", "this host has no such "
		    "time zone");
	else if ((in->number = run_after(cron, zone, (uint64_t)now)) == 0)
		command_error(in, PRA_EINVALID, "cron", "that never comes");
}

static void
command_resume(struct engine *e, struct input *in, int64_t now)
{
	const char	*name = rec_str(in->rec, F_c_schedule_resume_name);
	const char	*project;
	struct schedule	*s;
	struct project	*p = state_first_project(e->st);
	char		 key[SCHEDULE_KEY];

	project = rec_str(in->rec, F_c_schedule_resume_project);
	if (*project == '\0' && p != NULL)
		project = rec_str(p->e.row, F_s_project_name);
	schedule_key(key, project, name);
	if ((s = state_schedule(e->st, key)) != NULL)
		in->number = run_after(rec_str(s->e.row, F_s_schedule_cron),
		    rec_str(s->e.row, F_s_schedule_zone), (uint64_t)now);
}

void
calendar_command(struct engine *e, struct input *in, int64_t now)
{
	if (in->kind != IN_COMMAND)
		return;
	if (rec_kind(in->rec) == REC_c_schedule_add)
		command_add(in, now);
	else if (rec_kind(in->rec) == REC_c_schedule_resume)
		command_resume(e, in, now);
}

/*
 * Never twice for one time: what follows is after the time that is due, also
 * when the clock was set back.
 */
static void
schedules_due(struct engine *e, int64_t now)
{
	struct schedule	*s;
	struct input	*in;

	for (s = schedule_first(e->st); s != NULL && s->due <= (uint64_t)now;
	    s = RB_NEXT(schedule_times, NULL, s)) {
		if ((in = engine_input(e, IN_SCHEDULE)) == NULL)
			return;
		snprintf(in->text, sizeof(in->text), "%s",
		    rec_str(s->e.row, F_s_schedule_key));
		in->number = run_after(rec_str(s->e.row, F_s_schedule_cron),
		    rec_str(s->e.row, F_s_schedule_zone), (uint64_t)now);
	}
}

void
calendar_turn(struct engine *e, int64_t now)
{
	struct shut	*s = &e->conf->shut;

	/* As long as the clock runs on, what was found is still right. */
	if (s->until <= now || s->now > now) {
		memset(s, 0, sizeof(*s));
		windows_look(e->conf, s, now);
	}
	s->now = now;
	schedules_due(e, now);
}

uint64_t
calendar_due(const struct engine *e, int64_t now)
{
	const struct shut	*s = &e->conf->shut;
	const struct schedule	*sc = schedule_first(e->st);
	uint64_t		 due;

	due = (uint64_t)(s->from > now ? s->from : s->until);
	if (sc != NULL && (due == 0 || sc->due < due))
		due = sc->due;
	return (due);
}

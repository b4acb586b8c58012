/*
 * What the calendar says.  Engine, its shell: zone data is read here, and what
 * comes of it goes to the pure half as times.
 */
#include <string.h>

#include "common/window.h"
#include "engine/calendar.h"

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
}

uint64_t
calendar_due(const struct engine *e, int64_t now)
{
	const struct shut	*s = &e->conf->shut;

	return ((uint64_t)(s->from > now ? s->from : s->until));
}

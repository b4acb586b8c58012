/*
 * Times that were, as people write them.  Runs in praetorctl: the daemon does
 * not know the user's time zone.
 */
#include <stdio.h>
#include <string.h>

#include "common/when.h"
#include "common/zone.h"
#include "praetorctl/ctl.h"

static int
ago(const char *text, uint64_t *us)
{
	uint64_t	 ms, now = (uint64_t)wall_now().us;

	if (duration_parse(text, &ms) != 0 || ms > now / 1000)
		return (-1);
	*us = now - ms * 1000;
	return (0);
}

/* A date alone is its midnight, here. */
static int
date(const char *text, uint64_t *us)
{
	char	 both[20];

	if (strlen(text) != strlen("2026-11-21"))
		return (-1);
	snprintf(both, sizeof(both), "%s 00:00", text);
	return (zone_parse(both, us));
}

int
past_parse(const char *text, char out[WHEN_TEXT])
{
	uint64_t	 us;

	if (ago(text, &us) != 0 && date(text, &us) != 0 &&
	    zone_parse(text, &us) != 0)
		return (-1);
	wall_format(out, (struct wall){ (int64_t)us });
	return (0);
}

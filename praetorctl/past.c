/*
 * Times that were, as people write them.  Runs in praetorctl: the daemon does
 * not know the user's time zone.
 */
#include <string.h>
#include <time.h>

#include "common/when.h"
#include "praetorctl/ctl.h"

static int
ago(const char *text, char out[WHEN_TEXT])
{
	struct wall	 now = wall_now();
	uint64_t	 ms;

	if (duration_parse(text, &ms) != 0 ||
	    ms > (uint64_t)now.us / 1000)
		return (-1);
	now.us -= (int64_t)ms * 1000;
	wall_format(out, now);
	return (0);
}

int
past_parse(const char *text, char out[WHEN_TEXT])
{
	static const char *const	 forms[] = {
		"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M",
		"%Y-%m-%d %H:%M", "%Y-%m-%d"
	};
	struct tm			 tm;
	const char			*end;
	time_t				 t;
	size_t				 i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		memset(&tm, 0, sizeof(tm));
		tm.tm_isdst = -1;
		end = strptime(text, forms[i], &tm);
		if (end == NULL || (*end != '\0' && strcmp(end, "Z") != 0))
			continue;
		t = *end == 'Z' ? timegm(&tm) : mktime(&tm);
		if (t < 0)
			return (-1);
		wall_format(out, (struct wall){ (int64_t)t * 1000000 });
		return (0);
	}
	return (ago(text, out));
}

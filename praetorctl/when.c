/*
 * Times that people write.  Runs in praetorctl, where the user's own zone is
 * known: the daemon gets UTC.
 */
#include "common/when.h"
#include "common/zone.h"
#include "praetorctl/ctl.h"

json_t *
when_json(const char *text)
{
	char		 out[WHEN_TEXT];
	uint64_t	 us;

	if (zone_parse(text, &us) != 0)
		return (NULL);
	wall_format(out, (struct wall){ (int64_t)us });
	return (json_string(out));
}

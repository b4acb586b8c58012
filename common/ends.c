/*
 * The table of ends.  Words come from less trusted processes: anything that
 * is not in the table is END_NONE.
 */
#include <string.h>

#include "common/ends.h"

static const struct {
	const char	*word;
	int		 limit;
	const char	*text;
} rows[END_MAX] = {
	[END_NONE] = { "", 0, "" },
#define END(name, word, limit, text) [END_##name] = { word, limit, text },
#include "common/ends.tbl"
#undef END
};

const char *
end_word(enum end e)
{
	return (e < END_MAX ? rows[e].word : "");
}

const char *
end_text(enum end e)
{
	return (e < END_MAX ? rows[e].text : "");
}

enum end
end_byword(const char *word)
{
	enum end	 e;

	for (e = END_NONE + 1; e < END_MAX; e++)
		if (strcmp(rows[e].word, word) == 0)
			return (e);
	return (END_NONE);
}

int
end_is_limit(enum end e)
{
	return (e < END_MAX && rows[e].limit);
}

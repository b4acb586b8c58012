/*
 * The quotas by number.  Parent and engine.
 */
#include <string.h>

#include "common/quota.h"

static const struct { const char *word, *reason; } quotas[QT_MAX] = {
#define QUOTA(number, word, unit, reason, text) [number] = { word, reason },
#include "common/quotas.tbl"
#undef QUOTA
};

enum quota
quota_byname(const char *word)
{
	int	 q;

	for (q = 0; q < QT_MAX; q++)
		if (strcmp(quotas[q].word, word) == 0)
			break;
	return ((enum quota)q);
}

const char *
quota_name(enum quota q)
{
	return (quotas[q].word);
}

const char *
quota_reason(enum quota q)
{
	return (quotas[q].reason);
}

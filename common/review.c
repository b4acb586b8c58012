/*
 * The readers of review.tbl.  Runs in the parent, the reviewer and the engine.
 */
#include <string.h>

#include "common/review.h"

static const struct review_row rows[RVC_MAX] = {
#define CLASS(id, name, verdict, text)					\
	[RVC_##id] = { name, RV_##verdict, text },
#include "common/review.tbl"
#undef CLASS
};

static const char *const verdicts[RV_MAX] = {
	[RV_ALLOW] = "allow", [RV_ASK] = "ask", [RV_DENY] = "deny"
};

const struct review_row *
review_row(enum review_class c)
{
	return (&rows[c]);
}

enum review_class
review_class_byname(const char *name)
{
	int	 i;

	for (i = 0; i < RVC_MAX; i++)
		if (strcmp(rows[i].name, name) == 0)
			break;
	return ((enum review_class)i);
}

enum review_verdict
review_verdict_byname(const char *name)
{
	int	 i;

	for (i = 0; i < RV_MAX; i++)
		if (strcmp(verdicts[i], name) == 0)
			break;
	return ((enum review_verdict)i);
}

const char *
review_verdict_name(enum review_verdict v)
{
	return (verdicts[v]);
}

int
review_project(const char *rule, const char *project)
{
	size_t	 n;

	if (rule == NULL)
		return (1);
	n = strlen(rule);
	if (n > 0 && rule[n - 1] == '*')
		return (strncmp(rule, project, n - 1) == 0);
	return (strcmp(rule, project) == 0);
}

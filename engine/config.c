/*
 * The engine's configuration.  The parent has checked what it sends.
 */
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "engine/config.h"

struct config *
config_new(void)
{
	struct config	*c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return (NULL);
	STAILQ_INIT(&c->agents);
	STAILQ_INIT(&c->permits);
	STAILQ_INIT(&c->reviews);
	STAILQ_INIT(&c->retries);
	return (c);
}

static void
items_free(struct config_items *items)
{
	struct config_item	*it;

	while ((it = STAILQ_FIRST(items)) != NULL) {
		STAILQ_REMOVE_HEAD(items, next);
		rec_free(it->rec);
		free(it);
	}
}

void
config_free(struct config *c)
{
	if (c == NULL)
		return;
	items_free(&c->agents);
	items_free(&c->permits);
	items_free(&c->reviews);
	items_free(&c->retries);
	rec_free(c->main);
	free(c);
}

/* The list that an item is for; NULL: it is another role's. */
static struct config_items *
config_list(struct config *c, const struct rec *item)
{
	if (rec_kind(item) == REC_k_agent)
		return (&c->agents);
	if (rec_kind(item) == REC_k_permit)
		return (&c->permits);
	if (rec_kind(item) == REC_k_retry)
		return (&c->retries);
	return (rec_kind(item) == REC_k_review ? &c->reviews : NULL);
}

int
config_add(struct config *c, const struct rec *item)
{
	struct config_items	*list = config_list(c, item);
	struct config_item	*it;
	struct rec		*copy;

	if (rec_kind(item) == REC_k_main && c->main != NULL)
		return (PRA_EINVALID);
	if (rec_kind(item) != REC_k_main && list == NULL)
		return (0);
	if ((copy = rec_copy(item)) == NULL)
		return (PRA_ENOMEM);
	if (rec_kind(item) == REC_k_main) {
		c->main = copy;
		return (0);
	}
	if ((it = calloc(1, sizeof(*it))) == NULL) {
		rec_free(copy);
		return (PRA_ENOMEM);
	}
	it->rec = copy;
	STAILQ_INSERT_TAIL(list, it, next);
	return (0);
}

uint64_t
config_u64(const struct config *c, int field)
{
	return (rec_u64(c->main, field));
}

const char *
config_str(const struct config *c, int field)
{
	return (rec_str(c->main, field));
}

const struct rec *
config_agent(const struct config *c, const char *name)
{
	const struct config_item	*it;

	STAILQ_FOREACH(it, &c->agents, next)
		if (strcmp(rec_str(it->rec, F_k_agent_name), name) == 0)
			return (it->rec);
	return (NULL);
}

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
	STAILQ_INIT(&c->quotas);
	STAILQ_INIT(&c->shares);
	STAILQ_INIT(&c->windows);
	return (c);
}

void
config_items_free(struct config_items *items)
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
	config_items_free(&c->agents);
	config_items_free(&c->permits);
	config_items_free(&c->reviews);
	config_items_free(&c->quotas);
	config_items_free(&c->shares);
	config_items_free(&c->retries);
	config_items_free(&c->windows);
	rec_free(c->main);
	free(c);
}

/* The list that an item is for; NULL: it is another role's. */
static struct config_items *
config_list(struct config *c, const struct rec *item)
{
	const struct {
		enum rec_kind		 kind;
		struct config_items	*list;
	} lists[] = {
		{ REC_k_agent, &c->agents },
		{ REC_k_permit, &c->permits },
		{ REC_k_review, &c->reviews },
		{ REC_k_retry, &c->retries },
		{ REC_k_window, &c->windows },
		{ REC_k_quota, &c->quotas },
		{ REC_k_share, &c->shares }
	};
	size_t	 i;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (lists[i].kind == rec_kind(item))
			return (lists[i].list);
	return (NULL);
}

int
config_copy(struct config_items *to, const struct rec *item)
{
	struct config_item	*it;

	if ((it = calloc(1, sizeof(*it))) == NULL)
		return (PRA_ENOMEM);
	if ((it->rec = rec_copy(item)) == NULL) {
		free(it);
		return (PRA_ENOMEM);
	}
	STAILQ_INSERT_TAIL(to, it, next);
	return (0);
}

int
config_add(struct config *c, const struct rec *item)
{
	struct config_items	*list = config_list(c, item);

	if (list != NULL)
		return (config_copy(list, item));
	if (rec_kind(item) != REC_k_main)
		return (0);
	if (c->main != NULL)
		return (PRA_EINVALID);
	c->main = rec_copy(item);
	return (c->main == NULL ? PRA_ENOMEM : 0);
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

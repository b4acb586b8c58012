/*
 * The configuration as the engine holds it: the items that the parent sent,
 * as they came.  Read by the pure half, replaced as a whole by the shell.
 */
#ifndef ENGINE_CONFIG_H
#define ENGINE_CONFIG_H

#include <stddef.h>
#include <stdint.h>
#include <bsd/sys/queue.h>

#include "common/rec.h"

struct config_item {
	STAILQ_ENTRY(config_item) next;
	struct rec		*rec;	/* owned: k_agent, _permit, ... */
};
STAILQ_HEAD(config_items, config_item);

/*
 * The maintenance that is now, or the next; us since 1970, `from` and `until`
 * 0 for none.  Not of the parent: the shell looks it up before each turn, since
 * what it follows from is in files.
 */
struct shut {
	int64_t			 from;
	int64_t			 until;
	int64_t			 now;		/* when it was looked up */
};

struct config {
	struct rec		*main;		/* k_main; owned */
	struct config_items	 agents;
	struct config_items	 permits;	/* in order */
	struct config_items	 reviews;	/* in order */
	struct config_items	 retries;	/* in order */
	struct config_items	 quotas;	/* in order */
	struct config_items	 shares;
	struct config_items	 windows;	/* of maintenance */
	struct shut		 shut;
};

/* An empty configuration; NULL without memory.  config_free(NULL) is fine. */
struct config	*config_new(void);
void		 config_free(struct config *c);

/* Take a copy of an item.  0, PRA_ENOMEM or PRA_EINVALID (two of `main`). */
int		 config_add(struct config *c, const struct rec *item);

/* Add a copy of an item to a list; 0 or PRA_ENOMEM.  Free a list's items. */
int		 config_copy(struct config_items *to, const struct rec *item);
void		 config_items_free(struct config_items *items);

/* A field of k_main (F_k_main_...). */
uint64_t	 config_u64(const struct config *c, int field);
const char	*config_str(const struct config *c, int field);

/* The k_agent record of a name, or NULL. */
const struct rec *config_agent(const struct config *c, const char *name);

#endif

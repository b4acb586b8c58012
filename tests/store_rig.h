/*
 * What the tests of the store share: a store in a directory of its own, with
 * generated events and rows.  Every function fails the running test itself.
 */
#ifndef TESTS_STORE_RIG_H
#define TESTS_STORE_RIG_H

#include "engine/store.h"
#include "tests/recgen.h"

struct sr_world {
	char		 dir[64];	/* removed by sr_teardown() */
	struct store	*s;
	char		 why[512];	/* of the last store_open() */
	struct recgen	 gen;
};

/* Events as they were walked over. */
struct sr_seen {
	int		 n;
	uint64_t	 seq[100];
	uint64_t	 stream_seq[100];
	int		 stop_at;
	struct store	*s;
};

/* The chain as recomputed so far. */
struct sr_chain {
	uint8_t	 hash[STORE_HASH];
	int	 n;
};

/* A store_filter literal. */
#define F(...)	((struct store_filter){ __VA_ARGS__ })

/* For cmocka: a fresh store, and its end. */
int		 sr_setup(void **state);
int		 sr_teardown(void **state);

/* A path in the directory; static storage. */
const char	*sr_path(struct sr_world *w, const char *name);

/* Close and open again: what store_open() returns, w->why filled. */
int		 sr_reopen(struct sr_world *w);

/* w->why is one line that names the directory, thing and remedy; not open. */
void		 sr_why(struct sr_world *w, const char *thing,
		    const char *remedy);

/* Close the store and run SQL on its file, as an administrator could. */
void		 sr_sql(struct sr_world *w, const char *sql);

/* An event of a kind with random data, which lives in `data`. */
struct store_event sr_event(struct sr_world *w, struct buf *data,
		    enum rec_kind kind, const char *stream);

/* Append one; append twelve in a transaction of their own. */
void		 sr_append(struct sr_world *w, enum rec_kind kind,
		    const char *stream, const char *project,
		    const char *subject);
void		 sr_append_some(struct sr_world *w);

/* The filter gives these sequence numbers ("1 4 7"). */
void		 sr_events(struct sr_world *w, struct store_filter f,
		    const char *want);

/* For store_events(): collect into struct sr_seen; check struct sr_chain. */
int		 sr_see(void *arg, const struct store_event *ev);
int		 sr_link(void *arg, const struct store_event *ev);

/* A random row (the caller's); put one; whether there is one. */
struct rec	*sr_row(struct sr_world *w);
void		 sr_put(struct sr_world *w, enum store_table t,
		    const char *key, int live);
int		 sr_has(struct sr_world *w, enum store_table t,
		    const char *key);

#endif

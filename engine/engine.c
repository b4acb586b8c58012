/*
 * The engine: start, configuration, neighbours, end.  It trusts the parent;
 * what frontend, reviewer and executors send is checked by the table and
 * then by decide, and none of it can end this process.
 */
#include <stdlib.h>
#include <string.h>
#include <bsd/string.h>
#include <unistd.h>
#include <event2/event.h>

#include "common/confine.h"
#include "common/err.h"
#include "common/log.h"
#include "common/when.h"
#include "common/zone.h"
#include "engine/clients.h"
#include "engine/crash.h"
#include "engine/effects.h"
#include "engine/engine.h"
#include "engine/gateway.h"
#include "engine/keys.h"
#include "engine/links.h"
#include "engine/load.h"
#include "engine/parent.h"
#include "engine/queue.h"
#include "engine/remake.h"
#include "engine/restore.h"
#include "engine/reviewer.h"
#include "engine/sign.h"
#include "engine/turn.h"
#include "engine/upkeep.h"

#define GATHER_US	1000	/* that a turn waits for more input */
#define GATHER_LEAST	8	/* when so many answers are due */

/* The configuration. */

static void
conf_begin(void *arg)
{
	struct engine	*e = arg;

	config_free(e->staged);
	if ((e->staged = config_new()) == NULL)
		fatalx("out of memory");
}

static int
conf_item(void *arg, const struct rec *r, int fd, char *why, size_t size)
{
	struct engine	*e = arg;
	int		 err;

	if (fd != -1)
		close(fd);		/* credentials are not for this role */
	if ((err = config_add(e->staged, r)) != 0)
		strlcpy(why, err_text(err), size);
	return (err);
}

static int
conf_end(void *arg, char *why, size_t size)
{
	struct engine	*e = arg;

	if (e->staged->main != NULL)
		return (0);
	strlcpy(why, "the settings are missing", size);
	return (PRA_EINVALID);
}

static void
conf_commit(void *arg)
{
	struct engine	*e = arg;

	config_free(e->conf);
	e->conf = e->staged;
	e->staged = NULL;
	queue_configure(e->st, e->conf, wall_now().us);
	upkeep_soon(e);
	engine_turn(e);		/* there may be more room for sessions */
	CRASH_AT(CP_CONFIGURED);
}

static void
conf_abort(void *arg)
{
	struct engine	*e = arg;

	config_free(e->staged);
	e->staged = NULL;
}

static const struct role_conf conf_ops = {
	.begin = conf_begin, .item = conf_item, .end = conf_end,
	.commit = conf_commit, .abort = conf_abort
};

/* Neighbours come and go; the parent sends a socket for each new one. */

static void
on_peer(void *arg, enum proc other, int fd)
{
	struct engine	*e = arg;

	if (other == P_FRONT)
		clients_connect(e, fd);
	else if (other == P_REVIEW)
		reviewer_connect(e, fd);
	else if (other == P_GATE)
		gateway_connect(e, fd);
	else
		close(fd);
}

struct input *
engine_input(struct engine *e, enum input_kind kind)
{
	struct input	*in;

	if ((in = calloc(1, sizeof(*in))) == NULL) {
		log_warnx("%s dropped: out of memory", input_name(kind));
		return (NULL);
	}
	in->kind = kind;
	STAILQ_INSERT_TAIL(&e->inputs, in, next);
	e->ninputs++;
	engine_turn(e);
	return (in);
}

/*
 * The turn's event fires after everything that this iteration of the loop
 * has read: all of it shares one commit.  While many answers are due the
 * first of them waits a moment for half of the rest, since a commit costs
 * about the same for one as for all.
 */
void
engine_turn(struct engine *e)
{
	struct timeval	 now = { 0, 0 }, soon = { 0, GATHER_US };
	int		 gather = e->awaited >= GATHER_LEAST &&
	    e->ninputs < e->awaited / 2;

	if (e->stuck)
		return;
	if (gather && !evtimer_pending(e->turn, NULL)) {
		evtimer_add(e->turn, &soon);
		e->gathers = 1;
	} else if (!gather && (e->gathers ||
	    !evtimer_pending(e->turn, NULL))) {
		evtimer_add(e->turn, &now);
		e->gathers = 0;
	}
}

/* Zones are read when they are needed; a host without them has UTC only. */
static void
confine(const char *dir)
{
	const struct confine_path	 paths[] = {
		{ dir, CONFINE_READ | CONFINE_WRITE },
		{ NULL, CONFINE_NO_TCP },
		{ ZONE_DIR, CONFINE_READ }
	};
	size_t				 n = access(ZONE_DIR, X_OK) == 0 ? 3 : 2;
	char				 why[256];

	if (confine_paths(paths, n, why, sizeof(why)) != 0 ||
	    confine_syscalls(CONFINE_ENGINE, why, sizeof(why)) != 0)
		fatalx("no sandbox: %s", why);
}

static void
engine_open(struct engine *e)
{
	char	 why[512];

	if (restore_take(e->dir, why, sizeof(why)) != 0 ||
	    store_open(&e->store, e->dir, why, sizeof(why)) != 0 ||
	    sign_init(e->dir, why, sizeof(why)) != 0)
		fatalx("%s", why);
	restore_tidy(e->dir);
	if (remake_state(e->store, why, sizeof(why)) != 0)
		fatalx("%s: %s", e->dir, why);
	if (load_state(e->store, &e->st, why, sizeof(why)) != 0)
		fatalx("%s", why);
	if (load_numbers(e) != 0 || pendings_load(e) != 0)
		fatalx("%s: the numbers of sessions, or the commands that "
		    "are under way, cannot be read", e->dir);
	CRASH_AT(CP_OPENED);
}

static void
engine_close(struct engine *e)
{
	clients_close(e);
	links_close(e);
	peer_free(e->review);
	peer_free(e->gate);
	turn_close(e);
	upkeep_close(e);
	state_free(e->st);
	store_close(e->store);
	config_free(e->conf);
	config_free(e->staged);
}

void
engine_main(struct engine *e, const char *dir)
{
	memset(e, 0, sizeof(*e));
	e->dir = dir;
	RB_INIT(&e->links);
	STAILQ_INIT(&e->inputs);
	STAILQ_INIT(&e->leftovers);
	TAILQ_INIT(&e->pendings);
	TAILQ_INIT(&e->requests);
	STAILQ_INIT(&e->rows);
	STAILQ_INIT(&e->reloads);
	role_start(&e->role, P_ENGINE, &conf_ops, parent_handlers, on_peer, e);
	turn_open(e);
	upkeep_open(e);
	engine_open(e);
	confine(dir);
	role_hello(&e->role);
	role_run(&e->role);
	engine_close(e);
}

/*
 * The engine process: its one state struct, and what its files share.  The
 * pure half (state, apply, decide, sched, policy, refs, text, views) knows
 * nothing of this header.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

#include "common/role.h"
#include "engine/config.h"
#include "engine/decide.h"
#include "engine/state.h"
#include "engine/store.h"

struct event;
struct engine;
struct request;

/* The socket to a session's executor. */
struct link {
	RB_ENTRY(link)		 entry;		/* engine.links */
	struct engine		*engine;
	uint64_t		 session;
	uint32_t		 pid;		/* of the executor */
	struct peer		*peer;		/* NULL once it has ended */
	int			 up;		/* EXEC_HELLO came */
	int			 lost;		/* it is not listened to any more */
	unsigned int		 useless;	/* pieces of output in a row that brought nothing */
	uint64_t		 fence;		/* the step that it has */
	int			 paused;	/* as it was told, or says */
	struct event		*watchdog;	/* it must answer before this */
	struct event		*again;		/* asks for output once more */
};
RB_HEAD(links, link);

/* A directory without a process that the parent found at start. */
struct leftover {
	STAILQ_ENTRY(leftover)	 next;
	uint64_t		 session;
};

/* A project.add whose answer waits for PROJECT_STATE; keys.c. */
struct pending {
	TAILQ_ENTRY(pending)	 entry;		/* engine.pendings */
	struct buf		 requests;	/* uint32_t: to be answered */
	char			 project[65];
	char			 key[192];	/* "" without one */
	uint8_t			 hash[STORE_HASH];
};

/* A question to the parent; answers come in the order of asking. */
struct question {
	STAILQ_ENTRY(question)	 next;
	uint32_t		 request;
	struct rec		*status;	/* to be filled, or NULL */
};
STAILQ_HEAD(questions, question);

STAILQ_HEAD(input_list, input);
TAILQ_HEAD(request_list, request);

struct engine {
	struct role		 role;
	const char		*dir;		/* of the store */
	struct store		*store;
	struct state		*st;
	struct config		*conf;		/* NULL until committed */
	struct config		*staged;
	struct peer		*front;		/* NULL while there is none */
	struct peer		*review;
	struct peer		*gate;		/* NULL while there is none */
	unsigned int		 gates;		/* that there were */
	struct links		 links;
	struct input_list	 inputs;	/* for the next turn */
	unsigned int		 ninputs;	/* as many */
	unsigned int		 awaited;	/* answers that are soon to come */
	struct event		*turn;		/* runs it, after what came */
	int			 gathers;	/* and waits for more of it */
	struct event		*retry;		/* a turn, a little later */
	struct event		*due;		/* when the clock shows a time */
	STAILQ_HEAD(, leftover)	 leftovers;
	TAILQ_HEAD(, pending)	 pendings;
	struct request_list	 requests;	/* answers under way */
	struct questions	 rows;		/* DOCTOR and PROCESSES asked */
	struct questions	 reloads;	/* RELOAD asked */
	int			 synced;	/* SESSION_SYNC came */
	int			 stuck;		/* the last turn failed */
	uint32_t		 diffs;		/* the last number of a DIFF */
	int			 nworks;	/* copies that are at work */
	struct event		*upkeep;	/* upkeep.c: its next step */
	int			 expire;	/* keys, in the next turn */
	uint8_t			 attic[ULID_LEN]; /* task before the next */
	uint8_t			 last_id[ULID_LEN];
	uint64_t		 saved_session;	/* as the store has them */
	uint64_t		 saved_fence;
};

/* Run the engine with its store in `dir`; returns at shutdown. */
void	 engine_main(struct engine *e, const char *dir);

/* Queue an input for the next turn; NULL without memory (logged). */
struct input *engine_input(struct engine *e, enum input_kind kind);

/* Have a turn run once everything that has come is queued. */
void	 engine_turn(struct engine *e);

#endif

/*
 * Everybody around an engine that dies: a parent, a frontend with one client,
 * a reviewer, a gateway and executors, each of which remembers what the real
 * one would, answers what it is asked, and is there again for the next
 * engine.  Every function fails the running test itself.
 */
#ifndef TESTS_CRASH_WORLD_H
#define TESTS_CRASH_WORLD_H

#include "tests/crash_page.h"
#include "tests/engine_rig.h"

#define CW_SESSIONS	64
#define CW_COMMANDS	32
#define CW_TASKS	32
#define CW_FENCES	256

enum cw_step { X_IDLE, X_RUNNING, X_OVER };

/* A session as parent, executor, reviewer and gateway know it. */
struct cw_session {
	uint64_t	 number;
	int		 alive;		/* its executor */
	int		 dir;		/* of what it left is there */
	int		 base;		/* is held by the reviewer */
	struct er_chan	 exec;
	enum cw_step	 step;
	uint64_t	 fence;
	char		 task[64];
	uint64_t	 attempt;
	int		 verify;
	int		 paused, was_paused, cancelled;
	uint64_t	 acked;		/* bytes of its output */
	uint64_t	 egress;	/* reports that were acknowledged */
};

/* A task as its executors and the reviewer know it. */
struct cw_task {
	char		 name[64];
	uint8_t		 id[ULID_LEN];
	unsigned int	 runs;		/* attempts that came to their end */
	unsigned int	 lands;		/* changes of it that landed */
	int		 expired;	/* its attic is empty */
};

/* What the client asks for, one after the other. */
struct cw_command {
	struct rec	*(*make)(void);
	int		 (*ready)(struct er_world *);	/* NULL: at once */
	int		 reads;		/* it has no key */
	int		 old;		/* its key is forgotten meanwhile */
};

struct cw_world {
	struct er_world	 w;		/* first: the rig's */
	struct crash_page *page;
	char		 path[80];	/* of the page */
	struct er_chan	 gate;
	struct cw_session s[CW_SESSIONS];
	unsigned int	 nsessions;
	struct cw_task	 tasks[CW_TASKS];
	unsigned int	 ntasks;
	uint8_t		 fences[CW_FENCES];	/* steps that were begun */
	uint8_t		 landed[CW_TASKS][ULID_LEN];
	unsigned int	 nlanded;
	const struct cw_command *commands;
	unsigned int	 ncommands;
	unsigned int	 at;		/* commands that were answered */
	struct buf	 answers[CW_COMMANDS];
	unsigned int	 tried;		/* that it has begun to ask for */
	unsigned int	 again;		/* of those, asked again and the same */
	struct buf	 answer;	/* that is coming */
	int		 asked;		/* one is under way */
	int		 refused;	/* its answer was an error */
	int		 up;		/* the engine was told everything */
	int		 failed_start;	/* one session could not be started */
	int		 gates;		/* gateways that there were */
	unsigned int	 lives;		/* engines that there were */
	unsigned int	 scene;		/* the scenario's */
	int		 forgot;	/* mirrors that were deleted */
};

/* For cmocka: an empty world. */
int		 cw_setup(void **state);
int		 cw_teardown(void **state);

/*
 * A new directory and page, without an engine, in place of what was there;
 * the end of it.  cw_kill(): of its engine, if there is one.
 */
void		 cw_begin(struct cw_world *w);
void		 cw_end(struct cw_world *w);
void		 cw_kill(struct cw_world *w);

/* An engine, and the next one when it has stopped itself. */
void		 cw_start(struct cw_world *w);

/*
 * Take what comes next; 1 when the engine had died and was buried.  Only an
 * engine that was to stop may die.
 */
int		 cw_turn(struct cw_world *w);

/* Send the configuration once more. */
void		 cw_conf(struct cw_world *w);

/* Another gateway. */
void		 cw_gate(struct cw_world *w);

/* The parent says whether the disk has room. */
void		 cw_room(struct cw_world *w, int err);

/* The name of a task; of a schedule's run, without its time. */
void		 cw_name(char out[64], const char *name);

/* A task by its name, NULL when no executor had it; a session that has it. */
struct cw_task	*cw_task(struct cw_world *w, const char *name);
struct cw_session *cw_running(struct cw_world *w, const char *name);

#endif

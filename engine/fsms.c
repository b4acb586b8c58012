/*
 * The tables of task, session and change.  Engine, pure half: no row means
 * that an event must not be decided, and apply refuses it.
 */
#include <string.h>

#include "engine/fsms.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define FSM_NAME(number, text) [number] = text,

static const char *const task_states[TS_MAX] = { TASK_STATES(FSM_NAME) };
static const char *const task_events[TE_MAX] = { TASK_EVENTS(FSM_NAME) };
static const char *const session_events[SE_MAX] = { SESSION_EVENTS(FSM_NAME) };
static const char *const change_states[CS_MAX] = { CHANGE_STATES(FSM_NAME) };
static const char *const change_events[CE_MAX] = { CHANGE_EVENTS(FSM_NAME) };

/* The same names as session_state_name(); a test compares them. */
static const char *const session_states[SS_MAX] = {
	[SS_BOOTING] = "booting", [SS_IDLE] = "idle", [SS_ACTIVE] = "active",
	[SS_CANCELLING] = "cancelling", [SS_SHUTTING] = "shutting-down",
	[SS_GONE] = "gone", [SS_LOST] = "lost"
};

/*
 * A composite goes from waiting to its end.  A failed attempt stays `running` until what it left was kept; then it is
 * ready again (TE_READY), waits for its time (TE_WAIT) or has failed.  TE_CANCELLING only marks.  An attempt
 * that ends while it is paused is resumed first.
 */
static const struct transition task_rows[] = {
	{ TS_WAITING,	TE_READY,	TS_READY,	0 },
	{ TS_WAITING,	TE_HOLD,	TS_HELD,	0 },
	{ TS_WAITING,	TE_CANCEL,	TS_CANCELLED,	0 },
	{ TS_WAITING,	TE_CANCELLING,	TS_WAITING,	0 },
	{ TS_WAITING,	TE_DONE,	TS_DONE,	0 },
	{ TS_WAITING,	TE_WAIT,	TS_WAITING,	0 },
	{ TS_WAITING,	TE_FAIL,	TS_FAILED,	0 },
	{ TS_HELD,	TE_READY,	TS_READY,	0 },
	{ TS_HELD,	TE_WAIT,	TS_WAITING,	0 },
	{ TS_HELD,	TE_HOLD,	TS_HELD,	0 },
	{ TS_HELD,	TE_CANCEL,	TS_CANCELLED,	0 },
	{ TS_HELD,	TE_FAIL,	TS_FAILED,	0 },
	{ TS_HELD,	TE_RETRY,	TS_READY,	0 },
	{ TS_HELD,	TE_RETRY_WAIT,	TS_WAITING,	0 },
	{ TS_HELD,	TE_RETRY_HOLD,	TS_HELD,	0 },
	{ TS_READY,	TE_READY,	TS_READY,	0 },
	{ TS_READY,	TE_HOLD,	TS_HELD,	0 },
	{ TS_READY,	TE_WAIT,	TS_WAITING,	0 },
	{ TS_READY,	TE_DISPATCH,	TS_RUNNING,	0 },
	{ TS_READY,	TE_FAIL,	TS_FAILED,	0 },
	{ TS_READY,	TE_CANCEL,	TS_CANCELLED,	0 },
	{ TS_RUNNING,	TE_REVIEW,	TS_REVIEW,	0 },
	{ TS_RUNNING,	TE_READY,	TS_READY,	0 },
	{ TS_RUNNING,	TE_WAIT,	TS_WAITING,	0 },
	{ TS_RUNNING,	TE_FAIL,	TS_FAILED,	0 },
	{ TS_RUNNING,	TE_CANCELLING,	TS_RUNNING,	0 },
	{ TS_RUNNING,	TE_CANCEL,	TS_CANCELLED,	0 },
	{ TS_RUNNING,	TE_PAUSE,	TS_PAUSED,	0 },
	{ TS_PAUSED,	TE_RESUME,	TS_RUNNING,	0 },
	{ TS_PAUSED,	TE_CANCELLING,	TS_RUNNING,	0 },
	{ TS_REVIEW,	TE_DONE,	TS_DONE,	0 },
	{ TS_REVIEW,	TE_FAIL,	TS_FAILED,	0 },
	{ TS_REVIEW,	TE_CANCELLING,	TS_REVIEW,	0 },
	{ TS_REVIEW,	TE_CANCEL,	TS_CANCELLED,	0 },
	{ TS_FAILED,	TE_RETRY,	TS_READY,	0 },
	{ TS_FAILED,	TE_RETRY_WAIT,	TS_WAITING,	0 },
	{ TS_FAILED,	TE_RETRY_HOLD,	TS_HELD,	0 },
	{ TS_CANCELLED,	TE_RETRY,	TS_READY,	0 },
	{ TS_CANCELLED,	TE_RETRY_WAIT,	TS_WAITING,	0 },
	{ TS_CANCELLED,	TE_RETRY_HOLD,	TS_HELD,	0 }
};

static const struct transition session_rows[] = {
	{ SS_BOOTING,	SE_IDLE,	SS_IDLE,	0 },
	{ SS_BOOTING,	SE_STOP,	SS_SHUTTING,	0 },
	{ SS_BOOTING,	SE_LOSE,	SS_LOST,	0 },
	{ SS_BOOTING,	SE_GONE,	SS_GONE,	0 },
	{ SS_IDLE,	SE_STEP,	SS_ACTIVE,	0 },
	{ SS_IDLE,	SE_STOP,	SS_SHUTTING,	0 },
	{ SS_IDLE,	SE_LOSE,	SS_LOST,	0 },
	{ SS_IDLE,	SE_GONE,	SS_GONE,	0 },
	{ SS_ACTIVE,	SE_CANCEL,	SS_CANCELLING,	0 },
	{ SS_ACTIVE,	SE_STOP,	SS_SHUTTING,	0 },
	{ SS_ACTIVE,	SE_LOSE,	SS_LOST,	0 },
	{ SS_ACTIVE,	SE_GONE,	SS_GONE,	0 },
	{ SS_CANCELLING, SE_STOP,	SS_SHUTTING,	0 },
	{ SS_CANCELLING, SE_LOSE,	SS_LOST,	0 },
	{ SS_CANCELLING, SE_GONE,	SS_GONE,	0 },
	{ SS_SHUTTING,	SE_GONE,	SS_GONE,	0 },
	{ SS_LOST,	SE_GONE,	SS_GONE,	0 }
};

static const struct transition change_rows[] = {
	{ CS_IMPORTING,	CE_IMPORTED,	CS_IMPORTED,	0 },
	{ CS_IMPORTING,	CE_EMPTY,	CS_EMPTY,	0 },
	{ CS_IMPORTING,	CE_KEPT,	CS_KEPT,	0 },
	{ CS_IMPORTING,	CE_FAIL,	CS_FAILED,	0 },
	{ CS_IMPORTED,	CE_MERGE,	CS_MERGING,	0 },
	{ CS_IMPORTED,	CE_ASK,		CS_ASKING,	0 },
	{ CS_IMPORTED,	CE_DENY,	CS_DENIED,	0 },
	{ CS_IMPORTED,	CE_ABANDON,	CS_ABANDONED,	0 },
	{ CS_ASKING,	CE_APPROVE,	CS_IMPORTED,	0 },
	{ CS_ASKING,	CE_REFUSE,	CS_REFUSED,	0 },
	{ CS_ASKING,	CE_ABANDON,	CS_ABANDONED,	0 },
	{ CS_MERGING,	CE_MERGED,	CS_MERGED,	0 },
	{ CS_MERGING,	CE_ASK,		CS_ASKING,	0 },
	{ CS_MERGING,	CE_DENY,	CS_DENIED,	0 },
	{ CS_MERGING,	CE_CONFLICT,	CS_CONFLICT,	0 },
	{ CS_MERGING,	CE_FAIL,	CS_FAILED,	0 },
	{ CS_MERGING,	CE_ABANDON,	CS_ABANDONED,	0 },
	{ CS_MERGED,	CE_VERIFY,	CS_VERIFYING,	0 },
	{ CS_MERGED,	CE_VERIFIED,	CS_VERIFIED,	0 },
	{ CS_MERGED,	CE_UNVERIFIED,	CS_MERGED,	0 },
	{ CS_MERGED,	CE_FAIL,	CS_FAILED,	0 },
	{ CS_MERGED,	CE_ABANDON,	CS_ABANDONED,	0 },
	{ CS_VERIFYING,	CE_VERIFIED,	CS_VERIFIED,	0 },
	{ CS_VERIFYING,	CE_REJECTED,	CS_REJECTED,	0 },
	{ CS_VERIFYING,	CE_UNVERIFIED,	CS_MERGED,	0 },
	{ CS_VERIFYING,	CE_FAIL,	CS_FAILED,	0 },
	{ CS_VERIFYING,	CE_ABANDON,	CS_ABANDONED,	0 },
	{ CS_VERIFIED,	CE_PUSHED,	CS_PUSHED,	0 },
	{ CS_VERIFIED,	CE_MOVED,	CS_MERGING,	0 },
	{ CS_VERIFIED,	CE_FAIL,	CS_FAILED,	0 }
};

const struct fsm task_fsm = {
	"task", task_states, TS_MAX, task_events, TE_MAX,
	task_rows, NELEM(task_rows)
};
const struct fsm session_fsm = {
	"session", session_states, SS_MAX, session_events, SE_MAX,
	session_rows, NELEM(session_rows)
};
const struct fsm change_fsm = {
	"change", change_states, CS_MAX, change_events, CE_MAX,
	change_rows, NELEM(change_rows)
};

int
fsm_state(const struct fsm *m, const char *name)
{
	int	 i;

	for (i = 0; i < m->nstates; i++)
		if (strcmp(m->states[i], name) == 0)
			return (i);
	return (-1);
}

int
task_final(enum task_state s)
{
	return (s == TS_DONE || s == TS_FAILED || s == TS_CANCELLED);
}

int
change_final(enum change_state s)
{
	return (s == CS_PUSHED || s == CS_EMPTY || s == CS_KEPT ||
	    s == CS_DENIED || s == CS_REFUSED ||
	    s == CS_CONFLICT || s == CS_REJECTED || s == CS_FAILED ||
	    s == CS_ABANDONED);
}

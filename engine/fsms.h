/*
 * The engine's state machines: task, session, change.  Names and numbers
 * come from one list each; the tables are in fsms.c.  Names of states are
 * stored, so a renamed state needs a newer STORE_VERSION.
 */
#ifndef ENGINE_FSMS_H
#define ENGINE_FSMS_H

#include "common/fsm.h"
#include "common/proto.h"

#define TASK_STATES(X)							\
	X(TS_WAITING, "waiting") X(TS_READY, "ready")			\
	X(TS_RUNNING, "running") X(TS_REVIEW, "review")			\
	X(TS_DONE, "done") X(TS_HELD, "held") X(TS_PAUSED, "paused")	\
	X(TS_FAILED, "failed") X(TS_CANCELLED, "cancelled")

#define TASK_EVENTS(X)							\
	X(TE_READY, "ready") X(TE_WAIT, "wait") X(TE_HOLD, "hold")	\
	X(TE_DISPATCH, "dispatch")					\
	X(TE_REVIEW, "review") X(TE_DONE, "done") X(TE_FAIL, "fail")	\
	X(TE_PAUSE, "pause") X(TE_RESUME, "resume")			\
	X(TE_CANCELLING, "cancelling") X(TE_CANCEL, "cancel")		\
	X(TE_RETRY, "retry") X(TE_RETRY_WAIT, "retry-wait")		\
	X(TE_RETRY_HOLD, "retry-hold")

#define SESSION_EVENTS(X)						\
	X(SE_IDLE, "idle") X(SE_STEP, "step") X(SE_CANCEL, "cancel")	\
	X(SE_STOP, "stop") X(SE_LOSE, "lose") X(SE_GONE, "gone")

#define CHANGE_STATES(X)						\
	X(CS_IMPORTING, "importing") X(CS_IMPORTED, "imported")		\
	X(CS_MERGING, "merging") X(CS_MERGED, "merged")			\
	X(CS_VERIFYING, "verifying") X(CS_VERIFIED, "verified")		\
	X(CS_ASKING, "asking") X(CS_DENIED, "denied")			\
	X(CS_REFUSED, "refused")					\
	X(CS_PUSHED, "pushed") X(CS_EMPTY, "empty") X(CS_KEPT, "kept")	\
	X(CS_CONFLICT, "conflict") X(CS_REJECTED, "rejected")		\
	X(CS_FAILED, "failed") X(CS_ABANDONED, "abandoned")

#define CHANGE_EVENTS(X)						\
	X(CE_IMPORTED, "imported") X(CE_EMPTY, "empty") X(CE_KEPT, "kept") \
	X(CE_ASK, "ask") X(CE_APPROVE, "approve")			\
	X(CE_REFUSE, "refuse") X(CE_DENY, "deny")			\
	X(CE_MERGE, "merge") X(CE_MERGED, "merged")			\
	X(CE_CONFLICT, "conflict") X(CE_VERIFY, "verify")		\
	X(CE_UNVERIFIED, "unverified") X(CE_VERIFIED, "verified")	\
	X(CE_REJECTED, "rejected") X(CE_MOVED, "moved")			\
	X(CE_PUSHED, "pushed") X(CE_FAIL, "fail") X(CE_ABANDON, "abandon")

#define FSM_NUMBER(number, text) number,
enum task_state { TASK_STATES(FSM_NUMBER) TS_MAX };
enum task_event { TASK_EVENTS(FSM_NUMBER) TE_MAX };
enum session_event { SESSION_EVENTS(FSM_NUMBER) SE_MAX };
enum change_state { CHANGE_STATES(FSM_NUMBER) CS_MAX };
enum change_event { CHANGE_EVENTS(FSM_NUMBER) CE_MAX };
#undef FSM_NUMBER

/* Sessions use enum session_state of common/proto.h. */
extern const struct fsm	 task_fsm;
extern const struct fsm	 session_fsm;
extern const struct fsm	 change_fsm;

/* The number of a state's name in a machine, or -1. */
int	 fsm_state(const struct fsm *m, const char *name);

/* 1 for done, failed and cancelled. */
int	 task_final(enum task_state s);

/* 1 when nothing will happen to the change any more. */
int	 change_final(enum change_state s);

#endif

/*
 * One command that only reads, from its coming to its DONE.  For clients.c,
 * reads.c and streams.c.
 */
#ifndef ENGINE_REQUEST_H
#define ENGINE_REQUEST_H

#include "engine/engine.h"
#include "engine/refs.h"

struct work;

struct costs;

/* What a row of the parent (taken) becomes for a request; NULL: nothing. */
typedef struct rec *row_fn(struct request *rq, struct rec *row);

/* Go on with an answer: 1 when it is whole, 0 to be called again later. */
typedef int	 pump_fn(struct engine *e, struct request *rq);

struct request {
	TAILQ_ENTRY(request)	 entry;		/* on engine.requests */
	struct engine		*e;
	uint32_t		 id;		/* the frontend's number */
	struct rec		*env;		/* owned: c_env */
	struct rec		*cmd;		/* owned */
	struct ref_who		 who;
	pump_fn			*pump;
	row_fn			*row;		/* NULL: rows are items */
	int			 output;	/* also when only output came */
	uint32_t		 diff;		/* asked of the reviewer, or 0 */
	int			 follow;
	uint64_t		 cursor;	/* last event, or log offset */
	uint8_t			 from[ATTEMPT_KEY]; /* last row of a list */
	uint8_t			 lo[ATTEMPT_KEY], hi[ATTEMPT_KEY]; /* attempts */
	int			 begun;
	uint8_t			 task[ULID_LEN];
	uint64_t		 attempt;
	char			 log[96];	/* or last project of a list */
	struct buf		 tasks;		/* ids that are waited for */
	int			 worst;		/* PRA_E*: the outcome so far */
	unsigned int		 bad;		/* tasks that are not done */
	char			 why[1200];	/* the worst, in words */
	struct event		*timer;
	struct costs		*costs;		/* owned: account.c */
	struct work		*work;		/* work.c: a copy that answers */
};

/* What a command starts with; 1 when its answer is whole already. */
typedef int	 start_fn(struct engine *e, struct request *rq);

start_fn	 read_project_list, read_project_show;
start_fn	 read_task_show, read_task_why, read_task_diff;
start_fn	 read_task_deps;
start_fn	 read_session_list, read_session_show, read_status;
start_fn	 read_config_reload, read_log_level, read_doctor;
start_fn	 read_task_list, read_events, read_task_trace;
start_fn	 read_task_logs, read_task_wait, read_explain;
start_fn	 read_history, read_metrics, read_drained;
start_fn	 read_top, read_share, read_cost;
start_fn	 read_queue_simulate, read_queue_list;
start_fn	 read_schedule_list, read_schedule_show, read_schedule_next;

/* Send one object of the answer; takes it. */
void	 request_item(struct request *rq, struct rec *r);

/* Send the end of the answer; returns 1. */
int	 request_done(struct request *rq, int err, const char *remedy,
	    const char *fmt, ...) __attribute__((__format__(printf, 4, 5)));

/*
 * Ask the parent for rows; they are items of this answer, and RESULT_END is
 * its end.  0, or 1 after request_done().
 */
int	 request_ask(struct engine *e, struct request *rq,
	    enum msg_type type, const void *p, size_t n);

/* 1 when no more should be sent now: the frontend is slow. */
int	 request_choked(const struct request *rq);

/* 1 when the command is permitted on a project (NULL: on none). */
int	 request_permits(const struct request *rq, const char *project);

/* The task that text means, or NULL after request_done(). */
struct task *request_task(struct request *rq, const char *text,
	    const char *project);

/* End a request that is on the list. */
void	 request_free(struct request *rq);

#endif

/*
 * What clients see of the state: records of views.tbl.  Engine, pure half.
 * Each returns a new record of the caller's, NULL without memory.
 */
#ifndef ENGINE_VIEWS_H
#define ENGINE_VIEWS_H

#include "engine/config.h"
#include "engine/state.h"
#include "engine/store.h"
#include "engine/text.h"

struct rec	*view_project(const struct project *p);
struct rec	*view_status(const struct state *st, const struct config *conf,
		    uint64_t events);
struct rec	*view_event(const struct store_event *ev);

/*
 * A task or session of the state, or one that is in the store only (its row;
 * s_task, s_session).  full: with text and run.
 */
struct rec	*view_task(const struct state *st, const struct config *conf,
		    const struct task *t, int full);
struct rec	*view_task_row(const struct rec *row, int full);
struct rec	*view_session_row(const struct rec *row);
struct rec	*view_attempt(const struct rec *row);	/* s_attempt */

struct rec	*view_why(const struct state *st, const struct config *conf,
		    const struct task *t);
struct rec	*view_wait(const struct state *st, const struct config *conf,
		    const struct task *t);

/*
 * Why a task is in its state: a word of reasons.tbl (static storage or the
 * task's row) and a sentence.
 */
const char	*task_why(const struct state *st, const struct config *conf,
		    const struct task *t, char sentence[TEXT_LINE]);

/* The reasons and what they mean, for praetorctl(1); NULL ends them. */
struct reason {
	const char	*state;
	const char	*word;
	const char	*text;
};
const struct reason *reason_row(size_t i);

#endif

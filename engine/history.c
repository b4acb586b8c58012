/*
 * Attempts that are over, by when they ended.  Engine.  The cost follows the
 * rows in the time that is asked for: a limit is found from the newest on,
 * then the rows are read forward.  A walk that finds little goes on in the
 * next turn, so that nobody waits for it.
 */
#include <stdio.h>
#include <string.h>

#include "common/ends.h"
#include "common/err.h"
#include "common/log.h"
#include "engine/history.h"
#include "engine/views.h"

#define CHUNK_ROWS	128		/* rows read at once */
#define TURN_CHUNKS	16		/* and so often in one turn */

static int
one_of(const struct rec *r, int f, const char *text)
{
	size_t	 i;

	for (i = 0; i < rec_count(r, f); i++)
		if (strcmp(rec_nth_str(r, f, i), text) == 0)
			return (1);
	return (0);
}

static int
text_wanted(const struct rec *cmd, int f, const char *text)
{
	return (!rec_has(cmd, f) || strcmp(rec_str(cmd, f), text) == 0);
}

static int
row_wanted(const struct request *rq, const struct rec *row)
{
	const struct rec	*cmd = rq->cmd;
	const char		*project = rec_str(row, F_s_attempt_project);

	return (text_wanted(cmd, F_c_history_project, project) &&
	    text_wanted(cmd, F_c_history_agent,
	    rec_str(row, F_s_attempt_agent)) &&
	    (!rec_has(cmd, F_c_history_uid) || rec_u64(cmd, F_c_history_uid) ==
	    rec_u64(row, F_s_attempt_uid)) &&
	    (!rec_has(cmd, F_c_history_label) || one_of(row,
	    F_s_attempt_labels, rec_str(cmd, F_c_history_label))) &&
	    (rec_count(cmd, F_c_history_states) == 0 ||
	    one_of(cmd, F_c_history_states, rec_str(row, F_s_attempt_state)) ||
	    one_of(cmd, F_c_history_states, rec_str(row, F_s_attempt_why))) &&
	    (!rec_has(row, F_s_attempt_purpose) ||
	    rec_count(cmd, F_c_history_states) > 0) &&
	    request_permits(rq, project));
}

/* The key after, or before, this one; the ends are never reached. */
static void
key_move(uint8_t key[ATTEMPT_KEY], int up)
{
	size_t	 i;

	for (i = ATTEMPT_KEY; i > 0; i--) {
		key[i - 1] = (uint8_t)(key[i - 1] + (up ? 1 : -1));
		if (key[i - 1] != (up ? 0 : 0xff))
			break;
	}
}

void
attempts_range(struct request *rq, uint64_t since, uint64_t until)
{
	attempt_from(rq->lo, since);
	attempt_from(rq->hi, until == 0 ? INT64_MAX : until);
	key_move(rq->hi, 0);
}

void
attempts_seen(struct request *rq, const void *key, size_t keylen)
{
	memcpy(rq->lo, key, keylen);
	key_move(rq->lo, 1);
	rq->attempt++;
}

/* Forward: what is before rq->lo was read. */
static int
row_forward(void *arg, const void *key, size_t keylen, struct rec *row)
{
	struct request	*rq = arg;

	attempts_seen(rq, key, keylen);
	if (row_wanted(rq, row))
		request_item(rq, view_attempt(row));
	rec_free(row);
	return (0);
}

/* Back: what is after rq->from was read; rq->cursor are still to be found. */
static int
row_back(void *arg, const void *key, size_t keylen, struct rec *row)
{
	struct request	*rq = arg;
	int		 wanted = row_wanted(rq, row);

	rec_free(row);
	memcpy(rq->from, key, keylen);
	if (wanted && --rq->cursor == 0) {
		memcpy(rq->lo, key, keylen);
		return (1);
	}
	key_move(rq->from, 0);
	rq->attempt++;
	return (0);
}

int
attempts_pump(struct engine *e, struct request *rq, attempt_fn *fn)
{
	int	 err, i;

	for (i = 0; i < TURN_CHUNKS; i++) {
		if (request_choked(rq))
			return (0);
		rq->attempt = 0;
		err = store_prefix(e->store, ST_ATTEMPT, rq->lo, rq->hi,
		    ATTEMPT_KEY, CHUNK_ROWS, fn, rq);
		if (err != 0 || rq->attempt < CHUNK_ROWS)
			return (err != 0 ? err : 1);
	}
	engine_turn(e);
	return (0);
}

static int
pump_forward(struct engine *e, struct request *rq)
{
	int	 r = attempts_pump(e, rq, row_forward);

	return (r == 0 ? 0 : request_done(rq, r < 0 ? r : 0, NULL, "%s", ""));
}

static int
pump_back(struct engine *e, struct request *rq)
{
	int	 err, i;

	for (i = 0; i < TURN_CHUNKS; i++) {
		rq->attempt = 0;
		err = store_back(e->store, ST_ATTEMPT, rq->lo, rq->from,
		    ATTEMPT_KEY, CHUNK_ROWS, row_back, rq);
		if (err < 0)
			return (request_done(rq, err, NULL, "%s", ""));
		if (err == 1 || rq->attempt < CHUNK_ROWS) {
			rq->pump = pump_forward;
			return (pump_forward(e, rq));
		}
	}
	engine_turn(e);
	return (0);
}

static const char *
bad_state(const struct rec *cmd)
{
	static const char	 states[] = " done failed cancelled lost "
	    "verify model ";
	const char		*text;
	char			 word[20];
	size_t			 i;

	for (i = 0; i < rec_count(cmd, F_c_history_states); i++) {
		text = rec_nth_str(cmd, F_c_history_states, i);
		snprintf(word, sizeof(word), " %s ", text);
		if (strstr(states, word) == NULL &&
		    end_byword(text) == END_NONE)
			return (text);
	}
	return (NULL);
}

int
read_history(struct engine *e, struct request *rq)
{
	const char	*project = rec_str(rq->cmd, F_c_history_project);
	const char	*bad = bad_state(rq->cmd);
	char		 vis[260];

	if (bad != NULL)
		return (request_done(rq, PRA_EINVALID, "done, failed, "
		    "cancelled, lost, verify, or how an attempt ended",
		    "there is no state \"%s\"",
		    log_vis(vis, sizeof(vis), bad, strlen(bad))));
	if (*project != '\0' && !request_permits(rq, project))
		return (request_done(rq, PRA_EPERM, NULL, "history on project "
		    "%s is not permitted",
		    log_vis(vis, sizeof(vis), project, strlen(project))));
	attempts_range(rq, rec_u64(rq->cmd, F_c_history_since),
	    rec_u64(rq->cmd, F_c_history_until));
	memcpy(rq->from, rq->hi, sizeof(rq->from));
	rq->cursor = rec_u64(rq->cmd, F_c_history_limit);
	rq->pump = rq->cursor > 0 ? pump_back : pump_forward;
	return (rq->pump(e, rq));
}

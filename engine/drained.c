/*
 * `drained`: wait until nothing that has begun is under way.  Engine.
 */
#include <event2/event.h>

#include "common/err.h"
#include "common/when.h"
#include "engine/request.h"

/* Sessions, and tasks whose work is not judged; an approval may take weeks. */
static unsigned int
under_way(const struct state *st)
{
	const struct change	*c;
	unsigned int		 n = st->ntasks[TS_RUNNING] +
	    st->ntasks[TS_PAUSED] + st->ntasks[TS_REVIEW];

	TAILQ_FOREACH(c, &st->asking, queue)
		n--;
	return (n > st->nlive ? n : st->nlive);
}

static int
pump_drained(struct engine *e, struct request *rq)
{
	if (state_brake(e->st, "drain") == NULL)
		return (request_done(rq, PRA_ESTATE, "praetorctl drain",
		    "the daemon is not being drained"));
	if (under_way(e->st) > 0)
		return (0);
	return (request_done(rq, 0, NULL, "%s", ""));
}

static void
drained_expired(int fd, short what, void *arg)
{
	struct request	*rq = arg;
	unsigned int	 n = under_way(rq->e->st);

	(void)fd;
	(void)what;
	request_done(rq, PRA_ETIMEOUT, "praetorctl session list; wait longer",
	    "%u task%s not finished in time", n, n == 1 ? "" : "s");
	request_free(rq);
}

int
read_drained(struct engine *e, struct request *rq)
{
	uint64_t	 ms = rec_u64(rq->cmd, F_c_drained_timeout);
	struct timeval	 tv;

	if (!request_permits(rq, NULL))
		return (request_done(rq, PRA_EPERM, "an administrator can add "
		    "a permit rule to praetord.conf", "drained is not "
		    "permitted"));
	if (pump_drained(e, rq))
		return (1);
	rq->pump = pump_drained;
	if (ms == 0)
		return (0);
	tv = ms_timeval(ms > INT32_MAX ? INT32_MAX : (int64_t)ms);
	rq->timer = evtimer_new(e->role.base, drained_expired, rq);
	if (rq->timer == NULL || evtimer_add(rq->timer, &tv) == -1)
		return (request_done(rq, PRA_ENOMEM, NULL, "out of memory"));
	return (0);
}

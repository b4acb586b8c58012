/*
 * Parent: the shells that wait for a session (`sessions spare`), and which
 * one a session takes.  One at least is for any session.  The others get the
 * worktree ahead that the last two sessions had, and wait for a third.
 */
#include <string.h>
#include <event2/event.h>
#include <sys/socket.h>

#include "common/log.h"
#include "common/when.h"
#include "praetord/guess.h"
#include "praetord/netmaker.h"
#include "praetord/sandbox.h"
#include "praetord/session_table.h"

#define REFILL_MS	20	/* after a start: that session's job goes first */
#define REFILL_DOUBLE	10	/* times, while shells die: up to 20 s */

static int
is_guessed(const struct session *se)
{
	return (se->guess.nlayers != 0);
}

/* It holds its slot until it is reaped. */
static void
shell_drop(struct session *se)
{
	se->life = L_FAILED;
	se->unwanted = 1;
	session_kill(se);
}

void
shell_flush(struct sessions *s)
{
	struct session	*se;

	s->streak = 0;
	TAILQ_FOREACH(se, &s->list, entry)
		if (se->life == L_SHELL)
			shell_drop(se);
}

/* Verifications are of what nobody has seen before. */
void
shell_note(struct sessions *s, const struct m_start *m)
{
	if (m->verify || m->git[0] == '\0')
		return;
	s->streak = guess_same(&s->last, m) ? s->streak + 1 : 0;
	s->last = *m;
}

/* The directories that its worktree stands on are still the same. */
static int
guess_holds(struct sessions *s, const struct session *se)
{
	struct guess_seen	 now;

	return (guess_look(s->host.statefd, &se->guess, &now) == 0 &&
	    memcmp(&now, &se->seen, sizeof(now)) == 0);
}

struct session *
shell_take(struct sessions *s, const struct m_start *m, struct why *why)
{
	struct session	*se, *plain = NULL;

	TAILQ_FOREACH(se, &s->list, entry) {
		if (se->life != L_SHELL)
			continue;
		if (!is_guessed(se))
			plain = plain == NULL ? se : plain;
		else if (!guess_same(&se->guess, m))
			continue;
		else if (guess_holds(s, se))
			return (se);
		else
			shell_drop(se);
	}
	return (plain != NULL ? plain : shell_new(s, why));
}

void
shell_refill(struct sessions *s)
{
	unsigned int		 n = s->failures;
	const struct timeval	 tv = ms_timeval(REFILL_MS <<
	    (n < REFILL_DOUBLE ? n : REFILL_DOUBLE));

	/* Not put off again: it would never come while many are started. */
	if (!s->closing && !evtimer_pending(s->refill, NULL))
		event_add(s->refill, &tv);
}

/* Nothing is lost when it cannot be: then it is for any session. */
static void
shell_guess(struct sessions *s, struct session *se)
{
	struct sandbox_start	 st = { .m = s->last };

	st.m.session = 0;
	if (guess_look(s->host.statefd, &st.m, &se->seen) == -1)
		s->streak = 0;
	else if (send(se->startfd, &st, sizeof(st), MSG_NOSIGNAL |
	    MSG_DONTWAIT) == (ssize_t)sizeof(st))
		se->guess = st.m;
}

/*
 * How many there are, without those that have the wrong worktree by now; one
 * of those that are for any session, if there is another, gets it.
 */
static unsigned int
shells_sort(struct sessions *s)
{
	struct session	*se, *plain = NULL;
	unsigned int	 n = 0;
	int		 sure;

	sure = s->streak > 0 && s->conf->worktree == WORKTREE_OVERLAY;
	TAILQ_FOREACH(se, &s->list, entry) {
		n += se->number == 0;
		if (se->life != L_SHELL)
			continue;
		if (is_guessed(se) && sure && !guess_same(&se->guess, &s->last))
			shell_drop(se);
		if (is_guessed(se))
			continue;
		if (plain != NULL && sure)
			shell_guess(s, plain);
		plain = se;
	}
	return (n);
}

void
shell_prepare(int fd, short what, void *arg)
{
	struct sessions	*s = arg;
	uint64_t	 n, max = s->conf->opt[OPT_SESSIONS_MAX];
	struct why	 why;

	(void)fd;
	(void)what;
	netmaker_refill(s->nets);
	if (s->closing)
		return;
	/* What is left of the limit will do; a session's end asks again. */
	n = shells_sort(s);
	if (n >= s->conf->opt[OPT_SESSIONS_SPARE] || s->live + n >= max)
		return;
	if (shell_new(s, &why) == NULL)
		log_debug("no sandbox prepared: %s", why.text);
	else
		shell_refill(s);
}

unsigned int
sessions_waiting(const struct sessions *s, int guessed)
{
	const struct session	*se;
	unsigned int		 n = 0;

	TAILQ_FOREACH(se, &s->list, entry)
		n += se->life == L_SHELL && (!guessed || is_guessed(se));
	return (n);
}

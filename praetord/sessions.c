/*
 * Parent: what all sessions stand on, made once at start: slots with their
 * user namespaces, the template root, the maker of network namespaces.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <event2/event.h>
#include <sys/wait.h>

#include "common/err.h"
#include "common/log.h"
#include "praetord/copy.h"
#include "praetord/netmaker.h"
#include "praetord/ns.h"
#include "praetord/purger.h"
#include "praetord/root.h"
#include "praetord/session_dir.h"
#include "praetord/session_table.h"
#include "praetord/slot.h"

#define DIR_FLAGS	(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* The table may move: sessions that have a slot are told where it is. */
static int
slots_room(struct sessions *s, unsigned int n)
{
	struct session	*se;
	struct slot	*slots;
	unsigned int	 i;

	if ((slots = calloc(n, sizeof(*slots))) == NULL)
		return (-1);
	for (i = 0; i < s->nslots; i++)
		slots[i] = s->slots[i];
	TAILQ_FOREACH(se, &s->list, entry)
		if (se->slot != NULL)
			se->slot = &slots[se->slot->number];
	free(s->slots);
	s->slots = slots;
	return (0);
}

/* As many as a configuration needs.  Those that there are stay. */
static int
slots_open(struct sessions *s, const struct conf *c, struct why *why)
{
	unsigned int	 n = SLOTS(c);

	if (n > s->nslots && slots_room(s, n) == -1)
		return (why_set(why, PRA_ENOMEM, "out of memory"));
	for (; s->nslots < n; s->nslots++)
		if (slot_open(&s->slots[s->nslots], c, s->nslots,
		    why) == -1) {
			slot_close(&s->slots[s->nslots]);
			return (-1);
		}
	return (0);
}

/* Descriptors of more than the configuration needs are of use elsewhere. */
static void
slots_trim(struct sessions *s)
{
	while (s->nslots > SLOTS(s->conf) && !s->slots[s->nslots - 1].used)
		slot_close(&s->slots[--s->nslots]);
}

/* The template of a session's root, as a configuration wants it. */
static int
template_open(const struct conf *conf, struct why *why)
{
	struct conf	*c;

	memcpy(&c, &conf, sizeof(c));	/* build functions take void * */
	return (ns_mount(root_build, c, why));
}

/* How copies are made until the daemon is started again. */
static int
copies_open(struct sessions *s, struct why *why)
{
	int	 from, to, r = -1;

	from = openat(s->host.statefd, "review", DIR_FLAGS);
	to = openat(s->host.statefd, "sessions", DIR_FLAGS);
	if (from == -1 || to == -1) {
		why_errno(why, NULL, "state directory");
	} else {
		s->share = copy_shares(from, to, why);
		log_info("worktree copy: blocks are %s%s",
		    s->share ? "shared" : "not shared: ",
		    s->share ? "" : why->text);
		r = 0;
	}
	if (from != -1)
		close(from);
	if (to != -1)
		close(to);
	return (r);
}

static int
sessions_open(struct sessions *s, struct why *why)
{
	if (sdir_open(s->host.statefd, why) == -1 ||
	    slots_open(s, s->conf, why) == -1 ||
	    (s->conf->worktree == WORKTREE_COPY && copies_open(s, why) == -1))
		return (-1);
	if ((s->rootns = template_open(s->conf, why)) == -1)
		return (-1);
	if ((s->nets = netmaker_new(why)) == NULL ||
	    (s->purger = purger_new(s->base, s->host.statefd, session_purged,
	    s, why)) == NULL || (s->watch = watch_new(s, why)) == NULL)
		return (-1);
	if ((s->refill = evtimer_new(s->base, shell_prepare, s)) == NULL ||
	    (s->room = evtimer_new(s->base, session_room, s)) == NULL)
		return (why_set(why, PRA_ENOMEM, "out of memory"));
	shell_refill(s);
	return (0);
}

struct sessions *
sessions_new(struct event_base *base, const struct conf *conf,
    const struct sessions_host *host, const struct sessions_ops *ops,
    void *arg, char *text, size_t size)
{
	struct sessions	*s;
	struct why	 why = { 0 };

	if ((s = calloc(1, sizeof(*s))) == NULL) {
		snprintf(text, size, "out of memory");
		return (NULL);
	}
	TAILQ_INIT(&s->list);
	s->base = base;
	s->conf = conf;
	s->host = *host;
	s->ops = ops;
	s->arg = arg;
	s->rootns = -1;
	s->spares = (uint64_t)getpid() << 20;	/* unlike the parent's before */
	if (sessions_open(s, &why) == 0)
		return (s);
	snprintf(text, size, "sessions: %s", why.text);
	sessions_free(s);
	return (NULL);
}

int
sessions_reconf(struct sessions *s, const struct conf *conf, char *text,
    size_t size)
{
	struct why	 why = { 0 };
	int		 rootns = -1;

	if (slots_open(s, conf, &why) == -1 ||
	    (rootns = template_open(conf, &why)) == -1) {
		slots_trim(s);
		snprintf(text, size, "sessions: %s", why.text);
		return (-1);
	}
	close(s->rootns);
	s->rootns = rootns;
	s->conf = conf;
	slots_trim(s);
	shell_flush(s);
	shell_refill(s);
	return (0);
}

/* Those that wait for a session, at the end: nobody else reaps them. */
static void
session_end(struct session *se)
{
	int	 running = session_has_process(se);

	session_kill(se);
	while (running && waitpid(se->pid, NULL, 0) == -1 && errno == EINTR)
		;
	if (running && se->slot != NULL)
		session_release(se);
	session_free(se);
}

void
sessions_free(struct sessions *s)
{
	struct session	*se;
	unsigned int	 i;

	if (s == NULL)
		return;
	while ((se = TAILQ_FIRST(&s->list)) != NULL)
		session_end(se);
	if (s->refill != NULL)
		event_free(s->refill);
	if (s->room != NULL)
		event_free(s->room);
	watch_free(s->watch);
	for (i = 0; s->slots != NULL && i < s->nslots; i++)
		slot_close(&s->slots[i]);
	free(s->slots);
	netmaker_free(s->nets);
	purger_free(s->purger);
	if (s->rootns != -1)
		close(s->rootns);
	free(s);
}

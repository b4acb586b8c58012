/*
 * Parent: the configuration as a counted transaction.  On a reload every
 * role stages the new one and answers; all commit, or all forget it and the
 * old one stays.  Credentials are opened here and passed as descriptors.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/err.h"
#include "common/log.h"
#include "praetord/feature.h"
#include "praetord/parent.h"
#include "praetord/slot.h"

struct sending {
	struct child	*c;
	uint32_t	 n;
};

static void
item_send(void *arg, struct rec *r)
{
	struct sending	*s = arg;

	s->n++;
	peer_send_rec(s->c->peer, MSG_CONF_ITEM, 0, -1, r);
}

static void
item_count(void *arg, struct rec *r)
{
	uint32_t	*n = arg;

	(*n)++;
	rec_free(r);
}

/*
 * A key file: ours, a regular file, for nobody else's eyes.  Certificates are
 * no secret, but nobody else may replace them.
 */
static int
cred_open(const struct conf_cred *cc, char *why, size_t size)
{
	int		 ca = strcmp(cc->kind, "ca") == 0, fd;
	mode_t		 others = ca ? 022 : 077;
	struct stat	 st;

	fd = open(cc->file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
	if (fd == -1 || fstat(fd, &st) == -1) {
		snprintf(why, size, "%s: %s (see `credential`)", cc->file,
		    strerror(errno));
	} else if (!S_ISREG(st.st_mode) || st.st_uid != getuid() ||
	    (st.st_mode & others) != 0) {
		snprintf(why, size, "%s: must be a regular file of uid %u with "
		    "mode %s or less (chown and chmod it)", cc->file,
		    getuid(), ca ? "0644" : "0600");
		close(fd);
		fd = -1;
	}
	return (fd);
}

/* Before anything is sent: a bad key file fails the reload and nothing else. */
static int
creds_check(const struct conf *conf, char *why, size_t size)
{
	struct conf_cred	*cc;
	int			 fd;

	TAILQ_FOREACH(cc, &conf->creds, entry) {
		if ((fd = cred_open(cc, why, size)) == -1)
			return (-1);
		close(fd);
	}
	return (0);
}

static int
creds_send(struct child *c, const struct conf *conf, char *why, size_t size)
{
	struct conf_cred	*cc;
	struct rec		*r;
	int			 fd;

	TAILQ_FOREACH(cc, &conf->creds, entry) {
		if ((fd = cred_open(cc, why, size)) == -1)
			return (-1);
		r = rec_new(REC_k_cred);
		rec_set_str(r, F_k_cred_host, cc->host);
		rec_set_str(r, F_k_cred_kind, cc->kind);
		rec_set_str(r, F_k_cred_user, cc->user);
		rec_set_str(r, F_k_cred_hostkey, cc->hostkey);
		peer_send_rec(c->peer, MSG_CRED_FD, 0, fd, r);
	}
	return (0);
}

static int
conf_send(struct parent *p, struct child *c, const struct conf *conf,
    char *why, size_t size)
{
	struct sending		 s = { c, 0 };
	struct m_count		 count = { 0 };
	struct conf_cred	*cc;

	conf_items(conf, p->started.us, item_count, &count.n);
	if (c->role == ROLE_REVIEWER)
		TAILQ_FOREACH(cc, &conf->creds, entry)
			count.n++;
	peer_send(c->peer, MSG_CONF_BEGIN, 0, -1, &count, sizeof(count));
	conf_items(conf, p->started.us, item_send, &s);
	if (c->role == ROLE_REVIEWER && creds_send(c, conf, why, size) == -1)
		return (-1);
	peer_send(c->peer, MSG_CONF_END, 0, -1, &count, sizeof(count));
	return (0);
}

void
reconf_first(struct parent *p, struct child *c)
{
	char	 why[512];

	if (conf_send(p, c, p->conf, why, sizeof(why)) == -1) {
		log_warnx("%s", why);
		if (!p->ready)
			parent_shutdown(p, 1);
	}
}

static void
reload_fail(struct parent *p, int err, const char *text)
{
	if (p->reload_err != 0)
		return;
	p->reload_err = err;
	snprintf(p->reload_text, sizeof(p->reload_text), "%s", text);
}

static void
reconf_end(struct parent *p)
{
	char	 why[512];
	int	 i, ok;

	/* The last that may refuse it: others that do have cost nothing. */
	if (p->reload_err == 0 && sessions_reconf(p->sessions, p->next, why,
	    sizeof(why)) == -1)
		reload_fail(p, PRA_EUNSUPPORTED, why);
	ok = p->reload_err == 0;
	for (i = 0; i < ROLE_MAX; i++)
		if (p->child[i].peer != NULL && p->child[i].staged > 0)
			peer_send(p->child[i].peer, ok ? MSG_CONF_COMMIT :
			    MSG_CONF_ABORT, 0, -1, NULL, 0);
	if (ok) {
		conf_free(p->conf);
		p->conf = p->next;
		log_info("configuration reloaded from %s", p->conf->file);
	} else {
		conf_free(p->next);
		log_warnx("configuration not reloaded, the old one stays: %s",
		    p->reload_text);
	}
	p->next = NULL;
	notify_send(p, "READY=1");
	engine_reloaded(p, p->reload_err, p->reload_text);
}

static int
reconf_waiting(const struct parent *p)
{
	int	 i;

	for (i = 0; i < ROLE_MAX; i++)
		if (p->child[i].staged == 1)
			return (1);
	return (0);
}

/* staged: 0 not part of it, 1 asked, 2 answered. */
void
reconf_answer(struct parent *p, struct child *c, int err, const char *text)
{
	if (p->next == NULL || c->staged != 1)
		return;
	c->staged = c->peer != NULL ? 2 : 0;
	if (err != 0)
		reload_fail(p, err, text);
	if (!reconf_waiting(p))
		reconf_end(p);
}

/*
 * conf_load() prints its errors; during a reload they go to the log, and the
 * first of them to the client that asked.
 */
static struct conf *
conf_load_logged(struct parent *p)
{
	struct conf	*next;
	FILE		*f;
	char		 line[900];
	int		 fd, err;

	if ((fd = memfd_create("errors", MFD_CLOEXEC)) == -1 ||
	    (err = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10)) == -1 ||
	    dup2(fd, STDERR_FILENO) == -1)
		fatal("reload");
	next = conf_load(p->conf->file, p->conf->mode);
	fflush(stderr);
	dup2(err, STDERR_FILENO);
	close(err);
	lseek(fd, 0, SEEK_SET);
	if ((f = fdopen(fd, "r")) == NULL)
		fatal("reload");
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		log_warnx("%s", line);
		if (next == NULL)
			reload_fail(p, PRA_EINVALID, line);
	}
	fclose(f);
	return (next);
}

static void
reconf_check(struct parent *p)
{
	const char	*key;
	char		 why[512];

	p->next = conf_load_logged(p);
	if (p->next == NULL) {
		reload_fail(p, PRA_EINVALID, "the configuration has errors");
		return;
	}
	if ((key = conf_fixed_differs(p->conf, p->next)) != NULL) {
		snprintf(why, sizeof(why), "`%s` cannot change while praetord "
		    "runs (restart it)", key);
		reload_fail(p, PRA_EUNSUPPORTED, why);
	} else if (creds_check(p->next, why, sizeof(why)) == -1) {
		reload_fail(p, PRA_EINVALID, why);
	} else if (p->host.cgroups.dir != -1 && cgroups_can(&p->host.cgroups,
	    p->next, why, sizeof(why)) == -1) {
		reload_fail(p, PRA_EUNSUPPORTED, why);
	} else if (SLOTS(p->next) > SLOTS(p->conf) &&
	    feature_lacks(p->next, "uid-block", why, sizeof(why))) {
		reload_fail(p, PRA_EUNSUPPORTED, why);
	}
}

void
reconf_start(struct parent *p)
{
	struct timespec	 ts;
	char		 why[512];
	int		 i;

	if (p->next != NULL || !p->ready) {
		engine_reloaded(p, PRA_ESTATE, "a reload is under way");
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &ts);
	notify_send(p, "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
	p->reload_err = 0;
	p->reload_text[0] = '\0';
	reconf_check(p);
	for (i = 0; i < ROLE_MAX; i++) {
		p->child[i].staged = 0;
		if (p->reload_err != 0)
			continue;
		if (p->child[i].state != CH_RUNNING) {
			reload_fail(p, PRA_EUNREACH, "a process is being "
			    "started again (try again in a moment)");
		} else {
			p->child[i].staged = 1;
			child_expect(&p->child[i]);
			if (conf_send(p, &p->child[i], p->next, why,
			    sizeof(why)) == -1) {
				/* Its count is short: only a new process helps. */
				reload_fail(p, PRA_EINVALID, why);
				p->child[i].staged = 0;
				kill(p->child[i].pid, SIGKILL);
			}
		}
	}
	if (!reconf_waiting(p))
		reconf_end(p);
}

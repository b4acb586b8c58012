/*
 * The reviewer's copy of the configuration, with the credentials.  Secrets
 * come as descriptors from the parent, stay in this process's memory and
 * are wiped when they are replaced.  Nothing here prints one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "common/err.h"
#include "common/log.h"
#include "common/rec.h"
#include "common/review.h"
#include "reviewer/layer.h"
#include "reviewer/remote.h"
#include "reviewer/reviewer.h"
#include "reviewer/settings.h"

struct settings *
settings_new(void)
{
	struct settings	*s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return (NULL);
	TAILQ_INIT(&s->creds);
	TAILQ_INIT(&s->protects);
	s->author_name = strdup("praetor");
	s->author_email = strdup("praetor@localhost");
	if (s->author_name == NULL || s->author_email == NULL) {
		settings_free(s);
		return (NULL);
	}
	s->files_max = 10000;
	s->bytes_max = 256 * 1024 * 1024;
	s->large_file = 10 * 1024 * 1024;
	s->many_files = 1000;
	s->many_bytes = 64 * 1024 * 1024;
	s->fetch_timeout = 5 * 60 * 1000;
	s->fetch_bytes = 16ULL << 30;
	return (s);
}

static void
cred_free(struct cred *c)
{
	free(c->host);
	free(c->kind);
	free(c->user);
	free(c->hostkey);
	if (c->secret != NULL)
		freezero(c->secret, SECRET_MAX + 1);
	free(c);
}

static void
protect_free(struct protect *p)
{
	free(p->project);
	free(p->pattern);
	free(p);
}

void
settings_free(struct settings *s)
{
	struct protect	*p;
	struct cred	*c;

	if (s == NULL)
		return;
	while ((c = TAILQ_FIRST(&s->creds)) != NULL) {
		TAILQ_REMOVE(&s->creds, c, entry);
		cred_free(c);
	}
	while ((p = TAILQ_FIRST(&s->protects)) != NULL) {
		TAILQ_REMOVE(&s->protects, p, entry);
		protect_free(p);
	}
	free(s->author_name);
	free(s->author_email);
	free(s);
}

void
settings_only(struct settings *s, const char *url)
{
	char		 host[REMOTE_HOST] = "";
	struct cred	*c, *next;

	if (url != NULL)
		remote_host(url, host);
	TAILQ_FOREACH_SAFE(c, &s->creds, entry, next)
		if (*host == '\0' || strcasecmp(c->host, host) != 0) {
			TAILQ_REMOVE(&s->creds, c, entry);
			cred_free(c);
		}
}

const struct cred *
settings_cred(const struct settings *s, const char *kind, const char *host)
{
	const struct cred	*c;

	TAILQ_FOREACH(c, &s->creds, entry)
		if (strcmp(c->kind, kind) == 0 &&
		    strcasecmp(c->host, host) == 0)
			return (c);
	return (NULL);
}

static void
settings_begin(void *arg)
{
	struct reviewer	*r = arg;

	settings_free(r->staged);
	if ((r->staged = settings_new()) == NULL)
		fatalx("out of memory");
}

static int
settings_main(struct settings *s, const struct rec *k)
{
	free(s->author_name);
	free(s->author_email);
	s->author_name = strdup(rec_str(k, F_k_main_author_name));
	s->author_email = strdup(rec_str(k, F_k_main_author_email));
	s->files_max = rec_u64(k, F_k_main_files_max);
	s->bytes_max = rec_u64(k, F_k_main_bytes_max);
	s->fetch = rec_u64(k, F_k_main_fetch);
	s->large_file = rec_u64(k, F_k_main_large_file);
	s->many_files = rec_u64(k, F_k_main_many_files);
	s->many_bytes = rec_u64(k, F_k_main_many_bytes);
	s->copy = rec_u64(k, F_k_main_copy) != 0;
	s->fetch_timeout = rec_u64(k, F_k_main_fetch_timeout);
	s->fetch_bytes = rec_u64(k, F_k_main_fetch_bytes);
	if (s->author_name == NULL || s->author_email == NULL)
		return (PRA_ENOMEM);
	return (0);
}

/* Read the whole file, at most SECRET_MAX bytes.  0 or PRA_E* with why. */
static int
cred_read(struct cred *c, int fd, char *why, size_t size)
{
	ssize_t	 n = 1;

	if ((c->secret = calloc(1, SECRET_MAX + 1)) == NULL)
		return (PRA_ENOMEM);
	while (c->len < SECRET_MAX && n > 0) {
		n = pread(fd, c->secret + c->len, SECRET_MAX - c->len,
		    (off_t)c->len);
		if (n == -1) {
			snprintf(why, size, "credential for %s: %s", c->host,
			    strerror(errno));
			return (err_errno(errno));
		}
		c->len += n > 0 ? (size_t)n : 0;
	}
	if (c->len > 0 && c->len < SECRET_MAX)
		return (0);
	snprintf(why, size, "credential for %s: the file is %s", c->host,
	    c->len == 0 ? "empty" : "longer than 65535 bytes");
	return (PRA_EINVALID);
}

/* A token is one line; what follows it in the file is not part of it. */
static int
cred_check(struct cred *c, char *why, size_t size)
{
	if (strcmp(c->kind, "ssh-key") == 0)
		return (0);
	if (strcmp(c->kind, "ca") == 0) {
		if (strstr(c->secret, "-----BEGIN CERTIFICATE-----") != NULL)
			return (0);
		snprintf(why, size, "credential for %s: the ca file holds no "
		    "certificate in PEM", c->host);
		return (PRA_EINVALID);
	}
	if (strcmp(c->kind, "token") != 0) {
		snprintf(why, size, "credential for %s: unknown kind \"%s\"",
		    c->host, c->kind);
		return (PRA_EINVALID);
	}
	c->secret[strcspn(c->secret, "\r\n")] = '\0';
	c->len = strlen(c->secret);
	return (0);
}

static int
settings_add_cred(struct settings *s, const struct rec *k, int fd, char *why,
    size_t size)
{
	struct cred	*c;
	int		 err;

	if (fd == -1) {
		snprintf(why, size, "credential for %s came without its file",
		    rec_str(k, F_k_cred_host));
		return (PRA_EPROTO);
	}
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return (PRA_ENOMEM);
	TAILQ_INSERT_TAIL(&s->creds, c, entry);
	c->host = strdup(rec_str(k, F_k_cred_host));
	c->kind = strdup(rec_str(k, F_k_cred_kind));
	c->user = strdup(rec_str(k, F_k_cred_user));
	c->hostkey = strdup(rec_str(k, F_k_cred_hostkey));
	if (c->host == NULL || c->kind == NULL || c->user == NULL ||
	    c->hostkey == NULL)
		return (PRA_ENOMEM);
	if ((err = cred_read(c, fd, why, size)) != 0)
		return (err);
	return (cred_check(c, why, size));
}

static int
protect_add(struct settings *s, const char *pattern, const char *project)
{
	struct protect	*p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return (PRA_ENOMEM);
	TAILQ_INSERT_TAIL(&s->protects, p, entry);
	p->pattern = strdup(pattern);
	if (project != NULL)
		p->project = strdup(project);
	if (p->pattern == NULL || (project != NULL && p->project == NULL))
		return (PRA_ENOMEM);
	return (0);
}

/* Of the rules of review only the paths are looked for here. */
static int
settings_review(struct settings *s, const struct rec *k)
{
	const char	*project = rec_has(k, F_k_review_project) ?
	    rec_str(k, F_k_review_project) : NULL;
	size_t		 i;
	int		 err = 0;

	if (strcmp(rec_str(k, F_k_review_class),
	    review_row(RVC_PROTECTED)->name) != 0)
		return (0);
	for (i = 0; err == 0 && i < rec_count(k, F_k_review_paths); i++)
		err = protect_add(s, rec_nth_str(k, F_k_review_paths, i),
		    project);
	return (err);
}

static int
settings_item(void *arg, const struct rec *k, int fd, char *why, size_t size)
{
	struct reviewer	*r = arg;
	int		 err = 0;

	if (rec_kind(k) == REC_k_main)
		err = settings_main(r->staged, k);
	else if (rec_kind(k) == REC_k_cred)
		err = settings_add_cred(r->staged, k, fd, why, size);
	else if (rec_kind(k) == REC_k_review)
		err = settings_review(r->staged, k);
	if (fd != -1)
		close(fd);
	if (err == PRA_ENOMEM)
		snprintf(why, size, "out of memory");
	return (err);
}

static int
settings_end(void *arg, char *why, size_t size)
{
	(void)arg;
	(void)why;
	(void)size;
	return (0);
}

static void
settings_commit(void *arg)
{
	struct reviewer	*r = arg;
	int		 copied;

	if (r->staged == NULL)
		fatalx("a configuration was committed that never came");
	copied = r->settings->copy;
	settings_free(r->settings);
	r->settings = r->staged;
	r->staged = NULL;
	/* Once: what is half-made later is of hands that are at it. */
	if (r->settings->copy && !copied)
		layers_flatten(r);
}

static void
settings_abort(void *arg)
{
	struct reviewer	*r = arg;

	settings_free(r->staged);
	r->staged = NULL;
}

const struct role_conf settings_conf = {
	settings_begin, settings_item, settings_end, settings_commit,
	settings_abort
};

/*
 * Fetch and push over the network.  Runs in a hand of the reviewer.  Servers
 * are not trusted: no redirect to another host is followed, no proxy used, a
 * credential is shown only to the host that it is configured for, an ssh
 * server only believed with its pinned key, and all that a server says is
 * bounded and cleaned.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>
#include <bsd/string.h>

#include "common/err.h"
#include "common/when.h"
#include "reviewer/files.h"
#include "reviewer/gitlib.h"
#include "reviewer/hand.h"
#include "reviewer/outcome.h"
#include "reviewer/remote.h"
#include "reviewer/reviewer.h"
#include "reviewer/settings.h"

/* One connection's worth of what the callbacks must know. */
struct dial {
	struct reviewer	*r;
	const struct cred *cred;	/* or NULL */
	int		 ssh;
	char		 host[REMOTE_HOST];
	char		 port[8];	/* or "" */
	char		 user[65];
	int		 tries;
	git_oid		 onto;		/* what the branch must be at */
	int		 moved;		/* it was not */
	int		 locked;	/* somebody else was writing it */
	char		 refused[512];	/* why, when a callback refused */
	char		 said[256];	/* what it says beside, lines joined */
	char		 line[256];	/* the line that is being said */
	size_t		 nline;
};

int
remote_is(const char *url)
{
	return (strncmp(url, "https://", 8) == 0 ||
	    strncmp(url, "ssh://", 6) == 0);
}

/*
 * Characters that a URL may have.  Quotes, blanks and shell characters never
 * get in, nor escapes of them: the ssh transport hands the path to a shell on
 * the other side.
 */
static int
url_clean(const char *url, int ssh)
{
	for (; *url != '\0'; url++)
		if (!isalnum((unsigned char)*url) &&
		    strchr("-._~/@:+=,", *url) == NULL &&
		    (*url != '%' || ssh))
			return (0);
	return (1);
}

/* Digits behind a colon, or nothing. */
static int
parse_port(struct dial *d, const char *p)
{
	size_t	 n = strspn(p + (*p == ':'), "0123456789");

	if (*p == '/')
		return (0);
	if (*p != ':' || n == 0 || n >= sizeof(d->port) || p[1 + n] != '/')
		return (-1);
	snprintf(d->port, sizeof(d->port), "%.*s", (int)n, p + 1);
	return (0);
}

/* Take user and host out of a URL.  0 or PRA_EINVALID with o set. */
static int
dial_parse(struct dial *d, const char *url, struct outcome *o)
{
	const char	*p, *at;
	size_t		 n;

	d->ssh = strncmp(url, "ssh://", 6) == 0;
	p = url + (d->ssh ? 6 : 8);
	n = strcspn(p, "/");
	if ((at = memchr(p, '@', n)) != NULL) {
		if (!d->ssh || memchr(p, ':', (size_t)(at - p)) != NULL)
			return (outcome_set(o, PRA_EINVALID, "the URL holds "
			    "a user or password: remove it and use "
			    "`credential` of praetord.conf"));
		snprintf(d->user, sizeof(d->user), "%.*s", (int)(at - p), p);
		n -= (size_t)(at + 1 - p);
		p = at + 1;
	}
	n = strcspn(p, ":/");
	if (!url_clean(url, d->ssh) || n == 0 || n >= sizeof(d->host) ||
	    d->user[0] == '-' || p[0] == '-' || parse_port(d, p + n) == -1)
		return (outcome_set(o, PRA_EINVALID, "%s: not a URL of a "
		    "repository: write https://HOST/PATH or "
		    "ssh://USER@HOST/PATH", url));
	snprintf(d->host, sizeof(d->host), "%.*s", (int)n, p);
	return (0);
}

int
remote_host(const char *url, char out[REMOTE_HOST])
{
	struct dial	 d = { 0 };
	struct outcome	 o;

	if (!remote_is(url) || dial_parse(&d, url, &o) != 0)
		return (-1);
	strlcpy(out, d.host, REMOTE_HOST);
	return (0);
}

/* libgit2 takes certificates from a file, for the whole process. */
static int
dial_authority(const struct cred *ca, int dirfd, const char *dir,
    struct outcome *o)
{
	char	 name[32], path[4096];
	int	 rc;

	snprintf(name, sizeof(name), "ca.%ld", (long)getpid());
	snprintf(path, sizeof(path), "%s/scratch/%s", dir, name);
	if (files_write(dirfd, name, ca->secret, ca->len, 0) == -1)
		return (outcome_errno(o, errno, "%s", path));
	rc = git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, path, NULL);
	unlinkat(dirfd, name, 0);
	if (rc != 0)
		return (outcome_git(o, rc, "credential %s ca", ca->host));
	return (0);
}

/*
 * Whom to believe about this host.  An address is nobody's name: libgit2's
 * comparison of one with a certificate is wrong or missing (CVE-2026-53583).
 */
static int
dial_trust(const struct dial *d, const char *url, struct outcome *o)
{
	const struct cred	*ca;
	struct in_addr		 in;

	if (d->ssh)
		return (0);
	if (inet_aton(d->host, &in) != 0)
		return (outcome_set(o, PRA_EINVALID, "%s: give the server's "
		    "name instead of its address, as in its certificate",
		    url));
	if ((ca = settings_cred(d->r->settings, "ca", d->host)) != NULL)
		return (dial_authority(ca, d->r->scratchfd, d->r->state, o));
	if (gitlib_authorities() != 0)
		return (outcome_git(o, -1, "%s", url));
	return (0);
}

static int
dial_init(struct dial *d, struct reviewer *r, const char *url,
    struct outcome *o)
{
	int	 err;

	memset(d, 0, sizeof(*d));
	d->r = r;
	if ((err = dial_parse(d, url, o)) != 0 ||
	    (err = dial_trust(d, url, o)) != 0)
		return (err);
	d->cred = settings_cred(r->settings, d->ssh ? "ssh-key" : "token",
	    d->host);
	if (d->ssh && (d->cred == NULL || d->cred->hostkey[0] == '\0'))
		return (outcome_set(o, PRA_EPERM, "%s: no ssh %s is "
		    "configured for %s: add `credential` with hostkey to "
		    "praetord.conf", url, d->cred == NULL ? "key" :
		    "host key", d->host));
	if (d->user[0] == '\0')
		snprintf(d->user, sizeof(d->user), "%s", d->cred != NULL &&
		    d->cred->user[0] != '\0' ? d->cred->user : "git");
	return (0);
}

/* The host that libgit2 asks for must be the one of the URL. */
static int
same_host(const struct dial *d, const char *url)
{
	struct dial	 asked = { 0 };
	struct outcome	 o;

	return (remote_is(url) && dial_parse(&asked, url, &o) == 0 &&
	    strcasecmp(asked.host, d->host) == 0 && asked.ssh == d->ssh &&
	    strcmp(asked.port, d->port) == 0);
}

static int
on_credential(git_credential **out, const char *url, const char *user,
    unsigned int allowed, void *arg)
{
	struct dial	*d = arg;

	(void)user;
	if ((allowed & GIT_CREDENTIAL_USERNAME) && same_host(d, url))
		return (git_credential_username_new(out, d->user));
	/* There is only one to offer: asked again, it was not accepted. */
	if (d->cred == NULL || !same_host(d, url) || d->tries++ > 0) {
		snprintf(d->refused, sizeof(d->refused), d->cred == NULL ?
		    "%s asks for a credential and none is configured: add "
		    "`credential` to praetord.conf" :
		    "%s does not accept the configured credential", d->host);
		return (GIT_EAUTH);
	}
	if (d->ssh && (allowed & (GIT_CREDENTIAL_SSH_MEMORY |
	    GIT_CREDENTIAL_SSH_KEY)))
		return (git_credential_ssh_key_memory_new(out, d->user, NULL,
		    d->cred->secret, NULL));
	if (!d->ssh && (allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT))
		return (git_credential_userpass_plaintext_new(out, d->user,
		    d->cred->secret));
	return (GIT_EAUTH);
}

static void
base64(char *out, const unsigned char *p, size_t n)
{
	static const char	 set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t		 v;
	size_t			 i, k;

	for (i = 0; i < n; i += 3) {
		v = (uint32_t)p[i] << 16;
		v |= i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0;
		v |= i + 2 < n ? (uint32_t)p[i + 2] : 0;
		for (k = 0; k < (n - i < 3 ? n - i + 1 : 4); k++)
			*out++ = set[(v >> (18 - 6 * k)) & 63];
	}
	*out = '\0';
}

static int
check_hostkey(struct dial *d, const git_cert *cert)
{
	const git_cert_hostkey	*k = (const git_cert_hostkey *)cert;
	const char		*p;
	char			 text[64] = "SHA256:";
	size_t			 n;

	if (!(k->type & GIT_CERT_SSH_SHA256))
		return (GIT_ECERTIFICATE);
	base64(text + 7, k->hash_sha256, sizeof(k->hash_sha256));
	for (p = d->cred->hostkey; *p != '\0'; p += n + (p[n] == ' ')) {
		n = strcspn(p, " ");
		if (n == strlen(text) && strncmp(p, text, n) == 0)
			return (0);
	}
	snprintf(d->refused, sizeof(d->refused), "%s shows the host key %s, "
	    "not the one that praetord.conf pins", d->host, text);
	return (GIT_ECERTIFICATE);
}

static int
on_certificate(git_cert *cert, int valid, const char *host, void *arg)
{
	struct dial	*d = arg;

	if (strcasecmp(host, d->host) != 0)
		return (GIT_ECERTIFICATE);
	if (cert->cert_type == GIT_CERT_HOSTKEY_LIBSSH2 && d->ssh)
		return (check_hostkey(d, cert));
	if (cert->cert_type != GIT_CERT_X509 || d->ssh)
		return (GIT_ECERTIFICATE);
	/* Passed through, it comes back as a refusal with its reason. */
	return (valid ? 0 : GIT_PASSTHROUGH);
}

static int
on_progress(const git_indexer_progress *stats, void *arg)
{
	struct dial	*d = arg;

	hand_beat(d->r);
	if (stats->received_bytes <= d->r->settings->fetch_bytes)
		return (0);
	snprintf(d->refused, sizeof(d->refused), "the server sends more than "
	    "`fetch bytes max` of praetord.conf");
	return (GIT_EUSER);
}

/* Keep a line for people; progress is told by percentages. */
static void
said_line(struct dial *d)
{
	d->line[d->nline] = '\0';
	if (d->nline > 0 && strchr(d->line, '%') == NULL) {
		if (d->said[0] != '\0')
			strlcat(d->said, "; ", sizeof(d->said));
		strlcat(d->said, d->line, sizeof(d->said));
	}
	d->nline = 0;
}

/* Hooks write here for people. */
static int
on_sideband(const char *text, int len, void *arg)
{
	struct dial	*d = arg;
	int		 i;

	hand_beat(d->r);
	for (i = 0; i < len; i++)
		if (text[i] == '\n' || text[i] == '\r' || text[i] == '\0')
			said_line(d);
		else if (d->nline < sizeof(d->line) - 1)
			d->line[d->nline++] = text[i];
	return (0);
}

static int
on_push_progress(unsigned int now, unsigned int total, size_t bytes, void *arg)
{
	struct dial	*d = arg;

	(void)now;
	(void)total;
	(void)bytes;
	hand_beat(d->r);
	return (0);
}

/* What the server had the branch at when it greeted us. */
static int
on_negotiation(const git_push_update **updates, size_t n, void *arg)
{
	struct dial	*d = arg;

	hand_beat(d->r);
	if (n == 1 && git_oid_equal(&updates[0]->src, &d->onto))
		return (0);
	d->moved = 1;
	return (GIT_ENONFASTFORWARD);
}

/* Words of servers for a ref that another push holds, or has just moved. */
static int
says_locked(const char *status)
{
	return (strcasestr(status, "lock") != NULL ||
	    strstr(status, "failed to update ref") != NULL);
}

static int
on_update(const char *ref, const char *status, void *arg)
{
	struct dial	*d = arg;

	if (status == NULL)
		return (0);
	d->locked = says_locked(status);
	said_line(d);
	snprintf(d->refused, sizeof(d->refused), "%s refuses to update %s: "
	    "%.200s%s%s%s", d->host, ref, status, d->said[0] != '\0' ?
	    " (\"" : "", d->said, d->said[0] != '\0' ? "\")" : "");
	return (0);
}

static void
dial_callbacks(git_remote_callbacks *cb, struct dial *d)
{
	git_remote_init_callbacks(cb, GIT_REMOTE_CALLBACKS_VERSION);
	cb->credentials = on_credential;
	cb->certificate_check = on_certificate;
	cb->transfer_progress = on_progress;
	cb->sideband_progress = on_sideband;
	cb->push_transfer_progress = on_push_progress;
	cb->push_negotiation = on_negotiation;
	cb->push_update_reference = on_update;
	cb->payload = d;
}

/* What libgit2 says, for what it has no error of its own. */
static const struct { const char *words; int err; const char *remedy; }
    failures[] = {
	{ "trusted CA", PRA_EPERM, "name its authority with `credential "
	    "HOST ca` in praetord.conf" },
	{ "does not match with the expected", PRA_EPERM, "use the name that "
	    "is in the certificate" },
	{ "validity has expired", PRA_EPERM, "renew it on the server" },
	{ "redirect", PRA_EPERM, "give the URL that it leads to" },
	{ "Generic error", PRA_EUNREACH, "the server broke off" },
	{ "early EOF", PRA_EUNREACH, "the server broke off" },
	{ "too many objects", PRA_ELIMIT, "it cannot be taken" },
	{ "404", PRA_ENOTFOUND, "check the URL, and what the credential may "
	    "see" },
	{ "401", PRA_EPERM, "check the credential" },
	{ "403", PRA_EPERM, "check what the credential may do" },
};

/* Put a failed connection into words. */
static int
dial_failed(const struct dial *d, int rc, const char *url, struct outcome *o)
{
	char	 said[OUTCOME_TEXT];
	size_t	 i;

	if (d->refused[0] != '\0')
		return (outcome_set(o, rc == GIT_EUSER ? PRA_ELIMIT :
		    PRA_EPERM, "%s: %s", url, d->refused));
	if (git_error_last() == NULL)
		return (outcome_set(o, PRA_EUNREACH, "%s: the server's answer "
		    "cannot be read", url));
	outcome_git(o, rc, "%s", url);
	strlcpy(said, o->text, sizeof(said));
	for (i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (strstr(said + strlen(url), failures[i].words) != NULL)
			return (outcome_set(o, failures[i].err,
			    "%.800s: %s", said, failures[i].remedy));
	if (o->err == PRA_ESYSTEM || o->err == PRA_ENOTFOUND)
		o->err = PRA_EUNREACH;
	return (o->err);
}

/* Find the branch in what the server named. */
static int
remote_find(git_remote *rem, const char *url, const char *branch,
    git_oid *head, struct outcome *o)
{
	const git_remote_head	**heads = NULL;
	char			 ref[300], have[512] = "";
	size_t			 i, n = 0;
	int			 rc;

	snprintf(ref, sizeof(ref), "refs/heads/%s", branch);
	if ((rc = git_remote_ls(&heads, &n, rem)) != 0)
		return (outcome_git(o, rc, "%s", url));
	for (i = 0; i < n; i++) {
		if (strcmp(heads[i]->name, ref) == 0) {
			git_oid_cpy(head, &heads[i]->oid);
			return (0);
		}
		if (strncmp(heads[i]->name, "refs/heads/", 11) != 0 ||
		    strlen(have) > 300)
			continue;
		strlcat(have, have[0] == '\0' ? "" : ", ", sizeof(have));
		strlcat(have, heads[i]->name + 11, sizeof(have));
	}
	if (have[0] == '\0')
		return (outcome_set(o, PRA_ENOTFOUND, "%s is empty: push a "
		    "first commit to branch %s", url, branch));
	return (outcome_set(o, PRA_ENOTFOUND, "%s has no branch %s: there is "
	    "%s", url, branch, have));
}

/* What was announced must have come: a server may send any pack. */
static int
remote_came(git_repository *repo, const char *url, const git_oid *head,
    struct outcome *o)
{
	struct outcome	 ignored;
	git_commit	*c = NULL;
	git_tree	*t = NULL;
	char		 hex[OID_SIZE];
	int		 err = 0;

	gitlib_hex(hex, head);
	if (git_commit_lookup(&c, repo, head) != 0 ||
	    gitlib_tree(&t, repo, head, &ignored) != 0)
		err = outcome_set(o, PRA_EUNREACH, "%s: the server did not "
		    "send commit %s, which it names", url, hex);
	git_commit_free(c);
	git_tree_free(t);
	return (err);
}

static int
remote_download(git_remote *rem, struct dial *d, const char *url,
    const char *branch, git_oid *head, struct outcome *o)
{
	git_remote_connect_options	 copts;
	git_fetch_options		 fopts;
	char				 spec[700];
	char				*specs[] = { spec };
	git_strarray			 list = { specs, 1 };
	int				 rc;

	git_remote_connect_options_init(&copts,
	    GIT_REMOTE_CONNECT_OPTIONS_VERSION);
	git_fetch_options_init(&fopts, GIT_FETCH_OPTIONS_VERSION);
	dial_callbacks(&copts.callbacks, d);
	copts.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
	fopts.callbacks = copts.callbacks;
	fopts.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
	fopts.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
	fopts.update_fetchhead = 0;
	if ((rc = git_remote_connect_ext(rem, GIT_DIRECTION_FETCH,
	    &copts)) != 0)
		return (dial_failed(d, rc, url, o));
	if (remote_find(rem, url, branch, head, o) != 0)
		return (o->err);
	snprintf(spec, sizeof(spec),
	    "+refs/heads/%s:refs/praetor/upstream/%s", branch, branch);
	if ((rc = git_remote_download(rem, &list, &fopts)) != 0)
		return (dial_failed(d, rc, url, o));
	return (remote_came(git_remote_owner(rem), url, head, o));
}

/*
 * A handle of the mirror without configuration, and a remote that is not in
 * it either: nothing can rewrite the URL.  libgit2 1.5 also loses 20 KiB for
 * each line of configuration that is not such a rewriting.
 */
static int
remote_new(git_remote **out, git_repository **repo, git_repository *mirror,
    const char *url, struct outcome *o)
{
	int	 rc, err;

	*out = NULL;
	*repo = NULL;
	if ((err = gitlib_open(repo, git_repository_path(mirror), o)) != 0)
		return (err);
	if ((rc = git_remote_create_anonymous(out, *repo, url)) == 0)
		return (0);
	git_repository_free(*repo);
	return (outcome_git(o, rc, "%s", url));
}

int
remote_fetch(struct reviewer *r, git_repository *mirror, const char *url,
    const char *branch, git_oid *head, struct outcome *o)
{
	struct dial	 d;
	git_repository	*repo;
	git_remote	*rem;
	int		 err;

	if ((err = dial_init(&d, r, url, o)) != 0 ||
	    (err = remote_new(&rem, &repo, mirror, url, o)) != 0)
		return (err);
	hand_beat(r);
	err = remote_download(rem, &d, url, branch, head, o);
	git_remote_disconnect(rem);
	hand_rest(r);
	git_remote_free(rem);
	git_repository_free(repo);
	return (err);
}

static int
push_outcome(struct dial *d, int rc, const char *url, const char *branch,
    struct outcome *o)
{
	if (rc == 0 && d->refused[0] == '\0')
		return (0);
	if (d->moved || rc == GIT_ENONFASTFORWARD ||
	    strstr(d->refused, "fast-forward") != NULL ||
	    strstr(d->refused, "fetch first") != NULL)
		return (outcome_set(o, PRA_ECONFLICT,
		    "%s has moved in %s: merge again", branch, url));
	if (d->locked)
		return (outcome_set(o, PRA_ESTATE, "%s: %s: if no push runs "
		    "there, remove the lock and retry the task", url,
		    d->refused));
	return (dial_failed(d, rc, url, o));
}

/* One push.  *locked is set when it failed because of another one. */
static int
push_once(struct reviewer *r, git_repository *mirror, const char *url,
    const char *ref, const char *branch, const git_oid *onto, int *locked,
    struct outcome *o)
{
	git_push_options	 opts;
	struct dial		 d;
	git_repository		*repo;
	git_remote		*rem;
	char			 spec[700];
	char			*specs[] = { spec };
	git_strarray		 list = { specs, 1 };
	int			 rc, err;

	if ((err = dial_init(&d, r, url, o)) != 0 ||
	    (err = remote_new(&rem, &repo, mirror, url, o)) != 0)
		return (err);
	git_oid_cpy(&d.onto, onto);
	git_push_options_init(&opts, GIT_PUSH_OPTIONS_VERSION);
	dial_callbacks(&opts.callbacks, &d);
	opts.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
	snprintf(spec, sizeof(spec), "%s:refs/heads/%s", ref, branch);
	hand_beat(r);
	rc = git_remote_push(rem, &list, &opts);
	err = push_outcome(&d, rc, url, branch, o);
	*locked = err == PRA_ESTATE && d.locked;
	git_remote_free(rem);
	git_repository_free(repo);
	return (err);
}

int
remote_push(struct reviewer *r, git_repository *mirror, const char *url,
    const char *ref, const char *branch, const git_oid *onto,
    struct outcome *o)
{
	struct timespec	 nap = { 0, REMOTE_NAP_MS * 1000000L };
	struct mono	 start = mono_now();
	int		 err, locked = 0;

	while ((err = push_once(r, mirror, url, ref, branch, onto, &locked,
	    o)) != 0 && locked && mono_diff_us(start, mono_now()) <
	    REMOTE_LOCK_MS * 1000) {
		nanosleep(&nap, NULL);
		locked = 0;
	}
	hand_rest(r);
	return (err);
}

/*
 * Idempotency keys.  Engine.  A key is kept with the hash of what was asked
 * and with its answer, in the transaction of the command itself.  Answers
 * are kept by the names of their records, since the numbers of kinds move
 * from one version to the next.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bsd/string.h>
#include <sha2.h>

#include "common/err.h"
#include "common/log.h"
#include "engine/crash.h"
#include "engine/keys.h"

#define REC_HEAD	6	/* kind and length in front of a body */

void
answer_end(struct buf *b, int err, const char *message, const char *remedy,
    const char *subject)
{
	struct rec	*r = rec_new(REC_v_done);
	size_t		 before = b->len;

	rec_set_str(r, F_v_done_error, err_name(err));
	if (*message != '\0')
		rec_set_str(r, F_v_done_message, message);
	if (*remedy != '\0')
		rec_set_str(r, F_v_done_remedy, remedy);
	if (*subject != '\0')
		rec_set_str(r, F_v_done_subject, subject);
	if (rec_encode(r, b) != 0)
		b->len = before;
	rec_free(r);
}

/* The body is what was asked, whole; the number of its kind may move. */
static void
key_hash(const struct input *in, uint8_t hash[STORE_HASH])
{
	const char	*name = rec_def(rec_kind(in->rec))->name;
	struct buf	 b = { 0 };
	SHA2_CTX	 ctx;

	(void)rec_encode(in->rec, &b);
	(void)buf_varint(&b, rec_u64(in->env, F_c_env_expect));
	SHA256Init(&ctx);
	SHA256Update(&ctx, (const uint8_t *)name, strlen(name) + 1);
	if (b.len > 2)
		SHA256Update(&ctx, b.data + 2, b.len - 2);
	SHA256Final(hash, &ctx);
	buf_free(&b);
}

/* Keys belong to their user. */
void
key_of(const struct input *in, struct key *k)
{
	memset(k, 0, sizeof(*k));
	if (!rec_has(in->env, F_c_env_key) ||
	    *rec_str(in->env, F_c_env_key) == '\0')
		return;
	snprintf(k->name, sizeof(k->name), "%llu:%s",
	    (unsigned long long)rec_u64(in->env, F_c_env_uid),
	    rec_str(in->env, F_c_env_key));
	key_hash(in, k->hash);
}

/* Each record of an answer: its name with NUL, then length and body. */
static int
answer_pack(struct buf *out, const struct buf *body)
{
	const struct rec_def	*def;
	const uint8_t		*p = body->data, *end = p + body->len;
	size_t			 n;
	int			 e = 0;

	for (; e == 0 && p < end; p += n) {
		def = rec_def((enum rec_kind)(p[0] | p[1] << 8));
		n = REC_HEAD + ((size_t)p[2] | (size_t)p[3] << 8 |
		    (size_t)p[4] << 16 | (size_t)p[5] << 24);
		if ((e = buf_add(out, def->name, strlen(def->name) + 1)) == 0)
			e = buf_add(out, p + 2, n - 2);
	}
	return (e);
}

static enum rec_kind
answer_kind(const char *name)
{
	enum rec_kind	 kind = rec_byname(RC_VIEW, name);

	return (kind != REC_NONE ? kind : rec_byname(RC_BODY, name));
}

/* One record back into its form of today; NULL where it ends wrongly. */
static const uint8_t *
answer_unpack_one(struct buf *out, const uint8_t *p, const uint8_t *end)
{
	const uint8_t	*nul = memchr(p, '\0', (size_t)(end - p));
	enum rec_kind	 kind;
	uint8_t		 head[2];
	size_t		 n;

	if (nul == NULL || end - nul < REC_HEAD - 1 ||
	    (kind = answer_kind((const char *)p)) == REC_NONE)
		return (NULL);
	p = nul + 1;
	n = 4 + ((size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 |
	    (size_t)p[3] << 24);
	head[0] = (uint8_t)(kind & 0xff);
	head[1] = (uint8_t)(kind >> 8);
	if (n > (size_t)(end - p) || buf_add(out, head, 2) != 0 ||
	    buf_add(out, p, n) != 0)
		return (NULL);
	return (p + n);
}

static int
answer_unpack(struct buf *out, const struct buf *kept)
{
	const uint8_t	*p = kept->data, *end = p + kept->len;

	while (p != NULL && p < end)
		p = answer_unpack_one(out, p, end);
	return (p == NULL ? PRA_EVERSION : 0);
}

static int
key_refused(struct buf *body, int err)
{
	body->len = 0;
	if (err == PRA_ECONFLICT)
		answer_end(body, err, "the key was used for another command",
		    "use a new key", "");
	else if (err == PRA_EVERSION)
		answer_end(body, err, "the key was used before an upgrade, and "
		    "its answer cannot be read any more",
		    "see what the command did, or use a new key", "");
	else
		answer_end(body, err, err_text(err), "", "");
	return (1);
}

/* A command with the key waits: this one is answered with it. */
static int
pending_join(struct pending *p, const struct key *k, uint32_t request,
    struct buf *body)
{
	if (memcmp(p->hash, k->hash, STORE_HASH) != 0)
		return (key_refused(body, PRA_ECONFLICT));
	if (buf_add(&p->requests, &request, sizeof(request)) != 0)
		return (key_refused(body, PRA_ENOMEM));
	return (2);
}

int
key_known(struct engine *e, const struct key *k, uint32_t request,
    struct buf *body)
{
	struct pending	*p;
	struct buf	 kept = { 0 };
	int		 r;

	if (k->name[0] == '\0')
		return (0);
	TAILQ_FOREACH(p, &e->pendings, entry)
		if (strcmp(p->key, k->name) == 0)
			return (pending_join(p, k, request, body));
	r = store_key_find(e->store, k->name, k->hash, &kept);
	if (r == 1 && (r = answer_unpack(body, &kept)) == 0)
		r = 1;
	buf_free(&kept);
	return (r == 0 || r == 1 ? r : key_refused(body, r));
}

int
key_settle(struct engine *e, const struct key *k, int64_t time,
    const struct buf *body)
{
	struct buf	 kept = { 0 };
	int		 err;

	if (k->name[0] == '\0')
		return (0);
	/* A command may have found nothing to do. */
	if (!store_in_transaction(e->store) &&
	    (err = store_begin(e->store)) != 0)
		return (err);
	if ((err = answer_pack(&kept, body)) == 0)
		err = store_key_put(e->store, k->name, k->hash, time,
		    kept.data, kept.len);
	CRASH_AT(CP_KEY);
	buf_free(&kept);
	return (err);
}

/* Commands that are not answered yet. */

static int
pending_new(struct engine *e, const char *project, const char *key,
    const uint8_t hash[STORE_HASH], struct pending **out)
{
	struct pending	*p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return (PRA_ENOMEM);
	strlcpy(p->project, project, sizeof(p->project));
	strlcpy(p->key, key, sizeof(p->key));
	memcpy(p->hash, hash, STORE_HASH);
	TAILQ_INSERT_TAIL(&e->pendings, p, entry);
	*out = p;
	return (0);
}

static void
pending_free(struct engine *e, struct pending *p)
{
	TAILQ_REMOVE(&e->pendings, p, entry);
	buf_free(&p->requests);
	free(p);
}

int
pending_add(struct engine *e, const char *project, uint32_t request,
    const struct key *k)
{
	struct pending	*p;
	int		 err;

	if ((err = pending_new(e, project, k->name, k->hash, &p)) != 0 ||
	    (err = buf_add(&p->requests, &request, sizeof(request))) != 0 ||
	    k->name[0] == '\0')
		return (err);
	err = store_pending_put(e->store, project, k->name, k->hash);
	CRASH_AT(CP_PENDING);
	return (err);
}

struct pending *
pending_find(struct engine *e, const char *project)
{
	struct pending	*p;

	TAILQ_FOREACH(p, &e->pendings, entry)
		if (strcmp(p->project, project) == 0)
			return (p);
	return (NULL);
}

int
pending_settle(struct engine *e, struct pending *p, int64_t time,
    const struct buf *body)
{
	struct key	 k;
	int		 err;

	if (p->key[0] == '\0')
		return (0);
	memcpy(k.name, p->key, sizeof(k.name));
	memcpy(k.hash, p->hash, STORE_HASH);
	err = store_pending_del(e->store, p->project);
	CRASH_AT(CP_UNPENDING);
	if (err == 0 && body != NULL)
		err = key_settle(e, &k, time, body);
	return (err);
}

void
pendings_sweep(struct engine *e)
{
	struct pending	*p, *next;
	struct project	*pr;

	TAILQ_FOREACH_SAFE(p, &e->pendings, entry, next) {
		pr = state_project(e->st, p->project);
		if (pr == NULL || strcmp(rec_str(pr->e.row, F_s_project_state),
		    "adding") != 0)
			pending_free(e, p);
	}
}

static int
pending_row(void *arg, const char *project, const char *key,
    const uint8_t hash[STORE_HASH])
{
	struct pending	*p;

	return (pending_new(arg, project, key, hash, &p));
}

int
pendings_load(struct engine *e)
{
	return (store_pending_each(e->store, pending_row, e));
}

void
pendings_orphan(struct engine *e)
{
	struct pending	*p;

	TAILQ_FOREACH(p, &e->pendings, entry)
		p->requests.len = 0;
}

void
pendings_close(struct engine *e)
{
	struct pending	*p;

	while ((p = TAILQ_FIRST(&e->pendings)) != NULL)
		pending_free(e, p);
}

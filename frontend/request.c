/*
 * Requests: JSON of a client becomes a record for the engine, or an error.
 * Runs in the frontend on foreign bytes.  It checks form only: what is
 * allowed and what it means is the engine's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/json.h"
#include "common/log.h"
#include "frontend/frontend.h"

/* A request as it is being read. */
struct reading {
	char		 why[512];
	const char	*remedy;
	struct rec	*env;		/* owned */
	struct rec	*command;	/* owned */
};

static const struct {
	const char	*name;
	int		 field;		/* of c_env; -1: read apart */
} members[] = {
	{ "command", -1 },
	{ "args", -1 },
	{ "key", F_c_env_key },
	{ "expect", F_c_env_expect },
	{ "trace", F_c_env_trace }
};

#define NMEMBERS	(sizeof(members) / sizeof(members[0]))

struct request *
request_find(struct frontend *fe, uint32_t id)
{
	struct request	 want;

	want.id = id;
	return (RB_FIND(request_tree, &fe->requests, &want));
}

void
request_free(struct request *rq)
{
	RB_REMOVE(request_tree, &rq->client->fe->requests, rq);
	TAILQ_REMOVE(&rq->client->requests, rq, entry);
	rq->client->nrequests--;
	free(rq);
}

static int
refuse(struct reading *rd, int err, const char *remedy, const char *fmt, ...)
    __attribute__((__format__(printf, 4, 5)));

static int
refuse(struct reading *rd, int err, const char *remedy, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(rd->why, sizeof(rd->why), fmt, ap);
	va_end(ap);
	rd->remedy = remedy;
	return (err);
}

/* One member beside command and args, into the envelope. */
static int
read_member(struct reading *rd, const char *name, const json_t *v)
{
	size_t	 i;

	for (i = 0; i < NMEMBERS; i++)
		if (strcmp(members[i].name, name) == 0)
			break;
	if (i == NMEMBERS)
		return (refuse(rd, PRA_EINVALID, "see praetor-proto(7)",
		    "%.64s: there is no such member", name));
	if (members[i].field == -1)
		return (0);
	if (members[i].field == F_c_env_expect) {
		if (!json_is_integer(v) || json_integer_value(v) < 0)
			return (refuse(rd, PRA_EINVALID, "",
			    "expect: must be a whole number"));
		rec_set_u64(rd->env, F_c_env_expect,
		    (uint64_t)json_integer_value(v));
		return (0);
	}
	if (!json_is_string(v))
		return (refuse(rd, PRA_EINVALID, "", "%s: must be a string",
		    name));
	rec_set_str(rd->env, members[i].field, json_string_value(v));
	return (0);
}

static int
read_command(struct reading *rd, json_t *o)
{
	const char	*name;
	json_t		*args = json_object_get(o, "args"), *none = NULL;
	char		 why[400];
	enum rec_kind	 kind;
	int		 e;

	name = json_string_value(json_object_get(o, "command"));
	if (name == NULL)
		return (refuse(rd, PRA_EINVALID, "see praetor-proto(7)",
		    "command: must be a string"));
	if ((kind = rec_byname(RC_COMMAND, name)) == REC_NONE)
		return (refuse(rd, PRA_EINVALID, "see praetor-proto(7)",
		    "command: there is no \"%.64s\"", name));
	if (args == NULL && (args = none = json_object()) == NULL)
		return (PRA_ENOMEM);
	e = jrec_parse(args, kind, &rd->command, why, sizeof(why));
	json_decref(none);
	if (e == PRA_EINVALID)
		return (refuse(rd, e, "see praetor-proto(7)", "%s: %s", name,
		    why));
	return (e);
}

/* Who asks, from the socket. */
static struct rec *
envelope(const struct client *c)
{
	struct rec	*env = rec_new(REC_c_env), *gid;
	size_t		 i;

	rec_set_u64(env, F_c_env_uid, c->uid);
	for (i = 0; i < c->ngids; i++) {
		gid = rec_new(REC_c_gid);
		rec_set_u64(gid, F_c_gid_gid, c->gids[i]);
		rec_add_rec(env, F_c_env_groups, gid);
	}
	return (env);
}

static int
read_request(struct reading *rd, const void *p, size_t n)
{
	const char	*name;
	json_t		*o, *v;
	char		 why[400];
	int		 e = 0;

	if ((o = jrec_load(p, n, why, sizeof(why))) == NULL)
		return (refuse(rd, PRA_EINVALID, "see praetor-proto(7)",
		    "the request is not a JSON object: %s", why));
	json_object_foreach(o, name, v)
		if ((e = read_member(rd, name, v)) != 0)
			break;
	if (e == 0)
		e = read_command(rd, o);
	if (e == 0 && (e = rec_check(rd->env, why, sizeof(why))) != 0)
		e = refuse(rd, e, "", "%s", why);
	json_decref(o);
	return (e);
}

/* Number it and hand it on. */
static int
forward(struct client *c, uint32_t cid, struct reading *rd)
{
	struct frontend	*fe = c->fe;
	struct request	*rq;
	struct buf	 b = { 0 };
	int		 e;

	if ((e = rec_encode(rd->env, &b)) != 0 ||
	    (e = rec_encode(rd->command, &b)) != 0)
		goto out;
	if (b.len > MAX_PLAN) {
		e = refuse(rd, PRA_ELIMIT, "split it",
		    "the request is larger than %d bytes", MAX_PLAN);
		goto out;
	}
	if ((rq = calloc(1, sizeof(*rq))) == NULL) {
		e = PRA_ENOMEM;
		goto out;
	}
	do {
		rq->id = ++fe->last_id;
	} while (rq->id == 0 || request_find(fe, rq->id) != NULL);
	rq->cid = cid;
	rq->client = c;
	RB_INSERT(request_tree, &fe->requests, rq);
	TAILQ_INSERT_TAIL(&c->requests, rq, entry);
	c->nrequests++;
	if ((e = peer_send(fe->engine, MSG_COMMAND, rq->id, -1, b.data,
	    b.len)) != 0)
		request_free(rq);
out:
	buf_free(&b);
	return (e);
}

/* What needs no look into the request. */
static int
precheck(const struct client *c, uint32_t cid, struct reading *rd)
{
	const struct request	*rq;

	if (c->fe->engine == NULL)
		return (refuse(rd, PRA_EUNREACH, "try again in a moment",
		    "the engine is starting again"));
	if (c->nrequests >= REQUESTS_MAX)
		return (refuse(rd, PRA_ELIMIT, "wait until one is answered",
		    "%d requests of this connection are under way",
		    REQUESTS_MAX));
	TAILQ_FOREACH(rq, &c->requests, entry)
		if (rq->cid == cid)
			return (refuse(rd, PRA_EINVALID, "take another number",
			    "request %u is under way already", cid));
	return (0);
}

void
request_read(struct client *c, uint32_t cid, const void *p, size_t n)
{
	struct reading	 rd = { .remedy = "" };
	int		 e;

	if ((e = precheck(c, cid, &rd)) == 0) {
		rd.env = envelope(c);
		e = read_request(&rd, p, n);
	}
	if (e == 0)
		e = forward(c, cid, &rd);
	rec_free(rd.env);
	rec_free(rd.command);
	if (e != 0)
		client_fail(c, cid, e, rd.why[0] != '\0' ? rd.why : err_text(e),
		    rd.remedy);
	else
		client_flow(c);
}

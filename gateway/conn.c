/*
 * Connections of sessions.  Runs in the gateway; the request is hostile, and
 * so is how fast it comes.  A request is read whole, checked against the
 * session's rules, and only then is anything looked up or dialled.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <bsd/string.h>

#include "common/log.h"
#include "gateway/conn.h"

#define HEAD_MS		10000	/* from the connection to a whole request */
#define LINGER_MS	2000	/* for a client to read an answer */
#define LINGER_BYTES	(1024 * 1024) /* of what it still sends meanwhile */

enum action { AC_NONE, AC_LOOKUP, AC_DIAL, AC_RELAY, AC_ANSWER, AC_LINGER,
	AC_CLOSE };

static const char *const state_names[CN_MAX] = {
#define CONN_NAME(number, name) [number] = name,
	CONN_STATES(CONN_NAME)
};
static const char *const event_names[CE_MAX] = {
	CONN_EVENTS(CONN_NAME)
#undef CONN_NAME
};

static const struct transition transitions[] = {
	{ CN_HEAD,	CE_NAME,	CN_LOOKUP,	AC_LOOKUP },
	{ CN_HEAD,	CE_ADDRESS,	CN_DIAL,	AC_DIAL },
	{ CN_HEAD,	CE_REFUSE,	CN_ANSWER,	AC_ANSWER },
	{ CN_LOOKUP,	CE_ADDRESS,	CN_DIAL,	AC_DIAL },
	{ CN_LOOKUP,	CE_REFUSE,	CN_ANSWER,	AC_ANSWER },
	{ CN_DIAL,	CE_ADDRESS,	CN_DIAL,	AC_DIAL },
	{ CN_DIAL,	CE_OPEN,	CN_RELAY,	AC_RELAY },
	{ CN_DIAL,	CE_REFUSE,	CN_ANSWER,	AC_ANSWER },
	{ CN_RELAY,	CE_REFUSE,	CN_ANSWER,	AC_ANSWER },
	{ CN_RELAY,	CE_SENT,	CN_LINGER,	AC_LINGER },
	{ CN_ANSWER,	CE_SENT,	CN_LINGER,	AC_LINGER },
	{ FSM_ANY,	CE_END,		CN_CLOSED,	AC_CLOSE },
};

const struct fsm conn_fsm = {
	"connection", state_names, CN_MAX, event_names, CE_MAX, transitions,
	sizeof(transitions) / sizeof(transitions[0])
};

typedef void	 conn_action(struct conn *);

void
conn_timer(struct conn *c, int64_t ms)
{
	struct timeval	 tv = ms_timeval(ms);

	if (event_add(c->timer, &tv) == -1)
		fatalx("out of memory");
}

/* The server's side, and whatever leads to it. */
static void
server_drop(struct conn *c)
{
	dial_stop(c);
	if (c->down.rd != NULL)
		event_free(c->down.rd);
	if (c->up.wr != NULL)
		event_free(c->up.wr);
	c->down.rd = c->up.wr = NULL;
	if (c->server != -1)
		close(c->server);
	c->server = -1;
}

/* Tell of it, once: at its end, or before the client hears of a refusal. */
static void
conn_note(struct conn *c)
{
	struct note	 n = { .verdict = c->verdict, .reason = c->reason,
			    .count = 1, .sent = c->up.bytes,
			    .received = c->down.bytes };

	if (c->noted || (!c->parsed && c->head.len == 0))
		return;			/* nothing was asked for */
	c->noted = 1;
	strlcpy(n.host, "-", sizeof(n.host));
	if (c->parsed)
		authority_format(n.host, &c->req.host, c->req.port);
	if (c->addr[c->next].family != 0)
		strlcpy(n.address, c->addr[c->next].name, sizeof(n.address));
	n.wall = (uint64_t)mono_diff_us(c->started, mono_now());
	notes_add(c->gs, &n);
}

static void
act_close(struct conn *c)
{
	struct gsession	*gs = c->gs;

	conn_note(c);
	server_drop(c);
	flow_close(&c->up);
	flow_close(&c->down);
	event_free(c->timer);
	close(c->client);
	buf_free(&c->head);
	buf_free(&c->hello);
	buf_free(&c->reply);
	http_request_free(&c->req);
	TAILQ_REMOVE(&gs->conns, c, entry);
	gs->nconns--;
	free(c);
	session_conn_over(gs);
}

static void
act_answer(struct conn *c)
{
	conn_note(c);
	server_drop(c);
	event_del(c->up.rd);
	conn_timer(c, LINGER_MS);
	flow_run(&c->down);
}

/*
 * Closing with bytes unread would reset the connection, and the answer with
 * it: throw away what comes for a moment.
 */
static void
act_linger(struct conn *c)
{
	server_drop(c);
	shutdown(c->client, SHUT_WR);
	conn_timer(c, LINGER_MS);
	event_add(c->up.rd, NULL);
}

static void
act_relay(struct conn *c)
{
	static const char	 ok[] = "HTTP/1.1 200 Connection established"
				    "\r\n\r\n";
	struct buf		 rest = c->head;

	memset(&c->head, 0, sizeof(c->head));
	if (c->req.connect)
		flow_put(&c->down, ok, sizeof(ok) - 1);
	else
		flow_put(&c->up, c->req.out.data, c->req.out.len);
	c->up.bytes = c->up.len + rest.len;
	c->gs->bytes += c->up.bytes;
	c->verdict = "allowed";
	c->active = mono_now();
	conn_timer(c, (int64_t)rec_u64(c->gs->rec, F_b_gate_session_idle));
	event_add(c->down.wr, NULL);	/* each reads on when all is sent */
	event_add(c->up.wr, NULL);
	flow_early(c, rest.data, rest.len);
	buf_free(&rest);
}

static conn_action *const actions[] = {
	[AC_LOOKUP] = dial_lookup, [AC_DIAL] = dial_next,
	[AC_RELAY] = act_relay, [AC_ANSWER] = act_answer,
	[AC_LINGER] = act_linger, [AC_CLOSE] = act_close
};

void
conn_step(struct conn *c, enum conn_event ev)
{
	const struct transition	*t;
	char			 who[32];

	snprintf(who, sizeof(who), "s_%02llu",
	    (unsigned long long)c->gs->number);
	if ((t = fsm_step(&conn_fsm, who, (int)c->state, (int)ev)) == NULL)
		return;
	c->state = (enum conn_state)t->to;
	if (t->action != AC_NONE)
		actions[t->action](c);
}

void
conn_end(struct conn *c, const char *reason)
{
	if (c->reason == NULL)
		c->reason = reason;
	conn_step(c, CE_END);
}

void
conn_done(struct conn *c)
{
	c->reason = "closed";
	conn_step(c, CE_SENT);
}

void
conn_refuse(struct conn *c, int status, const char *verdict,
    const char *reason, const char *fmt, ...)
{
	struct buf	 b = { 0 };
	char		 text[1024];
	va_list		 ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->verdict = verdict;
	c->reason = reason;
	if (http_answer(&b, status, text) != 0)
		fatalx("out of memory");
	flow_put(&c->down, b.data, b.len);
	buf_free(&b);
	conn_step(c, CE_REFUSE);
}

/* What rule is missing, as it would be written. */
static void
refuse_rule(struct conn *c)
{
	const struct rec	*r = c->gs->rec;
	char			 host[HOST_TEXT];

	authority_format(host, &c->req.host, c->req.port);
	conn_refuse(c, 403, "refused", "rule", "%s may not be reached: no rule "
	    "egress allow \"%s\" on \"%s\" (see praetord.conf(5))", host, host,
	    rec_str(r, F_b_gate_session_project));
}

static int
budget_is_spent(const struct gsession *gs)
{
	uint64_t	 most = rec_u64(gs->rec, F_b_gate_session_bytes);

	return (most != 0 && gs->bytes >= most);
}

static void
request_take(struct conn *c, size_t len)
{
	char	 why[256];
	int	 status;

	event_del(c->up.rd);
	status = http_request_parse(&c->req, c->head.data, len, why,
	    sizeof(why));
	if (status != 0) {
		conn_refuse(c, status, "refused", "request", "%s", why);
		return;
	}
	c->parsed = 1;
	buf_drop(&c->head, len);
	http_body_init(&c->body, c->req.framing, c->req.length);
	if (!session_allows(c->gs, &c->req.host, c->req.port))
		refuse_rule(c);
	else if (budget_is_spent(c->gs))
		conn_refuse(c, 403, "refused", "bytes", "this session has used "
		    "the bytes it may (egress bytes max %llu)",
		    (unsigned long long)rec_u64(c->gs->rec,
		    F_b_gate_session_bytes));
	else
		dial_begin(c);
}

static void
head_read(struct conn *c)
{
	struct gateway	*gw = c->gs->gw;
	ssize_t		 n;
	size_t		 len;

	n = recv(c->client, gw->buf, HTTP_HEAD, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		conn_end(c, "reset");
		return;
	}
	if (buf_add(&c->head, gw->buf, (size_t)n) != 0)
		fatalx("out of memory");
	len = http_head(c->head.data, c->head.len, &c->seen);
	if (len > HTTP_HEAD || (len == 0 && c->head.len >= HTTP_HEAD))
		conn_refuse(c, 431, "refused", "request", "the head of the "
		    "request is longer than %d bytes", HTTP_HEAD);
	else if (len > 0)
		request_take(c, len);
}

static void
linger_read(struct conn *c)
{
	struct gateway	*gw = c->gs->gw;
	ssize_t		 n;

	n = recv(c->client, gw->buf, GATE_BUF, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && (c->lingered += (size_t)n) < LINGER_BYTES)
		return;
	conn_end(c, "closed");
}

void
conn_readable(struct conn *c)
{
	if (c->state == CN_LINGER)
		linger_read(c);
	else
		head_read(c);
}

static void
relay_expired(struct conn *c)
{
	int64_t	 idle = (int64_t)rec_u64(c->gs->rec, F_b_gate_session_idle);
	int64_t	 past = mono_diff_us(c->active, mono_now()) / 1000;

	if (past < idle)
		conn_timer(c, idle - past);
	else
		conn_end(c, "idle");
}

static void
on_timer(int fd, short what, void *arg)
{
	struct conn	*c = arg;

	(void)fd;
	(void)what;
	switch (c->state) {
	case CN_HEAD:
		conn_refuse(c, 408, "refused", "request", "no whole request "
		    "within %d seconds", HEAD_MS / 1000);
		break;
	case CN_LOOKUP:
	case CN_DIAL:
		dial_expired(c);
		break;
	case CN_RELAY:
		relay_expired(c);
		break;
	case CN_ANSWER:
	case CN_LINGER:
	case CN_CLOSED:
	case CN_MAX:
	default:
		conn_end(c, "closed");
	}
}

void
conn_open(struct gsession *gs, int fd)
{
	struct event_base	*base = gs->gw->role.base;
	struct conn		*c;
	int			 on = 1;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		fatalx("out of memory");
	c->gs = gs;
	c->client = fd;
	c->server = -1;
	c->started = c->active = mono_now();
	c->verdict = "failed";
	TAILQ_INSERT_TAIL(&gs->conns, c, entry);
	gs->nconns++;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->timer = evtimer_new(base, on_timer, c);
	if (c->timer == NULL || flow_client(c) == -1)
		fatalx("out of memory");
	conn_timer(c, HEAD_MS);
	event_add(c->up.rd, NULL);
	head_read(c);			/* most have sent it by now */
}

/*
 * Commands to the daemon and their answers.  Runs in praetorctl.
 */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "praetorctl/ctl.h"

#define TRIES		7
#define FIRST_WAIT_MS	100	/* doubled each time: 6 s in all */
#define TRIES_FOLLOW	40	/* of who follows: two minutes */
#define MOST_WAIT_MS	3200
#define START_IT	"start praetord, or name its socket with --socket"

const char *
item_str(const json_t *item, const char *name)
{
	const char	*s = json_string_value(json_object_get(item, name));

	return (s == NULL ? "" : s);
}

/* Messages have names and texts of others in them. */
int
ctl_error(int err, const char *remedy, const char *fmt, ...)
{
	struct out	 o = { 0 };
	char		 text[3072];
	va_list		 ap;
	int		 n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(text) && remedy != NULL &&
	    *remedy != '\0')
		snprintf(text + n, sizeof(text) - (size_t)n, " (%s)", remedy);
	o.tty = isatty(STDERR_FILENO);
	o.utf8 = out_locale_utf8();
	out_text(&o, text);
	fprintf(stderr, "praetorctl: %s\n", buf_str(&o.b));
	buf_free(&o.b);
	return (err_exit(err));
}

void
out_json(struct ctl *c, const json_t *o)
{
	size_t	 flags = JSON_COMPACT;
	char	*text;

	if (c->out.tty)
		flags |= JSON_ENSURE_ASCII;
	if ((text = json_dumps(o, flags)) != NULL)
		out_printf(&c->out, "%s\n", text);
	free(text);
}

/* Events that were shown before the connection was lost come again. */
static int
seen(struct ctl *c, const json_t *item)
{
	json_int_t	 seq = json_integer_value(json_object_get(item, "seq"));

	if (strcmp(item_str(item, "kind"), "event") != 0)
		seq = 0;
	if (seq == 0 || seq > c->seq) {
		c->seq = seq;
		return (0);
	}
	return (1);
}

static void
take_item(struct ctl *c, json_t *item, item_fn *fn)
{
	if (seen(c, item))
		return;
	c->nitems++;
	json_decref(c->last);
	c->last = json_incref(item);
	if (c->json)
		out_json(c, item);
	else if (fn != NULL)
		fn(c, item);
	if (fn == NULL)
		json_array_append(c->items, item);
}

static void
set_done(struct ctl *c, json_t *done)
{
	json_decref(c->done);
	c->done = done;
}

/* An end as the daemon would send it, for what it could not say itself. */
static int
local_done(struct ctl *c, int err, const char *message, const char *remedy)
{
	set_done(c, json_pack("{ss ss ss}", "error", err_name(err), "message",
	    message, "remedy", remedy));
	return (err);
}

static int
read_answer(struct ctl *c, struct conn *cn, item_fn *fn)
{
	json_t	*o;
	int	 done;

	while ((o = conn_next(cn, &c->out, &done)) != NULL) {
		if (done) {
			set_done(c, o);
			return (strcmp(item_str(o, "error"), "ok") == 0 ? 0 :
			    err_byname(item_str(o, "error")));
		}
		take_item(c, o, fn);
		json_decref(o);
		if (c->out.failed)
			return (local_done(c, PRA_ESYSTEM,
			    "the output cannot be written", ""));
	}
	if (c->out.failed)
		return (local_done(c, PRA_ESYSTEM, "nobody reads the output",
		    ""));
	return (local_done(c, PRA_EUNREACH, "the daemon closed the connection",
	    "see its log"));
}

static int
ask_once(struct ctl *c, const json_t *request, item_fn *fn)
{
	struct conn	*cn;
	char		 why[256];
	int		 e;

	if ((cn = conn_open(c->path, &e, why, sizeof(why))) == NULL)
		return (local_done(c, e, why, e == PRA_EUNREACH ? START_IT :
		    "the daemon's administrator decides who may use it"));
	c->reached = 1;
	e = conn_send(cn, 1, request);
	if (e == PRA_ELIMIT)
		local_done(c, e, "the request is too large", "split it");
	else if (e == PRA_ENOMEM)
		local_done(c, e, err_text(e), "");
	else	/* a daemon that refuses a client answers before it closes */
		e = read_answer(c, cn, fn);
	conn_close(cn);
	return (e);
}

/* The key makes it safe to ask again when an answer was lost. */
static int
put_key(struct ctl *c, json_t *request)
{
	unsigned char	 raw[16];
	char		 key[2 * sizeof(raw) + 1];
	const char	*given = opt_value(c, "key");
	size_t		 i;

	if (given != NULL)
		return (json_object_set_new(request, "key",
		    json_string(given)));
	arc4random_buf(raw, sizeof(raw));
	for (i = 0; i < sizeof(raw); i++)
		snprintf(key + 2 * i, 3, "%02x", raw[i]);
	return (json_object_set_new(request, "key", json_string(key)));
}

/* Wait; 0 when whoever reads what is printed has gone meanwhile. */
static int
wait_ms(int ms)
{
	struct pollfd	 pfd = { STDOUT_FILENO, 0, 0 };

	return (poll(&pfd, 1, ms) != 1);
}

/* 1 when nothing was printed yet, or what was can be told from the rest. */
static int
can_resume(struct ctl *c, json_t *request)
{
	if (!c->reached || (c->nitems > 0 && c->seq == 0))
		return (0);
	if (c->seq > 0 && strcmp(item_str(request, "command"), "events") == 0)
		json_object_set_new(json_object_get(request, "args"), "since",
		    json_integer(c->seq));
	return (1);
}

int
ctl_ask(struct ctl *c, const char *command, json_t *args, item_fn *fn)
{
	json_t	*request;
	size_t	 before;
	int	 ms = FIRST_WAIT_MS, e, i, tries;

	request = json_pack("{ss sO}", "command", command, "args", args);
	if (request == NULL || (c->cmd->keyed && put_key(c, request) == -1)) {
		json_decref(request);
		return (local_done(c, PRA_EINVALID, "an argument is not UTF-8",
		    ""));
	}
	if (json_object_get(c->local, "expect") != NULL)
		json_object_set(request, "expect",
		    json_object_get(c->local, "expect"));
	c->nitems = 0;
	c->seq = 0;
	tries = json_is_true(json_object_get(args, "follow")) ? TRIES_FOLLOW :
	    TRIES;
	for (i = 0; i < tries; i++, ms *= ms < MOST_WAIT_MS ? 2 : 1) {
		before = c->nitems;
		e = ask_once(c, request, fn);
		if (e != PRA_EUNREACH || c->out.failed ||
		    !can_resume(c, request))
			break;
		if (c->nitems > before) {
			i = 0;
			ms = FIRST_WAIT_MS;
		}
		if (i + 1 < tries && !wait_ms(ms))
			break;
	}
	json_decref(request);
	return (e);
}

int
ctl_result(struct ctl *c, int err)
{
	const char	*message = item_str(c->done, "message");

	if (err == 0)
		return (0);
	out_flush(&c->out);
	return (ctl_error(err, item_str(c->done, "remedy"), "%s",
	    *message != '\0' ? message : err_text(err)));
}

int
ctl_run(struct ctl *c, item_fn *fn)
{
	return (ctl_result(c, ctl_ask(c, c->cmd->command, c->args, fn)));
}

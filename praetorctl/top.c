/*
 * praetorctl top: what is going on, once or again and again.  Runs in
 * praetorctl; names are foreign and pass through out_text() as everywhere, so
 * the only sequences that reach the terminal are those written here.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>

#include "common/err.h"
#include "praetorctl/ctl.h"

#define INTERVAL_MS	2000
#define LEAST_MS	100

static const struct column top_columns[] = {
	{ "SESSION", "session", CD_NEVER }, { "STATE", "state", CD_NEVER },
	{ "FOR", "purpose", CD_SAME }, { "PROJECT", "project", CD_SAME },
	{ "USER", "user", CD_SAME }, { "TASK", "task", CD_NAMED },
	{ "TRY", "attempt", CD_ALWAYS }, { "%CPU", "percent", CD_ALWAYS },
	{ "CPU", "cpu", CD_NEVER }, { "MEMORY", "memory", CD_NEVER },
	{ "PROCS", "processes", CD_ALWAYS },
	{ "PRINTED", "printed", CD_ALWAYS },
	{ "ELAPSED", "elapsed", CD_NEVER }, { "NAME", "name", CD_NEVER },
	{ 0 }
};

/* Between two answers: CPU times so far by session, and when. */
struct before {
	json_t		*cpu;
	struct mono	 at;
};

enum key { KEY_NONE, KEY_QUIT, KEY_NOW };

static json_int_t
head_number(const json_t *head, const char *name)
{
	return (json_integer_value(json_object_get(head, name)));
}

static void
print_head(struct ctl *c, const json_t *head)
{
	static const char *const	 counts[] = {
		"waiting", "ready", "running", "review", "held", "paused"
	};
	char				 time[21];
	size_t				 i;

	snprintf(time, sizeof(time), "%.19sZ", item_str(head, "time"));
	out_text(&c->out, time);
	out_printf(&c->out, "  sessions %lld of %lld, approvals wanted %lld\n",
	    (long long)head_number(head, "sessions"),
	    (long long)head_number(head, "sessions_max"),
	    (long long)head_number(head, "asking"));
	out_printf(&c->out, "tasks:");
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		out_printf(&c->out, "%s %s %lld", i > 0 ? "," : "", counts[i],
		    (long long)head_number(head, counts[i]));
	out_printf(&c->out, "\n\n");
}

/* What it used since the answer before, of one processor. */
static void
put_percent(json_t *item, const struct before *b, json_t *cpu)
{
	const char	*session = item_str(item, "session");
	json_t		*now = json_object_get(item, "cpu"), *was;
	int64_t		 us = mono_diff_us(b->at, mono_now());
	char		 text[24] = "-";

	was = json_object_get(b->cpu, session);
	if (json_is_integer(now) && json_is_integer(was) && us > 0 &&
	    json_integer_value(now) >= json_integer_value(was))
		snprintf(text, sizeof(text), "%lld", (long long)
		    ((json_integer_value(now) - json_integer_value(was)) *
		    100 / us));
	if (json_is_integer(now))
		json_object_set(cpu, session, now);
	json_object_set_new(item, "percent", json_string(text));
}

/* The rows after the head, for people. */
static void
rows_prepare(struct ctl *c, struct before *b)
{
	json_t	*cpu = json_object(), *item;
	size_t	 i;

	json_array_foreach(c->items, i, item) {
		put_percent(item, b, cpu);
		item_user(item);
		item_number(item, "cpu", number_time);
		item_number(item, "elapsed", number_time);
		item_number(item, "memory", number_bytes);
		item_number(item, "printed", number_bytes);
	}
	json_decref(b->cpu);
	b->cpu = cpu;
	b->at = mono_now();
}

static int
ask(struct ctl *c, struct before *b)
{
	json_t	*head;
	int	 code;

	json_array_clear(c->items);
	if ((code = ctl_run(c, NULL)) != 0 || c->json)
		return (code);
	head = json_incref(json_array_get(c->items, 0));
	json_array_remove(c->items, 0);
	rows_prepare(c, b);
	print_head(c, head);
	view_rows(c, top_columns, "no session runs");
	json_decref(head);
	return (0);
}

/* In place of what stood there: as many lines as there is room for. */
static void
redraw(struct out *o, int rows)
{
	struct buf	 all = o->b;
	const char	*p, *end = (char *)all.data + all.len, *nl;

	memset(&o->b, 0, sizeof(o->b));
	out_printf(o, "\033[H");
	for (p = (char *)all.data; p < end && rows > 1; p = nl + 1, rows--) {
		if ((nl = memchr(p, '\n', (size_t)(end - p))) == NULL)
			break;
		out_printf(o, "%.*s\033[K\n", (int)(nl - p), p);
	}
	out_printf(o, "\033[J");
	buf_free(&all);
	out_flush(o);
}

static enum key
read_key(void)
{
	char	 ch;

	if (read(STDIN_FILENO, &ch, 1) != 1)
		return (KEY_QUIT);
	return (ch == 'q' || ch == 'Q' || ch == 4 ? KEY_QUIT :
	    ch == ' ' || ch == '\n' ? KEY_NOW : KEY_NONE);
}

/*
 * Wait for a key, a signal or the time.  Only here the terminal does not wait
 * for lines, and signals are taken by hand: whatever ends the program while it
 * talks to the daemon leaves the terminal as it was.
 */
static enum key
wait_key(int64_t ms)
{
	struct signalfd_siginfo	 si;
	struct termios		 was, raw;
	struct pollfd		 fds[2] = { { .fd = STDIN_FILENO,
	    .events = POLLIN }, { .events = POLLIN } };
	sigset_t		 set, old;
	enum key		 key = KEY_NOW;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGWINCH);
	if (tcgetattr(STDIN_FILENO, &was) == -1 ||
	    sigprocmask(SIG_BLOCK, &set, &old) == -1)
		return (KEY_QUIT);
	fds[1].fd = signalfd(-1, &set, SFD_CLOEXEC);
	raw = was;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	if (poll(fds, 2, (int)ms) > 0) {
		if (fds[1].revents != 0 && read(fds[1].fd, &si,
		    sizeof(si)) == (ssize_t)sizeof(si))
			key = si.ssi_signo == SIGWINCH ? KEY_NOW : KEY_QUIT;
		else
			key = read_key();
	}
	tcsetattr(STDIN_FILENO, TCSANOW, &was);
	close(fds[1].fd);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return (key);
}

static int64_t
left_of(struct mono from, int64_t ms)
{
	int64_t	 left = ms - mono_diff_us(from, mono_now()) / 1000;

	return (left < 0 ? 0 : left);
}

static int
live(struct ctl *c, int64_t ms)
{
	struct before	 b = { NULL, { 0 } };
	struct winsize	 ws;
	struct mono	 from;
	enum key	 key = KEY_NOW;
	int		 code = 0;

	out_printf(&c->out, "\033[H\033[2J");
	out_flush(&c->out);
	while (key != KEY_QUIT) {
		if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == -1)
			ws.ws_row = ws.ws_col = 0;
		c->out.columns = ws.ws_col;
		from = mono_now();
		if ((code = ask(c, &b)) != 0)
			break;
		redraw(&c->out, ws.ws_row == 0 ? 24 : ws.ws_row);
		do
			key = wait_key(left_of(from, ms));
		while (key == KEY_NONE);
	}
	json_decref(b.cpu);
	return (code);
}

/* Again and again where somebody looks, unless told otherwise. */
static int
top(struct ctl *c)
{
	const json_t	*v = json_object_get(c->local, "delay");
	const char	*term = getenv("TERM");
	int64_t		 ms = v == NULL ? INTERVAL_MS : json_integer_value(v);
	struct before	 b = { NULL, { 0 } };
	int		 code;

	if (ms < LEAST_MS || ms > INT32_MAX)
		return (ctl_error(PRA_EUSAGE, NULL, "--delay: from 100ms to "
		    "24d"));
	if (c->out.tty && isatty(STDIN_FILENO) && !c->json &&
	    !opt_given(c, "once") && term != NULL && strcmp(term, "dumb") != 0)
		return (live(c, ms));
	code = ask(c, &b);
	json_decref(b.cpu);
	return (code);
}

static const struct ctl_opt top_opts[] = {
	{ "delay", 'd', CT_MS, "TIME", NULL,
	    "between two looks; the default is 2s" },
	{ "once", '1', CT_FLAG, NULL, NULL,
	    "print once and exit" },
	{ 0 }
};

const struct ctl_cmd top_cmds[] = {
	{ "top", "top", top_opts, "", 0, 0, NULL, 0,
	    "what runs at the moment, and what it uses", top },
	{ 0 }
};

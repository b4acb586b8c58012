/*
 * The two ends of a conversation with a model server, for shell tests, which
 * carry the bytes between them.
 *
 *	wire_tool ask WIRE stream|whole N	a request with N rounds of tools
 *	wire_tool read WIRE stream|whole STATUS	an answer's events, as they
 *						come; then "peak": the most
 *						memory it took, in KiB
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>

#include "executor/talk.h"
#include "tests/wire_rig.h"

#define ROUNDS		8
#define TEXT(s)		.text = s, .n = strlen(s)

static const struct talk_tool	 tools[] = {
	{ "bash", "Run a command.",
	  "{\"type\":\"object\",\"properties\":{\"command\":{\"type\":"
	  "\"string\"}},\"required\":[\"command\"]}" },
	{ "read", "Read a file.", "{\"type\":\"object\"}" }
};

/* Two calls a round, the second without arguments that are JSON. */
static void
add_round(struct talk_message *m, struct talk_part *p, char (*ids)[16], int n,
    const struct wire *w)
{
	int	 i;

	p[0] = (struct talk_part){ .kind = PART_THINKING, TEXT("hm"),
	    .signature = "sig", .from = w };
	for (i = 0; i < 2; i++) {
		snprintf(ids[i], sizeof(ids[i]), "call_%d_%d", n, i);
		p[1 + i] = (struct talk_part){ .kind = PART_CALL, .id = ids[i],
		    .name = tools[i].name, TEXT(i == 0 ?
		    "{\"command\":\"true\"}" : "{\"pa") };
		p[3 + i] = (struct talk_part){ .kind = PART_RESULT,
		    .id = ids[i], TEXT(i == 0 ? "" : "bad\xff"), .failed = i };
	}
	m[0] = (struct talk_message){ TALK_MODEL, p, 3 };
	m[1] = (struct talk_message){ TALK_USER, p + 3, 2 };
}

static int
ask(const struct wire *w, int stream, int rounds)
{
	static const struct talk_part	 hello = { .kind = PART_TEXT,
					    .text = "Say \"hi\".", .n = 9 };
	struct talk_message		 m[1 + 2 * ROUNDS];
	struct talk_part		 parts[ROUNDS][5];
	char				 ids[ROUNDS][2][16], why[256];
	struct talk			 t = { .model = "test", .messages = m,
					    .system = "Be brief.",
					    .tools = tools, .ntools = 2,
					    .max_tokens = 1000, .cache = 1 };
	struct buf			 b = { 0 };
	int				 i;

	m[0] = (struct talk_message){ TALK_USER, &hello, 1 };
	for (i = 0; i < rounds; i++)
		add_round(&m[1 + 2 * i], parts[i], ids[i], i, w);
	t.nmessages = 1 + 2 * (size_t)rounds;
	t.stream = stream;
	if (wire_compose(w, &t, &b, why, sizeof(why)) != 0)
		errx(1, "%s", why);
	fwrite(b.data, 1, b.len, stdout);
	buf_free(&b);
	return (0);
}

/* Each line as soon as it is there, for whoever waits for it. */
static void
show(void *arg, const struct wire_event *ev)
{
	struct buf	*b = arg;

	b->len = 0;
	wire_log(b, ev);
	fwrite(b->data, 1, b->len, stdout);
	fflush(stdout);
}

static long
peak(void)
{
#ifdef __SANITIZE_ADDRESS__
	return (0);		/* it is the sanitizer's */
#else
	struct rusage	 ru;

	getrusage(RUSAGE_SELF, &ru);
	return (ru.ru_maxrss);
#endif
}

static int
read_answer(const struct wire *w, enum wire_mode mode, int status)
{
	struct wire_parser	*wp;
	struct buf		 line = { 0 };
	char			 buf[16384];
	ssize_t			 n;

	if ((wp = wire_open(w, mode, status, show, &line)) == NULL)
		err(1, NULL);
	while (!wire_over(wp) && (n = read(0, buf, sizeof(buf))) > 0)
		wire_feed(wp, buf, (size_t)n);
	wire_finish(wp);
	wire_free(wp);
	buf_free(&line);
	printf("peak %ld\n", peak());
	return (0);
}

int
main(int argc, char *argv[])
{
	const struct wire	*w;
	int			 stream, n;

	if (argc != 5 || (w = wire_byname(argv[2])) == NULL)
		errx(2, "usage: wire_tool ask|read wire stream|whole number");
	stream = strcmp(argv[3], "stream") == 0;
	n = atoi(argv[4]);
	if (strcmp(argv[1], "ask") == 0)
		return (ask(w, stream, n < ROUNDS ? n : ROUNDS));
	return (read_answer(w, stream ? WIRE_STREAM : WIRE_WHOLE, n));
}

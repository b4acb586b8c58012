/*
 * Fuzzing of the control protocol: any bytes as a CTL_REQUEST of a client.
 * The frontend answers with an error or hands a command on; what it hands on
 * must be an envelope with the client's own uid and one command, whole, and
 * the client must hear exactly one answer or none yet.
 */
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <event2/event.h>

#include "common/imsg.h"
#include "common/log.h"
#include "frontend/frontend.h"
#include "tests/fuzz/fuzz.h"

static const char *const	 seeds[] = {
	"{\"command\":\"status\"}",
	"{\"command\":\"task.create\",\"args\":{\"project\":\"w\",\"run\":"
	    "\"make\",\"deps\":[\"a\",\"b\"],\"retries\":2,\"priority\":-3},"
	    "\"key\":\"k-1\",\"expect\":7,\"trace\":\"t\"}",
	"{\"command\":\"task.plan\",\"args\":{\"project\":\"w\",\"tasks\":"
	    "[{\"name\":\"a\",\"run\":\"x\"},{\"name\":\"b\",\"deps\":[\"a\"]}"
	    "]}}",
	"{\"command\":\"events\",\"args\":{\"since\":12,\"follow\":true}}",
	"{\"command\":\"task.create\",\"args\":{\"text\":\"\\u0000\"}}",
	"{\"command\":\"explain\",\"args\":{\"subject\":\"s_01\"}}",
	"{\"args\":{}}", "[]", "{\"command\":{\"a\":1}}"
};

struct ends {
	struct frontend		 fe;
	struct event_base	*base;
	struct imsgbuf		 engine, client;
};

size_t
fuzz_seed(size_t i, uint8_t *out, size_t size)
{
	size_t	 n;

	if (i >= sizeof(seeds) / sizeof(seeds[0]))
		return (0);
	n = strlen(seeds[i]);
	FUZZ_ASSERT(n <= size);
	memcpy(out, seeds[i], n);
	return (n);
}

static int
pair(struct imsgbuf *ib)
{
	int	 sv[2];

	FUZZ_ASSERT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0, sv) == 0);
	imsgbuf_init(ib, sv[1]);
	return (sv[0]);
}

static void
ends_open(struct ends *e)
{
	log_init("ctl_fuzz", 0);
	FUZZ_ASSERT((e->base = event_base_new()) != NULL);
	FUZZ_ASSERT(frontend_init(&e->fe, e->base) == 0);
	e->fe.now.owner = getuid();
	frontend_engine(&e->fe, pair(&e->engine));
	client_new(&e->fe, pair(&e->client));
}

static void
check_command(const struct imsg *m)
{
	struct reader	 rd;
	struct rec	*env, *cmd;

	FUZZ_ASSERT(m->fd == -1);
	if (m->hdr.type == MSG_COMMAND_DROP)
		return;
	FUZZ_ASSERT(m->hdr.type == MSG_COMMAND);
	reader_init(&rd, m->data, m->hdr.len);
	FUZZ_ASSERT(rec_decode(&rd, &env) == 0);
	FUZZ_ASSERT(rec_kind(env) == REC_c_env);
	FUZZ_ASSERT(rec_u64(env, F_c_env_uid) == getuid());
	FUZZ_ASSERT(rec_decode(&rd, &cmd) == 0 && reader_left(&rd) == 0);
	FUZZ_ASSERT(rec_def(rec_kind(cmd))->cls == RC_COMMAND);
	rec_free(env);
	rec_free(cmd);
}

/* How many messages are there; each is looked at. */
static int
drain(struct imsgbuf *ib, void (*check)(const struct imsg *))
{
	struct imsg	 m;
	int		 left, n = 0;

	while (ioctl(ib->fd, FIONREAD, &left) == 0 && left > 0) {
		FUZZ_ASSERT(imsgbuf_read(ib) == 1);
		for (; imsg_next(ib, &m) == 1; n++)
			if (check != NULL)
				check(&m);
	}
	return (n);
}

/* A new client for each input, or one would soon have too much under way. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ends	*e, all;
	struct imsg_hdr		 h = { .type = MSG_CTL_REQUEST, .id = 1 };
	int			 i, handed, answered;

	if (size < 2 || size > MAX_FRAME)
		return (0);
	if (e == NULL)
		ends_open(e = &all);
	if (TAILQ_EMPTY(&e->fe.clients)) {
		imsgbuf_clear(&e->client);
		close(e->client.fd);
		client_new(&e->fe, pair(&e->client));
	}
	h.len = (uint32_t)size;
	FUZZ_ASSERT(imsg_compose(&e->client, &h, data, -1) == 0);
	FUZZ_ASSERT(imsgbuf_write(&e->client) == 0);
	for (i = 0; i < 4; i++)
		event_base_loop(e->base, EVLOOP_NONBLOCK);
	handed = drain(&e->engine, check_command);
	answered = drain(&e->client, NULL);
	FUZZ_ASSERT(handed + answered == 1);
	client_free(TAILQ_FIRST(&e->fe.clients));
	event_base_loop(e->base, EVLOOP_NONBLOCK);
	drain(&e->engine, check_command);
	return (0);
}

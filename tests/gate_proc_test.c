/*
 * praetor-gateway as a process, between a parent, an engine and executors
 * that are all this test: executors that lie, an engine that is away, more
 * reports than it may keep.  It must outlive everything that they send, and
 * one that lies must cost the others nothing.
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <unistd.h>

#include "common/fsm.h"
#include "common/imsg.h"
#include "common/log.h"
#include "common/proto.h"
#include "common/rec.h"
#include "common/role.h"
#include "gateway/conn.h"
#include "tests/tap.h"

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
#define PATIENCE	30	/* seconds; a hang is a failure, not a result */
#define CONNS		4	/* that a session may have */

struct chan {
	struct imsgbuf	 ib;
};

struct world {
	pid_t		 pid;
	int		 lifeline;
	int		 listener;	/* jobs connect there; servers are it */
	uint16_t	 port;
	struct chan	 parent, engine, exec[2];
	struct imsg	 m;		/* the last that came */
};

static void
patience(int fd)
{
	struct timeval	 tv = { PATIENCE, 0 };

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv,
	    sizeof(tv)), 0);
}

static void
chan_close(struct chan *c)
{
	if (c->ib.fd == -1)
		return;
	imsgbuf_clear(&c->ib);
	close(c->ib.fd);
	c->ib.fd = -1;
}

/* A new pair: our end in c, the other is returned. */
static int
chan_pair(struct chan *c)
{
	int	 sv[2];

	chan_close(c);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    sv), 0);
	patience(sv[0]);
	imsgbuf_init(&c->ib, sv[0]);
	return (sv[1]);
}

static void
put(struct chan *c, enum msg_type type, int fd, const void *p, size_t n)
{
	struct imsg_hdr	 h = { .type = (uint16_t)type };

	h.len = (uint32_t)n;
	assert_int_equal(imsg_compose(&c->ib, &h, p, fd), 0);
	assert_int_equal(imsgbuf_write(&c->ib), 0);
}

static void
put_rec(struct chan *c, enum msg_type type, int fd, struct rec *r)
{
	struct buf	 b = { 0 };

	assert_int_equal(rec_encode(r, &b), 0);
	put(c, type, fd, b.data, b.len);
	buf_free(&b);
	rec_free(r);
}

/* The next message; MSG_NONE when the other side has closed. */
static enum msg_type
take(struct world *w, struct chan *c)
{
	int	 n;

	while ((n = imsg_next(&c->ib, &w->m)) == 0)
		if (imsgbuf_read(&c->ib) != 1)
			return (MSG_NONE);
	assert_int_equal(n, 1);
	return (w->m.hdr.type);
}

static void
expect(struct world *w, struct chan *c, enum msg_type type)
{
	enum msg_type	 got = take(w, c);

	if (got != type)
		fail_msg("%s came, not %s", msg_name(got), msg_name(type));
}

static struct rec *
expect_rec(struct world *w, struct chan *c, enum msg_type type,
    enum rec_kind kind)
{
	struct rec	*r;

	expect(w, c, type);
	assert_int_equal(rec_decode_one(w->m.data, w->m.hdr.len, kind, &r),
	    0);
	return (r);
}

/* The process. */

static void
gateway_exec(int chan, int lifeline)
{
	char	 path[4096];
	char	*slash;
	ssize_t	 n = readlink("/proc/self/exe", path, sizeof(path) - 32);

	if (n == -1)
		_exit(1);
	path[n] = '\0';
	if ((slash = strrchr(path, '/')) == NULL)
		_exit(1);
	strcpy(slash, "/../praetor-gateway");
	if (fcntl(chan, F_DUPFD, 20) != 20 ||
	    fcntl(lifeline, F_DUPFD, 21) != 21 ||
	    dup2(20, ROLE_FD) == -1 || dup2(21, LIFELINE_FD) == -1)
		_exit(1);
	close(20);
	close(21);
	execl(path, "praetor-gateway", (char *)NULL);
	_exit(1);
}

static void
send_conf(struct world *w)
{
	const struct rec_def	*def = rec_def(REC_k_main);
	struct rec		*r = rec_new(REC_k_main);
	struct m_count		 one = { .n = 1 };
	struct m_result		 res;
	unsigned int		 f;

	for (f = 0; f < def->nfields; f++)
		if (def->fields[f].type == R_STR)
			rec_set_str(r, (int)f, "x");
		else
			rec_set_u64(r, (int)f, def->fields[f].type == R_BOOL ?
			    0 : 2);
	rec_set_str(r, F_k_main_resolver, "127.0.0.1:1");
	rec_set_u64(r, F_k_main_egress, CONNS);
	put(&w->parent, MSG_CONF_BEGIN, -1, &one, sizeof(one));
	put_rec(&w->parent, MSG_CONF_ITEM, -1, r);
	put(&w->parent, MSG_CONF_END, -1, &one, sizeof(one));
	expect(w, &w->parent, MSG_CONF_READY);
	memcpy(&res, w->m.data, sizeof(res));
	assert_int_equal(res.err, 0);
	put(&w->parent, MSG_CONF_COMMIT, -1, NULL, 0);
}

static void
send_engine(struct world *w)
{
	struct m_peer	 m = { .proc = P_ENGINE };

	put(&w->parent, MSG_PEER_FD, chan_pair(&w->engine), &m, sizeof(m));
}

static void
listener_open(struct world *w)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	socklen_t		 len = sizeof(sin);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	w->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(w->listener, (const void *)&sin, sizeof(sin)),
	    0);
	assert_int_equal(listen(w->listener, 64), 0);
	assert_int_equal(getsockname(w->listener, (void *)&sin, &len), 0);
	w->port = ntohs(sin.sin_port);
}

/* Session number i + 1: it may reach its own listener, and nothing else. */
static void
send_session(struct world *w, int i)
{
	struct rec	*r = rec_new(REC_b_gate_session);
	char		 rule[64];

	snprintf(rule, sizeof(rule), "127.0.0.1:%u", w->port);
	rec_set_u64(r, F_b_gate_session_session, (uint64_t)i + 1);
	rec_set_str(r, F_b_gate_session_project, "web");
	rec_add_str(r, F_b_gate_session_rules, rule);
	rec_set_u64(r, F_b_gate_session_connections, CONNS);
	rec_set_u64(r, F_b_gate_session_bytes, 0);
	rec_set_u64(r, F_b_gate_session_idle, 600000);
	put_rec(&w->parent, MSG_GATE_SESSION, chan_pair(&w->exec[i]), r);
}

static int
setup(void **state)
{
	struct world	*w = calloc(1, sizeof(*w));
	int		 life[2], fd;

	if (w == NULL || pipe2(life, O_CLOEXEC) == -1)
		return (-1);
	w->parent.ib.fd = w->engine.ib.fd = w->exec[0].ib.fd =
	    w->exec[1].ib.fd = -1;
	fd = chan_pair(&w->parent);
	if ((w->pid = fork()) == 0)
		gateway_exec(fd, life[0]);
	close(fd);
	close(life[0]);
	w->lifeline = life[1];
	listener_open(w);
	expect(w, &w->parent, MSG_HELLO);
	send_conf(w);
	send_engine(w);
	send_session(w, 0);
	send_session(w, 1);
	rec_free(expect_rec(w, &w->engine, MSG_EGRESS_RULES,
	    REC_b_egress_rules));
	rec_free(expect_rec(w, &w->engine, MSG_EGRESS_RULES,
	    REC_b_egress_rules));
	*state = w;
	return (0);
}

/* It ends by itself, and with nothing to be ashamed of. */
static int
teardown(void **state)
{
	struct world	*w = *state;
	int		 status;

	close(w->lifeline);
	waitpid(w->pid, &status, 0);
	chan_close(&w->parent);
	chan_close(&w->engine);
	chan_close(&w->exec[0]);
	chan_close(&w->exec[1]);
	close(w->listener);
	free(w);
	return (WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1);
}

/* A connection of a job: its own end is returned, the other is handed over. */
static int
job_connect(struct world *w, int i)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	struct m_gate		 g = { GATE_EGRESS, 0 };
	int			 fd, other;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons(w->port);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	patience(fd);
	assert_int_equal(connect(fd, (const void *)&sin, sizeof(sin)), 0);
	other = accept(w->listener, NULL, NULL);
	assert_int_not_equal(other, -1);
	put(&w->exec[i], MSG_GATE_OPEN, other, &g, sizeof(g));
	return (fd);
}

static void
job_ask(int fd, const char *host, unsigned int port)
{
	char	 text[256];

	snprintf(text, sizeof(text), "CONNECT %s:%u HTTP/1.0\r\n\r\n", host,
	    port);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void
job_read(int fd, const char *want)
{
	char	 text[4096];
	ssize_t	 n = read(fd, text, sizeof(text) - 1);

	assert_true(n > 0);
	text[n] = '\0';
	if (strncmp(text, want, strlen(want)) != 0)
		fail_msg("%.40s came, not %s", text, want);
}

/* A tunnel, the byte through it, and its end at both ends. */
static void
tunnel(struct world *w, int i)
{
	int	 job = job_connect(w, i), server;

	job_ask(job, "127.0.0.1", w->port);
	server = accept(w->listener, NULL, NULL);
	assert_int_not_equal(server, -1);
	patience(server);
	job_read(job, "HTTP/1.1 200");
	assert_int_equal(write(job, "x", 1), 1);
	job_read(server, "x");
	assert_int_equal(write(server, "y", 1), 1);
	job_read(job, "y");
	close(server);
	close(job);
	expect(w, &w->exec[i], MSG_GATE_CLOSED);
}

static void
works(void **state)
{
	struct world	*w = *state;
	struct rec	*r;

	tunnel(w, 0);
	r = expect_rec(w, &w->engine, MSG_EGRESS, REC_b_egress);
	assert_string_equal(rec_str(r, F_b_egress_verdict), "allowed");
	assert_string_equal(rec_str(r, F_b_egress_reason), "closed");
	assert_string_equal(rec_str(r, F_b_egress_address), "127.0.0.1");
	assert_int_equal(rec_u64(r, F_b_egress_sent), 1);
	assert_int_equal(rec_u64(r, F_b_egress_received), 1);
	assert_int_equal(rec_u64(r, F_b_egress_session), 1);
	rec_free(r);
}

/* Session 1 is cut off; session 2 does not notice. */
static void
cut(struct world *w)
{
	enum msg_type	 got;

	while ((got = take(w, &w->exec[0])) == MSG_GATE_CLOSED)
		;
	assert_int_equal(got, MSG_NONE);
	tunnel(w, 1);
}

static void
no_socket(void **state)
{
	struct world	*w = *state;
	struct m_gate	 g = { GATE_EGRESS, 0 };
	int		 p[2];

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	put(&w->exec[0], MSG_GATE_OPEN, p[0], &g, sizeof(g));
	cut(w);
	close(p[1]);
}

static void
no_tcp(void **state)
{
	struct world	*w = *state;
	struct m_gate	 g = { GATE_EGRESS, 0 };
	int		 sv[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    sv), 0);
	put(&w->exec[0], MSG_GATE_OPEN, sv[0], &g, sizeof(g));
	cut(w);
	close(sv[1]);
}

static void
no_kind(void **state)
{
	struct world	*w = *state;
	struct m_gate	 g = { 99, 0 };

	put(&w->exec[0], MSG_GATE_OPEN, socket(AF_INET, SOCK_STREAM, 0), &g,
	    sizeof(g));
	cut(w);
}

static void
no_descriptor(void **state)
{
	struct world	*w = *state;
	struct m_gate	 g = { GATE_EGRESS, 0 };

	put(&w->exec[0], MSG_GATE_OPEN, -1, &g, sizeof(g));
	cut(w);
}

static void
other_message(void **state)
{
	struct world	*w = *state;
	struct m_count	 c = { 1, 0 };

	put(&w->exec[0], MSG_GATE_CLOSED, -1, &c, sizeof(c));
	cut(w);
}

static void
garbage(void **state)
{
	struct world	*w = *state;
	char		 bytes[1000];

	memset(bytes, 0xa5, sizeof(bytes));
	assert_int_equal(write(w->exec[0].ib.fd, bytes, sizeof(bytes)),
	    sizeof(bytes));
	cut(w);
}

static void
too_many(void **state)
{
	struct world	*w = *state;
	int		 fd[CONNS + 1], i;

	for (i = 0; i <= CONNS; i++)
		fd[i] = job_connect(w, 0);
	cut(w);
	for (i = 0; i <= CONNS; i++)
		close(fd[i]);
}

/* A socket that its executor makes blocking again stops nobody. */
static void
blocking(void **state)
{
	struct world	*w = *state;
	int		 job = job_connect(w, 0), server, n;
	char		 text[65536];

	job_ask(job, "127.0.0.1", w->port);
	server = accept(w->listener, NULL, NULL);
	job_read(job, "HTTP/1.1 200");
	assert_int_equal(fcntl(server, F_SETFL, O_NONBLOCK), 0);
	memset(text, 'x', sizeof(text));
	for (n = 0; n < 1000; n++)	/* nobody reads at the job's end */
		if (write(server, text, sizeof(text)) == -1)
			tunnel(w, 1);
	close(server);
	close(job);
}

/* Of another session's end nothing is seen; its connections are closed. */
static void
executor_gone(void **state)
{
	struct world	*w = *state;
	int		 job = job_connect(w, 0), server;
	char		 c;

	job_ask(job, "127.0.0.1", w->port);
	server = accept(w->listener, NULL, NULL);
	patience(server);
	job_read(job, "HTTP/1.1 200");
	chan_close(&w->exec[0]);
	assert_int_equal(read(server, &c, 1), 0);
	close(server);
	close(job);
	tunnel(w, 1);
}

/* Kept until it is acknowledged, whoever the engine is; and then no longer. */
static void
engine_gone(void **state)
{
	struct world	*w = *state;
	struct m_egress	 a = { 1, 0 };
	struct rec	*r;

	tunnel(w, 0);
	r = expect_rec(w, &w->engine, MSG_EGRESS, REC_b_egress);
	a.number = rec_u64(r, F_b_egress_number);
	rec_free(r);
	send_engine(w);
	expect(w, &w->engine, MSG_EGRESS_RULES);
	r = expect_rec(w, &w->engine, MSG_EGRESS, REC_b_egress);
	assert_int_equal(rec_u64(r, F_b_egress_number), a.number);
	rec_free(r);
	expect(w, &w->engine, MSG_EGRESS_RULES);
	put(&w->engine, MSG_EGRESS_ACK, -1, &a, sizeof(a));
	tunnel(w, 0);
	r = expect_rec(w, &w->engine, MSG_EGRESS, REC_b_egress);
	assert_true(rec_u64(r, F_b_egress_number) > a.number);
	rec_free(r);
	send_engine(w);
	expect(w, &w->engine, MSG_EGRESS_RULES);
	r = expect_rec(w, &w->engine, MSG_EGRESS, REC_b_egress);
	assert_true(rec_u64(r, F_b_egress_number) > a.number);
	rec_free(r);
}

/*
 * With no engine to tell, reports are bounded and nothing is forgotten: the
 * hosts are not told apart any more, and the sum is right.
 */
static void
many_hosts(void **state)
{
	struct world	*w = *state;
	uint64_t	 sum = 0, n = 0;
	struct rec	*r;
	char		 host[64];
	int		 i, fd;

	chan_close(&w->engine);
	for (i = 0; i < 300; i++) {
		fd = job_connect(w, 0);
		snprintf(host, sizeof(host), "h%d.example", i);
		job_ask(fd, host, 443);
		job_read(fd, "HTTP/1.1 403");
		close(fd);
		expect(w, &w->exec[0], MSG_GATE_CLOSED);
	}
	chan_close(&w->exec[0]);	/* its last words are not held back */
	send_engine(w);
	while (sum < 300) {
		if (take(w, &w->engine) != MSG_EGRESS)
			continue;
		assert_int_equal(rec_decode_one(w->m.data, w->m.hdr.len,
		    REC_b_egress, &r), 0);
		sum += rec_u64(r, F_b_egress_count);
		n++;
		rec_free(r);
	}
	assert_int_equal(sum, 300);
	assert_true(n <= 66);
}

static void
machine(void **state)
{
	const int	 end = CN_CLOSED;
	const char	*why;

	(void)state;
	why = fsm_check(&conn_fsm, CN_HEAD, &end, 1);
	if (why != NULL)
		fail_msg("%s", why);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(works), TEST(no_socket), TEST(no_tcp), TEST(no_kind),
		TEST(no_descriptor), TEST(other_message), TEST(garbage),
		TEST(too_many), TEST(blocking), TEST(executor_gone),
		TEST(engine_gone), TEST(many_hosts),
		cmocka_unit_test(machine)
	};

	signal(SIGPIPE, SIG_IGN);
	log_init("gate_proc_test", 0);
	return (tap_run(tests));
}

/*
 * The frontend between a client and an engine that are both this test, over
 * socket pairs in one process.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <event2/event.h>

#include "common/err.h"
#include "common/imsg.h"
#include "common/json.h"
#include "common/log.h"
#include "frontend/frontend.h"
#include "tests/tap.h"

#define MANY	5

struct fixture {
	struct frontend		 fe;
	struct event_base	*base;
	struct imsgbuf		 engine;	/* the engine's end */
	struct imsgbuf		 ctl[MANY];	/* the clients' ends */
};

static int
pair(struct imsgbuf *ib)
{
	int	 sv[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0, sv), 0);
	imsgbuf_init(ib, sv[1]);
	return (sv[0]);
}

static void
pair_close(struct imsgbuf *ib)
{
	imsgbuf_clear(ib);
	close(ib->fd);
	ib->fd = -1;
}

static void
engine_new(struct fixture *f)
{
	frontend_engine(&f->fe, pair(&f->engine));
}

static void
ctl_new(struct fixture *f, int i)
{
	client_new(&f->fe, pair(&f->ctl[i]));
}

static int
setup(void **state)
{
	struct fixture	*f = calloc(1, sizeof(*f));
	int		 i;

	f->base = event_base_new();
	assert_int_equal(frontend_init(&f->fe, f->base), 0);
	f->engine.fd = -1;
	for (i = 0; i < MANY; i++)
		f->ctl[i].fd = -1;
	f->fe.now.owner = getuid();
	engine_new(f);
	ctl_new(f, 0);
	*state = f;
	return (0);
}

static int
teardown(void **state)
{
	struct fixture	*f = *state;
	int		 i;

	frontend_clear(&f->fe);
	for (i = 0; i < MANY; i++)
		if (f->ctl[i].fd != -1)
			pair_close(&f->ctl[i]);
	if (f->engine.fd != -1)
		pair_close(&f->engine);
	event_base_free(f->base);
	free(f);
	return (0);
}

/* Let the frontend do all that it can do now. */
static void
pump(struct fixture *f)
{
	int	 i;

	for (i = 0; i < 32; i++)
		event_base_loop(f->base, EVLOOP_NONBLOCK);
}

static void
put(struct fixture *f, struct imsgbuf *ib, int type, uint32_t id,
    const void *p, size_t n)
{
	struct imsg_hdr	 h = { (uint16_t)type, 0, (uint32_t)n, id, 0 };

	assert_int_equal(imsg_compose(ib, &h, p, -1), 0);
	assert_int_equal(imsgbuf_write(ib), 0);
	pump(f);
}

static void
ask(struct fixture *f, int i, uint32_t id, const char *text)
{
	put(f, &f->ctl[i], MSG_CTL_REQUEST, id, text, strlen(text));
}

/* The next frame at an end: 1; 0 nothing; -1 the other side closed. */
static int
get(struct imsgbuf *ib, struct imsg *m)
{
	int	 r;

	if ((r = imsg_next(ib, m)) != 0)
		return (r);
	r = imsgbuf_read(ib);
	if (r != 1)
		return (-1);
	return (imsg_next(ib, m));
}

/* An answer of one frame; its members are borrowed from *o. */
static json_t *
answer(struct fixture *f, int i, int type, uint32_t id)
{
	struct imsg	 m;
	json_t		*o;
	char		 why[100];

	assert_int_equal(get(&f->ctl[i], &m), 1);
	assert_int_equal(m.hdr.type, type);
	assert_int_equal(m.hdr.id, id);
	o = jrec_load(m.data, m.hdr.len, why, sizeof(why));
	assert_non_null(o);
	return (o);
}

static void
member(const json_t *o, const char *name, const char *want)
{
	const char	*s = json_string_value(json_object_get(o, name));

	assert_non_null(s);
	assert_string_equal(s, want);
}

static void
failed(struct fixture *f, int i, uint32_t id, const char *error,
    const char *message)
{
	json_t	*o = answer(f, i, MSG_CTL_DONE, id);

	member(o, "error", error);
	if (message != NULL)
		member(o, "message", message);
	json_decref(o);
}

static uint32_t
commanded(struct fixture *f)
{
	struct imsg	 m;

	assert_int_equal(get(&f->engine, &m), 1);
	assert_int_equal(m.hdr.type, MSG_COMMAND);
	return (m.hdr.id);
}

static void
nothing(struct imsgbuf *ib)
{
	struct imsg	 m;

	assert_int_equal(get(ib, &m), 0);
}

static void
put_rec(struct fixture *f, int type, uint32_t id, struct rec *r)
{
	struct buf	 b = { 0 };

	assert_int_equal(rec_encode(r, &b), 0);
	put(f, &f->engine, type, id, b.data, b.len);
	buf_free(&b);
	rec_free(r);
}

static void
put_done(struct fixture *f, uint32_t id)
{
	struct rec	*r = rec_new(REC_v_done);

	rec_set_str(r, F_v_done_error, "ok");
	rec_set_str(r, F_v_done_subject, "web");
	put_rec(f, MSG_DONE, id, r);
}

static void
request_and_answer(void **state)
{
	struct fixture	*f = *state;
	struct reader	 rd;
	struct rec	*env, *cmd, *r;
	struct imsg	 m;
	json_t		*o;

	ask(f, 0, 7, "{\"command\":\"project.show\",\"key\":\"k\","
	    "\"expect\":3,\"args\":{\"project\":\"web\"}}");
	assert_int_equal(get(&f->engine, &m), 1);
	reader_init(&rd, m.data, m.hdr.len);
	assert_int_equal(rec_decode(&rd, &env), 0);
	assert_int_equal(rec_decode(&rd, &cmd), 0);
	assert_int_equal(reader_left(&rd), 0);
	assert_int_equal(rec_u64(env, F_c_env_uid), getuid());
	assert_int_equal(rec_u64(rec_nth_rec(env, F_c_env_groups, 0),
	    F_c_gid_gid), getgid());
	assert_string_equal(rec_str(env, F_c_env_key), "k");
	assert_int_equal(rec_u64(env, F_c_env_expect), 3);
	assert_int_equal(rec_kind(cmd), REC_c_project_show);
	assert_string_equal(rec_str(cmd, F_c_project_show_project), "web");
	rec_free(env);
	rec_free(cmd);

	r = rec_new(REC_v_wait);
	rec_set_id(r, F_v_wait_task, (const uint8_t[ULID_LEN]){ 0 });
	rec_set_str(r, F_v_wait_state, "done");
	put_rec(f, MSG_ITEM, m.hdr.id, r);
	o = answer(f, 0, MSG_CTL_ITEM, 7);
	member(o, "kind", "waited");
	member(o, "state", "done");
	json_decref(o);
	put_done(f, m.hdr.id);
	o = answer(f, 0, MSG_CTL_DONE, 7);
	member(o, "error", "ok");
	member(o, "subject", "web");
	json_decref(o);
}

static void
bad_requests(void **state)
{
	static const struct {
		const char	*text;
		const char	*message;
	} bad[] = {
		{ "{}", "command: must be a string" },
		{ "{\"command\":\"task.fly\"}",
		    "command: there is no \"task.fly\"" },
		{ "{\"command\":\"status\",\"who\":0}",
		    "who: there is no such member" },
		{ "{\"command\":\"status\",\"key\":0}",
		    "key: must be a string" },
		{ "{\"command\":\"status\",\"args\":{\"x\":1}}",
		    "status: x: there is no such member" },
		{ "{\"command\":\"project.show\"}",
		    "project.show: project: is missing" },
		{ "{\"command\":\"project.show\",\"args\":7}",
		    "project.show: must be an object" },
		{ "[1", NULL },
		{ "\xff\xfe", NULL }
	};
	struct fixture	*f = *state;
	size_t		 i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ask(f, 0, (uint32_t)i, bad[i].text);
		failed(f, 0, (uint32_t)i, "invalid", bad[i].message);
	}
	nothing(&f->engine);
	assert_int_equal(f->fe.nclients, 1);
}

/* Told so, then closed. */
static void
thrown_out(struct fixture *f)
{
	struct imsg	 m;

	failed(f, 0, 0, "proto", NULL);
	assert_int_equal(get(&f->ctl[0], &m), -1);
	assert_int_equal(f->fe.nclients, 0);
	nothing(&f->engine);
}

static void
wrong_type(void **state)
{
	struct fixture	*f = *state;

	put(f, &f->ctl[0], MSG_DONE, 1, "{}", 2);
	thrown_out(f);
}

static void
too_short(void **state)
{
	struct fixture	*f = *state;

	put(f, &f->ctl[0], MSG_CTL_REQUEST, 1, "", 0);
	thrown_out(f);
}

static void
garbage(void **state)
{
	struct fixture	*f = *state;
	char		 junk[300];

	memset(junk, 0xa5, sizeof(junk));
	assert_int_equal(write(f->ctl[0].fd, junk, sizeof(junk)),
	    sizeof(junk));
	pump(f);
	thrown_out(f);
}

static void
oversize(void **state)
{
	struct fixture	*f = *state;
	struct imsg_hdr	 h = { MSG_CTL_REQUEST, IMSG_F_MORE, MAX_FRAME, 1, 0 };
	char		*p = calloc(1, MAX_FRAME);
	int		 i;

	for (i = 0; i < 2 * MAX_PLAN / MAX_FRAME && f->fe.nclients > 0; i++) {
		assert_int_equal(imsg_compose(&f->ctl[0], &h, p, -1), 0);
		while (f->ctl[0].queued > 0 && f->fe.nclients > 0 &&
		    imsgbuf_write(&f->ctl[0]) == 0)
			event_base_loop(f->base, EVLOOP_NONBLOCK);
	}
	free(p);
	assert_int_equal(i * MAX_FRAME > MAX_PLAN, 1);
	thrown_out(f);
}

static void
client_vanishes(void **state)
{
	struct fixture	*f = *state;
	struct imsg	 m;
	uint32_t	 id;

	ask(f, 0, 1, "{\"command\":\"events\",\"args\":{\"follow\":true}}");
	id = commanded(f);
	pair_close(&f->ctl[0]);
	pump(f);
	assert_int_equal(f->fe.nclients, 0);
	assert_int_equal(get(&f->engine, &m), 1);
	assert_int_equal(m.hdr.type, MSG_COMMAND_DROP);
	assert_int_equal(m.hdr.id, id);
	put_done(f, id);			/* was under way already */
	assert_non_null(f->fe.engine);
}

static void
engine_away(void **state)
{
	struct fixture	*f = *state;

	ask(f, 0, 1, "{\"command\":\"status\"}");
	commanded(f);
	pair_close(&f->engine);
	pump(f);
	failed(f, 0, 1, "unreach", "the engine is starting again");
	ask(f, 0, 2, "{\"command\":\"status\"}");
	failed(f, 0, 2, "unreach", "the engine is starting again");
	engine_new(f);
	ask(f, 0, 3, "{\"command\":\"status\"}");
	put_done(f, commanded(f));
	json_decref(answer(f, 0, MSG_CTL_DONE, 3));
}

static void
engine_lies(void **state)
{
	struct fixture	*f = *state;

	ask(f, 0, 1, "{\"command\":\"status\"}");
	put(f, &f->engine, MSG_ITEM, commanded(f), "not a record", 12);
	failed(f, 0, 1, "internal", NULL);
	assert_int_equal(f->fe.nclients, 1);
}

static void
many_clients(void **state)
{
	struct fixture	*f = *state;
	struct imsg	 m;

	f->fe.now.clients_max = 2;
	ctl_new(f, 1);
	ctl_new(f, 2);
	failed(f, 2, 0, "limit", "too many control connections");
	assert_int_equal(get(&f->ctl[2], &m), -1);
	assert_int_equal(f->fe.nclients, 2);
	pair_close(&f->ctl[1]);
	pump(f);
	ctl_new(f, 3);
	nothing(&f->ctl[3]);
	assert_int_equal(f->fe.nclients, 2);
}

/* One who is neither root nor the owner gets a share only. */
static void
one_users_share(void **state)
{
	struct fixture	*f = *state;
	uid_t		 me = getuid();

	f->fe.now.owner = me + 1;
	f->fe.now.clients_max = 8;
	if (me == 0)
		assert_int_equal(seteuid(65534), 0);
	ctl_new(f, 1);
	if (me == 0)
		ctl_new(f, 2);
	ctl_new(f, 3);
	assert_int_equal(seteuid(me), 0);
	nothing(&f->ctl[1]);
	failed(f, 3, 0, "limit", NULL);
	assert_int_equal(f->fe.nclients, me == 0 ? 3 : 2);
}

static void
many_requests(void **state)
{
	struct fixture	*f = *state;
	uint32_t	 i, first = 0;

	for (i = 1; i <= REQUESTS_MAX; i++) {
		ask(f, 0, i, "{\"command\":\"status\"}");
		first = i == 1 ? commanded(f) : (commanded(f), first);
	}
	ask(f, 0, i, "{\"command\":\"status\"}");
	failed(f, 0, i, "limit", NULL);
	put_done(f, first);
	json_decref(answer(f, 0, MSG_CTL_DONE, 1));
	ask(f, 0, 2, "{\"command\":\"status\"}");
	failed(f, 0, 2, "invalid", "request 2 is under way already");
	ask(f, 0, 1, "{\"command\":\"status\"}");
	commanded(f);
}

/* Queue a log of n pieces at the engine's end; the test pumps. */
static void
put_log(struct fixture *f, uint32_t id, int n)
{
	struct imsg_hdr	 h = { MSG_ITEM, 0, 0, id, 0 };
	struct rec	*r = rec_new(REC_v_log);
	struct buf	 b = { 0 };
	char		*data = malloc(60000);

	memset(data, 'x', 60000);
	rec_set_u64(r, F_v_log_offset, 0);
	rec_set_bytes(r, F_v_log_data, data, 60000);
	assert_int_equal(rec_encode(r, &b), 0);
	h.len = (uint32_t)b.len;
	while (n-- > 0)
		assert_int_equal(imsg_compose(&f->engine, &h, b.data, -1), 0);
	buf_free(&b);
	rec_free(r);
	free(data);
}

/* It is waited for, then left to itself, then dropped. */
static void
slow_reader(void **state)
{
	struct fixture	*f = *state;
	int		 i, stalled = 0;

	ask(f, 0, 1, "{\"command\":\"events\"}");
	put_log(f, commanded(f), 120);
	ctl_new(f, 1);
	for (i = 0; i < 100000 && f->fe.nclients == 2; i++) {
		assert_int_equal(imsgbuf_write(&f->engine), 0);
		stalled |= f->fe.nstalled > 0;
		event_base_loop(f->base, f->fe.nstalled > 0 ? EVLOOP_ONCE :
		    EVLOOP_NONBLOCK);
	}
	assert_true(stalled);
	assert_int_equal(f->fe.nclients, 1);
	assert_int_equal(f->fe.nstalled, 0);
	ask(f, 1, 9, "{\"command\":\"status\"}");
}

/* One that catches up gets everything. */
static void
late_reader(void **state)
{
	struct fixture	*f = *state;
	struct imsg	 m;
	uint32_t	 id;
	int		 i, r, got = 0;

	ask(f, 0, 1, "{\"command\":\"events\"}");
	id = commanded(f);
	put_log(f, id, 120);
	for (i = 0; i < 10000 && f->fe.nstalled == 0; i++) {
		assert_int_equal(imsgbuf_write(&f->engine), 0);
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	}
	assert_int_equal(f->fe.nstalled, 1);
	for (i = 0; i < 1000000 && got < 120; i++) {
		assert_int_equal(imsgbuf_write(&f->engine), 0);
		event_base_loop(f->base, EVLOOP_NONBLOCK);
		r = get(&f->ctl[0], &m);
		assert_int_not_equal(r, -1);
		got += r == 1 && (m.hdr.flags & IMSG_F_MORE) == 0;
	}
	assert_int_equal(got, 120);
	assert_int_equal(f->fe.nclients, 1);
	assert_int_equal(f->fe.nstalled, 0);
}

#define T(fn)	cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		T(request_and_answer), T(bad_requests), T(wrong_type),
		T(too_short), T(garbage), T(oversize), T(client_vanishes),
		T(engine_away), T(engine_lies), T(many_clients),
		T(one_users_share), T(many_requests), T(slow_reader),
		T(late_reader),
	};

	return (tap_run(tests));
}

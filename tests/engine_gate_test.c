/*
 * praetor-engine as a process, with the test as its gateway.  Failures that
 * it names: a report that is not acknowledged, or before it is on record; a
 * budget that begins anew with each gateway; a refusal that comes too late
 * for the trace; a gateway that brings the engine down.
 */
#include <signal.h>
#include <sys/wait.h>

#include "common/log.h"
#include "tests/engine_rig.h"
#include "tests/tap.h"

#define TEST(name)	cmocka_unit_test_setup_teardown(name, er_setup, \
			er_teardown)

static struct er_chan
gate_new(struct er_world *w)
{
	struct er_chan	 c = { .w = w, .who = "gateway", .ib = { .fd = -1 } };

	return (c);
}

/* A new gateway says what the session may; what the engine says is used. */
static uint64_t
gate_start(struct er_world *w, struct er_chan *gate, uint64_t session)
{
	struct rec	*r = rec_new(REC_b_egress_rules);
	struct m_egress	 u;

	er_peer(w, P_GATE, gate);
	rec_set_u64(r, F_b_egress_rules_session, session);
	rec_add_str(r, F_b_egress_rules_rules, "a.org:443");
	er_put_rec(gate, MSG_EGRESS_RULES, 0, r);
	er_expect(gate, MSG_EGRESS_USED);
	memcpy(&u, w->m.data, sizeof(u));
	assert_int_equal(u.session, session);
	return (u.number);
}

static void
report(struct er_chan *gate, uint64_t session, uint64_t number,
    const char *verdict)
{
	struct rec	*r = rec_new(REC_b_egress);

	rec_set_u64(r, F_b_egress_session, session);
	rec_set_u64(r, F_b_egress_number, number);
	rec_set_str(r, F_b_egress_verdict, verdict);
	rec_set_str(r, F_b_egress_reason, "rule");
	rec_set_str(r, F_b_egress_host, "evil.org:443");
	rec_set_u64(r, F_b_egress_count, 1);
	rec_set_u64(r, F_b_egress_sent, 10);
	rec_set_u64(r, F_b_egress_received, 100);
	rec_set_u64(r, F_b_egress_wall, 1);
	er_put_rec(gate, MSG_EGRESS, 0, r);
}

static void
acked(struct er_chan *gate, uint64_t number)
{
	struct m_egress	 a;

	er_expect(gate, MSG_EGRESS_ACK);
	memcpy(&a, gate->w->m.data, sizeof(a));
	assert_int_equal(a.number, number);
}

static void
reports(void **state)
{
	struct er_world	*w = *state;
	struct er_chan	 gate = gate_new(w);
	uint64_t	 session, fence;

	er_ready(w);
	session = er_task(w, er_task_rec("a"));
	fence = er_dispatch(w, session);
	assert_int_equal(gate_start(w, &gate, session), 0);
	report(&gate, session, 5, "allowed");
	acked(&gate, 5);
	report(&gate, session, 5, "allowed");
	acked(&gate, 5);
	assert_int_equal(gate_start(w, &gate, session), 110);
	er_kill(w);
	er_start(w);
	er_put_session(w, MSG_SESSION_FD, session, 0, er_pair(&w->exec));
	er_sync(w);
	er_hello(w, session, fence);
	er_expect(&w->exec, MSG_OUTPUT_ACK);
	assert_int_equal(gate_start(w, &gate, session), 110);
	report(&gate, session, 5, "allowed");
	acked(&gate, 5);
	report(&gate, session, 6, "allowed");
	acked(&gate, 6);
	assert_int_equal(gate_start(w, &gate, session), 220);
	er_finish(w, session, fence);
	er_close(&gate);
}

/* Both wait when the engine looks, the end of the step first. */
static void
order(void **state)
{
	struct er_world	*w = *state;
	struct er_chan	 gate = gate_new(w);
	uint64_t	 session, fence;
	int		 status;

	er_ready(w);
	session = er_task(w, er_task_rec("a"));
	fence = er_dispatch(w, session);
	gate_start(w, &gate, session);
	er_output(w, fence, 0, "x");	/* the kernel names this socket first */
	assert_int_equal(er_acked(w), 1);
	assert_int_equal(kill(w->pid, SIGSTOP), 0);
	assert_int_equal(waitpid(w->pid, &status, WUNTRACED), w->pid);
	er_step_done(w, fence, 0);
	report(&gate, session, 7, "refused");
	assert_int_equal(kill(w->pid, SIGCONT), 0);
	acked(&gate, 7);
	er_ask(w, er_named(REC_c_events, F_c_events_type, "task.refused"),
	    NULL);
	if (er_either(&w->front, MSG_ITEM, MSG_DONE) != MSG_ITEM)
		fail_msg("the trace lacks the refusal");
	er_close(&gate);
}

/* It may say what it likes of whom it likes. */
static void
liar(void **state)
{
	struct er_world	*w = *state;
	struct er_chan	 gate = gate_new(w);
	uint64_t	 session, fence;

	er_ready(w);
	session = er_task(w, er_task_rec("a"));
	fence = er_dispatch(w, session);
	er_peer(w, P_GATE, &gate);
	er_put(&gate, MSG_EGRESS, 0, -1, "no record", 9);
	report(&gate, session + 9, 1, "refused");
	acked(&gate, 1);
	er_put(&gate, MSG_GATE_CLOSED, 0, -1, "12345678", 8);
	er_close(&gate);
	assert_int_equal(gate_start(w, &gate, session), 0);
	er_finish(w, session, fence);
	er_close(&gate);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(reports), TEST(order), TEST(liar)
	};

	signal(SIGPIPE, SIG_IGN);
	log_init("engine_gate_test", 0);
	return (tap_run(tests));
}

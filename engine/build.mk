# praetor-engine, the only writer of state.
ENGINE_SRCS =	engine/account.c
ENGINE_SRCS +=	engine/apply.c
ENGINE_SRCS +=	engine/apply_attempt.c
ENGINE_SRCS +=	engine/apply_change.c
ENGINE_SRCS +=	engine/apply_egress.c
ENGINE_SRCS +=	engine/apply_graph.c
ENGINE_SRCS +=	engine/apply_session.c
ENGINE_SRCS +=	engine/apply_review.c
ENGINE_SRCS +=	engine/apply_time.c
ENGINE_SRCS +=	engine/brake.c
ENGINE_SRCS +=	engine/calendar.c
ENGINE_SRCS +=	engine/check.c
ENGINE_SRCS +=	engine/clients.c
ENGINE_SRCS +=	engine/clock.c
ENGINE_SRCS +=	engine/config.c
ENGINE_SRCS +=	engine/copies.c
ENGINE_SRCS +=	engine/decide.c
ENGINE_SRCS +=	engine/decide_change.c
ENGINE_SRCS +=	engine/decide_clean.c
ENGINE_SRCS +=	engine/decide_deps.c
ENGINE_SRCS +=	engine/decide_edit.c
ENGINE_SRCS +=	engine/decide_move.c
ENGINE_SRCS +=	engine/decide_propose.c
ENGINE_SRCS +=	engine/decide_egress.c
ENGINE_SRCS +=	engine/decide_project.c
ENGINE_SRCS +=	engine/decide_quota.c
ENGINE_SRCS +=	engine/decide_review.c
ENGINE_SRCS +=	engine/decide_schedule.c
ENGINE_SRCS +=	engine/decide_session.c
ENGINE_SRCS +=	engine/decide_task.c
ENGINE_SRCS +=	engine/decide_time.c
ENGINE_SRCS +=	engine/decide_user.c
ENGINE_SRCS +=	engine/deps.c
ENGINE_SRCS +=	engine/drained.c
ENGINE_SRCS +=	engine/effects.c
ENGINE_SRCS +=	engine/engine.c
ENGINE_SRCS +=	engine/envelope.c
ENGINE_SRCS +=	engine/explain.c
ENGINE_SRCS +=	engine/fixed.c
ENGINE_SRCS +=	engine/export.c
ENGINE_SRCS +=	engine/forecast.c
ENGINE_SRCS +=	engine/fsms.c
ENGINE_SRCS +=	engine/history.c
ENGINE_SRCS +=	engine/gate.c
ENGINE_SRCS +=	engine/graph.c
ENGINE_SRCS +=	engine/judge.c
ENGINE_SRCS +=	engine/keys.c
ENGINE_SRCS +=	engine/gateway.c
ENGINE_SRCS +=	engine/ledger.c
ENGINE_SRCS +=	engine/links.c
ENGINE_SRCS +=	engine/load.c
ENGINE_SRCS +=	engine/metrics.c
ENGINE_SRCS +=	engine/owe.c
ENGINE_SRCS +=	engine/parent.c
ENGINE_SRCS +=	engine/parts.c
ENGINE_SRCS +=	engine/policy.c
ENGINE_SRCS +=	engine/propose.c
ENGINE_SRCS +=	engine/queue.c
ENGINE_SRCS +=	engine/read_queue.c
ENGINE_SRCS +=	engine/read_schedule.c
ENGINE_SRCS +=	engine/reads.c
ENGINE_SRCS +=	engine/rebuild.c
ENGINE_SRCS +=	engine/remake.c
ENGINE_SRCS +=	engine/reads_graph.c
ENGINE_SRCS +=	engine/refs.c
ENGINE_SRCS +=	engine/restore.c
ENGINE_SRCS +=	engine/reviewer.c
ENGINE_SRCS +=	engine/rowset.c
ENGINE_SRCS +=	engine/sched.c
ENGINE_SRCS +=	engine/schedule.c
ENGINE_SRCS +=	engine/sign.c
ENGINE_SRCS +=	engine/state.c
ENGINE_SRCS +=	engine/state_set.c
ENGINE_SRCS +=	engine/store.c
ENGINE_SRCS +=	engine/store_file.c
ENGINE_SRCS +=	engine/store_log.c
ENGINE_SRCS +=	engine/store_rows.c
ENGINE_SRCS +=	engine/streams.c
ENGINE_SRCS +=	engine/stuck.c
ENGINE_SRCS +=	engine/tally.c
ENGINE_SRCS +=	engine/text.c
ENGINE_SRCS +=	engine/timed.c
ENGINE_SRCS +=	engine/top.c
ENGINE_SRCS +=	engine/turn.c
ENGINE_SRCS +=	engine/upcast.c
ENGINE_SRCS +=	engine/upkeep.c
ENGINE_SRCS +=	engine/verify.c
ENGINE_SRCS +=	engine/views.c
ENGINE_SRCS +=	engine/work.c

ENGINE_LIBS =	$(COMMON_LIBS) $(call pkg,sqlite3 libsodium) -lmd

PROGS +=	praetor-engine

$(BUILD)/libengine.a: $(patsubst %.c,$(BUILD)/%.o,$(ENGINE_SRCS))
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/praetor-engine: $(BUILD)/engine/main.o $(BUILD)/libengine.a \
    $(BUILD)/libcommon.a
	$(CC) $(LDFLAGS) -o $@ $^ $(ENGINE_LIBS)

# The pure half is tested without a real store: of the archive only what the
# tests use is linked.
TESTS +=	tests/engine_brake_test
TESTS +=	tests/engine_egress_test
TESTS +=	tests/engine_graph_test
TESTS +=	tests/engine_hold_test
TESTS +=	tests/engine_ledger_test
TESTS +=	tests/engine_propose_test
TESTS +=	tests/engine_pure_test
TESTS +=	tests/engine_review_test
TESTS +=	tests/engine_sched_test
TESTS +=	tests/engine_schedule_test
TESTS +=	tests/engine_time_test
TESTS +=	tests/engine_walk_test
$(patsubst %,$(BUILD)/tests/engine_%_test,brake egress graph hold ledger \
    propose pure review sched schedule time): \
    $(BUILD)/tests/pure_rig.o $(BUILD)/libengine.a
$(BUILD)/tests/engine_walk_test: $(BUILD)/tests/mem_store.o \
    $(BUILD)/tests/walk_check.o $(BUILD)/tests/walk_graph.o \
    $(BUILD)/tests/walk_roles.o \
    $(BUILD)/libengine.a
$(patsubst %,$(BUILD)/tests/engine_%_test,brake pure review schedule time \
    walk): \
    TEST_LIBS = $(call pkg,libmd)

$(BUILD)/tests/engine_ledger_test: TEST_LIBS = -lm

# Making the state anew, on a real store.
TESTS +=	tests/replay_test
$(BUILD)/tests/replay_test: $(BUILD)/libengine.a
$(BUILD)/tests/replay_test: TEST_LIBS = $(call pkg,sqlite3 libmd)

TESTS +=	tests/store_restore_test
$(BUILD)/tests/store_restore_test: $(BUILD)/tests/store_rig.o \
    $(BUILD)/tests/recgen.o $(BUILD)/libengine.a
$(BUILD)/tests/store_restore_test: TEST_LIBS = \
    $(call pkg,sqlite3 libsodium) -lmd

# And the whole program, with the test for all of its neighbours.
TESTS +=	tests/engine_gate_test
TESTS +=	tests/engine_history_test
TESTS +=	tests/engine_keep_test
TESTS +=	tests/engine_keys_test
TESTS +=	tests/engine_kill_test
TESTS +=	tests/engine_metrics_test
TESTS +=	tests/engine_proc_test
TESTS +=	tests/engine_wait_test
TESTS +=	tests/engine_work_test
ENGINE_PROC =	$(patsubst %,$(BUILD)/tests/engine_%_test,gate history keep \
		keys kill metrics proc wait work)
$(ENGINE_PROC): $(BUILD)/tests/engine_rig.o | $(BUILD)/praetor-engine
$(ENGINE_PROC): TEST_LIBS = $(call pkg,sqlite3)

$(BUILD)/tests/engine_metrics_test: $(BUILD)/tests/promcheck.o

# The engine that stops itself, fails to write, or has a clock that jumps: what
# has boundaries in it is compiled once more, for this program only.
CRASH_SRCS :=	engine/main.c $(shell grep -l '"engine/crash.h"' $(ENGINE_SRCS))
CRASH_OBJS =	$(patsubst %.c,$(BUILD)/crash/%.o,$(CRASH_SRCS))
$(BUILD)/crash/%.o: %.c | $(GENHDRS)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -DENGINE_CRASH $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/crash-engine: $(CRASH_OBJS) $(BUILD)/tests/crash_engine.o \
    $(BUILD)/libengine.a $(BUILD)/libcommon.a
	$(CC) $(LDFLAGS) -o $@ $^ $(ENGINE_LIBS)

TESTPROGS +=	tests/crash-engine
TESTS +=	tests/crash_test
TESTS +=	tests/crash_clock_test
TESTS +=	tests/crash_fault_test
TESTS +=	tests/crash_two_test
CRASH_TESTS =	$(patsubst %,$(BUILD)/tests/%_test,crash crash_clock \
		crash_fault)
$(CRASH_TESTS): $(patsubst %,$(BUILD)/tests/%.o,engine_rig crash_world \
    crash_review crash_scenario) $(BUILD)/libengine.a | $(BUILD)/tests/crash-engine
$(BUILD)/tests/crash_two_test: $(BUILD)/tests/engine_rig.o | \
    $(BUILD)/praetor-engine
$(CRASH_TESTS) $(BUILD)/tests/crash_two_test: \
    TEST_LIBS = $(call pkg,sqlite3 libmd)

# The pure half against a model of it.
TESTS +=	tests/model_test
$(BUILD)/tests/model_test: $(patsubst %,$(BUILD)/tests/%.o,mem_store model \
    model_pair) $(BUILD)/libengine.a
$(BUILD)/tests/model_test: TEST_LIBS = $(call pkg,libmd)

# Tasks that are held and paused, in both modes.
SHTESTS +=	tests/sh/hold.t
SHTESTS +=	tests/sh/hold-user.t

# What was used, in both modes.
SHTESTS +=	tests/sh/account.t
SHTESTS +=	tests/sh/account-user.t

# Graphs of tasks, in both modes and with copies.
SHTESTS +=	tests/sh/graph.t
SHTESTS +=	tests/sh/graph-user.t
SHTESTS +=	tests/sh/graph-copy.t

# Times of tasks, in both modes.
SHTESTS +=	tests/sh/time.t
SHTESTS +=	tests/sh/time-user.t

# Whose turn it is.
SHTESTS +=	tests/sh/share.t
SHTESTS +=	tests/sh/share-user.t

# What keeps tasks from being started, in both modes.
SHTESTS +=	tests/sh/drain.t
SHTESTS +=	tests/sh/drain-user.t

# Schedules, in both modes.
SHTESTS +=	tests/sh/schedule.t
SHTESTS +=	tests/sh/schedule-user.t

# How long things are kept.
SHTESTS +=	tests/sh/retain.t
SHTESTS +=	tests/sh/retain-user.t

# The log of events, followed across the death of roles and of the daemon.
SHTESTS +=	tests/sh/events.t
SHTESTS +=	tests/sh/events-user.t

# Checking and copying the database, and the state as it was.
SHTESTS +=	tests/sh/database.t
SHTESTS +=	tests/sh/database-user.t

# Every role killed at random while a graph of tasks runs.
SHTESTS +=	tests/sh/kills.t
SHTESTS +=	tests/sh/kills-copy.t

# Rules of review and approvals, through the whole daemon.
SHTESTS +=	tests/sh/approval.t
SHTESTS +=	tests/sh/approval-user.t

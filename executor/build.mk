# The sandbox: seccomp policies, praetor-init, praetor-executor, sessions.

# Filters are made at build time; only this tool links libseccomp.
GENHDRS +=	$(BUILD)/gen/policy.h
POLICY_TBLS =	$(wildcard executor/policy_*.tbl)

$(BUILD)/tools/mkbpf: tools/mkbpf.c $(POLICY_TBLS)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(call pkg,libseccomp)

$(BUILD)/gen/policy.h: $(BUILD)/tools/mkbpf
	@mkdir -p $(@D)
	$< >$@.new
	@mv $@.new $@

# What the parent links to start sessions.
SESSION_SRCS =	praetord/cgroup.c
SESSION_SRCS +=	praetord/delegate.c
SESSION_SRCS +=	praetord/copy.c
SESSION_SRCS +=	praetord/drop.c
SESSION_SRCS +=	praetord/feature.c
SESSION_SRCS +=	praetord/feature_host.c
SESSION_SRCS +=	praetord/feature_kernel.c
SESSION_SRCS +=	praetord/gauge.c
SESSION_SRCS +=	praetord/guess.c
SESSION_SRCS +=	praetord/mnt.c
SESSION_SRCS +=	praetord/netmaker.c
SESSION_SRCS +=	praetord/ns.c
SESSION_SRCS +=	praetord/pool.c
SESSION_SRCS +=	praetord/purger.c
SESSION_SRCS +=	praetord/root.c
SESSION_SRCS +=	praetord/sandbox.c
SESSION_SRCS +=	praetord/session.c
SESSION_SRCS +=	praetord/session_dir.c
SESSION_SRCS +=	praetord/session_gate.c
SESSION_SRCS +=	praetord/session_spare.c
SESSION_SRCS +=	praetord/sessions.c
SESSION_SRCS +=	praetord/shell.c
SESSION_SRCS +=	praetord/show.c
SESSION_SRCS +=	praetord/slot.c
SESSION_SRCS +=	praetord/usage.c
SESSION_SRCS +=	praetord/watch.c
SESSION_SRCS +=	praetord/watch_disk.c
SESSION_SRCS +=	praetord/why.c
SESSION_SRCS +=	praetord/workspace.c

# Both are started once a session: static, so that no loader runs and no page
# of a library is relocated.  Sanitizers cannot be linked statically.
ifeq ($(SANITIZE),)
STATIC =	-static-pie
pkg_static =	$(shell $(PKG_CONFIG) --static --libs $(1) 2>/dev/null)
else
STATIC =
pkg_static =	$(pkg)
endif

PROGS +=	praetor-init
INIT_SRCS =	executor/count.c
INIT_SRCS +=	executor/init.c
INIT_SRCS +=	executor/job.c
INIT_SRCS +=	executor/watch.c

$(BUILD)/praetor-init: $(patsubst %.c,$(BUILD)/%.o,$(INIT_SRCS)) \
    $(BUILD)/libcommon.a
	$(CC) $(LDFLAGS) $(STATIC) -o $@ $^ $(call pkg_static,libbsd)

# The self-test's: static, because it runs in a root without anything.
PROGS +=	praetor-canary
$(BUILD)/praetor-canary: executor/canary.c executor/canary.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -std=gnu11 -O2 $(WARN) -static -o $@ $<

PROGS +=	praetor-executor
EXECUTOR_SRCS =	executor/coordinator.c
EXECUTOR_SRCS +=	executor/driver_command.c
EXECUTOR_SRCS +=	executor/relay.c
EXECUTOR_SRCS +=	executor/transcript.c

$(BUILD)/libexecutor.a: $(patsubst %.c,$(BUILD)/%.o,$(EXECUTOR_SRCS))
	@rm -f $@
	$(AR) rcs $@ $^

# Answers of model servers and requests to them.  An archive of its own: the
# executor links it, and jansson, once it talks to models.
WIRE_SRCS =	executor/request.c
WIRE_SRCS +=	executor/request_anthropic.c
WIRE_SRCS +=	executor/request_chat.c
WIRE_SRCS +=	executor/request_responses.c
WIRE_SRCS +=	executor/sse.c
WIRE_SRCS +=	executor/wire.c
WIRE_SRCS +=	executor/wire_anthropic.c
WIRE_SRCS +=	executor/wire_chat.c
WIRE_SRCS +=	executor/wire_err.c
WIRE_SRCS +=	executor/wire_json.c
WIRE_SRCS +=	executor/wire_parse.c
WIRE_SRCS +=	executor/wire_responses.c

$(BUILD)/libwire.a: $(patsubst %.c,$(BUILD)/%.o,$(WIRE_SRCS))
	@rm -f $@
	$(AR) rcs $@ $^

WIRE_TESTS =	tests/sse_test
WIRE_TESTS +=	tests/wire_test
WIRE_TESTS +=	tests/wire_bad_test
WIRE_TESTS +=	tests/request_test
WIRE_TESTS +=	tests/fuzz/sse_fuzz
WIRE_TESTS +=	tests/fuzz/wire_fuzz
TESTS +=	$(WIRE_TESTS)
SHTESTS +=	tests/sh/models.t
TESTPROGS +=	tests/wire_tool
$(BUILD)/tests/wire_tool: $(addprefix $(BUILD)/tests/,wire_tool.o wire_rig.o) \
    $(BUILD)/libwire.a $(BUILD)/libcommon.a
	$(CC) $(LDFLAGS) -o $@ $^ $(call pkg,jansson) $(COMMON_LIBS)
$(addprefix $(BUILD)/,$(WIRE_TESTS)): $(BUILD)/libwire.a
$(addprefix $(BUILD)/,$(WIRE_TESTS)): TEST_LIBS = $(call pkg,jansson)
$(addprefix $(BUILD)/tests/,wire_test wire_bad_test request_test \
    fuzz/wire_fuzz): $(BUILD)/tests/wire_rig.o
$(addprefix $(BUILD)/tests/fuzz/,sse_fuzz wire_fuzz): $(BUILD)/tests/recgen.o

$(BUILD)/praetor-executor: $(BUILD)/executor/main.o $(BUILD)/libexecutor.a \
    $(BUILD)/libcommon.a
	$(CC) $(LDFLAGS) $(STATIC) -o $@ $^ $(call pkg_static,libevent_core libbsd)

SESSION_OBJS =	$(patsubst %.c,$(BUILD)/%.o,$(SESSION_SRCS))
TESTS +=	tests/seccomp_test
TESTS +=	tests/sandbox_test
TESTS +=	tests/sandbox_life_test
TESTS +=	tests/watch_test
TESTS +=	tests/copy_test
TESTS +=	tests/count_test
SHTESTS +=	tests/sh/engine-lies.t
SHTESTS +=	tests/sh/executor-lies.t
SHTESTS +=	tests/sh/limits.t
SHTESTS +=	tests/sh/limits-user.t
SHTESTS +=	tests/sh/limits-cgroup.t
SHTESTS +=	tests/sh/limits-cgroup-user.t
SHTESTS +=	tests/sh/reserve.t
SHTESTS +=	tests/sh/neighbours.t
SHTESTS +=	tests/sh/orphans.t
SHTESTS +=	tests/sh/sandbox-user.t
SHTESTS +=	tests/sh/sandbox-copy.t
SHTESTS +=	tests/sh/sandbox-copy-user.t
SHTESTS +=	tests/sh/sandbox-life-user.t
SHTESTS +=	tests/sh/sandbox-life-copy.t
SHTESTS +=	tests/sh/sandbox-life-copy-user.t
SHTESTS +=	tests/sh/storm.t

$(addprefix $(BUILD)/tests/,sandbox_test sandbox_life_test): \
    $(BUILD)/tests/sandbox_world.o $(BUILD)/tests/rig.o $(SESSION_OBJS) | \
    $(BUILD)/tests/sandbox_probe $(BUILD)/praetor-init \
    $(BUILD)/praetor-executor

$(BUILD)/tests/watch_test: $(SESSION_OBJS)
$(BUILD)/tests/copy_test: $(patsubst %,$(BUILD)/praetord/%.o,copy usage why)
$(BUILD)/tests/count_test: $(BUILD)/executor/count.o

# What runs in the sandbox must not bring a sanitizer's needs along.
$(BUILD)/tests/sandbox_probe: tests/sandbox_probe.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -std=gnu11 -O2 $(WARN) -static -o $@ $<

BENCHES +=	bench/session_bench
BENCHES +=	bench/sandbox_bench

$(BUILD)/bench/session_bench: $(BUILD)/bench/session_bench.o | \
    $(BUILD)/bench/first $(BUILD)/bench/first-dynamic
$(BUILD)/bench/sandbox_bench: $(BUILD)/bench/sandbox_bench.o | \
    $(BUILD)/bench/calls

$(BUILD)/bench/session_bench $(BUILD)/bench/sandbox_bench: \
    $(BUILD)/bench/rows.o $(BUILD)/tests/rig.o $(SESSION_OBJS) \
    $(BUILD)/libcommon.a | $(BUILD)/praetor-init $(BUILD)/praetor-executor
	$(CC) $(LDFLAGS) -o $@ $^ $(COMMON_LIBS)

$(BUILD)/bench/calls: bench/calls.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -std=gnu11 -O2 $(WARN) -static -o $@ $<

$(BUILD)/bench/first: bench/first.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -std=gnu11 -O2 $(WARN) -static -o $@ $<

$(BUILD)/bench/first-dynamic: bench/first.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -std=gnu11 -O2 $(WARN) -o $@ $<

# An executor that lies; static like the real one.
TESTPROGS +=	tests/liar
$(BUILD)/tests/liar: $(BUILD)/tests/liar.o $(BUILD)/executor/main.o \
    $(BUILD)/libexecutor.a $(BUILD)/libcommon.a
	$(CC) $(LDFLAGS) $(STATIC) -Wl,--wrap=command_start -o $@ $^ \
	    $(call pkg_static,libevent_core libbsd)

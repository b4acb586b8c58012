# The escape suite: probes that run as jobs, their controls outside, and what
# the daemon's own processes may do.

ESCAPE_SRCS =	tests/escape/files.c
ESCAPE_SRCS +=	tests/escape/fuzz.c
ESCAPE_SRCS +=	tests/escape/kernel.c
ESCAPE_SRCS +=	tests/escape/network.c
ESCAPE_SRCS +=	tests/escape/probe.c
ESCAPE_SRCS +=	tests/escape/processes.c
ESCAPE_SRCS +=	tests/escape/roles.c
ESCAPE_SRCS +=	tests/escape/tools.c

TESTPROGS +=	tests/escape/probe
TESTPROGS +=	tests/escape/keeper

# What runs in the sandbox must not bring a sanitizer's needs along.
$(BUILD)/tests/escape/probe: $(ESCAPE_SRCS) tests/escape/escape.h \
    tests/escape/tools.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(if $(SANITIZE),-DSANITIZED) -std=gnu11 -O2 $(WARN) \
	    -static -pthread -o $@ $(ESCAPE_SRCS)

$(BUILD)/tests/escape/keeper: tests/escape/keeper.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -std=gnu11 -O2 $(WARN) -o $@ $<

ESCAPES =	tests/escape/daemon.t
ESCAPES +=	tests/escape/daemon-user.t
ESCAPES +=	tests/escape/escape.t
ESCAPES +=	tests/escape/escape-user.t
ESCAPES +=	tests/escape/jobs.t
ESCAPES +=	tests/escape/jobs-user.t
ESCAPES +=	tests/escape/listed.t
ESCAPES +=	tests/escape/usability.t
ESCAPES +=	tests/escape/usability-user.t
SHTESTS +=	$(ESCAPES)

# The suite alone, with more random calls: make escape FUZZ_CALLS=1000000.
FUZZ_CALLS ?=	200000
escape:
	@tools/deps.sh build demo test
	@$(MAKE) --no-print-directory all tests
	@FUZZ_CALLS=$(FUZZ_CALLS) BUILD=$(abspath $(BUILD)) SRC=$(CURDIR) \
	    PROVE="$(PROVE)" tests/run $(ESCAPES)
.PHONY: escape

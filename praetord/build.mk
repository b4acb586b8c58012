# praetord, the parent: links libevent, libbsd, libcap and nothing else.
include praetord/conf.mk

PARENT_SRCS =	praetord/child.c
PARENT_SRCS +=	praetord/delegate.c
PARENT_SRCS +=	praetord/emptyroot.c
PARENT_SRCS +=	praetord/explain.c
PARENT_SRCS +=	praetord/from_engine.c
PARENT_SRCS +=	praetord/inherited.c
PARENT_SRCS +=	praetord/listen.c
PARENT_SRCS +=	praetord/notify.c
PARENT_SRCS +=	praetord/privs.c
PARENT_SRCS +=	praetord/reconf.c
PARENT_SRCS +=	praetord/selftest.c
PARENT_SRCS +=	praetord/selftest_bait.c
PARENT_SRCS +=	praetord/selftest_engine.c
PARENT_SRCS +=	praetord/statedir.c
PARENT_SRCS +=	praetord/wire.c

# In sbin/, because praetord/ beside it holds the objects.
PROGS +=	sbin/praetord

# Expanded when the rule is read last: SESSION_SRCS comes from executor/.
.SECONDEXPANSION:
$(BUILD)/sbin/praetord: $(BUILD)/praetord/main.o \
    $(patsubst %.c,$(BUILD)/%.o,$(PARENT_SRCS)) \
    $$(patsubst %.c,$(BUILD)/%.o,$$(CONF_SRCS) $$(SESSION_SRCS)) \
    $(BUILD)/libcommon.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(COMMON_LIBS) $(call pkg,libcap)

SHTESTS +=	tests/sh/missing.t
SHTESTS +=	tests/sh/missing-user.t
TESTPROGS +=	tests/without

# Takes calls of the kernel away from a program.
$(BUILD)/tests/without: tests/without.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -std=gnu11 -O2 $(WARN) -o $@ $< $(call pkg,libseccomp)

SHTESTS +=	tests/sh/reload.t
SHTESTS +=	tests/sh/reload-user.t
SHTESTS +=	tests/sh/parent.t
SHTESTS +=	tests/sh/privsep.t
SHTESTS +=	tests/sh/privsep-user.t
SHTESTS +=	tests/sh/emptyroot.t
SHTESTS +=	tests/sh/emptyroot-user.t
SHTESTS +=	tests/sh/explain.t
SHTESTS +=	tests/sh/explain-user.t
SHTESTS +=	tests/sh/selftest.t
SHTESTS +=	tests/sh/selftest-user.t
SHTESTS +=	tests/sh/flow.t
SHTESTS +=	tests/sh/flow-user.t
SHTESTS +=	tests/sh/flow-copy.t
SHTESTS +=	tests/sh/flow-copy-user.t
SHTESTS +=	tests/sh/copy.t
SHTESTS +=	tests/sh/copy-user.t
SHTESTS +=	tests/sh/https.t
SHTESTS +=	tests/sh/https-user.t
SHTESTS +=	tests/sh/recovery.t
SHTESTS +=	tests/sh/real.t
SHTESTS +=	tests/sh/disk.t

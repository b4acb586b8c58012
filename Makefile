# Praetor.  GNU make, pkg-config, no configure step.
#
#   make            build everything into $(BUILD)
#   make check      install what is missing, build, run every test
#   make demo       show the main job on a throw-away daemon
#   make help       the other targets

VERSION =	0.1.0
PREFIX ?=	/usr/local
DESTDIR ?=
SYSCONFDIR ?=	/etc
BUILD ?=	build
CC ?=		cc
BISON ?=	bison
PKG_CONFIG ?=	pkg-config
PROVE ?=	prove
SANITIZE ?=
OPT ?=		-O2

.DEFAULT_GOAL :=	all
.DELETE_ON_ERROR:
.SECONDARY:

WARN =		-Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes \
		-Wmissing-declarations -Wshadow -Wpointer-arith -Wcast-qual \
		-Wwrite-strings -Wsign-compare -Wformat=2 -Wundef -Wvla \
		-Wimplicit-fallthrough -Wswitch-enum
# Sentences for people are cut to their buffers on purpose.
ifeq ($(findstring clang,$(CC)),)
WARN +=		-Wno-format-truncation
endif
HARDEN =	-fstack-protector-strong -fPIE -fstack-clash-protection \
		-fcf-protection
# clang before 16 wants a second flag to allow this one.
ifeq ($(findstring clang,$(CC)),)
HARDEN +=	-ftrivial-auto-var-init=zero
endif
LDHARDEN =	-pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed
ifeq ($(SANITIZE),)
HARDEN +=	-D_FORTIFY_SOURCE=2
else
HARDEN +=	-fsanitize=$(SANITIZE) -fno-omit-frame-pointer
LDHARDEN +=	-fsanitize=$(SANITIZE)
endif

CPPFLAGS +=	-D_GNU_SOURCE -DLIBBSD_OPENBSD_VIS -DPRAETOR_VERSION='"$(VERSION)"' \
		-DPRAETOR_LIBEXEC='"$(PREFIX)/libexec/praetor"' \
		-DPRAETOR_SYSCONFDIR='"$(SYSCONFDIR)/praetor"' \
		-I. -I$(BUILD)
CFLAGS +=	-std=gnu11 -g $(OPT) $(WARN) $(HARDEN)
LDFLAGS +=	$(LDHARDEN)

pkg =		$(shell $(PKG_CONFIG) --libs $(1) 2>/dev/null)

# Each folder lists its files, programs and tests; see common/build.mk.
PROGS =
TESTS =
TESTPROGS =
SHTESTS =
BENCHES =
GEN =
GENHDRS =
include common/build.mk
include praetord/build.mk
include engine/build.mk
include frontend/build.mk
include reviewer/build.mk
include gateway/build.mk
include executor/build.mk
include praetorctl/build.mk
include tests/build.mk
include tests/escape/build.mk
include man/build.mk
include etc/build.mk
include bench/build.mk

obj =		$(patsubst %.c,$(BUILD)/%.o,$(1))

all: $(addprefix $(BUILD)/,$(PROGS)) $(GEN)

$(BUILD)/%.o: %.c | $(GENHDRS)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/%.o: $(BUILD)/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d)

# -- packages ---------------------------------------------------------------

deps:
	@tools/deps.sh build demo test bench lint

deps-build:
	@tools/deps.sh build

# A second make, because pkg-config is asked when a Makefile is read.
check:
	@tools/deps.sh build demo test
	@$(MAKE) --no-print-directory all tests
	@$(MAKE) --no-print-directory run-tests

tests: $(addprefix $(BUILD)/,$(TESTS)) $(addprefix $(BUILD)/,$(TESTPROGS))

run-tests:
	@BUILD=$(abspath $(BUILD)) SRC=$(CURDIR) PROVE="$(PROVE)" \
	    tests/run $(addprefix $(BUILD)/,$(TESTS)) $(SHTESTS)

demo:
	@tools/deps.sh build demo
	@$(MAKE) --no-print-directory -j2 all > $(BUILD).log 2>&1 || \
	    { cat $(BUILD).log; rm -f $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log
	@tools/demo.sh $(BUILD)

# The same tests, every program and test with AddressSanitizer and
# UndefinedBehaviorSanitizer.
asan:
	@tools/deps.sh build demo test
	@$(MAKE) --no-print-directory BUILD=build-asan OPT=-O1 \
	    SANITIZE=address,undefined all tests
	@ASAN_OPTIONS=detect_leaks=0:abort_on_error=1 \
	    UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
	    $(MAKE) --no-print-directory BUILD=build-asan OPT=-O1 \
	    SANITIZE=address,undefined run-tests

# Debian's own kernel and systemd, emulated: what this machine may not have.
# Without the packages for that the test says so and is skipped.
guest:
	@tools/deps.sh build test
	@tools/deps.sh guest || :
	@$(MAKE) --no-print-directory all tests
	@BUILD=$(abspath $(BUILD)) SRC=$(CURDIR) PROVE="$(PROVE)" \
	    tests/run tests/sh/guest.t

bench:
	@tools/deps.sh build bench
	@$(MAKE) --no-print-directory all benches
	@BUILD=$(abspath $(BUILD)) SRC=$(CURDIR) ONLY="$(ONLY)" bench/run

# Other job systems beside ours, in directories of their own; PEER= for one.
bench-peers:
	@tools/deps.sh build bench peers
	@$(MAKE) --no-print-directory all benches
	@BUILD=$(abspath $(BUILD)) SRC=$(CURDIR) OUT=bench-peers.json \
	    FILES=$(CURDIR)/bench/peers/run.sh PEER="$(PEER)" bench/run

benches: $(addprefix $(BUILD)/,$(BENCHES))

# Does anything leak?  1,000 sessions and a look at the host.
soak:
	@tools/deps.sh build test
	@$(MAKE) --no-print-directory all
	@tools/soak.sh $(abspath $(BUILD))

FOLDERS =	common praetord engine frontend reviewer gateway executor praetorctl
# clang reads the same sources with the same warnings; the rest look deeper.
lint:
	@tools/deps.sh build lint test
	@$(MAKE) --no-print-directory BUILD=build-clang CC=clang all
	@cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr \
	    --enable=warning,portability -I. -Ibuild-clang -D_GNU_SOURCE \
	    --include=tools/cppcheck.h --suppressions-list=tools/cppcheck.txt \
	    $(sort $(wildcard $(patsubst %,%/*.c,$(FOLDERS))))
	@shellcheck -S warning -e SC2154,SC2120 $(sort $(wildcard tools/*.sh tests/sh/*.sh \
	    tests/sh/*.t tests/guest/* tools/guest/*.sh tests/run bench/run .ci/run))
	@$(MAKE) --no-print-directory -s $(MAN_PAGES)
	@mandoc -T lint -W warning $(MAN_PAGES)

help:
	@sed -n 's/^#   //p' Makefile
	@echo "make deps       install the Debian packages for all of these"
	@echo "make asan       the tests under ASan and UBSan"
	@echo "make guest      tests on Debian's own kernel and systemd, emulated"
	@echo "make escape     what a job may try, FUZZ_CALLS= random calls"
	@echo "make bench      measure; ONLY=session for one group"
	@echo "make bench-peers  the engine beside other job systems; PEER=redis for one"
	@echo "make soak       1,000 sessions, and nothing of the host is used up"
	@echo "make lint       clang, cppcheck, shellcheck, mandoc"
	@echo "make install    PREFIX= DESTDIR= SYSCONFDIR="
	@echo "make uninstall  the same"

clean:
	rm -rf $(BUILD) build-*

.PHONY: all asan bench bench-peers benches check clean deps deps-build demo \
	guest help lint run-tests soak tests

# How tests are linked.  A folder's build.mk lists its own:
#
#	TESTS += tests/foo_test
#	$(BUILD)/tests/foo_test: $(BUILD)/libfoo.a
#	$(BUILD)/tests/foo_test: TEST_LIBS = $(call pkg,sqlite3)
#
# Archives and objects named as prerequisites are linked with the test, before
# libcommon.a; TEST_LIBS follows.  Tests print TAP: see tests/tap.h.
TEST_LIBS =

link_test =	$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group \
		$(filter-out %/libcommon.a,$(filter %.a,$^)) \
		$(BUILD)/libcommon.a -Wl,--end-group \
		$(TEST_LIBS) $(COMMON_LIBS)

$(BUILD)/tests/%_test: $(BUILD)/tests/%_test.o $(BUILD)/libcommon.a
	$(link_test) -lcmocka

# Fuzz harnesses: here with a driver of fixed mutations, as a test; `make fuzz`
# builds the same files with libFuzzer into $(BUILD)/fuzz.
$(BUILD)/tests/fuzz/%_fuzz: $(BUILD)/tests/fuzz/%_fuzz.o \
    $(BUILD)/tests/fuzz/driver.o $(BUILD)/libcommon.a
	$(link_test)

TESTS +=	tests/confine_test
TESTS +=	tests/err_test
TESTS +=	tests/fsm_test
TESTS +=	tests/glob_test
TESTS +=	tests/ids_test
TESTS +=	tests/imsg_test
TESTS +=	tests/metrics_test
TESTS +=	tests/peer_test
TESTS +=	tests/proto_test
TESTS +=	tests/rec_test
TESTS +=	tests/store_cost_test
TESTS +=	tests/sha_test
TESTS +=	tests/store_open_test
TESTS +=	tests/store_test
TESTS +=	tests/when_test
TESTS +=	tests/cron_test
TESTS +=	tests/zone_test
TESTS +=	tests/fuzz/imsg_fuzz
TESTS +=	tests/fuzz/rec_fuzz

# A strict reader of metrics, linked and as a program.
TESTPROGS +=	tests/promtool
$(BUILD)/tests/metrics_test: $(BUILD)/tests/promcheck.o
$(BUILD)/tests/promtool: $(BUILD)/tests/promtool.o $(BUILD)/tests/promcheck.o
	$(CC) $(LDFLAGS) -o $@ $^ -lm

$(BUILD)/tests/sha_test: TEST_LIBS = $(call pkg,libmd)

# Generated records, for what reads records.
$(BUILD)/tests/rec_test: $(BUILD)/tests/recgen.o
$(addprefix $(BUILD)/tests/fuzz/,imsg_fuzz rec_fuzz): $(BUILD)/tests/recgen.o

# The store is tested alone, without the rest of the engine.
STORE_TESTS =	$(addprefix $(BUILD)/tests/,store_cost_test \
		store_open_test store_test)
$(STORE_TESTS): $(BUILD)/tests/store_rig.o $(BUILD)/tests/recgen.o \
    $(patsubst %,$(BUILD)/engine/%.o,store store_rows store_log)
$(STORE_TESTS): TEST_LIBS = $(call pkg,sqlite3 libmd)

FUZZERS =	imsg_fuzz rec_fuzz
# Each folder adds its own in etc/build.mk, with the sources that it reads and
# FUZZ_LIBS.
FUZZ_LIBS =
FUZZ_CC ?=	clang
FUZZ_FLAGS =	-std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=undefined

$(BUILD)/fuzz/%: tests/fuzz/%.c tests/recgen.c $(COMMON_SRCS) | $(GENHDRS)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(CPPFLAGS) $(FUZZ_FLAGS) -o $@ $(filter %.c,$^) \
	    $(FUZZ_LIBS) $(COMMON_LIBS)

# Each harness runs for SECONDS from the seeds that its driver makes, with its
# dictionary if there is one; the corpus stays for the next run.
SECONDS ?=	60
fuzz: $$(addprefix $(BUILD)/fuzz/,$$(FUZZERS)) \
    $$(addprefix $(BUILD)/tests/fuzz/,$$(FUZZERS))
	@for f in $(FUZZERS); do \
		mkdir -p $(BUILD)/fuzz/$$f.corpus && \
		$(BUILD)/tests/fuzz/$$f -w $(BUILD)/fuzz/$$f.corpus && \
		$(BUILD)/fuzz/$$f -max_total_time=$(SECONDS) \
		    $$(ls tests/fuzz/$$f.dict 2>/dev/null | \
		    sed 's/^/-dict=/') \
		    -artifact_prefix=$(BUILD)/fuzz/ \
		    $(BUILD)/fuzz/$$f.corpus || exit 1; \
	done
.PHONY: fuzz

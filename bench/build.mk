# Benchmarks: programs that print rows for bench/run.
BENCHES +=	bench/import_bench

$(BUILD)/bench/import_bench: $(BUILD)/bench/import_bench.o $(BUILD)/bench/rows.o \
    $(patsubst %,$(BUILD)/praetord/%.o,copy mnt ns session_dir \
    session_spare show usage why) $(BUILD)/libreviewer.a $(BUILD)/libcommon.a
	$(CC) $(LDFLAGS) -o $@ $^ $(call pkg,libgit2 jansson) $(COMMON_LIBS)

# Static, because it runs inside sessions as well.
BENCHES +=	bench/egress
$(BUILD)/bench/egress: bench/egress.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -std=gnu11 -O2 $(WARN) -static -o $@ $<

# An engine between neighbours that are all the benchmark.
PLAYS =		$(patsubst %,$(BUILD)/bench/%_bench,core live)
BENCHES +=	bench/core_bench
BENCHES +=	bench/live_bench
$(PLAYS): $(BUILD)/bench/%: $(BUILD)/bench/%.o $(patsubst %,$(BUILD)/bench/%.o,\
    play raw rows seed) $(BUILD)/libengine.a $(BUILD)/libcommon.a \
    | $(BUILD)/praetor-engine
	$(CC) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(ENGINE_LIBS)

BENCHES +=	bench/filer
$(BUILD)/bench/filer: $(patsubst %,$(BUILD)/bench/%.o,filer raw rows) \
    $(BUILD)/libcommon.a
	$(CC) $(LDFLAGS) -o $@ $^ $(call pkg,sqlite3) $(COMMON_LIBS)

BENCHES +=	bench/peers/queue
$(BUILD)/bench/peers/queue: $(BUILD)/bench/peers/queue.o $(BUILD)/bench/rows.o
	$(CC) $(LDFLAGS) -o $@ $^

# The configuration: in libpraetord.a, in conftool, in the tests.
CONF_SRCS =	praetord/conf.c
CONF_SRCS +=	praetord/conf_check.c
CONF_SRCS +=	praetord/conf_defaults.c
CONF_SRCS +=	praetord/conf_egress.c
CONF_SRCS +=	praetord/conf_items.c
CONF_SRCS +=	praetord/conf_option.c
CONF_SRCS +=	praetord/conf_print.c
CONF_SRCS +=	praetord/conf_quota.c
CONF_SRCS +=	praetord/conf_retry.c
CONF_SRCS +=	praetord/conf_window.c
CONF_SRCS +=	praetord/conf_review.c
CONF_SRCS +=	praetord/conf_rules.c
CONF_SRCS +=	praetord/conf_set.c
CONF_SRCS +=	praetord/lex.c
CONF_SRCS +=	praetord/lex_file.c
CONF_SRCS +=	praetord/parse.c

$(BUILD)/praetord/parse.c: praetord/parse.y
	@mkdir -p $(@D)
	$(BISON) --header=$(BUILD)/praetord/parse.h -o $@ praetord/parse.y

# Bison's own switches name the symbols that matter to them only.
$(BUILD)/praetord/parse.o: private CFLAGS += -Wno-switch-enum

$(BUILD)/praetord/parse.h: $(BUILD)/praetord/parse.c ;

$(BUILD)/praetord/conf.o $(BUILD)/praetord/lex.o: $(BUILD)/praetord/parse.h

CONF_OBJS =	$(patsubst %.c,$(BUILD)/%.o,$(CONF_SRCS))

# What the tests of the grammar and of the manuals run; not installed.
TESTPROGS +=	tests/conftool
$(BUILD)/tests/conftool: $(BUILD)/tests/conftool.o $(CONF_OBJS) \
    $(BUILD)/libcommon.a
	$(CC) $(LDFLAGS) -o $@ $^ $(COMMON_LIBS)

TESTS +=	tests/conf_test
TESTS +=	tests/fuzz/conf_fuzz
$(BUILD)/tests/conf_test $(BUILD)/tests/fuzz/conf_fuzz: $(CONF_OBJS)
$(BUILD)/tests/conf_test: TEST_LIBS = -Wl,--wrap=getpwent
$(BUILD)/tests/conf_test.o: $(BUILD)/praetord/parse.h
$(BUILD)/tests/fuzz/conf_fuzz: $(BUILD)/tests/recgen.o

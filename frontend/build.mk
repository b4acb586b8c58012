# praetor-frontend, and libjson.a for it and praetorctl.
PROGS +=	praetor-frontend
TESTS +=	tests/json_test
TESTS +=	tests/frontend_test
TESTS +=	tests/fuzz/ctl_fuzz
TESTS +=	tests/fuzz/json_fuzz

JSON_LIBS =	$(call pkg,jansson)

FRONTEND_SRCS =	frontend/client.c
FRONTEND_SRCS +=	frontend/control.c
FRONTEND_SRCS +=	frontend/frontend.c
FRONTEND_SRCS +=	frontend/item.c
FRONTEND_SRCS +=	frontend/request.c
FRONTEND_SRCS +=	frontend/trace.c

FRONTEND_AR =	$(BUILD)/libfrontend.a $(BUILD)/libjson.a

$(BUILD)/libjson.a: $(BUILD)/common/json.o
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/libfrontend.a: $(patsubst %.c,$(BUILD)/%.o,$(FRONTEND_SRCS))
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/praetor-frontend: $(BUILD)/frontend/main.o $(FRONTEND_AR) \
    $(BUILD)/libcommon.a
	$(CC) $(LDFLAGS) -o $@ $^ $(COMMON_LIBS) $(JSON_LIBS)

$(BUILD)/tests/json_test: $(FRONTEND_AR)
$(BUILD)/tests/json_test: TEST_LIBS = $(JSON_LIBS)
$(BUILD)/tests/frontend_test: $(FRONTEND_AR)
$(BUILD)/tests/frontend_test: TEST_LIBS = $(JSON_LIBS)
JSON_FUZZ =	$(addprefix $(BUILD)/tests/fuzz/,ctl_fuzz json_fuzz)
$(JSON_FUZZ): $(FRONTEND_AR) $(BUILD)/tests/recgen.o
$(JSON_FUZZ): TEST_LIBS = $(JSON_LIBS)

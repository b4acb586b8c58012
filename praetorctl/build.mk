# praetorctl, installed as praetor too, and its completions.
PROGS +=	praetorctl
TESTS +=	tests/ctl_test
TESTPROGS +=	tests/ctl_server
SHTESTS +=	tests/sh/ctl.t
SHTESTS +=	tests/sh/completion.t

CTL_SRCS =	praetorctl/account.c
CTL_SRCS +=	praetorctl/admin.c
CTL_SRCS +=	praetorctl/complete.c
CTL_SRCS +=	praetorctl/conn.c
CTL_SRCS +=	praetorctl/ctl.c
CTL_SRCS +=	praetorctl/db.c
CTL_SRCS +=	praetorctl/exec.c
CTL_SRCS +=	praetorctl/file.c
CTL_SRCS +=	praetorctl/graph.c
CTL_SRCS +=	praetorctl/help.c
CTL_SRCS +=	praetorctl/opts.c
CTL_SRCS +=	praetorctl/out.c
CTL_SRCS +=	praetorctl/number.c
CTL_SRCS +=	praetorctl/past.c
CTL_SRCS +=	praetorctl/plan.c
CTL_SRCS +=	praetorctl/project.c
CTL_SRCS +=	praetorctl/queue.c
CTL_SRCS +=	praetorctl/request.c
CTL_SRCS +=	praetorctl/schedule.c
CTL_SRCS +=	praetorctl/session.c
CTL_SRCS +=	praetorctl/stream.c
CTL_SRCS +=	praetorctl/table.c
CTL_SRCS +=	praetorctl/turns.c
CTL_SRCS +=	praetorctl/task.c
CTL_SRCS +=	praetorctl/when.c
CTL_SRCS +=	praetorctl/top.c
CTL_SRCS +=	praetorctl/view.c

# The program has the folder's name, so its objects lie elsewhere.
$(BUILD)/ctl/%.o: praetorctl/%.c | $(GENHDRS)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/ctl/exec.o: $(BUILD)/gen/paths

$(BUILD)/libctl.a: $(patsubst praetorctl/%.c,$(BUILD)/ctl/%.o,$(CTL_SRCS))
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/praetorctl: $(BUILD)/ctl/main.o $(BUILD)/libctl.a \
    $(BUILD)/libjson.a $(BUILD)/libcommon.a
	$(CC) $(LDFLAGS) -o $@ $^ $(COMMON_LIBS) $(JSON_LIBS) \
	    $(call pkg,libsodium) -lmd

COMPLETIONS =	$(BUILD)/completions/praetorctl.bash
COMPLETIONS +=	$(BUILD)/completions/praetor.bash
COMPLETIONS +=	$(BUILD)/completions/_praetorctl
GEN +=		$(COMPLETIONS)

$(BUILD)/completions/%.bash: $(BUILD)/praetorctl
	@mkdir -p $(@D)
	$< completion bash > $@

$(BUILD)/completions/_%: $(BUILD)/praetorctl
	@mkdir -p $(@D)
	$< completion zsh > $@

$(BUILD)/tests/ctl_test: $(BUILD)/libctl.a $(BUILD)/libjson.a
$(BUILD)/tests/ctl_test: TEST_LIBS = $(JSON_LIBS) $(call pkg,libsodium) -lmd

$(BUILD)/tests/ctl_server: $(BUILD)/tests/ctl_server.o $(FRONTEND_AR) \
    $(BUILD)/libcommon.a
	$(CC) $(LDFLAGS) -o $@ $^ $(COMMON_LIBS) $(JSON_LIBS)

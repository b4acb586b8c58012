# praetor-reviewer: git data and what sessions left; links libgit2, and jansson
# for package.json.
REVIEWER_SRCS =	reviewer/attic.c
REVIEWER_SRCS +=	reviewer/commit.c
REVIEWER_SRCS +=	reviewer/diff.c
REVIEWER_SRCS +=	reviewer/expire.c
REVIEWER_SRCS +=	reviewer/export.c
REVIEWER_SRCS +=	reviewer/facts.c
REVIEWER_SRCS +=	reviewer/facts_dir.c
REVIEWER_SRCS +=	reviewer/facts_file.c
REVIEWER_SRCS +=	reviewer/facts_path.c
REVIEWER_SRCS +=	reviewer/files.c
REVIEWER_SRCS +=	reviewer/gitlib.c
REVIEWER_SRCS +=	reviewer/gitmodules.c
REVIEWER_SRCS +=	reviewer/gits.c
REVIEWER_SRCS +=	reviewer/hand.c
REVIEWER_SRCS +=	reviewer/holds.c
REVIEWER_SRCS +=	reviewer/ignore.c
REVIEWER_SRCS +=	reviewer/import.c
REVIEWER_SRCS +=	reviewer/index.c
REVIEWER_SRCS +=	reviewer/jobs.c
REVIEWER_SRCS +=	reviewer/land.c
REVIEWER_SRCS +=	reviewer/layer.c
REVIEWER_SRCS +=	reviewer/links.c
REVIEWER_SRCS +=	reviewer/list.c
REVIEWER_SRCS +=	reviewer/local.c
REVIEWER_SRCS +=	reviewer/locks.c
REVIEWER_SRCS +=	reviewer/merge.c
REVIEWER_SRCS +=	reviewer/messages.c
REVIEWER_SRCS +=	reviewer/mirror.c
REVIEWER_SRCS +=	reviewer/names.c
REVIEWER_SRCS +=	reviewer/outcome.c
REVIEWER_SRCS +=	reviewer/owner.c
REVIEWER_SRCS +=	reviewer/pack.c
REVIEWER_SRCS +=	reviewer/ref.c
REVIEWER_SRCS +=	reviewer/remote.c
REVIEWER_SRCS +=	reviewer/scripts.c
REVIEWER_SRCS +=	reviewer/secrets.c
REVIEWER_SRCS +=	reviewer/settings.c
REVIEWER_SRCS +=	reviewer/stage.c
REVIEWER_SRCS +=	reviewer/state.c
REVIEWER_SRCS +=	reviewer/trees.c
REVIEWER_SRCS +=	reviewer/upkeep.c
REVIEWER_SRCS +=	reviewer/worktree.c

PROGS +=	praetor-reviewer

$(BUILD)/libreviewer.a: $(patsubst %.c,$(BUILD)/%.o,$(REVIEWER_SRCS))
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/praetor-reviewer: $(BUILD)/reviewer/main.o $(BUILD)/libreviewer.a \
    $(BUILD)/libcommon.a
	$(CC) $(LDFLAGS) -o $@ $^ $(call pkg,libgit2 jansson) $(COMMON_LIBS)

REVIEWER_TESTS =	tests/git_https_test
REVIEWER_TESTS +=	tests/git_ssh_test
REVIEWER_TESTS +=	tests/reviewer_export_test
REVIEWER_TESTS +=	tests/reviewer_facts_test
REVIEWER_TESTS +=	tests/reviewer_hand_test
REVIEWER_TESTS +=	tests/reviewer_import_test
REVIEWER_TESTS +=	tests/reviewer_land_test
REVIEWER_TESTS +=	tests/reviewer_msg_test
REVIEWER_TESTS +=	tests/reviewer_names_test
REVIEWER_TESTS +=	tests/reviewer_open_test
REVIEWER_TESTS +=	tests/reviewer_own_test
REVIEWER_TESTS +=	tests/reviewer_property_test
REVIEWER_TESTS +=	tests/reviewer_secrets_test
REVIEWER_TESTS +=	tests/worktree_test
TESTS +=	$(REVIEWER_TESTS)
SHTESTS +=	tests/sh/security.t
$(addprefix $(BUILD)/,$(REVIEWER_TESTS)): $(BUILD)/tests/reviewer_rig.o \
    $(BUILD)/libreviewer.a
$(BUILD)/tests/reviewer_property_test: $(BUILD)/tests/treegen.o
$(BUILD)/tests/worktree_test: $(patsubst %,$(BUILD)/praetord/%.o,copy usage why)
$(addprefix $(BUILD)/,$(REVIEWER_TESTS)): TEST_LIBS = $(call pkg,libgit2 jansson)
$(addprefix $(BUILD)/tests/,git_https_test git_ssh_test reviewer_hand_test \
    reviewer_msg_test): \
    $(BUILD)/tests/reviewer_prog.o

TESTS +=	tests/fuzz/import_fuzz
$(BUILD)/tests/fuzz/import_fuzz: $(BUILD)/libreviewer.a \
    $(BUILD)/tests/treegen.o $(BUILD)/tests/recgen.o
$(BUILD)/tests/fuzz/import_fuzz: TEST_LIBS = $(call pkg,libgit2 jansson)

# What hostile sessions leave, through the whole daemon.
SHTESTS +=	tests/escape/import.t
SHTESTS +=	tests/escape/import-user.t
SHTESTS +=	tests/escape/import-copy.t
SHTESTS +=	tests/escape/import-copy-user.t

/*
 * praetord.conf(5) from within: the tables, the lexer's places, the records
 * for the roles, what a reload may not change.  What the grammar takes and
 * refuses is in tests/conf.
 */
#include <pwd.h>

#include "common/rec.h"
#include "praetord/conf.h"
#include "praetord/conf_parse.h"
#include "praetord/lex.h"
#include "praetord/parse.h"
#include "tests/tap.h"

#define USERS	"user engine 1999990001\nuser frontend 1999990002\n"	\
		"user reviewer 1999990003\nuser gateway 1999990004\n"

/* passwd(5) as the check of `uids base' sees it: one user, or none. */
static struct passwd	*passwd_user;
static int		 passwd_read;

struct passwd	*__wrap_getpwent(void);

struct passwd *
__wrap_getpwent(void)
{
	return (passwd_read++ == 0 ? passwd_user : NULL);
}

/* What a text means; its errors go into *errors (the caller's), if wanted. */
static struct conf *
parse(const char *text, enum conf_mode mode, char **errors)
{
	struct lex	*lx = lex_new();
	FILE		*keep = stderr;
	struct conf	*c;
	char		*out = NULL;
	size_t		 n;

	passwd_read = 0;
	assert_non_null(lx);
	stderr = open_memstream(&out, &n);
	lex_text(lx, "test", text, strlen(text));
	c = conf_parse(lx, "test", mode);
	fclose(stderr);
	stderr = keep;
	lex_free(lx);
	if (errors != NULL)
		*errors = out;
	else
		free(out);
	return (c);
}

static void
test_keywords_sorted(void **state)
{
	const struct lex_keyword	*k;
	size_t				 i, n;

	(void)state;
	k = lex_keywords(&n);
	for (i = 1; i < n; i++)
		assert_true(strcmp(k[i - 1].word, k[i].word) < 0);
}

static int
is_keyword(const char *word, size_t len)
{
	const struct lex_keyword	*k;
	size_t				 i, n;

	k = lex_keywords(&n);
	for (i = 0; i < n; i++)
		if (strlen(k[i].word) == len &&
		    memcmp(k[i].word, word, len) == 0)
			return (1);
	return (0);
}

static void
test_options(void **state)
{
	const struct conf_option	*o;
	const char			*p;
	size_t				 n;

	(void)state;
	for (o = conf_options; o < conf_options + OPT_MAX; o++) {
		assert_non_null(o->words);
		for (p = o->words; *p != '\0'; p += n + (p[n] == ' ')) {
			n = strcspn(p, " ");
			assert_true(is_keyword(p, n));
		}
		assert_true(o->min <= o->max);
		assert_true((o->dflt >= o->min && o->dflt <= o->max) ||
		    (o->dflt == 0 && o->none));
		assert_true(o->text[0] != '\0');
	}
}

/* Each bound, printed and read, is itself; one past it is refused. */
static void
test_option_bounds(void **state)
{
	const struct conf_option	*o;
	uint64_t			 v;
	char				 text[24];

	(void)state;
	for (o = conf_options; o < conf_options + OPT_MAX; o++) {
		conf_unit_format(text, o->unit, o->min);
		assert_int_equal(conf_unit_parse(o->unit, text, &v), 0);
		assert_int_equal(v, o->min);
		conf_unit_format(text, o->unit, o->max);
		assert_int_equal(conf_unit_parse(o->unit, text, &v), 0);
		assert_int_equal(v, o->max);
	}
}

static void
test_units(void **state)
{
	static const struct {
		enum conf_unit	 unit;
		const char	*text;
		int		 ret;
		uint64_t	 v;
	} t[] = {
		{ UNIT_COUNT, "0", 0, 0 },
		{ UNIT_COUNT, "18446744073709551615", 0, UINT64_MAX },
		{ UNIT_COUNT, "18446744073709551616", -1, 0 },
		{ UNIT_COUNT, "-1", -1, 0 },
		{ UNIT_COUNT, "+1", -1, 0 },
		{ UNIT_COUNT, "", -1, 0 },
		{ UNIT_COUNT, "1K", -1, 0 },
		{ UNIT_BYTES, "1K", 0, 1024 },
		{ UNIT_BYTES, "64M", 0, UINT64_C(64) << 20 },
		{ UNIT_BYTES, "3T", 0, UINT64_C(3) << 40 },
		{ UNIT_BYTES, "16777215T", 0, UINT64_C(16777215) << 40 },
		{ UNIT_BYTES, "16777216T", -1, 0 },
		{ UNIT_BYTES, "1k", -1, 0 },
		{ UNIT_BYTES, "1KB", -1, 0 },
		{ UNIT_MS, "30", 0, 30000 },
		{ UNIT_MS, "90s", 0, 90000 },
		{ UNIT_MS, "2h", 0, 7200000 },
		{ UNIT_MS, "2y", -1, 0 },
		{ UNIT_PERCENT, "200%", 0, 200 },
		{ UNIT_PERCENT, "200", 0, 200 },
		{ UNIT_PERCENT, "200%%", -1, 0 },
	};
	size_t		 i;
	uint64_t	 v;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		v = 0;
		assert_int_equal(conf_unit_parse(t[i].unit, t[i].text, &v),
		    t[i].ret);
		if (t[i].ret == 0)
			assert_int_equal(v, t[i].v);
	}
}

/* Tokens, with the line on which each begins. */
static void
test_lexer(void **state)
{
	static const char	 text[] = "m = \"a b\"\n\nstate \\\n "
	    "\"x\\\ny\" # c\n$m{}; tasks";
	static const struct { int token; unsigned int line; const char *text; }
	    want[] = {
		{ T_NAME, 1, "m" }, { '=', 1, NULL }, { T_STRING, 1, "a b" },
		{ '\n', 1, NULL }, { '\n', 2, NULL }, { T_STATE, 3, NULL },
		{ T_STRING, 4, "xy" }, { '\n', 5, NULL }, { T_WORD, 6, "a" },
		{ T_WORD, 6, "b" }, { '{', 6, NULL }, { '}', 6, NULL },
		{ ';', 6, NULL }, { T_TASKS, 6, NULL }, { '\n', 6, NULL },
		{ 0, 6, NULL }, { 0, 6, NULL }
	};
	struct lex		*lx = lex_new();
	char			*word;
	size_t			 i;

	(void)state;
	assert_non_null(lx);
	lex_text(lx, "test", text, sizeof(text) - 1);
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		word = NULL;
		assert_int_equal(lex_token(lx, &word), want[i].token);
		assert_int_equal(lex_where(lx).line, want[i].line);
		if (want[i].text != NULL)
			assert_string_equal(word, want[i].text);
		free(word);
		if (want[i].token == T_NAME)
			lex_macro(lx, "m", "a b");
	}
	assert_int_equal(lex_errors(lx), 0);
	lex_free(lx);
}

struct seen {
	enum rec_kind	 kind[16];
	struct rec	*rec[16];
	unsigned int	 n;
};

static void
see(void *arg, struct rec *r)
{
	struct seen	*s = arg;
	char		 why[256];

	assert_non_null(r);
	assert_int_equal(rec_check(r, why, sizeof(why)), 0);
	assert_true(s->n < 16);
	s->kind[s->n] = rec_kind(r);
	s->rec[s->n++] = r;
}

static void
test_items(void **state)
{
	static const enum rec_kind	 want[] = { REC_k_main, REC_k_agent,
	    REC_k_permit, REC_k_permit, REC_k_repos, REC_k_repos };
	struct seen			 s = { .n = 0 };
	struct conf			*c;
	size_t				 i;

	(void)state;
	c = parse(USERS "sessions max 3\ntimeout 5m\n"
	    "agent x { command \"a\" \"b\" }\n"
	    "permit root task.* on web\ndeny :root *\n"
	    "repositories /a /b\n", MODE_SYSTEM, NULL);
	assert_non_null(c);
	assert_int_equal(conf_items(c, 1234567, see, &s), 6);
	assert_int_equal(s.n, 6);
	for (i = 0; i < s.n; i++)
		assert_int_equal(s.kind[i], want[i]);
	assert_int_equal(rec_u64(s.rec[0], F_k_main_sessions_max), 3);
	assert_int_equal(rec_u64(s.rec[0], F_k_main_timeout), 300000);
	assert_int_equal(rec_u64(s.rec[0], F_k_main_started), 1234567);
	assert_int_equal(rec_u64(s.rec[0], F_k_main_owner), 0);
	assert_string_equal(rec_str(s.rec[0], F_k_main_mode), "system");
	assert_int_equal(rec_count(s.rec[1], F_k_agent_argv), 2);
	assert_false(rec_has(s.rec[1], F_k_agent_shell));
	assert_string_equal(rec_str(s.rec[2], F_k_permit_text),
	    "permit root task.* on web");
	assert_int_equal(rec_u64(s.rec[3], F_k_permit_group), 1);
	assert_int_equal(rec_u64(s.rec[3], F_k_permit_deny), 1);
	assert_string_equal(rec_str(s.rec[5], F_k_repos_path), "/b");
	for (i = 0; i < s.n; i++)
		rec_free(s.rec[i]);
	conf_free(c);
}

/* A reload may change everything but these. */
static void
test_fixed(void **state)
{
	static const struct { const char *a, *b, *word; } t[] = {
		{ "", "", NULL },
		{ "", "sessions max 3\nretries 2\npermit * status\n", NULL },
		{ "", "limit pids 5\nsystem /usr\nauthor a email b\n", NULL },
		{ "", "state \"/x\"\n", "state" },
		{ "", "socket \"/x\"\n", "socket" },
		{ "", "libexec \"/x\"\n", "libexec" },
		{ "", "cgroup delegated\n", "cgroup" },
		{ "", "worktree copy\n", "worktree" },
		{ "", "uids base 100000\n", "uids base" },
		{ "repositories /a /b\n", "repositories /a\n",
		    "repositories" },
		{ "repositories /a\n", "repositories /b\n", "repositories" },
	};
	char		 a[512], b[512];
	struct conf	*ca, *cb;
	const char	*word;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(a, sizeof(a), USERS "%s", t[i].a);
		snprintf(b, sizeof(b), USERS "%s", t[i].b);
		ca = parse(a, MODE_SYSTEM, NULL);
		cb = parse(b, MODE_SYSTEM, NULL);
		assert_non_null(ca);
		assert_non_null(cb);
		word = conf_fixed_differs(ca, cb);
		if (t[i].word == NULL)
			assert_null(word);
		else
			assert_string_equal(word, t[i].word);
		conf_free(ca);
		conf_free(cb);
	}
}

static void
test_fixed_user(void **state)
{
	struct conf	*ca, *cb;

	(void)state;
	ca = parse(USERS, MODE_SYSTEM, NULL);
	cb = parse("user engine 1999990009\nuser frontend 1999990002\n"
	    "user reviewer 1999990003\nuser gateway 1999990004\n",
	    MODE_SYSTEM, NULL);
	assert_non_null(ca);
	assert_non_null(cb);
	assert_string_equal(conf_fixed_differs(ca, cb), "user engine");
	conf_free(cb);
	cb = parse("", MODE_USER, NULL);
	assert_non_null(cb);
	assert_string_equal(conf_fixed_differs(ca, cb), "mode");
	conf_free(ca);
	conf_free(cb);
}

/* The block of `sessions max 8' and `sessions spare 2' has 24 numbers. */
static void
test_uids_overlap(void **state)
{
	static const struct { uid_t uid; int ok; } t[] = {
		{ 99999, 1 }, { 100000, 0 }, { 100023, 0 }, { 100024, 1 }
	};
	char		 name[] = "somebody";
	struct passwd	 pw = { .pw_name = name };
	struct conf	*c;
	char		*errors;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		pw.pw_uid = t[i].uid;
		passwd_user = &pw;
		c = parse(USERS "uids base 100000\n", MODE_SYSTEM, &errors);
		passwd_user = NULL;
		if (t[i].ok)
			assert_non_null(c);
		else {
			assert_null(c);
			assert_non_null(strstr(errors, "test:5: uids base "
			    "100000: user somebody has"));
		}
		free(errors);
		conf_free(c);
	}
}

/* As a permission is evaluated in order, it must be kept in order. */
static void
test_permit_order(void **state)
{
	const struct conf_permit	*r;
	struct conf			*c;

	(void)state;
	c = parse("permit * *\ndeny 5 task.*\npermit :6 task.create on a\n",
	    MODE_USER, NULL);
	assert_non_null(c);
	r = TAILQ_FIRST(&c->permits);
	assert_true(r->any && !r->deny && r->project == NULL);
	r = TAILQ_NEXT(r, entry);
	assert_true(r->deny && !r->any && !r->group && r->id == 5);
	r = TAILQ_NEXT(r, entry);
	assert_true(r->group && r->id == 6);
	assert_string_equal(r->project, "a");
	assert_null(TAILQ_NEXT(r, entry));
	conf_free(c);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_keywords_sorted),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_option_bounds),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_lexer),
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_fixed_user),
		cmocka_unit_test(test_uids_overlap),
		cmocka_unit_test(test_permit_order),
	};

	return (tap_run(tests));
}

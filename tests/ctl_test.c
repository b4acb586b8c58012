/*
 * praetorctl's table: how words find a command, and that the manual has
 * every command and option and nothing else.
 */
#include <ctype.h>

#include "praetorctl/ctl.h"
#include "tests/tap.h"

#define PAGE	"man/praetorctl.1.in"
#define LINES	400

/* "task add" for a command, "task add --name" for an option. */
struct list {
	char	*line[LINES];
	int	 n;
};

static void
list_add(struct list *l, const char *cmd, const char *opt)
{
	assert_true(l->n < LINES);
	assert_true(asprintf(&l->line[l->n++], "%s%s%s", cmd,
	    *cmd != '\0' && *opt != '\0' ? " " : "", opt) >= 0);
}

static void
list_free(struct list *l)
{
	while (l->n > 0)
		free(l->line[--l->n]);
}

static int
compare(const void *a, const void *b)
{
	return (strcmp(*(char *const *)a, *(char *const *)b));
}

static void
add_opts(struct list *l, const char *cmd, const struct ctl_opt *o)
{
	char	 text[64];

	for (; o != NULL && o->name != NULL; o++) {
		snprintf(text, sizeof(text), "--%s %s", o->name,
		    o->type == CT_FLAG ? "" : "VALUE");
		list_add(l, cmd, text);
		if (o->ch == 0)
			continue;
		snprintf(text, sizeof(text), "-%c", o->ch);
		list_add(l, cmd, text);
	}
}

static void
add_cmd(void *arg, const struct ctl_cmd *cmd)
{
	list_add(arg, cmd->name, "");
	add_opts(arg, cmd->name, cmd->opts);
}

/* ".It Ic task add Oo ...": the words up to the first macro. */
static void
page_cmd(const char *p, char *cmd, size_t size)
{
	size_t	 n = 0;

	while (islower((unsigned char)*p) && n + 1 < size) {
		while (islower((unsigned char)*p) && n + 1 < size)
			cmd[n++] = *p++;
		if (p[0] == ' ' && islower((unsigned char)p[1]))
			cmd[n++] = *p++;
	}
	cmd[n] = '\0';
}

/* ".It Fl p , Fl -project Ar PROJECT": each flag of it. */
static void
page_opts(struct list *l, const char *cmd, const char *p)
{
	int	 value = strstr(p, " Ar ") != NULL;
	char	 text[64];

	for (; (p = strstr(p, "Fl ")) != NULL;) {
		p += 3;
		if (*p == '-')
			snprintf(text, sizeof(text), "-%.*s %s",
			    (int)strcspn(p, " \n"), p, value ? "VALUE" : "");
		else
			snprintf(text, sizeof(text), "-%c", *p);
		list_add(l, cmd, text);
	}
}

static void
read_page(struct list *l)
{
	char	 line[512], cmd[64] = "";
	FILE	*f = fopen(PAGE, "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, ".Sh PLAN", 8) == 0)
			break;
		if (strncmp(line, ".It Ic ", 7) == 0) {
			page_cmd(line + 7, cmd, sizeof(cmd));
			list_add(l, cmd, "");
		} else if (strncmp(line, ".It Fl ", 7) == 0) {
			page_opts(l, cmd, line + 4);
		}
	}
	fclose(f);
}

static void
manual_matches(void **state)
{
	struct list	 table = { 0 }, page = { 0 };
	const char	*src = getenv("SRC");
	int		 i;

	(void)state;
	if (src != NULL)
		assert_int_equal(chdir(src), 0);
	add_opts(&table, "", global_opts);
	ctl_each(add_cmd, &table);
	read_page(&page);
	qsort(table.line, (size_t)table.n, sizeof(char *), compare);
	qsort(page.line, (size_t)page.n, sizeof(char *), compare);
	for (i = 0; i < table.n && i < page.n; i++)
		assert_string_equal(table.line[i], page.line[i]);
	assert_int_equal(table.n, page.n);
	list_free(&table);
	list_free(&page);
}

/* Options that a command has twice, or that hide a global one. */
static void
check_cmd(void *arg, const struct ctl_cmd *cmd)
{
	struct list	 l = { 0 };
	int		 i;

	(void)arg;
	assert_non_null(cmd->run);
	assert_non_null(cmd->text);
	add_opts(&l, "", cmd->opts);
	add_opts(&l, "", global_opts);
	qsort(l.line, (size_t)l.n, sizeof(char *), compare);
	for (i = 1; i < l.n; i++)
		assert_string_not_equal(l.line[i - 1], l.line[i]);
	list_free(&l);
}

static void
options_are_unique(void **state)
{
	(void)state;
	ctl_each(check_cmd, NULL);
}

static void
words_find(void **state)
{
	static const struct {
		const char	*word[2];
		const char	*name;		/* NULL: none */
		int		 used;
	} rows[] = {
		{ { "task", "add" }, "task add", 2 },
		{ { "t", "ad" }, "task add", 2 },
		{ { "t", "a" }, NULL, 0 },
		{ { "to", NULL }, "top", 1 },
		{ { "ta", "tr" }, "task trace", 2 },
		{ { "status", NULL }, "status", 1 },
		{ { "st", NULL }, "status", 1 },
		{ { "status", "x" }, "status", 1 },
		{ { "p", "l" }, "project list", 2 },
		{ { "task", "l" }, NULL, 0 },
		{ { "task", NULL }, NULL, 0 },
		{ { "", NULL }, NULL, 0 },
		{ { "tasks", "add" }, NULL, 0 },
		{ { "help", "task" }, "help", 1 }
	};
	const struct ctl_cmd	*cmd;
	char			*argv[2], why[400];
	size_t			 i;
	int			 used;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		argv[0] = (char *)(uintptr_t)rows[i].word[0];
		argv[1] = (char *)(uintptr_t)rows[i].word[1];
		cmd = ctl_find(argv[1] != NULL ? 2 : 1, argv, &used, why,
		    sizeof(why));
		if (rows[i].name == NULL) {
			assert_null(cmd);
			continue;
		}
		assert_non_null(cmd);
		assert_string_equal(cmd->name, rows[i].name);
		assert_int_equal(used, rows[i].used);
	}
}

static void
numbers(void **state)
{
	static const struct {
		void		(*format)(char *, size_t, uint64_t);
		uint64_t	  n;
		const char	 *text;
	} rows[] = {
		{ number_time, 0, "0ms" }, { number_time, 999999, "999ms" },
		{ number_time, 1500000, "1.50s" },
		{ number_time, 187000000, "3m07s" },
		{ number_time, 3600000000, "1h00m" },
		{ number_time, UINT64_MAX, "5124095576h01m" },
		{ number_bytes, 1023, "1023" }, { number_bytes, 1536, "1.5K" },
		{ number_bytes, UINT64_MAX, "15.9E" },
		{ number_kib, 2048, "2.0M" }, { number_kib, UINT64_MAX,
		    "15.9E" },
		{ number_money, 120000, "0.1200" },
		{ number_money, 12500000, "12.5000" }
	};
	char	 text[40];
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rows[i].format(text, sizeof(text), rows[i].n);
		assert_string_equal(text, rows[i].text);
	}
}

static void
times_past(void **state)
{
	static const char *const	 bad[] = {
		"", "yesterday", "2h ago", "2026-13-01", "2026-11-2",
		"99999999d", "-1h"
	};
	char				 text[WHEN_TEXT], now[WHEN_TEXT];
	size_t				 i;

	(void)state;
	setenv("TZ", "Europe/Berlin", 1);
	assert_int_equal(past_parse("2026-11-21", text), 0);
	assert_string_equal(text, "2026-11-20T23:00:00.000000Z");
	assert_int_equal(past_parse("2026-11-21T08:30:00Z", text), 0);
	assert_string_equal(text, "2026-11-21T08:30:00.000000Z");
	assert_int_equal(past_parse("2026-11-21 08:30", text), 0);
	assert_string_equal(text, "2026-11-21T07:30:00.000000Z");
	assert_int_equal(past_parse("1d", text), 0);
	wall_format(now, wall_now());
	assert_true(strcmp(text, now) < 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (past_parse(bad[i], text) == 0)
			fail_msg("taken: %s", bad[i]);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(manual_matches),
		cmocka_unit_test(options_are_unique),
		cmocka_unit_test(words_find),
		cmocka_unit_test(numbers),
		cmocka_unit_test(times_past),
	};

	return (tap_run(tests));
}

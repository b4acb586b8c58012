/*
 * Metrics as text.  Failures that it names: a name, label or value of others
 * that breaks out of its line, a metric that a strict reader refuses; and of
 * that reader: a text that it should refuse.
 */
#include <string.h>

#include "common/err.h"
#include "common/metrics.h"
#include "tests/promcheck.h"
#include "tests/tap.h"

static void
put(struct buf *b, struct rec *r, enum metric *last)
{
	assert_non_null(r);
	assert_int_equal(rec_check(r, NULL, 0), 0);
	assert_int_equal(metric_text(b, r, last), 0);
	rec_free(r);
}

static void
well_formed(const struct buf *b)
{
	unsigned int	 line;
	const char	*why = promcheck((char *)b->data, b->len, &line);

	if (why != NULL)
		fail_msg("line %u: %s\n%s", line, why, (char *)b->data);
}

/* A bucket at a bound, the rest, the sum and the count. */
static void
put_histogram(struct buf *b, enum metric m, enum metric *last)
{
	static const char *const	 parts[] = {
		"bucket", "bucket", "sum", "count"
	};
	struct rec			*r;
	size_t				 i;

	for (i = 0; i < 4; i++) {
		r = metric_count(m, i == 0 ? 1 : 2);
		rec_set_str(r, F_v_metric_part, parts[i]);
		if (i < 2)
			metric_label(r, "le", i == 0 ? "0.5" : "+Inf");
		put(b, r, last);
	}
}

static void
every_metric(void **state)
{
	struct buf	 b = { 0 };
	enum metric	 last = METRIC_MAX;
	int		 m;

	(void)state;
	for (m = 0; m < METRIC_MAX; m++)
		if (strcmp(metric_type_name(m), "histogram") == 0)
			put_histogram(&b, m, &last);
		else
			put(&b, metric_count(m, 7), &last);
	well_formed(&b);
	buf_free(&b);
}

static void
hostile_labels(void **state)
{
	struct buf	 b = { 0 };
	enum metric	 last = METRIC_MAX;
	struct rec	*r = metric_micro(METRIC_CPU, 1500000);

	(void)state;
	metric_label(r, "project", "a\"} 1\nevil{x=\"\\");
	put(&b, r, &last);
	well_formed(&b);
	assert_non_null(strstr(buf_str(&b), "praetor_cpu_seconds_total"
	    "{project=\"a\\\"} 1\\nevil{x=\\\"\\\\\"} 1.5\n"));
	buf_free(&b);
}

static void
no_metric(void **state)
{
	struct rec	*r = metric_count(METRIC_TASKS, 1);
	struct buf	 b = { 0 };
	enum metric	 last = METRIC_MAX;

	(void)state;
	rec_set_str(r, F_v_metric_name, "praetor_nothing");
	assert_int_equal(metric_text(&b, r, &last), PRA_EINVALID);
	assert_int_equal(b.len, 0);
	rec_free(r);
}

static void
numbers(void **state)
{
	char	 text[MICRO_TEXT];

	(void)state;
	assert_string_equal(micro_text(text, 0), "0");
	assert_string_equal(micro_text(text, 1), "0.000001");
	assert_string_equal(micro_text(text, 500000), "0.5");
	assert_string_equal(micro_text(text, 3600000000), "3600");
	assert_string_equal(micro_text(text, UINT64_MAX),
	    "18446744073709.551615");
}

#define HEAD	"# HELP a_total x\n# TYPE a_total counter\n"
#define HIST	"# HELP h x\n# TYPE h histogram\n"

static void
refuses(void **state)
{
	static const char *const	 bad[] = {
		"a 1\n",
		"# HELP a_total x\na_total 1\n",
		"# TYPE a_total counter\na_total 1\n",
		HEAD "a_total 1",
		HEAD "a_total 1\na_total 1\n",
		HEAD "a_total 1\n" HEAD,
		HEAD "a_total -1\n",
		HEAD "a_total one\n",
		HEAD "a_total\n",
		HEAD "a_total{x=1} 1\n",
		HEAD "a_total{x=\"1} 1\n",
		HEAD "a_total{x=\"1\"y=\"2\"} 1\n",
		HEAD "a_total{x=\"\\t\"} 1\n",
		HEAD "a_total{0=\"1\"} 1\n",
		HEAD "b_total 1\n",
		HEAD "# other\n",
		"# HELP a x\n# TYPE a counter\na 1\n",
		"# HELP a_total x\n# TYPE a_total gauge\na_total 1\n",
		"# HELP a x\n# TYPE a summary\na 1\n",
		"# HELP a x\\y\n# TYPE a gauge\na 1\n",
		HIST "h_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n",
		HIST "h_bucket{le=\"+Inf\"} 1\nh_sum 1\n",
		HIST "h_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n",
		HIST "h_bucket{le=\"+Inf\"} 1\nh_count 1\n",
		HIST "h_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\n",
		HIST "h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\n"
		    "h_sum 1\nh_count 1\n",
		HIST "h 1\n"
	};
	static const char		 good[] = HEAD "a_total{x=\"\\\\\\n\"} 1\n"
	    "a_total{x=\"2\"} 1\n" HIST "h_bucket{le=\"0.5\"} 0\n"
	    "h_bucket{le=\"+Inf\"} 1\nh_sum 0.7\nh_count 1\n";
	unsigned int			 line;
	size_t				 i;

	(void)state;
	assert_null(promcheck(good, strlen(good), &line));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (promcheck(bad[i], strlen(bad[i]), &line) == NULL)
			fail_msg("taken: %s", bad[i]);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(every_metric),
		cmocka_unit_test(hostile_labels),
		cmocka_unit_test(no_metric),
		cmocka_unit_test(numbers),
		cmocka_unit_test(refuses)
	};

	return (tap_run(tests));
}

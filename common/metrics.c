/*
 * Metrics as records and as text.  Linked into the engine and praetorctl;
 * labels hold names of others, which are escaped as the format wants it and
 * can end neither a value nor a line.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "common/metrics.h"

static const struct {
	const char		*name;
	enum metric_type	 type;
	const char		*help;
} metrics[METRIC_MAX] = {
#define METRIC(id, name, type, labels, help) { name, type, help },
#include "common/metrics.tbl"
#undef METRIC
};

const char *
metric_name(enum metric m)
{
	return (metrics[m].name);
}

const char *
metric_type_name(enum metric m)
{
	static const char *const	 names[] = {
		[COUNTER] = "counter", [GAUGE] = "gauge",
		[HISTOGRAM] = "histogram"
	};

	return (names[metrics[m].type]);
}

static struct rec *
metric_new(enum metric m, const char *value)
{
	struct rec	*r = rec_new(REC_v_metric);
	char		 name[80];

	snprintf(name, sizeof(name), "praetor_%s", metrics[m].name);
	rec_set_str(r, F_v_metric_name, name);
	rec_set_str(r, F_v_metric_value, value);
	return (r);
}

struct rec *
metric_count(enum metric m, uint64_t v)
{
	char	 text[MICRO_TEXT];

	snprintf(text, sizeof(text), "%" PRIu64, v);
	return (metric_new(m, text));
}

const char *
micro_text(char out[MICRO_TEXT], uint64_t us)
{
	int	 n;

	n = snprintf(out, MICRO_TEXT, "%" PRIu64 ".%06u", us / 1000000,
	    (unsigned int)(us % 1000000));
	while (n > 0 && out[n - 1] == '0')
		n--;
	if (n > 0 && out[n - 1] == '.')
		n--;
	out[n] = '\0';
	return (out);
}

struct rec *
metric_micro(enum metric m, uint64_t v)
{
	char	 text[MICRO_TEXT];

	return (metric_new(m, micro_text(text, v)));
}

void
metric_label(struct rec *r, const char *name, const char *value)
{
	char	 text[161];

	snprintf(text, sizeof(text), "%s=%s", name, value);
	rec_add_str(r, F_v_metric_labels, text);
}

/* The metric that a sample's name means, or METRIC_MAX. */
static enum metric
metric_of(const struct rec *r)
{
	const char	*name = rec_str(r, F_v_metric_name);
	int		 m;

	if (strncmp(name, "praetor_", 8) != 0)
		return (METRIC_MAX);
	for (m = 0; m < METRIC_MAX; m++)
		if (strcmp(metrics[m].name, name + 8) == 0)
			break;
	return ((enum metric)m);
}

/* Two escapes in help, three in a label's value. */
static void
put_escaped(struct buf *out, const char *text, int quotes)
{
	for (; *text != '\0'; text++)
		if (*text == '\n')
			buf_add(out, "\\n", 2);
		else if (*text == '\\' || (*text == '"' && quotes))
			buf_printf(out, "\\%c", *text);
		else
			buf_add(out, text, 1);
}

static void
put_head(struct buf *out, enum metric m)
{
	buf_printf(out, "# HELP praetor_%s ", metrics[m].name);
	put_escaped(out, metrics[m].help, 0);
	buf_printf(out, "\n# TYPE praetor_%s %s\n", metrics[m].name,
	    metric_type_name(m));
}

static void
put_labels(struct buf *out, const struct rec *r)
{
	size_t		 i, n = rec_count(r, F_v_metric_labels);
	const char	*text;
	int		 len;

	for (i = 0; i < n; i++) {
		text = rec_nth_str(r, F_v_metric_labels, i);
		len = (int)strcspn(text, "=");
		buf_printf(out, "%c%.*s=\"", i == 0 ? '{' : ',', len, text);
		put_escaped(out, text[len] == '=' ? text + len + 1 : "", 1);
		buf_add(out, "\"", 1);
	}
	if (n > 0)
		buf_add(out, "}", 1);
}

int
metric_text(struct buf *out, const struct rec *r, enum metric *last)
{
	enum metric	 m = metric_of(r);
	const char	*part = rec_str(r, F_v_metric_part);

	if (m == METRIC_MAX)
		return (PRA_EINVALID);
	if (m != *last)
		put_head(out, m);
	*last = m;
	buf_printf(out, "praetor_%s%s%s", metrics[m].name,
	    *part != '\0' ? "_" : "", part);
	put_labels(out, r);
	return (buf_printf(out, " %s\n", rec_str(r, F_v_metric_value)));
}

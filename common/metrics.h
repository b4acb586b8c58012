/*
 * Metrics: the list of them, and their text in the form that Prometheus reads
 * (exposition format 0.0.4).  Used by the engine, which has the numbers, and
 * by whoever shows them.
 */
#ifndef COMMON_METRICS_H
#define COMMON_METRICS_H

#include <stdint.h>

#include "common/buf.h"
#include "common/rec.h"

enum metric_type { COUNTER, GAUGE, HISTOGRAM };

enum metric {
#define METRIC(id, name, type, labels, help) METRIC_##id,
#include "common/metrics.tbl"
#undef METRIC
	METRIC_MAX
};

/* Without its prefix; "counter", "gauge" or "histogram". */
const char	*metric_name(enum metric m);
const char	*metric_type_name(enum metric m);

/*
 * A sample (v_metric) without labels: of a count, or of microseconds or
 * millionths, shown as seconds or units.  NULL without memory.
 */
struct rec	*metric_count(enum metric m, uint64_t v);
struct rec	*metric_micro(enum metric m, uint64_t v);

/* Microseconds as a label's or sample's number: "1.5", "0.000001", "3600". */
#define MICRO_TEXT	24
const char	*micro_text(char out[MICRO_TEXT], uint64_t us);

/* Give a sample a label; the value is foreign text. */
void		 metric_label(struct rec *r, const char *name,
		    const char *value);

/*
 * Append the line of a sample, and before the first of a metric the lines that
 * say what it is.  *last is the metric of the line before (METRIC_MAX: none).
 * 0, PRA_EINVALID for a sample of no metric, or PRA_ENOMEM.
 */
int		 metric_text(struct buf *out, const struct rec *r,
		    enum metric *last);

#endif

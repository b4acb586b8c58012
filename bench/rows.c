/*
 * Shared by the benchmarks; not a part of the daemon.
 */
#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench/rows.h"

double
now_us(void)
{
	struct timespec	 t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return ((double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3);
}

static int
by_value(const void *a, const void *b)
{
	const double	*x = a, *y = b;

	return (*x < *y ? -1 : *x > *y);
}

double
quantile(double *v, int n, double q)
{
	qsort(v, (size_t)n, sizeof(*v), by_value);
	return (v[(int)(q * (n - 1))]);
}

void
row(const char *name, const char *unit, double *ours, int n,
    const char *against, double *theirs)
{
	double	 m = quantile(ours, n, 0.5), p = quantile(ours, n, 0.95);
	double	 tm = quantile(theirs, n, 0.5), tp = quantile(theirs, n, 0.95);

	printf("{\"name\": \"%s\", \"median\": %.6g, \"p95\": %.6g, "
	    "\"unit\": \"%s\", \"n\": %d, \"against\": \"%s (%.6g, p95 "
	    "%.6g)\", \"ratio\": %.4g, \"ratio95\": %.4g", name, m, p,
	    unit, n, against, tm, tp, m / tm, p / tp);
	if (n >= 100) {		/* fewer have no such value */
		p = quantile(ours, n, 0.99);
		tp = quantile(theirs, n, 0.99);
		printf(", \"p99\": %.6g, \"ratio99\": %.4g", p, p / tp);
	}
	printf("}\n");
	fflush(stdout);
}

void
must_run(const char *fmt, ...)
{
	char	 cmd[4096];
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	if (system(cmd) != 0)
		errx(1, "%s", cmd);
}

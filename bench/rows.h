/*
 * What the benchmarks in C share: the clock, and rows for bench/run.
 */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

/* Microseconds of CLOCK_MONOTONIC. */
double	 now_us(void);

/* The value that a share q of the n values do not exceed; sorts them. */
double	 quantile(double *v, int n, double q);

/*
 * Print a row.  ours and theirs are sorted; there are n of each.
 */
void	 row(const char *name, const char *unit, double *ours, int n,
	    const char *against, double *theirs);

/* exit(1) unless a shell line succeeds. */
void	 must_run(const char *fmt, ...)
	    __attribute__((__format__(printf, 1, 2)));

#endif

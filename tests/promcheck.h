/*
 * A strict reader of Prometheus' text form 0.0.4, for tests: what a scraper
 * may refuse is an error here.
 */
#ifndef TESTS_PROMCHECK_H
#define TESTS_PROMCHECK_H

#include <stddef.h>

/*
 * Whether a text is well formed: each metric has HELP, then TYPE, then all of
 * its samples together and each once; names, labels, escapes and numbers are
 * those of the format; counters end in _total and do not fall below 0;
 * histograms have rising bounds, counts that do not fall, +Inf, and a count
 * that is equal to it.  NULL, or what is wrong, with `line` its number.
 */
const char	*promcheck(const char *text, size_t len, unsigned int *line);

#endif

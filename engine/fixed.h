/*
 * Arithmetic for what lasts: whole numbers only, so that a replay gives the
 * same on every machine.  Engine, pure half.
 */
#ifndef ENGINE_FIXED_H
#define ENGINE_FIXED_H

#include <stdint.h>

#define FIXED_ONE	(INT64_C(1) << 16)	/* 1 as fixed_log2() counts */

/* a + b, or the largest number there is. */
uint64_t	 fixed_add(uint64_t a, uint64_t b);

/*
 * What is left of v after `us` microseconds when it halves every `half_ms`
 * milliseconds; 0 is never.  Never more than v, and 0 after 64 half-lives.
 */
uint64_t	 fixed_decay(uint64_t v, uint64_t us, uint64_t half_ms);

/* The binary logarithm of v, in 1/65536; of 0 as of 1. */
int64_t		 fixed_log2(uint64_t v);

/* How many half-lives a time is, in 1/65536; 0 when there is none. */
int64_t		 fixed_halves(uint64_t us, uint64_t half_ms);

/* Days, and months, since January 1970 in UTC. */
uint64_t	 fixed_day(int64_t us);
uint64_t	 fixed_month(int64_t us);

/* When a day, or a month, begins: microseconds since 1970. */
int64_t		 fixed_day_start(uint64_t day);
int64_t		 fixed_month_start(uint64_t month);

#endif

/*
 * Between a harness and its driver.  A harness has the entry point that
 * libFuzzer calls and gives seeds; built without libFuzzer, driver.c runs it
 * over the seeds and over a fixed number of mutations of them.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* One input.  Returns 0; what is wrong aborts. */
int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Seed i of a harness, into out (at most size bytes).  Its length; 0 after the
 * last.
 */
size_t	 fuzz_seed(size_t i, uint8_t *out, size_t size);

#define FUZZ_MOST	8192	/* bytes of a seed or mutation */

/*
 * Programming errors found by fuzzing must abort in every build; which one it
 * was is said on descriptor 2.
 */
#define FUZZ_ASSERT(x)	do {						\
		if (!(x)) {						\
			(void)dprintf(2, "%s:%d: %s\n", __FILE__,	\
			    __LINE__, #x);				\
			__builtin_trap();				\
		}							\
	} while (0)

#endif

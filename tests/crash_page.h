/*
 * What a test and the engine that it stops share: one page, mapped from the
 * file that PRAETOR_CRASH names, so that it outlives the engine and can be
 * changed while it runs.
 */
#ifndef TESTS_CRASH_PAGE_H
#define TESTS_CRASH_PAGE_H

#include "engine/crash.h"

/* Calls that change a file, for faults; bits. */
enum { FAULT_WRITE = 1, FAULT_SYNC = 2 };

struct crash_page {
	uint32_t	 point;		/* stop at this boundary */
	uint32_t	 passage;	/* when it is passed so often; 0 never */
	uint32_t	 passed[CP_MAX];
	uint32_t	 calls;		/* that change a file, so far */
	uint32_t	 stop;		/* within this call; 0 never */
	uint32_t	 kinds;		/* FAULT_*: what fails, */
	int32_t		 error;		/* with this errno; 0 nothing */
	uint32_t	 first, last;	/* calls that fail, both included */
	uint32_t	 failed;	/* how many have */
	uint32_t	 stopped;	/* it has stopped itself */
	int64_t		 clock;		/* us added to the wall clock */
};

/* "commit", "effect base, sent", "input booted, decided". */
void	 crash_name(int point, char *out, size_t size);

#endif

/*
 * Stores with many tasks, for the benchmarks: written by the engine's own
 * store, not by filing them one by one.
 */
#ifndef BENCH_SEED_H
#define BENCH_SEED_H

/*
 * In an empty directory: a project "p", so many finished tasks and then so
 * many that are ready, each with the event that filed it.  Exits on an error.
 */
void	 seed_store(const char *dir, unsigned int finished,
	    unsigned int ready);

#endif

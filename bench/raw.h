/*
 * What the benchmarks of the engine are held against: SQLite by itself, with
 * the engine's settings and nothing else -- a log of 300-byte events and a
 * table of 200-byte rows, no index beside their keys, no check, no process.
 */
#ifndef BENCH_RAW_H
#define BENCH_RAW_H

struct raw;

/* Open (make) <dir>/raw.db; exits on an error.  raw_close() deletes it. */
struct raw	*raw_open(const char *dir);
void		 raw_close(struct raw *r);

/*
 * One durable transaction for n tasks, each with so many events and as many
 * writes of its row.
 */
void		 raw_commit(struct raw *r, unsigned int n,
		    unsigned int events);

#endif

/*
 * Runs a fuzz harness without libFuzzer: over its seeds, over files that are
 * named, and over mutations drawn from a fixed sequence, so that every run
 * tries the same inputs.  Prints TAP.
 *
 *	x_fuzz [file ...]	as a test
 *	x_fuzz -w directory	write the seeds as files for libFuzzer
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/recgen.h"

#define MUTATIONS	20000

static void
write_seeds(const char *dir)
{
	uint8_t	 buf[FUZZ_MOST];
	char	 path[4096];
	FILE	*f;
	size_t	 i, n;

	for (i = 0; (n = fuzz_seed(i, buf, sizeof(buf))) != 0; i++) {
		snprintf(path, sizeof(path), "%s/seed%04zu", dir, i);
		if ((f = fopen(path, "w")) == NULL ||
		    fwrite(buf, 1, n, f) != n || fclose(f) != 0)
			err(1, "%s", path);
	}
}

static void
run_file(const char *path)
{
	uint8_t	 buf[FUZZ_MOST];
	FILE	*f;
	size_t	 n;

	if ((f = fopen(path, "r")) == NULL)
		err(1, "%s", path);
	n = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	LLVMFuzzerTestOneInput(buf, n);
}

/* An allocation of the exact size, so that a sanitizer sees every overrun. */
static void
run_bytes(const uint8_t *p, size_t n)
{
	uint8_t	*exact = malloc(n == 0 ? 1 : n);

	if (exact == NULL)
		err(1, NULL);
	memcpy(exact, p, n);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
}

/* One change: a bit, a byte, an edge value, a piece cut, doubled or moved. */
static size_t
mutate(struct recgen *g, uint8_t *p, size_t n)
{
	static const uint8_t	 edges[] = { 0, 1, 0x7f, 0x80, 0xff };
	size_t			 at, from, len;

	if (n == 0)
		return (0);
	at = recgen_below(g, n);
	from = recgen_below(g, n);
	len = 1 + recgen_below(g, n - (at > from ? at : from));
	switch (recgen_below(g, 7)) {
	case 0:
		p[at] ^= (uint8_t)(1U << recgen_below(g, 8));
		return (n);
	case 1:
		p[at] = (uint8_t)recgen_below(g, 256);
		return (n);
	case 2:
		p[at] = edges[recgen_below(g, sizeof(edges))];
		return (n);
	case 3:
		return (at);				/* cut */
	case 4:
		memmove(p + at, p + at + len, n - at - len);
		return (n - len);
	case 5:
		memmove(p + at, p + from, len);
		return (n);
	default:
		if (n + len > FUZZ_MOST)
			return (n);
		memmove(p + at + len, p + at, n - at);
		return (n + len);
	}
}

static void
run_mutations(size_t nseeds)
{
	struct recgen	 g = { 2026 };
	uint8_t		 buf[FUZZ_MOST];
	size_t		 i, k, n;

	for (i = 0; i < MUTATIONS; i++) {
		n = fuzz_seed(recgen_below(&g, nseeds), buf, sizeof(buf));
		for (k = 1 + recgen_below(&g, 4); k > 0; k--)
			n = mutate(&g, buf, n);
		run_bytes(buf, n);
	}
}

int
main(int argc, char *argv[])
{
	uint8_t	 buf[FUZZ_MOST];
	size_t	 i, n;
	int	 a;

	if (argc == 3 && strcmp(argv[1], "-w") == 0) {
		write_seeds(argv[2]);
		return (0);
	}
	printf("1..2\n");
	fflush(stdout);
	for (a = 1; a < argc; a++)
		run_file(argv[a]);
	run_bytes(buf, 0);
	for (i = 0; (n = fuzz_seed(i, buf, sizeof(buf))) != 0; i++)
		run_bytes(buf, n);
	if (i == 0)
		errx(1, "no seeds");
	printf("ok 1 - %zu seeds\n", i);
	fflush(stdout);
	run_mutations(i);
	printf("ok 2 - %d mutations\n", MUTATIONS);
	return (0);
}

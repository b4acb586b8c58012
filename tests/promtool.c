/*
 * promtool: whether standard input is what a Prometheus server reads.  For the
 * tests of whole programs.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/promcheck.h"

#define MOST	(16 * 1024 * 1024)

int
main(void)
{
	char		*text = malloc(MOST);
	const char	*why;
	unsigned int	 line;
	ssize_t		 n;
	size_t		 len = 0;

	if (text == NULL)
		err(1, "malloc");
	while ((n = read(STDIN_FILENO, text + len, MOST - len)) > 0)
		len += (size_t)n;
	if (n == -1 || len == 0)
		errx(1, "standard input: nothing to read");
	if ((why = promcheck(text, len, &line)) != NULL)
		errx(1, "line %u: %s", line, why);
	free(text);
	return (0);
}

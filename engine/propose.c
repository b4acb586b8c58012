/*
 * Reading proposals out of an attempt's output.  Engine, on foreign bytes:
 * lines are told by their first word, which differs by attempt, and by their
 * length; nothing else is looked at here.  The output is on the disk already,
 * so what is found is the same after a crash.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/propose.h"

#define TAIL	(1024 * 1024)

static void
propose_line(struct rec *exit, const char *word, const char *p, size_t n)
{
	char	 line[PROPOSE_LINE];
	size_t	 len = strlen(word);

	if (n > 0 && p[n - 1] == '\r')
		n--;			/* it had a terminal */
	if (n <= len || memcmp(p, word, len) != 0 || p[len] != ' ' ||
	    n - len - 1 >= sizeof(line) || memchr(p, '\0', n) != NULL ||
	    rec_count(exit, F_b_exit_proposals) >= PROPOSE_MOST)
		return;
	memcpy(line, p + len + 1, n - len - 1);
	line[n - len - 1] = '\0';
	if (utf8_valid(line, n - len - 1))
		rec_add_str(exit, F_b_exit_proposals, line);
}

void
propose_read(struct engine *e, const char *log, uint64_t token,
    struct rec *exit)
{
	uint64_t	 size = store_log_size(e->store, log);
	char		 word[40], *buf, *p, *end;
	size_t		 got = 0, n = 1;

	if (token == 0 || (buf = malloc(TAIL)) == NULL)
		return;
	snprintf(word, sizeof(word), PROPOSE_WORD, (unsigned long long)token);
	size = size > TAIL ? size - TAIL : 0;
	while (n > 0 && got < TAIL && store_log_read(e->store, log,
	    size + got, buf + got, TAIL - got, &n) == 0)
		got += n;
	for (p = buf; p < buf + got; p = end + 1) {
		end = memchr(p, '\n', (size_t)(buf + got - p));
		if (end == NULL)
			end = buf + got;
		propose_line(exit, word, p, (size_t)(end - p));
	}
	free(buf);
}

/*
 * Events of answers as text.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/wire_rig.h"

static void
add(struct buf *b, const void *p, size_t n)
{
	if (buf_add(b, p, n) != 0)
		errx(1, "out of memory");
}

/* A line's text: what would end the line, or a string, is shown. */
static void
add_text(struct buf *b, const char *p, size_t n)
{
	size_t	 i;

	for (i = 0; i < n; i++) {
		if (p[i] == '\n')
			add(b, "\\n", 2);
		else if (p[i] == '\0')
			add(b, "\\0", 2);
		else
			add(b, &p[i], 1);
	}
}

static void
add_usage(struct buf *b, const struct wire_usage *u)
{
	char	 line[160];
	int	 n;

	n = snprintf(line, sizeof(line), " in %" PRIu64 " read %" PRIu64
	    " write %" PRIu64 " out %" PRIu64 " reasoning %" PRIu64, u->input,
	    u->cache_read, u->cache_write, u->output, u->reasoning);
	add(b, line, (size_t)n);
}

void
wire_log(void *arg, const struct wire_event *ev)
{
	struct buf	*b = arg;
	const char	*word = wire_kind_word(ev->kind);
	char		 block[16];

	add(b, word, strlen(word));
	if (ev->kind != WE_START && ev->kind < WE_USAGE)
		add(b, block, (size_t)snprintf(block, sizeof(block), " %u",
		    ev->block));
	if (ev->kind == WE_START || ev->kind == WE_TOOL || ev->kind == WE_CALL)
		if (buf_printf(b, " %s %s", ev->id, ev->name) != 0)
			errx(1, "out of memory");
	if (ev->kind == WE_USAGE)
		add_usage(b, &ev->usage);
	if (ev->kind == WE_STOP && buf_printf(b, " %s",
	    wire_stop_word(ev->stop)) != 0)
		errx(1, "out of memory");
	if (ev->err != WERR_OK && buf_printf(b, " %s",
	    wire_err_word(ev->err)) != 0)
		errx(1, "out of memory");
	if (ev->n > 0)
		add(b, " ", 1);
	add_text(b, ev->text, ev->n);
	add(b, "\n", 1);
}

enum wire_err
wire_run(const struct wire *w, enum wire_mode mode, int status, const char *p,
    size_t n, size_t cut, struct buf *out)
{
	struct wire_parser	*wp;
	enum wire_err		 e;
	size_t			 i, k;

	if ((wp = wire_open(w, mode, status, wire_log, out)) == NULL)
		errx(1, "out of memory");
	for (i = 0; i < n; i += k) {
		k = cut == CUT_EACH ? 1 : i < cut && cut < n ? cut - i : n - i;
		wire_feed(wp, p + i, k);
	}
	e = wire_finish(wp);
	wire_free(wp);
	return (e);
}

char *
wire_quote(const char *s)
{
	char	*out = strdup(s), *p;

	if (out == NULL)
		errx(1, "out of memory");
	for (p = out; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	return (out);
}

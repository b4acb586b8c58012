/*
 * Output for people and programs.  Runs in praetorctl; names, logs, patches
 * and messages are foreign and must not reach a terminal as commands.
 */
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>
#include <sys/ioctl.h>

#include "common/rec.h"
#include "praetorctl/ctl.h"

/* Characters of a sequence that out_raw() keeps for the next call. */
#define SGR_MOST	sizeof(((struct out *)NULL)->tail)

static int
env_set(const char *name)
{
	const char	*v = getenv(name);

	return (v != NULL && *v != '\0');
}

int
out_locale_utf8(void)
{
	const char	*v = getenv("LC_ALL");

	if (v == NULL || *v == '\0')
		v = getenv("LC_CTYPE");
	if (v == NULL || *v == '\0')
		v = getenv("LANG");
	return (v != NULL && (strcasestr(v, "utf-8") != NULL ||
	    strcasestr(v, "utf8") != NULL));
}

/*
 * Widths and classes are those of UTF-8 whatever the locale is; whether the
 * terminal reads it is the locale's to say.
 */
void
out_init(struct out *o, int no_color)
{
	struct winsize	 ws;
	const char	*term = getenv("TERM");

	o->tty = isatty(STDOUT_FILENO);
	o->color = o->tty && !no_color && !env_set("NO_COLOR") &&
	    term != NULL && strcmp(term, "dumb") != 0;
	if (o->tty && ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0)
		o->columns = ws.ws_col;
	o->utf8 = out_locale_utf8();
	setlocale(LC_CTYPE, "C.UTF-8");
}

static void
out_add(struct out *o, const char *p, size_t n)
{
	if (buf_add(&o->b, p, n) != 0)
		o->failed = ENOMEM;
}

void
out_printf(struct out *o, const char *fmt, ...)
{
	va_list	 ap;
	char	*s;
	int	 n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n == -1) {
		o->failed = ENOMEM;
		return;
	}
	out_add(o, s, (size_t)n);
	free(s);
}

/* Characters that print, but change how what follows is read. */
static int
hides(wchar_t wc)
{
	return ((wc >= 0x200b && wc <= 0x200f) ||
	    (wc >= 0x202a && wc <= 0x202e) ||
	    (wc >= 0x2060 && wc <= 0x206f) || wc == 0xfeff);
}

/*
 * One character of [p, p + n) as it may be shown, into shown (at most 16
 * bytes with NUL).  Returns its bytes in p; *width is its columns.
 */
static size_t
show_char(const struct out *o, const char *p, size_t n, char shown[16],
    int *width)
{
	wchar_t		 wc = 0;
	mbstate_t	 st = { 0 };
	size_t		 k = mbrtowc(&wc, p, n, &st);

	if (k == 0 || k > n) {
		*width = snprintf(shown, 16, "\\x%02x", (unsigned char)*p);
		return (1);
	}
	*width = wcwidth(wc);
	if (iswprint((wint_t)wc) && *width >= 0 && !hides(wc) &&
	    (k == 1 || o->utf8 || !o->tty)) {
		memcpy(shown, p, k);
		shown[k] = '\0';
	} else if (wc == '\n' || wc == '\r' || wc == '\t') {
		*width = snprintf(shown, 16, "\\%c",
		    wc == '\n' ? 'n' : wc == '\r' ? 'r' : 't');
	} else {
		*width = snprintf(shown, 16, wc < 0x80 ? "\\x%02x" :
		    "\\u%04x", (unsigned int)wc);
	}
	return (k);
}

/* Show a text in at most `most` columns; returns how many it took. */
static int
show(struct out *o, const char *text, int most, int print)
{
	size_t	 i, n = strlen(text);
	char	 shown[16];
	int	 w, sum = 0;

	for (i = 0; i < n;) {
		i += show_char(o, text + i, n - i, shown, &w);
		if (sum + w > most)
			break;
		sum += w;
		if (print)
			out_add(o, shown, strlen(shown));
	}
	return (sum);
}

int
out_width(const struct out *o, const char *text)
{
	struct out	 tmp = *o;	/* nothing is printed into it */

	return (show(&tmp, text, INT_MAX, 0));
}

void
out_text(struct out *o, const char *text)
{
	show(o, text, INT_MAX - 16, 1);
}

void
out_pad(struct out *o, const char *text, int width)
{
	int	 w = show(o, text, INT_MAX - 16, 1);

	if (w < width)
		out_printf(o, "%*s", width - w, "");
}

void
out_cut(struct out *o, const char *text, int width)
{
	if (width < 6 || out_width(o, text) <= width) {
		show(o, text, width, 1);
	} else {
		show(o, text, width - 3, 1);
		out_printf(o, "...");
	}
}

/*
 * Length of the colour sequence (ESC [ digits and ; m) at p, 0 when there is
 * none, -1 when it may be one that is cut off.
 */
static int
sgr_len(const char *p, size_t n)
{
	size_t	 i;

	if (p[0] != '\033')
		return (0);
	if (n == 1)
		return (-1);
	if (p[1] != '[')
		return (0);
	for (i = 2; i < n && i < SGR_MOST; i++) {
		if (p[i] == 'm')
			return ((int)i + 1);
		if ((p[i] < '0' || p[i] > '9') && p[i] != ';')
			return (0);
	}
	return (i < SGR_MOST ? -1 : 0);
}

/* 1 when [p, p + n) is the beginning of a character and not all of it. */
static int
char_cut(const char *p, size_t n)
{
	mbstate_t	 st = { 0 };
	wchar_t		 wc;

	return (mbrtowc(&wc, p, n, &st) == (size_t)-2);
}

/*
 * Escape a piece for a terminal: colours are left out, lines and tabs stay.
 * Returns what was used; the rest is unfinished.
 */
static size_t
raw_piece(struct out *o, const char *p, size_t n, int last)
{
	char	 shown[16];
	size_t	 i;
	int	 k, w;

	for (i = 0; i < n;) {
		k = sgr_len(p + i, n - i);
		if (!last && (k == -1 || char_cut(p + i, n - i) ||
		    (p[i] == '\r' && i + 1 == n)))
			break;
		if (k > 0) {
			i += (size_t)k;
		} else if (p[i] == '\n' || p[i] == '\t') {
			out_add(o, p + i++, 1);
		} else if (p[i] == '\r' && i + 1 < n && p[i + 1] == '\n') {
			i++;
		} else {
			i += show_char(o, p + i, n - i, shown, &w);
			out_add(o, shown, strlen(shown));
		}
	}
	return (i);
}

void
out_raw(struct out *o, const char *p, size_t n)
{
	struct buf	 b = { 0 };
	size_t		 used;

	if (!o->tty) {
		out_add(o, p, n);
		return;
	}
	if (buf_add(&b, o->tail, o->ntail) != 0 || buf_add(&b, p, n) != 0) {
		o->failed = ENOMEM;
		buf_free(&b);
		return;
	}
	used = raw_piece(o, (char *)b.data, b.len, 0);
	o->ntail = b.len - used;
	if (o->ntail > 0)
		memcpy(o->tail, b.data + used, o->ntail);
	buf_free(&b);
}

void
out_raw_end(struct out *o)
{
	if (o->ntail > 0)
		raw_piece(o, o->tail, o->ntail, 1);
	o->ntail = 0;
}

void
out_color(struct out *o, const char *sgr)
{
	if (o->color && sgr != NULL)
		out_printf(o, "\033[%sm", sgr);
}

void
out_plain(struct out *o, const char *sgr)
{
	if (o->color && sgr != NULL)
		out_printf(o, "\033[0m");
}

static void
out_write(struct out *o, size_t n)
{
	ssize_t	 k = write(STDOUT_FILENO, o->b.data, n);

	if (k >= 0)
		buf_drop(&o->b, (size_t)k);
	else if (errno != EINTR && errno != EAGAIN) {
		o->failed = errno;
		o->b.len = 0;
	}
}

/* poll(2) said that there is room: a pipe then takes PIPE_BUF for sure. */
void
out_some(struct out *o)
{
	if (o->b.len > 0)
		out_write(o, o->b.len < PIPE_BUF ? o->b.len : PIPE_BUF);
}

void
out_flush(struct out *o)
{
	while (o->b.len > 0)
		out_write(o, o->b.len);
}

/*
 * Sentences and messages.  Engine, pure half, on foreign text.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/ends.h"
#include "common/err.h"
#include "common/when.h"
#include "engine/deps.h"
#include "engine/text.h"

#define SUBJECT_MAX	72		/* columns of a commit's subject */
#define BODY_MAX	(100 * 1024)	/* bytes of text in a commit message */

const char *
text_task(char out[TEXT_NAME], const struct task *t)
{
	if (rec_has(t->e.row, F_s_task_name))
		snprintf(out, TEXT_NAME, "%s",
		    rec_str(t->e.row, F_s_task_name));
	else
		id_format(out, 't', rec_id(t->e.row, F_s_task_id));
	return (out);
}

void
text_list(char *out, size_t size, const char *item)
{
	size_t	 n = strlen(out);

	/* Room for ", ", the item, ", ..." and NUL, or it is full. */
	if (n + strlen(item) + 8 < size)
		snprintf(out + n, size - n, "%s%s", n == 0 ? "" : ", ", item);
	else if (n >= 3 && strcmp(out + n - 3, "...") != 0 && n + 6 < size)
		snprintf(out + n, size - n, ", ...");
}

void
text_waiting(char out[TEXT_LINE], const struct task *t)
{
	const struct edge	*ed;
	char			 list[TEXT_LINE - 16] = "", dep[DEP_TEXT];

	TAILQ_FOREACH(ed, &t->deps, out) {
		if (ed->is == DEP_MET)
			continue;
		dep_edge_text(dep, ed);
		text_list(list, sizeof(list), dep);
	}
	snprintf(out, TEXT_LINE, "waiting on %s", list);
}

static int
is_control(unsigned char c)
{
	return (c < 0x20 || c == 0x7f);
}

/* The largest n' <= n that does not cut a UTF-8 sequence. */
static size_t
utf8_floor(const char *s, size_t n)
{
	while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	return (n);
}

void
text_line(char *out, size_t size, const char *text)
{
	size_t	 n = 0;
	int	 cut = 0;

	for (; *text != '\0' && !cut; text++) {
		if (is_control((unsigned char)*text))
			continue;
		if (n + 1 >= size)
			cut = 1;
		else
			out[n++] = *text;
	}
	out[n] = '\0';
	if (cut && size > 4) {
		/* out[n] is NUL; step back over a sequence that was cut. */
		n = utf8_floor(out, n - 3);
		memcpy(out + n, "...", 4);
	}
}

void
text_files(char out[32], uint64_t n)
{
	snprintf(out, 32, "%" PRIu64 " file%s", n, n == 1 ? "" : "s");
}

void
text_exit(char out[TEXT_LINE], const struct rec *e, uint64_t timeout,
    uint64_t idle)
{
	enum end	 why = end_byword(rec_str(e, F_b_exit_why));
	int64_t		 status = rec_i64(e, F_b_exit_status);
	char		 limit[24], text[257];

	text_line(text, sizeof(text), rec_str(e, F_b_exit_text));
	if (why == END_WALL) {
		duration_format(limit, timeout);
		snprintf(out, TEXT_LINE, "timed out after %s", limit);
	} else if (why == END_IDLE) {
		duration_format(limit, idle);
		snprintf(out, TEXT_LINE, "no output for %s", limit);
	} else if (end_is_limit(why)) {
		snprintf(out, TEXT_LINE, "ended by a limit, %s: %s",
		    end_word(why), text[0] != '\0' ? text : end_text(why));
	} else if (why == END_SIGNAL) {
		snprintf(out, TEXT_LINE, "killed by signal %" PRId64,
		    status - 128);
	} else if (why == END_CANCEL) {
		snprintf(out, TEXT_LINE, "cancelled");
	} else if (why == END_EXEC) {
		snprintf(out, TEXT_LINE, "could not be started: %s", text);
	} else {
		snprintf(out, TEXT_LINE, "exit %" PRId64, status);
	}
}

/*
 * One line of the text, ready for a message: control characters dropped, and
 * what looks like one of our trailers is indented, so that none but ours
 * begins a line.
 */
static int
message_line(struct buf *out, const char *p, size_t n)
{
	struct buf	 line = { 0 };
	const char	*s;
	size_t		 i;
	int		 e = 0;

	for (i = 0; e == 0 && i < n; i++)
		if (!is_control((unsigned char)p[i]) || p[i] == '\t')
			e = buf_add(&line, p + i, 1);
	s = buf_str(&line);
	if (e == 0 && s != NULL) {
		i = strspn(s, " \t");
		if (strncasecmp(s + i, "Praetor-", 8) == 0)
			e = buf_add(out, "    ", 4);
		if (e == 0)
			e = buf_add(out, s, line.len);
	}
	buf_free(&line);
	return (s == NULL ? PRA_ENOMEM : e != 0 ? e : buf_add(out, "\n", 1));
}

/* Skip blank lines; returns where the text begins. */
static const char *
skip_blank(const char *p)
{
	const char	*end;

	for (;;) {
		end = p + strspn(p, " \t\r\v\f");
		if (*end != '\n')
			return (*end == '\0' ? end : p);
		p = end + 1;
	}
}

static void
message_subject(char out[SUBJECT_MAX + 1], const struct task *t,
    const char **rest)
{
	const char	*text = skip_blank(rec_str(t->e.row, F_s_task_text));
	const char	*run = skip_blank(rec_str(t->e.row, F_s_task_run));
	char		 line[512];
	const char	*from = *text != '\0' ? text : run;
	size_t		 n = strcspn(from, "\n"), room = sizeof(line) - 8;

	*rest = text + (*text == '\0' ? 0 : strcspn(text, "\n"));
	from += strspn(from, " \t");
	n = strcspn(from, "\n");
	if (n > room)
		n = utf8_floor(from, room);
	if (*text == '\0' && rec_has(t->e.row, F_s_task_name))
		snprintf(line, sizeof(line), "%s",
		    rec_str(t->e.row, F_s_task_name));
	else
		snprintf(line, sizeof(line), "%s%.*s", *text == '\0' ?
		    "run: " : strncasecmp(from, "Praetor-", 8) == 0 ?
		    "text: " : "", (int)n, from);
	text_line(out, SUBJECT_MAX + 1, line);
}

static int
message_body(struct buf *out, const char *p)
{
	size_t	 n, from = out->len;
	int	 e = 0;

	p = skip_blank(*p == '\n' ? p + 1 : p);
	if (*p != '\0')
		e = buf_add(out, "\n", 1);
	while (e == 0 && *p != '\0' && out->len - from < BODY_MAX) {
		n = strcspn(p, "\n");
		e = message_line(out, p, n);
		p += n + (p[n] == '\n');
	}
	return (e);
}

int
text_commit(struct buf *out, const struct task *t, const struct change *c)
{
	const char	*rest;
	char		 subject[SUBJECT_MAX + 1], id[ID_SIZE];
	int		 e;

	message_subject(subject, t, &rest);
	if (subject[0] == '\0')
		snprintf(subject, sizeof(subject), "task without a name");
	id_format(id, 't', rec_id(t->e.row, F_s_task_id));
	if ((e = buf_printf(out, "%s\n", subject)) != 0 ||
	    (e = message_body(out, rest)) != 0)
		return (e);
	while (out->len > 1 && out->data[out->len - 1] == '\n')
		out->len--;
	e = buf_printf(out, "\n\nPraetor-Task: %s\nPraetor-Session: s_%02"
	    PRIu64 "\nPraetor-Event: %" PRIu64 "\n", id,
	    rec_u64(c->e.row, F_s_change_session),
	    rec_u64(t->e.row, F_s_task_ran));
	if (e == 0 && rec_has(t->e.row, F_s_task_name))
		e = buf_printf(out, "Praetor-Name: %s\n",
		    rec_str(t->e.row, F_s_task_name));
	return (e);
}

const char *
text_when(char out[WHEN_TEXT], uint64_t us)
{
	wall_format(out, (struct wall){ (int64_t)us });
	strcpy(out + 19, "Z");
	return (out);
}

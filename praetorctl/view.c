/*
 * Objects of the daemon for people: tables and lists of members.  Runs in
 * praetorctl.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/rec.h"
#include "common/when.h"
#include "praetorctl/ctl.h"

#define LAST_LEAST	30	/* columns that the last one should have */
#define MIN_LEAST	10	/* and has in any case */
#define COLUMNS		24	/* of a table, at most */

static const struct {
	const char	*state;
	const char	*sgr;
} colors[] = {
	{ "done", "32" }, { "ready", "32" }, { "idle", "32" },
	{ "ok", "32" }, { "running", "36" }, { "active", "36" },
	{ "review", "36" }, { "waiting", "33" }, { "held", "33" },
	{ "paused", "33" }, { "adding", "33" }, { "absent", "33" },
	{ "failed", "31" }, { "lost", "31" }, { "missing", "31" },
	{ "cancelled", "31" }
};

const char *
view_color(const char *state)
{
	size_t	 i;

	for (i = 0; i < sizeof(colors) / sizeof(colors[0]); i++)
		if (strcmp(colors[i].state, state) == 0)
			return (colors[i].sgr);
	return (NULL);
}

static enum rec_type
member_type(const json_t *item, const char *member)
{
	const char		*kind;
	const struct rec_def	*def;
	int			 f;

	kind = json_string_value(json_object_get(item, "kind"));
	if (kind == NULL)
		return (R_STR);
	def = rec_def(rec_byname(RC_VIEW, kind));
	if (def == NULL || (f = rec_field(def, member)) == -1)
		return (R_STR);
	return (def->fields[f].type);
}

static void
add_value(struct buf *b, const json_t *v, enum rec_type type)
{
	const json_t	*e;
	char		 text[24];
	size_t		 i;

	if (json_is_string(v)) {
		buf_add(b, json_string_value(v), json_string_length(v));
	} else if (json_is_integer(v) && type == R_MS) {
		duration_format(text, (uint64_t)json_integer_value(v));
		buf_printf(b, "%s", text);
	} else if (json_is_integer(v)) {
		buf_printf(b, "%lld", (long long)json_integer_value(v));
	} else if (json_is_boolean(v)) {
		buf_printf(b, "%s", json_is_true(v) ? "yes" : "no");
	} else {
		json_array_foreach(v, i, e) {
			buf_printf(b, "%s", i > 0 ? ", " : "");
			add_value(b, e, R_STR);
		}
	}
}

char *
view_value(const json_t *item, const char *member)
{
	struct buf	 b = { 0 };

	add_value(&b, json_object_get(item, member),
	    member_type(item, member));
	return (buf_str(&b));
}

/* Seconds are enough for people. */
static char *
shown_value(const json_t *item, const char *member)
{
	char	*text = view_value(item, member), *end;

	if (text != NULL && member_type(item, member) == R_TIME &&
	    (end = strchr(text, '.')) != NULL)
		strcpy(end, "Z");
	return (text);
}

/* In a table, a short name of a commit is, too. */
static char *
cell(const json_t *item, const char *member)
{
	char	*text = shown_value(item, member);

	if (text != NULL && member_type(item, member) == R_OID &&
	    strlen(text) > 7)
		text[7] = '\0';
	return (text);
}

static int
column_width(struct ctl *c, const struct column *col)
{
	int	 w, width = (int)strlen(col->title);
	json_t	*item;
	size_t	 i;
	char	*text;

	json_array_foreach(c->items, i, item) {
		if ((text = cell(item, col->member)) == NULL)
			continue;
		if ((w = out_width(&c->out, text)) > width)
			width = w;
		free(text);
	}
	return (width);
}

/* 1 when a member is the same in every row. */
static int
column_same(const struct ctl *c, const char *member)
{
	json_t	*first = json_array_get(c->items, 0), *item;
	size_t	 i;

	json_array_foreach(c->items, i, item)
		if (!json_equal(json_object_get(first, member),
		    json_object_get(item, member)) &&
		    json_object_get(first, member) !=
		    json_object_get(item, member))
			return (0);
	return (1);
}

/* 1 when each row has a name, and another one. */
static int
rows_named(const struct ctl *c)
{
	json_t	*names = json_object(), *item;
	size_t	 i, n;
	int	 all = names != NULL;

	json_array_foreach(c->items, i, item)
		all = all && *item_str(item, "name") != '\0' &&
		    json_object_set_new(names, item_str(item, "name"),
		    json_true()) == 0;
	n = json_object_size(names);
	json_decref(names);
	return (all && n == json_array_size(c->items));
}

static int
column_may_go(const struct ctl *c, const struct column *col)
{
	switch (col->drop) {
	case CD_SAME:
		return (column_same(c, col->member));
	case CD_ALWAYS:
		return (1);
	case CD_NAMED:
		return (rows_named(c));
	case CD_NEVER:
		break;
	}
	return (0);
}

/* The last column takes what the terminal has left. */
static void
table_cell(struct ctl *c, const char *text, int width, int last)
{
	if (last)
		out_cut(&c->out, text, width);
	else
		out_pad(&c->out, text, width + 2);
}

static void
table_row(struct ctl *c, const struct column *cols, const int *width,
    const json_t *item)
{
	const char	*sgr;
	char		*text;
	int		 i;

	for (i = 0; cols[i].title != NULL; i++) {
		if (width[i] == 0)
			continue;		/* left out */
		if (item == NULL) {
			table_cell(c, cols[i].title, width[i],
			    cols[i + 1].title == NULL);
			continue;
		}
		if ((text = cell(item, cols[i].member)) == NULL)
			continue;
		sgr = view_color(text);
		out_color(&c->out, sgr);
		table_cell(c, text, width[i], cols[i + 1].title == NULL);
		out_plain(&c->out, sgr);
		free(text);
	}
	out_printf(&c->out, "\n");
}

/*
 * Leave columns out until the last has room for its text or for some of it.
 * Returns the room.
 */
static int
table_fit(struct ctl *c, const struct column *cols, int *width, int last)
{
	int	 i, drop, room = c->out.columns;
	int	 want = width[last] < LAST_LEAST ? width[last] : LAST_LEAST;

	for (i = 0; i < last; i++)
		room -= width[i] + 2;
	for (drop = CD_SAME; drop <= CD_NAMED; drop++)
		for (i = 0; i < last && room < want; i++)
			if ((int)cols[i].drop == drop && width[i] > 0 &&
			    column_may_go(c, &cols[i])) {
				room += width[i] + 2;
				width[i] = 0;
			}
	return (room > MIN_LEAST ? room : MIN_LEAST);
}

static void
table_print(struct ctl *c, const struct column *cols)
{
	int	 i, room, width[COLUMNS];
	json_t	*item;
	size_t	 k;

	for (i = 0; cols[i].title != NULL; i++)
		width[i] = column_width(c, &cols[i]);
	if (c->out.columns > 0) {
		room = table_fit(c, cols, width, i - 1);
		if (width[i - 1] > room)
			width[i - 1] = room;
	}
	out_color(&c->out, "1");
	table_row(c, cols, width, NULL);
	out_plain(&c->out, "1");
	json_array_foreach(c->items, k, item)
		table_row(c, cols, width, item);
}

void
view_rows(struct ctl *c, const struct column *cols, const char *none)
{
	if (c->json)
		return;
	if (json_array_size(c->items) > 0)
		table_print(c, cols);
	else if (c->out.tty)
		out_printf(&c->out, "%s\n", none);
}

void
view_table(struct ctl *c, const struct column *cols, const char *id,
    const char *none)
{
	int	 people = c->out.tty && !opt_given(c, "quiet");
	json_t	*item;
	size_t	 i;

	if (c->json)
		return;
	if (people && json_array_size(c->items) > 0) {
		table_print(c, cols);
		return;
	}
	if (people)
		out_printf(&c->out, "%s\n", none);
	json_array_foreach(c->items, i, item) {
		out_text(&c->out, item_str(item, id));
		out_printf(&c->out, "\n");
	}
}

/* Further lines of a text are indented, so that each other line has a key. */
static void
show_value(struct out *o, char *text)
{
	char	*line;

	for (line = strsep(&text, "\n"); line != NULL;) {
		out_text(o, line);
		out_printf(o, "\n");
		if ((line = strsep(&text, "\n")) != NULL && *line != '\0')
			out_printf(o, "\t");
	}
}

/* The records of a list, one a line: "process: role engine, pid 12". */
static void
show_records(struct ctl *c, const char *name, const json_t *list)
{
	const char	*key;
	json_t		*item, *v;
	char		*text;
	size_t		 i;

	json_array_foreach(list, i, item) {
		out_printf(&c->out, "%s:", name);
		json_object_foreach(item, key, v) {
			text = view_value(item, key);
			out_printf(&c->out, " %s=", key);
			out_text(&c->out, text != NULL ? text : "");
			free(text);
		}
		out_printf(&c->out, "\n");
	}
}

void
view_show(struct ctl *c, json_t *item)
{
	const char	*name, *sgr;
	json_t		*v;
	char		*text;

	json_object_foreach(item, name, v) {
		if (strcmp(name, "kind") == 0)
			continue;
		if (json_is_array(v) &&
		    json_is_object(json_array_get(v, 0))) {
			show_records(c, name, v);
			continue;
		}
		if ((text = shown_value(item, name)) == NULL)
			continue;
		sgr = view_color(text);
		out_printf(&c->out, "%s: ", name);
		out_color(&c->out, sgr);
		show_value(&c->out, text);
		out_plain(&c->out, sgr);
		free(text);
	}
}

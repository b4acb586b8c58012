/*
 * praetorctl replay and db: the log and the database.  Files are opened here,
 * with the rights of whoever asks; the daemon gets and gives bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "praetorctl/ctl.h"

static void
print_line(struct ctl *c, json_t *item, const char *const *members)
{
	char	*value;
	size_t	 i;

	for (i = 0; members[i] != NULL; i++) {
		value = view_value(item, members[i]);
		if (i > 0)
			out_printf(&c->out, "  ");
		out_printf(&c->out, "%s ", members[i]);
		out_text(&c->out, value == NULL ? "" : value);
		free(value);
	}
	out_printf(&c->out, "\n");
}

/* "difference: what", "table task: rows 3 ...", "log: first 1 ..." */
static void
print_verified(struct ctl *c, json_t *item)
{
	static const char *const	 table[] = {
		"rows", "made", "differ", "digest", NULL
	};
	static const char *const	 log[] = {
		"first", "last", "differ", "hash", NULL
	};
	const char			*kind = item_str(item, "kind");

	if (strcmp(kind, "difference") == 0) {
		out_color(&c->out, "31");
		out_printf(&c->out, "difference: ");
		out_plain(&c->out, "31");
		out_text(&c->out, item_str(item, "text"));
		out_printf(&c->out, "\n");
	} else if (strcmp(kind, "table") == 0) {
		out_printf(&c->out, "table %s: ", item_str(item, "table"));
		print_line(c, item, table);
	} else if (strcmp(kind, "verified") == 0) {
		out_printf(&c->out, "log: ");
		print_line(c, item, log);
	}
}

static int
replay_verify(struct ctl *c)
{
	return (ctl_run(c, print_verified));
}

const struct ctl_cmd db_cmds[] = {
	{ "replay verify", "replay.verify", NULL, "", 0, 0, NULL, 0,
	    "make the state anew from the log and compare it", replay_verify },
	{ 0 }
};

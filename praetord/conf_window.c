/*
 * Maintenance.  Parent process and praetord -n.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/rec.h"
#include "common/window.h"
#include "praetord/conf_parse.h"

struct rec *
conf_window_rec(const char *text)
{
	struct rec	*r;

	if ((r = rec_new(REC_k_window)) != NULL)
		rec_set_str(r, F_k_window_text, text);
	return (r);
}

void
conf_add_window(struct parse *p, const char *text)
{
	struct where		 at = lex_where(p->lex);
	struct conf_path	*d = conf_alloc(sizeof(*d));
	struct window		 w;
	const char		*why;

	d->path = conf_strdup(text);
	TAILQ_INSERT_TAIL(&p->conf->windows, d, entry);
	if ((why = window_parse(text, &w)) != NULL)
		lex_error(p->lex, at, "maintenance \"%s\": %s", text, why);
	else
		conf_record_ok(p, at, "maintenance", conf_window_rec(text));
}

/*
 * What the frontend says to clients, as JSON text.
 */
#ifndef FRONTEND_ITEM_H
#define FRONTEND_ITEM_H

#include "common/rec.h"

/*
 * A record of class view as one line of JSON with its "kind" in front;
 * events with a line in the trace have "trace" {"label", "text"}.  What
 * would be longer than MAX_ITEM comes with its long strings cut.  The text
 * is the caller's to free(3); NULL: no memory.
 */
char	*item_text(const struct rec *view);

/* The object that ends an answer.  remedy and subject may be "". */
char	*done_text(const char *error, const char *message, const char *remedy,
	    const char *subject);

#endif

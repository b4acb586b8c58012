/*
 * The line that an event makes in `praetorctl task trace`: its label and its
 * format from events.tbl, with the event's values in place of the names.
 */
#ifndef FRONTEND_TRACE_H
#define FRONTEND_TRACE_H

#include "common/buf.h"
#include "common/rec.h"

/*
 * Append the label and the text of an event (a record of class event):
 * {field} is replaced in both; ids have their letter, object names 7 digits,
 * sessions are "s_03", durations "5m", lists are joined by ", ", what is
 * unset is "-".  Control characters become spaces, so that it stays one
 * line.  0; PRA_ENOTFOUND for an event that has no line; PRA_ENOMEM.
 */
int	 trace_line(const struct rec *ev, struct buf *label, struct buf *text);

#endif

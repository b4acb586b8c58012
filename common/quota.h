/*
 * The quotas by number: for the parent, which reads them, and the engine,
 * which enforces them.
 */
#ifndef COMMON_QUOTA_H
#define COMMON_QUOTA_H

#define QUOTA(number, word, unit, reason, text) number,
enum quota {
#include "common/quotas.tbl"
	QT_MAX
};
#undef QUOTA

/* The number of a word, or QT_MAX; the word of a number. */
enum quota	 quota_byname(const char *word);
const char	*quota_name(enum quota q);

/* What `task why` calls it when a task waits for it; "" for none. */
const char	*quota_reason(enum quota q);

#endif

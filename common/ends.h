/*
 * How a step ends.  The parent, praetor-init and the executor find out, each
 * by its own means; the executor reports, the engine records.
 */
#ifndef COMMON_ENDS_H
#define COMMON_ENDS_H

enum end {
	END_NONE,		/* it has not */
#define END(name, word, limit, text) END_##name,
#include "common/ends.tbl"
#undef END
	END_MAX
};

/* Its word, "" for END_NONE; what it means. */
const char	*end_word(enum end e);
const char	*end_text(enum end e);

/* The end for a word, or END_NONE. */
enum end	 end_byword(const char *word);

/* 1 when it is a limit that was reached. */
int		 end_is_limit(enum end e);

#endif

/*
 * What can go wrong between the executor and a model server, and how large an
 * answer may be: the tables wire_err.tbl, wire_limit.tbl and wire_rule.tbl.
 */
#ifndef EXECUTOR_WIRE_ERR_H
#define EXECUTOR_WIRE_ERR_H

#include <stddef.h>

enum wire_err {
	WERR_OK,
#define WERR(name, word, next, text) WERR_##name,
#include "executor/wire_err.tbl"
#undef WERR
	WERR_MAX
};

/* What may help against an error. */
enum wire_next {
	WIRE_NEVER,		/* nothing that the session can do */
	WIRE_AGAIN,		/* the same request, later */
	WIRE_SHRINK,		/* a shorter conversation */
	WIRE_LESS		/* the same, asking for fewer tokens */
};

enum wire_limit {
#define WLIMIT(name, value, what) WLIM_##name,
#include "executor/wire_limit.tbl"
#undef WLIMIT
	WLIM_MAX
};

/* An error's word ("overloaded"), sentence and remedy; "ok" for WERR_OK. */
const char	*wire_err_word(enum wire_err e);
const char	*wire_err_text(enum wire_err e);
enum wire_next	 wire_err_next(enum wire_err e);

/* The value of a limit, and what it counts ("bytes in a line"). */
size_t		 wire_limit(enum wire_limit l);
const char	*wire_limit_what(enum wire_limit l);

/*
 * What a server means: its HTTP status (200 when the error came inside of an
 * answer), the type, code and message that it gave, each may be NULL.
 */
enum wire_err	 wire_err_classify(int status, const char *type,
		    const char *code, const char *message);

#endif

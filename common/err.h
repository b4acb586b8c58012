/*
 * Errors: one table (err.tbl), one type.  Linked by every program.
 *
 * Functions that can fail return 0 or one of these negative values.  A value
 * says what kind of thing went wrong; the sentence for the user is written
 * where the names are known and travels beside it.
 */
#ifndef COMMON_ERR_H
#define COMMON_ERR_H

enum pra_err_pos {
	PRA_POS_OK,
#define ERR(name, shown, code, text) PRA_POS_##name,
#include "common/err.tbl"
#undef ERR
	PRA_POS_MAX
};

enum pra_err {
	PRA_OK = 0,
#define ERR(name, shown, code, text) PRA_E##name = -PRA_POS_##name,
#include "common/err.tbl"
#undef ERR
};

/* The lower-case name ("notfound") of an error; "ok" for 0.  Never NULL. */
const char	*err_name(int err);

/* The short English text of an error.  Never NULL; static storage. */
const char	*err_text(int err);

/* The exit code of praetorctl(1) for an error: 0 for 0, 1 when unknown. */
int		 err_exit(int err);

/* The error for a name as err_name() gives it; PRA_EINTERNAL when unknown. */
int		 err_byname(const char *name);

/*
 * The error that an errno value stands for (ENOSPC and EDQUOT: PRA_ENOSPC;
 * EACCES and EPERM: PRA_EPERM; ENOENT: PRA_ENOTFOUND; ENOMEM: PRA_ENOMEM;
 * everything else: PRA_ESYSTEM).
 */
int		 err_errno(int errnum);

#endif

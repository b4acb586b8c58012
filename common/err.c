/*
 * The error table's readers.  Runs in every process; trusts nothing, holds
 * nothing.  Must not allocate: it is called on the way out of failures.
 */
#include <errno.h>
#include <string.h>

#include "common/err.h"

static const struct {
	const char	*name;
	int		 code;
	const char	*text;
} errors[PRA_POS_MAX] = {
	[PRA_POS_OK] = { "ok", 0, "ok" },
#define ERR(n, s, c, t) [PRA_POS_##n] = { s, c, t },
#include "common/err.tbl"
#undef ERR
};

static int
err_pos(int err)
{
	if (err > 0 || err <= -PRA_POS_MAX)
		return (PRA_POS_INTERNAL);
	return (-err);
}

const char *
err_name(int err)
{
	return (errors[err_pos(err)].name);
}

const char *
err_text(int err)
{
	return (errors[err_pos(err)].text);
}

int
err_exit(int err)
{
	return (errors[err_pos(err)].code);
}

int
err_byname(const char *name)
{
	int	 i;

	for (i = 0; i < PRA_POS_MAX; i++)
		if (strcmp(errors[i].name, name) == 0)
			return (-i);
	return (PRA_EINTERNAL);
}

int
err_errno(int errnum)
{
	switch (errnum) {
	case ENOSPC:
	case EDQUOT:
		return (PRA_ENOSPC);
	case EACCES:
	case EPERM:
		return (PRA_EPERM);
	case ENOENT:
		return (PRA_ENOTFOUND);
	case ENOMEM:
		return (PRA_ENOMEM);
	default:
		return (PRA_ESYSTEM);
	}
}

/*
 * What the reviewer's tests share: a temporary directory with real git
 * repositories (made by git(1), which the reviewer itself never runs) and a
 * reviewer's state beside them.
 */
#ifndef TESTS_REVIEWER_RIG_H
#define TESTS_REVIEWER_RIG_H

#include <stddef.h>
#include <git2.h>

#include "reviewer/mirror.h"
#include "reviewer/outcome.h"
#include "reviewer/reviewer.h"
#include "reviewer/settings.h"

struct rv {
	char		 dir[200];	/* everything of the test is beneath */
	char		 repos[256];	/* <dir>/repos, the allowed directory */
	char		 repo[300];	/* <dir>/repos/web.git, bare */
	const char	*allowed[1];
	struct reviewer	 r;
	struct outcome	 o;
	struct mirror	*m;		/* of project "web", after rv_add() */
	git_oid		 head;		/* of its branch main, after rv_add() */
};

/* cmocka group setup and teardown: libgit2, once a process. */
int	 rv_begin(void **state);
int	 rv_end(void **state);

#define rv_main(tests)	tap_run_group(tests, rv_begin, rv_end)

/*
 * Make a directory and a reviewer in it, and end both.  cmocka setup and
 * teardown; *state is the struct rv.
 */
int	 rv_setup(void **state);
int	 rv_teardown(void **state);

/* Close the reviewer and open it again, as after a restart. */
void	 rv_restart(struct rv *v);

/*
 * Run a shell script in v->dir with a private environment; the test fails
 * when it does.  rv_out() returns the first line of its output in a buffer
 * that the next call reuses.
 */
void	 rv_sh(struct rv *v, const char *fmt, ...)
	    __attribute__((__format__(printf, 2, 3)));
const char *rv_out(struct rv *v, const char *fmt, ...)
	    __attribute__((__format__(printf, 2, 3)));

/*
 * Make the worktree <dir>/wt and the bare repository v->repo with branch
 * main and a few files of every kind, and open it as project "web".
 */
void	 rv_repo(struct rv *v);
void	 rv_add(struct rv *v);

/* Check an outcome: its error and that its text holds `words`. */
void	 rv_expect(struct rv *v, int got, int err, const char *words);

/* The object name that a revision of a repository has. */
git_oid	 rv_rev(struct rv *v, const char *repo, const char *rev);

/* Open a directory beneath v->dir. */
int	 rv_opendir(struct rv *v, const char *name);

#endif

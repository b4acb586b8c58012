/*
 * What the tests of the sandbox share: a rig for a whole program, a session
 * for each test.
 */
#ifndef TESTS_SANDBOX_WORLD_H
#define TESTS_SANDBOX_WORLD_H

#include "praetord/conf.h"
#include "tests/rig.h"

/* The topmost layer of a rig's worktree. */
#define LAYER	"2222222222222222222222222222222222222222"

/* cmocka hands this to each test. */
struct world {
	struct rig	*rig;
	enum conf_mode	 mode;
	int		 probefd;	/* sandbox_probe, read only */
};

/* -1: go on.  Otherwise the program's status; why was printed as TAP. */
int	 world_open(struct world *w);

/* 1 when worktrees are copies. */
int	 is_copy(const struct world *w);

/* Set-up and tear-down of a test: a session is begun and purged. */
int	 up(void **state);
int	 down(void **state);
#define SESSION_TEST(f)	cmocka_unit_test_setup_teardown(f, up, down)

/* Run a shell line in the session; its output, to be freed. */
char	*sh(struct world *w, const char *line, int *status);

/* The same must print this and succeed. */
void	 sh_is(struct world *w, const char *line, const char *want);

/* A step must end for this reason and with this status. */
void	 step_is(struct world *w, struct rig_step *st, const char *why,
	    int status);

/* What sandbox_probe says in the session; to be freed. */
char	*probe_inside(struct world *w);

#endif

/*
 * Shared by the tests of the sandbox: see sandbox_world.h.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "tests/sandbox_world.h"
#include "tests/tap.h"

int
is_copy(const struct world *w)
{
	return (rig_conf(w->rig)->worktree == WORKTREE_COPY);
}

int
up(void **state)
{
	struct world	*w = *state;

	if (rig_start(w->rig) == -1) {
		print_message("# %s\n", rig_why(w->rig));
		return (-1);
	}
	return (0);
}

int
down(void **state)
{
	struct world	*w = *state;

	rig_stop(w->rig);
	return (rig_purge(w->rig));
}

/* Run a shell line; its output, to be freed. */
char *
sh(struct world *w, const char *line, int *status)
{
	struct rig_step	 st = { .shell = line };
	char		*out;

	rig_run(w->rig, &st);
	assert_non_null(st.exit);
	*status = (int)rec_i64(st.exit, F_b_exit_status);
	out = strdup((char *)st.out.data);
	rig_step_free(&st);
	return (out);
}

void
sh_is(struct world *w, const char *line, const char *want)
{
	char	*out;
	int	 status;

	out = sh(w, line, &status);
	if (strcmp(out, want) != 0 || status != 0)
		fail_msg("%s: status %d, %s", line, status, out);
	free(out);
}

char *
probe_inside(struct world *w)
{
	char	 buf[65536], line[512], *out;
	ssize_t	 n;
	FILE	*f;
	int	 status;

	if (is_copy(w))
		snprintf(line, sizeof(line), "%s/sessions/%llu/upper/probe",
		    rig_state(w->rig),
		    (unsigned long long)rig_session(w->rig));
	else
		snprintf(line, sizeof(line), "%s/review/trees/" LAYER "/probe",
		    rig_state(w->rig));
	assert_non_null(f = fopen(line, "we"));
	for (off_t at = 0; (n = pread(w->probefd, buf, sizeof(buf), at)) > 0;
	    at += n)
		assert_int_equal(fwrite(buf, 1, (size_t)n, f), n);
	assert_int_equal(fchmod(fileno(f), 0755), 0);
	fclose(f);
	snprintf(buf, sizeof(buf), "/workspace/probe %s %d",
	    rig_state(w->rig), getpid());
	out = sh(w, buf, &status);
	assert_int_equal(unlink(line), 0);
	return (out);
}

void
step_is(struct world *w, struct rig_step *st, const char *why, int status)
{
	rig_run(w->rig, st);
	assert_non_null(st->exit);
	assert_string_equal(rec_str(st->exit, F_b_exit_why), why);
	assert_int_equal(rec_i64(st->exit, F_b_exit_status), status);
}

int
world_open(struct world *w)
{
	char		 path[512], why[512];
	const char	*mode = getenv("RIG_MODE"), *cannot;
	const char	*tree = getenv("RIG_WORKTREE");
	ssize_t		 n;

	w->mode = mode != NULL && strcmp(mode, "user") == 0 ? MODE_USER :
	    MODE_SYSTEM;
	if ((cannot = rig_cannot(w->mode)) != NULL) {
		printf("1..0 # SKIP %s\n", cannot);
		return (getenv("MUST_WORK") != NULL ? 1 : 0);
	}
	n = readlink("/proc/self/exe", path, sizeof(path) - 16);
	path[n > 0 ? n : 0] = '\0';
	snprintf(strrchr(path, '/'), 16, "/sandbox_probe");
	w->probefd = open(path, O_RDONLY | O_CLOEXEC);
	w->rig = rig_new(w->mode, tree != NULL && strcmp(tree, "copy") == 0 ?
	    WORKTREE_COPY : WORKTREE_OVERLAY, why, sizeof(why));
	if (w->probefd != -1 && w->rig != NULL)
		return (-1);
	printf("1..1\nnot ok 1 - %s\n", w->rig == NULL ? why : path);
	return (1);
}

/*
 * The reviewer's test rig.  Runs git(1) with no configuration of the host.
 */
#include "tests/tap.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <errno.h>
#include <stdarg.h>
#include <bsd/string.h>

#include "common/err.h"
#include "reviewer/files.h"
#include "reviewer/gitlib.h"
#include "tests/reviewer_rig.h"

static char *const rv_env[] = {
	(char []){ "PATH=/usr/sbin:/usr/bin:/sbin:/bin" },
	(char []){ "HOME=/nonexistent" },
	(char []){ "LC_ALL=C.UTF-8" },
	(char []){ "GIT_CONFIG_NOSYSTEM=1" },
	(char []){ "GIT_CONFIG_COUNT=3" },
	(char []){ "GIT_CONFIG_KEY_0=safe.directory" },
	(char []){ "GIT_CONFIG_VALUE_0=*" },
	(char []){ "GIT_CONFIG_KEY_1=init.defaultBranch" },
	(char []){ "GIT_CONFIG_VALUE_1=main" },
	(char []){ "GIT_CONFIG_KEY_2=core.safecrlf" },
	(char []){ "GIT_CONFIG_VALUE_2=false" },
	(char []){ "GIT_AUTHOR_NAME=T" },
	(char []){ "GIT_AUTHOR_EMAIL=t@example.org" },
	(char []){ "GIT_COMMITTER_NAME=T" },
	(char []){ "GIT_COMMITTER_EMAIL=t@example.org" },
	(char []){ "GIT_AUTHOR_DATE=2020-01-01T00:00:00Z" },
	(char []){ "GIT_COMMITTER_DATE=2020-01-01T00:00:00Z" },
	NULL
};

int
rv_begin(void **state)
{
	struct outcome	 o;

	(void)state;
	return (gitlib_init(&o));
}

int
rv_end(void **state)
{
	(void)state;
	gitlib_end();
	return (0);
}

int
rv_setup(void **state)
{
	struct rv	*v;
	const char	*tmp = getenv("TMPDIR");

	if ((v = calloc(1, sizeof(*v))) == NULL)
		return (-1);
	snprintf(v->dir, sizeof(v->dir), "%.100s/praetor-reviewer.XXXXXX",
	    tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(v->dir) == NULL)
		return (-1);
	snprintf(v->repos, sizeof(v->repos), "%s/repos", v->dir);
	snprintf(v->repo, sizeof(v->repo), "%s/web.git", v->repos);
	*state = v;
	rv_sh(v, "umask 022; chmod 755 .; mkdir repos state");
	v->allowed[0] = v->repos;
	rv_restart(v);
	return (0);
}

int
rv_teardown(void **state)
{
	struct rv	*v = *state;
	int		 rc;

	reviewer_close(&v->r);
	rv_sh(v, "chmod -R u+rwX . 2>/dev/null || :");
	rc = files_remove_all(AT_FDCWD, v->dir);
	free(v);
	return (rc);
}

void
rv_restart(struct rv *v)
{
	char	 state[256];

	if (v->r.state != NULL)
		reviewer_close(&v->r);
	snprintf(state, sizeof(state), "%s/state", v->dir);
	if (reviewer_open(&v->r, state, v->allowed, 1, &v->o) != 0)
		fail_msg("%s", v->o.text);
	v->m = NULL;
}

static void
rv_child(struct rv *v, const char *script, int fd)
{
	if (chdir(v->dir) == -1 || dup2(fd, STDOUT_FILENO) == -1)
		_exit(126);
	execle("/bin/sh", "sh", "-ec", script, NULL, rv_env);
	_exit(127);
}

static void
rv_run(struct rv *v, const char *script, char *out, size_t size)
{
	FILE	*f = fdopen(memfd_create("output", MFD_CLOEXEC), "w+");
	pid_t	 pid;
	int	 status;

	assert_non_null(f);
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0)
		rv_child(v, script, fileno(f));
	while (waitpid(pid, &status, 0) == -1)
		assert_int_equal(errno, EINTR);
	if (status != 0)
		fail_msg("script ended with %d: %s", status, script);
	rewind(f);
	if (out != NULL && fgets(out, (int)size, f) == NULL)
		out[0] = '\0';
	if (out != NULL)
		out[strcspn(out, "\n")] = '\0';
	fclose(f);
}

void
rv_sh(struct rv *v, const char *fmt, ...)
{
	char	*script;
	va_list	 ap;

	va_start(ap, fmt);
	assert_int_not_equal(vasprintf(&script, fmt, ap), -1);
	va_end(ap);
	rv_run(v, script, NULL, 0);
	free(script);
}

const char *
rv_out(struct rv *v, const char *fmt, ...)
{
	static char	 line[4096];
	char		*script;
	va_list		 ap;

	va_start(ap, fmt);
	assert_int_not_equal(vasprintf(&script, fmt, ap), -1);
	va_end(ap);
	rv_run(v, script, line, sizeof(line));
	free(script);
	return (line);
}

void
rv_repo(struct rv *v)
{
	rv_sh(v, "git init -q wt; cd wt;"
	    "mkdir -p src/deep/er docs;"
	    "echo one >one; echo two >two; printf '#!/bin/sh\\n' >run;"
	    "chmod +x run; ln -s one link; ln -s /etc/passwd abs;"
	    "echo a >src/a; echo b >src/deep/b; echo c >src/deep/er/c;"
	    "echo d >docs/d; : >empty; printf 'x\\0y' >'odd name';"
	    "printf 'é' >'\303\251'; printf '*.o\\n/out/\\n!keep.o\\n'"
	    " >.gitignore;"
	    "printf 'gen\\n' >src/.gitignore; echo x >tracked.o;"
	    "printf '* text eol=crlf\\n*.txt filter=evil\\n' >.gitattributes;"
	    "printf 'lf\\n' >a.txt;"
	    "git add -A -f;"
	    "git commit -q -m first; git clone -q --bare . '%s';"
	    "cd ..; git -C wt remote add origin '%s';"
	    "git -C wt config core.attributesFile /dev/null",
	    v->repo, v->repo);
}

void
rv_add(struct rv *v)
{
	rv_expect(v, mirror_open(&v->r, "web", v->repo, "main", &v->head,
	    &v->o), 0, NULL);
	rv_expect(v, mirror_find(&v->r, "web", &v->m, &v->o), 0, NULL);
}

void
rv_expect(struct rv *v, int got, int err, const char *words)
{
	if (got != err)
		fail_msg("%s instead of %s: %s", err_name(got), err_name(err),
		    got == 0 ? "" : v->o.text);
	if (words != NULL && strstr(v->o.text, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", v->o.text, words);
}

git_oid
rv_rev(struct rv *v, const char *repo, const char *rev)
{
	git_oid	 id;

	assert_int_equal(git_oid_fromstr(&id, rv_out(v,
	    "git -C '%s' rev-parse --verify '%s'", repo, rev)), 0);
	return (id);
}

int
rv_opendir(struct rv *v, const char *name)
{
	char	 path[4096];
	int	 fd;

	snprintf(path, sizeof(path), "%s/%s", v->dir, name);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	return (fd);
}

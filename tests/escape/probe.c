/*
 * Runs the cases of the tables and prints "ID outcome" lines:
 *
 *	probe run ARM PARAMS WORD...	groups or ids; - for standard input
 *	probe judge TITLE VOID WORDS INSIDE [OUTCOMES...]	TAP, not numbered
 *	probe list			ids, who is the control, names
 *
 * A job gets all its words as one argument, after "job".
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/escape/escape.h"
#include "tests/escape/tools.h"

#define PATIENCE	20	/* seconds for one case */
#define WORDS		64

static const struct table *const groups[] = { &group_a, &group_b, &group_c,
    &group_d, &group_e, &group_f, &group_g, &group_h, &group_j };
#define NGROUPS	(sizeof(groups) / sizeof(groups[0]))

static const char *const arms[ARMS] = { "inside", "user", "ns", "pidns",
    "root" };

const char *
param(const struct world *w, const char *name)
{
	size_t	 i;

	for (i = 0; i < w->np; i++)
		if (strcmp(w->p[i].name, name) == 0)
			return (w->p[i].value);
	return ("");
}

long
number(const struct world *w, const char *name)
{
	return (strtol(param(w, name), NULL, 0));
}

void
said(char *out, const char *fmt, ...)
{
	va_list	 ap;
	char	*s;

	va_start(ap, fmt);
	vsnprintf(out, OUT, fmt, ap);
	va_end(ap);
	for (s = out; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = ' ';
}

void
say(char *out, long r)
{
	const char	*name = r == -1 ? strerrorname_np(errno) : "ok";

	said(out, "%s", name != NULL ? name : "errno?");
}

void
raw(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	say(out, syscall(e->a[0], e->a[1], e->a[2], e->a[3], e->a[4], e->a[5],
	    e->a[6]));
}

char *
line_of(const char *file, const char *prefix, char *buf, size_t size)
{
	FILE	*f = fopen(file, "re");
	size_t	 n = strlen(prefix);
	char	*found = NULL;

	while (f != NULL && found == NULL && fgets(buf, (int)size, f) != NULL)
		if (strncmp(buf, prefix, n) == 0) {
			found = buf + n + strspn(buf + n, " \t");
			found[strcspn(found, "\n")] = '\0';
		}
	if (f != NULL)
		fclose(f);
	return (found);
}

void
path_of(const struct world *w, const char *text, char *path, size_t size)
{
	const char	*open_at = strchr(text, '{');
	char		 name[16];
	size_t		 n;

	if (open_at == NULL) {
		snprintf(path, size, "%s", text);
		return;
	}
	n = strcspn(open_at, "}") - 1;
	snprintf(name, sizeof(name), "%.*s", (int)n, open_at + 1);
	snprintf(path, size, "%.*s%s%s", (int)(open_at - text), text,
	    strcmp(name, "own") == 0 ? own_dir(w) : param(w, name),
	    open_at + n + 2);
}

void
open_path(const struct world *w, const struct escape *e, char *out)
{
	char	 path[512];

	path_of(w, e->s, path, sizeof(path));
	say(out, open(path, (int)e->a[0] | O_CLOEXEC | O_NONBLOCK, 0600));
}

const char *
own_dir(const struct world *w)
{
	return (w->arm == INSIDE ? "/workspace" : param(w, "own"));
}

/* In the child: the outcome through a pipe. */
static void __attribute__((__noreturn__))
tell_parent(const struct world *w, const struct escape *e, char *out, int fd,
    void (*fn)(const struct world *, const struct escape *, char *))
{
	signal(SIGTTOU, SIG_IGN);
	signal(SIGTTIN, SIG_IGN);
	alarm(PATIENCE);
	fn(w, e, out);
	_exit(write(fd, out, strlen(out)) == -1);
}

static void
outcome_read(int fd, pid_t pid, char *out)
{
	ssize_t	 n;
	int	 status;

	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	/* Descendants may hold the pipe: take what is there. */
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	n = read(fd, out, OUT - 1);
	out[n > 0 ? n : 0] = '\0';
	if (WIFSIGNALED(status))
		said(out, "SIG%s", sigabbrev_np(WTERMSIG(status)));
	else if (out[0] == '\0')
		said(out, "silent");
}

/* With `group`, whatever it starts is ended afterwards. */
static void
forked(const struct world *w, const struct escape *e, char *out, int group,
    void (*fn)(const struct world *, const struct escape *, char *))
{
	int	 p[2];
	pid_t	 pid;

	out[0] = '\0';
	if (pipe2(p, O_CLOEXEC) == -1 || (pid = fork()) == -1) {
		said(out, "no child: %s", strerror(errno));
		return;
	}
	if (pid == 0) {
		/* A group of its own, but still on the job's terminal. */
		if (group)
			setpgid(0, 0);
		tell_parent(w, e, out, p[1], fn);
	}
	close(p[1]);
	outcome_read(p[0], pid, out);
	if (group)
		(void)kill(-pid, SIGKILL);
	close(p[0]);
}

void
in_child(const struct world *w, const struct escape *e, char *out,
    void (*fn)(const struct world *, const struct escape *, char *))
{
	forked(w, e, out, 0, fn);
}

static void
run_case(const struct world *w, const struct escape *e)
{
	char	 out[OUT];

	fflush(stdout);
	forked(w, e, out, 1, e->try);
	printf("%s%s %s\n", w->who, e->id, out);
}

/* A word is a group's letter or a case's id. */
static int
wanted(const struct escape *e, char **words, int n)
{
	int	 i;

	for (i = 0; i < n; i++)
		if (strcmp(words[i], e->id) == 0 || (!e->alone &&
		    words[i][1] == '\0' && words[i][0] == e->id[0]))
			return (1);
	return (0);
}

static int
params_read(struct world *w, const char *file)
{
	char	 line[300];
	FILE	*f = fopen(file, "re");

	if (f == NULL)
		return (-1);
	while (fgets(line, sizeof(line), f) != NULL &&
	    w->np < sizeof(w->p) / sizeof(w->p[0]))
		if (sscanf(line, "%15s %239[^\n]", w->p[w->np].name,
		    w->p[w->np].value) == 2)
			w->np++;
	fclose(f);
	return (0);
}

static int
run(const char *who, int argc, char **argv)
{
	struct world		 w = { .who = who };
	const struct table	*g;
	size_t			 i, k;

	if (argc < 3 || params_read(&w, argv[1]) == -1)
		return (2);
	while (w.arm < ARMS && strcmp(arms[w.arm], argv[0]) != 0)
		w.arm++;
	if (w.arm == ARMS)
		return (2);
	printf("begin\n");
	for (i = 0; i < NGROUPS; i++)
		for (g = groups[i], k = 0; k < g->n; k++)
			if (wanted(&g->cases[k], argv + 2, argc - 2) &&
			    (w.arm == INSIDE || w.arm == g->cases[k].arm))
				run_case(&w, &g->cases[k]);
	printf("%send\n", w.who);
	return (0);
}

static int
split(char *text, char **words)
{
	char	*s, *save;
	int	 n = 0;

	for (s = strtok_r(text, " ", &save); s != NULL && n < WORDS;
	    s = strtok_r(NULL, " ", &save))
		words[n++] = s;
	return (n);
}

/* Everything that a job was asked for is in one argument: a; b. */
static int
job(char *text)
{
	char	*argv[WORDS], *s, *save;
	int	 argc, r = 0;

	for (s = strtok_r(text, ";", &save); s != NULL && r == 0;
	    s = strtok_r(NULL, ";", &save)) {
		argc = split(s, argv);
		if (argc > 0 && strcmp(argv[0], "run") == 0)
			r = run("", argc - 1, argv + 1);
		else
			r = tool_run(argc, argv);
		fflush(stdout);
	}
	return (r);
}

static int
list(void)
{
	size_t	 i, k;

	for (i = 0; i < NGROUPS; i++)
		for (k = 0; k < groups[i]->n; k++)
			printf("%s %s %s\n", groups[i]->cases[k].id,
			    arms[groups[i]->cases[k].arm],
			    groups[i]->cases[k].name);
	return (0);
}

/* 1 when an outcome is one of a|b. */
static int
matches(const char *outcome, const char *list_of)
{
	char	 copy[256], *s, *save;

	snprintf(copy, sizeof(copy), "%s", list_of);
	for (s = strtok_r(copy, "|", &save); s != NULL;
	    s = strtok_r(NULL, "|", &save))
		if (fnmatch(s, outcome, 0) == 0)
			return (1);
	return (0);
}

/* The outcome of a case in a file of them, or NULL. */
static char *
outcome(const char *file, const char *id, char *buf, size_t size)
{
	char	 prefix[64];

	snprintf(prefix, sizeof(prefix), "%s ", id);
	return (line_of(file, prefix, buf, size));
}

/*
 * Why a control may fail: "ID-pattern outcome-pattern reason" lines.  The
 * reason, or NULL.
 */
static char *
void_reason(const char *file, const char *id, const char *got, char *buf,
    size_t size)
{
	char	 line[512], who[64], what[64];
	char	*found = NULL;
	FILE	*f = fopen(file, "re");
	int	 at;

	while (f != NULL && found == NULL && fgets(line, sizeof(line), f) !=
	    NULL) {
		if (line[0] == '#' || sscanf(line, "%63s %63s %n", who, what,
		    &at) != 2)
			continue;
		if (fnmatch(who, id, 0) == 0 && fnmatch(what, got, 0) == 0) {
			snprintf(buf, size, "%s", line + at);
			buf[strcspn(buf, "\n")] = '\0';
			found = buf;
		}
	}
	if (f != NULL)
		fclose(f);
	return (found);
}

static int
control_holds(const struct escape *e, const char *got)
{
	if (e->outside[0] == '\0')
		return (!matches(got, e->inside));
	return (matches(got, e->outside));
}

/* One line of TAP; the driver numbers them. */
static void
judge_case(const struct escape *e, const char *title, const char *voids,
    const char *in, char **files, int n)
{
	char	 line[OUT + 64], reason[512];
	char	*got = NULL, *why;
	int	 i;

	if (!matches(in, e->inside)) {
		printf("not ok - %s %s: %s, not %s [%s]\n", e->id, e->name, in,
		    e->inside, title);
		return;
	}
	for (i = 0; i < n && got == NULL; i++)
		got = outcome(files[i], e->id, line, sizeof(line));
	if (got != NULL && control_holds(e, got)) {
		printf("ok - %s %s: %s (outside: %s) [%s]\n", e->id, e->name,
		    in, got, title);
		return;
	}
	why = void_reason(voids, e->id, got != NULL ? got : "none", reason,
	    sizeof(reason));
	if (why != NULL)
		printf("void - %s %s: %s # SKIP void: %s\n", e->id, e->name,
		    in, why);
	else
		printf("not ok - %s %s: the control is void, outside: %s "
		    "[%s]\n", e->id, e->name, got != NULL ? got : "not tried",
		    title);
}

static int
judge(int argc, char **argv)
{
	char			 line[OUT + 64], *words[WORDS], *in;
	const struct escape	*e;
	size_t			 i, k;
	int			 n;

	if (argc < 4)
		return (2);
	n = split(argv[2], words);
	for (i = 0; i < NGROUPS; i++)
		for (k = 0; k < groups[i]->n; k++) {
			e = &groups[i]->cases[k];
			if (!wanted(e, words, n))
				continue;
			in = outcome(argv[3], e->id, line, sizeof(line));
			if (in != NULL)
				judge_case(e, argv[0], argv[1], in, argv + 4,
				    argc - 4);
			else
				printf("not ok - %s %s: it never ran [%s]\n",
				    e->id, e->name, argv[0]);
		}
	return (0);
}

/* Started by praetord in the place of a role: see roles.c. */
static int
role(const char *name)
{
	static char	 inside[] = "inside", letter[] = "J";
	static char	 title[32], file[512];
	char		*argv[] = { inside, file, letter };
	ssize_t		 n = readlink("/proc/self/exe", file,
			    sizeof(file) - 16);
	char		 c;

	file[n > 0 ? n : 0] = '\0';
	memcpy(strrchr(file, '/'), "/params", sizeof("/params"));
	dup2(STDERR_FILENO, STDOUT_FILENO);
	setvbuf(stdout, NULL, _IOLBF, 0);
	snprintf(title, sizeof(title), "%s| ", name);
	run(title, 3, argv);
	/* Until the lifeline closes; the parent hears nothing of us. */
	(void)!read(4, &c, 1);
	return (0);
}

int
main(int argc, char *argv[])
{
	const char	*name = strrchr(argv[0], '/');

	tool_start();
	setvbuf(stdout, NULL, _IOFBF, 65536);
	if (name != NULL && strncmp(name, "/praetor-", 9) == 0)
		return (role(name + 9));
	if (argc >= 2 && strcmp(argv[1], "run") == 0)
		return (run("", argc - 2, argv + 2));
	if (argc == 3 && strcmp(argv[1], "job") == 0)
		return (job(argv[2]));
	if (argc >= 2 && strcmp(argv[1], "judge") == 0)
		return (judge(argc - 2, argv + 2));
	if (argc == 2 && strcmp(argv[1], "list") == 0)
		return (list());
	return (tool_run(argc - 1, argv + 1));
}

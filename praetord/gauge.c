/*
 * Parent: what sessions use.  Reads what the kernel counts; nothing of a
 * session's is trusted.  A process is told by who started it: everything of a
 * session is below its pid 1.  Of a process's line in /proc only what follows
 * its name is read, which is numbers of the kernel's.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "praetord/cgroup.h"
#include "praetord/gauge.h"
#include "praetord/session_table.h"

#define FRESH_US	500000	/* numbers are as good as new */
#define DEPTH_MAX	1000	/* processes below each other */

/* One process of the host. */
struct proc_row {
	pid_t		 pid, parent;
	uint64_t	 cpu;		/* ticks, with children that are dead */
	uint64_t	 pages;
};

struct procs {
	struct proc_row	*row;		/* in order of pid */
	size_t		 n;
	int		 all;		/* none was left out */
};

/*
 * "S 1 2 ...", from the state on: see proc_pid_stat(5).  The fields are
 * counted from the third.
 */
static int
stat_read(const char *p, struct proc_row *row)
{
	enum { PPID = 4, UTIME = 14, STIME, CUTIME, CSTIME, RSS = 24 };
	uint64_t	 v;
	int		 field;

	for (field = 3; field <= RSS && *p != '\0'; field++) {
		v = strtoull(p, NULL, 10);
		if (field == PPID)
			row->parent = (pid_t)v;
		else if (field >= UTIME && field <= CSTIME)
			row->cpu += v;
		else if (field == RSS)
			row->pages = v;
		p += strcspn(p, " ");
		p += *p == ' ';
	}
	return (field > RSS ? 0 : -1);
}

/* A name may have any character in it, and ends at the last bracket. */
static int
proc_read(int dir, const char *pid, struct proc_row *row)
{
	char	 path[32], line[1024], *end;
	ssize_t	 n;
	int	 fd;

	memset(row, 0, sizeof(*row));
	row->pid = (pid_t)strtol(pid, NULL, 10);
	snprintf(path, sizeof(path), "%.16s/stat", pid);
	if ((fd = openat(dir, path, O_RDONLY | O_CLOEXEC)) == -1)
		return (-1);
	n = read(fd, line, sizeof(line) - 1);
	close(fd);
	line[n > 0 ? n : 0] = '\0';
	if ((end = strrchr(line, ')')) == NULL || end[1] != ' ')
		return (-1);
	return (stat_read(end + 2, row));
}

static int
proc_cmp(const void *a, const void *b)
{
	const struct proc_row	*x = a, *y = b;

	return (x->pid < y->pid ? -1 : x->pid > y->pid);
}

static void
procs_read(struct procs *ps)
{
	struct dirent	*de;
	DIR		*d = opendir("/proc");
	size_t		 most = 0;
	void		*p;

	memset(ps, 0, sizeof(*ps));
	while (d != NULL && ps->n < GAUGE_PROCS && (de = readdir(d)) != NULL) {
		if (de->d_name[0] < '1' || de->d_name[0] > '9')
			continue;
		if (ps->n == most) {
			most = most == 0 ? 1024 : 2 * most;
			p = reallocarray(ps->row, most, sizeof(*ps->row));
			if (p == NULL)
				break;
			ps->row = p;
		}
		if (proc_read(dirfd(d), de->d_name, &ps->row[ps->n]) == 0)
			ps->n++;
	}
	ps->all = d != NULL && ps->n < GAUGE_PROCS;
	if (d != NULL)
		closedir(d);
	if (ps->n > 0)
		qsort(ps->row, ps->n, sizeof(*ps->row), proc_cmp);
}

static const struct proc_row *
procs_find(const struct procs *ps, pid_t pid)
{
	struct proc_row	 key = { .pid = pid };

	return (ps->n == 0 ? NULL : bsearch(&key, ps->row, ps->n,
	    sizeof(*ps->row), proc_cmp));
}

/* The sessions that are looked at, in order of their pid 1. */
struct tops {
	struct session	**se;
	size_t		  n;
};

static int
top_cmp(const void *a, const void *b)
{
	const struct session	*x = *(struct session *const *)a;
	const struct session	*y = *(struct session *const *)b;

	return (x->pid < y->pid ? -1 : x->pid > y->pid);
}

/* The session that a process is of, or NULL. */
static struct session *
proc_session(const struct procs *ps, const struct tops *t,
    const struct proc_row *row)
{
	struct session	  key, *k = &key, **se;
	int		  i;

	for (i = 0; row != NULL && i < DEPTH_MAX; i++) {
		key.pid = row->pid;
		se = bsearch(&k, t->se, t->n, sizeof(*t->se), top_cmp);
		if (se != NULL)
			return (*se);
		row = procs_find(ps, row->parent);
	}
	return (NULL);
}

static void
sum_procs(const struct procs *ps, const struct tops *t)
{
	uint64_t	 tick = 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	uint64_t	 page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct session	*se;
	size_t		 i;

	for (i = 0; i < ps->n; i++) {
		se = proc_session(ps, t, &ps->row[i]);
		if (se == NULL)
			continue;
		se->gauge.cpu += ps->row[i].cpu * tick;
		se->gauge.memory += ps->row[i].pages * page;
		se->gauge.processes++;
		se->gauge.counted = (uint32_t)ps->all;
	}
}

static void
sum_group(int cgroup, struct m_usage *m)
{
	m->counted = 1;
	m->cpu = cgroup_stat(cgroup, "cpu.stat", "usage_usec");
	m->memory = cgroup_stat(cgroup, "memory.current", "");
	m->processes = (uint32_t)cgroup_stat(cgroup, "pids.current", "");
}

static int
is_counted(const struct session *se)
{
	return (se->number != 0 && se->life <= L_LIVE &&
	    session_has_process(se));
}

static int
is_fresh(const struct session *se)
{
	return (se->gauge.session == se->number &&
	    mono_diff_us(se->gauged, mono_now()) < FRESH_US);
}

/* Begin anew; groups are read at once, the others collected. */
static void
look(struct session *se, struct tops *t)
{
	memset(&se->gauge, 0, sizeof(se->gauge));
	se->gauge.session = se->number;
	se->gauged = mono_now();
	if (se->cgroup != -1)
		sum_group(se->cgroup, &se->gauge);
	else if (t->se != NULL)
		t->se[t->n++] = se;
}

void
gauge_sessions(struct sessions *s, gauge_fn *fn, void *arg)
{
	struct session	*se;
	struct tops	 t = { NULL, 0 };
	struct procs	 ps;

	TAILQ_FOREACH(se, &s->list, entry)
		t.n++;
	t.se = reallocarray(NULL, t.n + 1, sizeof(*t.se));
	t.n = 0;
	TAILQ_FOREACH(se, &s->list, entry)
		if (is_counted(se) && !is_fresh(se))
			look(se, &t);
	if (t.n > 0) {
		qsort(t.se, t.n, sizeof(*t.se), top_cmp);
		procs_read(&ps);
		sum_procs(&ps, &t);
		free(ps.row);
	}
	free(t.se);
	TAILQ_FOREACH(se, &s->list, entry)
		if (is_counted(se))
			fn(arg, &se->gauge);
}

/*
 * import.N and worktree.N for repositories of 1,000, 10,000 and 80,000 files.
 * A benchmark, not a part of the daemon: makes its repositories with git(1)
 * in a temporary directory, then runs rounds of ours and git's in turn.
 *
 * import.N: what the reviewer does with the 10 changed files of a session,
 * to the synced pack and the ref that keeps the commit; against
 * `git add -A && git commit` of the same change in a checkout.
 * worktree.N: an overlay over idmapped layers, to the content of a file in it;
 * against `git worktree add`.  worktree.list.N: the first listing of its root,
 * which grows with that directory wherever it is (the 80,000 files are in 800
 * directories); against the same in git's.
 * worktree.copy.N: a private copy of the same tree; against `cp -a`.
 */
#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <dirent.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "bench/rows.h"
#include "common/err.h"
#include "common/log.h"
#include "common/rec.h"
#include "common/spread.h"
#include "praetord/copy.h"
#include "praetord/mnt.h"
#include "praetord/ns.h"
#include "praetord/session_dir.h"
#include "reviewer/gitlib.h"
#include "reviewer/import.h"
#include "reviewer/mirror.h"
#include "reviewer/outcome.h"
#include "reviewer/reviewer.h"
#include "reviewer/settings.h"
#include "reviewer/worktree.h"

#define ROUNDS	21
#define CHANGED	10

struct bench {
	char		 dir[64];
	const char	*size;		/* "1k" */
	int		 files;
	struct reviewer	 r;
	struct outcome	 o;
	int		 statefd;	/* = dir, with a place for sessions */
	int		 rounds;	/* of the row being measured */
	int		 theirs_n;	/* of theirs, if they are fewer; 0 */
	double		 ours[ROUNDS], theirs[ROUNDS];
	double		 list[ROUNDS], theirs_list[ROUNDS];
};

static int
by_value(const void *a, const void *b)
{
	double	 x = *(const double *)a, y = *(const double *)b;

	return (x < y ? -1 : x > y);
}

static void
ms_row(struct bench *b, const char *group, double *ours, double *theirs,
    const char *against)
{
	int	 n = b->rounds, m = b->theirs_n > 0 ? b->theirs_n : n;

	qsort(ours, (size_t)n, sizeof(double), by_value);
	qsort(theirs, (size_t)m, sizeof(double), by_value);
	printf("{\"name\": \"%s.%s\", \"median\": %.4g, \"p95\": %.4g, "
	    "\"unit\": \"ms\", \"n\": %d, \"against\": \"%s (%.4g)\", "
	    "\"ratio\": %.4g}\n", group, b->size, ours[n / 2],
	    ours[n * 95 / 100], n, against, theirs[m / 2],
	    ours[n / 2] / theirs[m / 2]);
	fflush(stdout);
}

/* A repository of n small files, a hundred a directory, and a checkout. */
static void
repo_make(struct bench *b)
{
	char	 path[256];
	FILE	*f;
	int	 i;

	must_run("git init -q --bare %s/src.git && git -C %s/src.git symbolic-ref "
	    "HEAD refs/heads/main", b->dir, b->dir);
	snprintf(path, sizeof(path), "git -C %s/src.git fast-import --quiet",
	    b->dir);
	if ((f = popen(path, "w")) == NULL)
		err(1, "git");
	fprintf(f, "commit refs/heads/main\ncommitter B <b@localhost> "
	    "1000000000 +0000\ndata 1\nx\n");
	for (i = 0; i < b->files; i++) {
		snprintf(path, sizeof(path), "file %d: some text of a source "
		    "file that is neither long nor short\n", i);
		fprintf(f, "M 644 inline d%d/f%d.c\ndata %zu\n%s\n", i / 100,
		    i, strlen(path), path);
	}
	if (pclose(f) != 0)
		errx(1, "git fast-import");
	must_run("git clone -q %s/src.git %s/work", b->dir, b->dir);
}

static void
change(const char *dir, int round, int files, int make)
{
	char	 path[PATH_MAX];
	FILE	*f;
	int	 i, n;

	for (i = 0; i < CHANGED; i++) {
		n = (int)((unsigned int)(round * CHANGED + i) * 7919U %
		    (unsigned int)files);
		snprintf(path, sizeof(path), "%s/d%d", dir, n / 100);
		if (make)
			(void)mkdir(path, 0755);
		snprintf(path, sizeof(path), "%s/d%d/f%d.c", dir, n / 100, n);
		if ((f = fopen(path, "w")) == NULL)
			err(1, "%s", path);
		fprintf(f, "changed in round %d\n", round);
		fclose(f);
	}
}

static void
import_once(struct bench *b, const git_oid *head, int round)
{
	struct rec	*in = rec_new(REC_b_import), *out;
	uint8_t		 id[ULID_LEN] = { 1 };
	char		 path[128];
	double		 t;
	int		 fd;

	snprintf(path, sizeof(path), "%s/upper%d", b->dir, round);
	mkdir(path, 0755);
	change(path, round, b->files, 1);
	id[1] = (uint8_t)round;
	rec_set_id(in, F_b_import_change, id);
	rec_set_str(in, F_b_import_project, "p");
	rec_set_id(in, F_b_import_task, id);
	rec_set_u64(in, F_b_import_attempt, 1);
	rec_set_oid(in, F_b_import_base, head->id);
	rec_set_u64(in, F_b_import_keep, 0);
	rec_set_str(in, F_b_import_subject, "bench");
	if ((fd = open(path, O_RDONLY | O_DIRECTORY)) == -1)
		err(1, "%s", path);
	out = rec_new(REC_b_imported);
	t = now_us() / 1e3;
	if (import_answer(&b->r, in, fd, out, &b->o) != 0)
		errx(1, "import: %s", b->o.text);
	b->ours[round] = now_us() / 1e3 - t;
	if (rec_u64(out, F_b_imported_files) != CHANGED)
		errx(1, "import found %llu files", (unsigned long long)
		    rec_u64(out, F_b_imported_files));
	rec_free(in);
	rec_free(out);
}

static void
import_bench(struct bench *b, const git_oid *head)
{
	char	 path[128];
	double	 t;
	int	 i;

	snprintf(path, sizeof(path), "%s/work", b->dir);
	b->rounds = ROUNDS;
	for (i = 0; i < b->rounds; i++) {
		import_once(b, head, i);
		change(path, i, b->files, 0);
		t = now_us() / 1e3;
		must_run("cd %s && git add -A && git -c user.name=b -c "
		    "user.email=b@localhost commit -qm x", path);
		b->theirs[i] = now_us() / 1e3 - t;
	}
	ms_row(b, "import", b->ours, b->theirs, "git add -A && git commit");
}

/* Every name in a directory, in milliseconds. */
static double
list_once(const char *path)
{
	double	 t = now_us() / 1e3;
	DIR	*d;

	if ((d = opendir(path)) == NULL)
		err(1, "%s", path);
	while (readdir(d) != NULL)
		;
	closedir(d);
	return (now_us() / 1e3 - t);
}

static void
file_read(const char *dir)
{
	char	 path[PATH_MAX], c;
	int	 fd;

	snprintf(path, sizeof(path), "%s/d0/f0.c", dir);
	if ((fd = open(path, O_RDONLY)) == -1 || read(fd, &c, 1) != 1)
		err(1, "%s", path);
	close(fd);
}

/* What workspace.c does for a session, in a child's own mount namespace. */
static double
overlay_once(struct bench *b, const char *tree, int idmap, int round)
{
	char	 lower[256], dir[128], upper[160], work[160], at[96];
	struct mnt_option opts[] = {
		{ "source", "workspace" }, { "lowerdir", lower },
		{ "upperdir", upper }, { "workdir", work },
		{ "userxattr", NULL }, { "volatile", NULL },
		{ "redirect_dir", "nofollow" },
		{ "metacopy", "off" }, { "index", "off" }, { "xino", "off" },
		{ NULL, NULL }
	};
	struct why	 why;
	double		 t = now_us() / 1e3;

	snprintf(lower, sizeof(lower), "%s/lower", b->dir);
	snprintf(dir, sizeof(dir), "%s/sessions/.spare/%d", b->dir, round);
	snprintf(upper, sizeof(upper), "%s/u", dir);
	snprintf(work, sizeof(work), "%s/w", dir);
	snprintf(at, sizeof(at), "%s/at", b->dir);
	if (mkdir(dir, 0700) == -1 || mkdir(upper, 0755) == -1 ||
	    mkdir(work, 0700) == -1 ||
	    mnt_attach(mnt_clone(AT_FDCWD, tree, 0, MNT_LOOK, idmap, &why),
	    lower, &why) == -1 ||
	    mnt_attach(mnt_make("overlay", opts, MNT_SAFE, &why), at,
	    &why) == -1)
		errx(1, "overlay: %s", why.text);
	file_read(at);
	t = now_us() / 1e3 - t;
	b->list[round] = list_once(at);
	umount2(at, MNT_DETACH);
	umount2(lower, MNT_DETACH);
	must_run("rm -rf %s", dir);
	return (t);
}

static void
checkout_once(struct bench *b, int round)
{
	char	 path[128];
	double	 t = now_us() / 1e3;

	must_run("git -C %s/work worktree add -q --detach %s/wt%d", b->dir, b->dir,
	    round);
	snprintf(path, sizeof(path), "%s/wt%d", b->dir, round);
	file_read(path);
	b->theirs[round] = now_us() / 1e3 - t;
	b->theirs_list[round] = list_once(path);
	must_run("rm -rf %s && git -C %s/work worktree prune", path, b->dir);
}

static void
worktree_bench(struct bench *b, const char *tree)
{
	struct ns_id	 id = { 0, 2000000001, 0, 2000000001 };
	struct why	 why;
	int		 i, ns;

	if (getuid() != 0) {
		printf("worktree.%s: needs root for an overlay mount\n",
		    b->size);
		return;
	}
	if ((ns = ns_user(&id, 1, &why)) == -1)
		errx(1, "%s", why.text);
	must_run("mkdir %s/lower %s/at %s/sessions", b->dir, b->dir, b->dir);
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		err(1, "mount namespace");
	if ((b->statefd = open(b->dir, O_RDONLY | O_DIRECTORY)) == -1 ||
	    sdir_open(b->statefd, &why) == -1)
		errx(1, "%s: %s", b->dir, why.text);
	b->rounds = ROUNDS;
	/* git takes seconds for each, and keeps the disk busy after that. */
	b->theirs_n = b->files > 50000 ? 1 : 5;
	for (i = 0; i < b->theirs_n; i++)
		checkout_once(b, i);
	sync();
	for (i = 0; i < b->rounds; i++)
		b->ours[i] = overlay_once(b, tree, ns, i);
	close(ns);
	close(b->statefd);
	ms_row(b, "worktree", b->ours, b->theirs, "git worktree add");
	ms_row(b, "worktree.list", b->list, b->theirs_list, "in git's");
}

/* Of several, a directory of this size would otherwise pay for the last. */
static void
base_make(struct bench *b)
{
	int	 fd;

	snprintf(b->dir, sizeof(b->dir), "/tmp/praetor-bench.XXXXXX");
	if (mkdtemp(b->dir) == NULL ||
	    (fd = open(b->dir, O_RDONLY | O_DIRECTORY)) == -1)
		err(1, "%s", b->dir);
	dir_spread(fd);
	close(fd);
}

/*
 * Each round to a new place, and nothing is deleted between: a file system
 * that keeps clear of inodes that were just freed would be measured instead.
 */
static double
copy_once(struct bench *b, const char *tree, int round)
{
	char		 path[128];
	struct copied	 n = { 0 };
	struct copy_how	 how = { 0 };
	struct why	 why;
	double		 t;
	int		 from, to;

	snprintf(path, sizeof(path), "%s/ours%d", b->dir, round);
	t = now_us() / 1e3;
	if (mkdir(path, 0755) == -1 ||
	    (from = open(tree, O_RDONLY | O_DIRECTORY)) == -1 ||
	    (to = open(path, O_RDONLY | O_DIRECTORY)) == -1)
		err(1, "%s", path);
	if (copy_tree(from, to, &how, &n, &why) != 0)
		errx(1, "copy: %s", why.text);
	t = now_us() / 1e3 - t;
	if (n.files != (uint64_t)b->files)
		errx(1, "%llu files copied", (unsigned long long)n.files);
	close(from);
	close(to);
	return (t);
}

static double
copy_theirs(struct bench *b, const char *tree, int round)
{
	double	 t = now_us() / 1e3;

	must_run("cp -a %s %s/theirs%d", tree, b->dir, round);
	return (now_us() / 1e3 - t);
}

/* Who goes first takes turns: that place is often the slower one. */
static void
copy_bench(struct bench *b, const char *tree)
{
	int	 i;

	if (b->files > 50000)
		return;
	b->rounds = b->files > 5000 ? 8 : ROUNDS;
	for (i = 0; i < b->rounds; i++) {
		if (i % 2 == 0)
			b->ours[i] = copy_once(b, tree, i);
		b->theirs[i] = copy_theirs(b, tree, i);
		if (i % 2 != 0)
			b->ours[i] = copy_once(b, tree, i);
	}
	ms_row(b, "worktree.copy", b->ours, b->theirs, "cp -a");
}

static void
bench_size(const char *size, int files)
{
	struct bench	 b = { .size = size, .files = files };
	const char	*repos[1];
	git_oid		 head;
	struct rec	*in = rec_new(REC_b_base_want);
	struct rec	*out = rec_new(REC_b_base_ready);
	char		 path[128], tree[192];

	base_make(&b);
	repo_make(&b);
	snprintf(path, sizeof(path), "%s/state", b.dir);
	mkdir(path, 0700);
	repos[0] = b.dir;
	if (reviewer_open(&b.r, path, repos, 1, &b.o) != 0)
		errx(1, "%s", b.o.text);
	b.r.settings = settings_new();
	snprintf(path, sizeof(path), "%s/src.git", b.dir);
	if (mirror_open(&b.r, "p", path, "main", &head, &b.o) != 0)
		errx(1, "%s", b.o.text);
	rec_set_u64(in, F_b_base_want_session, 1);
	rec_set_str(in, F_b_base_want_project, "p");
	if (worktree_answer(&b.r, in, out, &b.o) != 0)
		errx(1, "%s", b.o.text);
	snprintf(tree, sizeof(tree), "%s/state/trees/%s", b.dir,
	    rec_nth_str(out, F_b_base_ready_layers, 0));
	rec_free(in);
	rec_free(out);
	import_bench(&b, &head);
	copy_bench(&b, tree);
	worktree_bench(&b, tree);
	reviewer_close(&b.r);
	must_run("rm -rf %s", b.dir);
}

int
main(void)
{
	struct outcome	 o;

	log_init("bench", 0);
	if (gitlib_init(&o) != 0)
		errx(1, "%s", o.text);
	bench_size("1k", 1000);
	bench_size("10k", 10000);
	bench_size("80k", 80000);
	return (0);
}

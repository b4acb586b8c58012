/*
 * The mirrors' life.  Runs in the reviewer.  A mirror is the reviewer's
 * own: its configuration and file layout are trusted, its objects are not.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "common/log.h"
#include "reviewer/files.h"
#include "reviewer/hand.h"
#include "reviewer/jobs.h"
#include "reviewer/local.h"
#include "reviewer/mirror.h"
#include "reviewer/names.h"
#include "reviewer/outcome.h"
#include "reviewer/pack.h"
#include "reviewer/remote.h"
#include "reviewer/reviewer.h"
#include "reviewer/settings.h"
#include "reviewer/stage.h"

#define ORIGIN_FILE	"praetor-origin"	/* url, branch: a line each */
#define ORIGIN_MAX	8192

static void
mirror_path(const struct reviewer *r, const char *project, const char *tail,
    char out[4096])
{
	snprintf(out, 4096, "%s/mirrors/%s.git%s", r->state, project, tail);
}

static void
mirror_free(struct mirror *m)
{
	git_repository_free(m->repo);
	free(m->project);
	free(m->url);
	free(m->branch);
	free(m);
}

void
mirror_close(struct reviewer *r, struct mirror *m)
{
	TAILQ_REMOVE(&r->mirrors, m, entry);
	mirror_free(m);
}

void
mirror_forget(struct reviewer *r, const char *project)
{
	struct mirror	*m;

	TAILQ_FOREACH(m, &r->mirrors, entry)
		if (strcmp(m->project, project) == 0) {
			mirror_close(r, m);
			return;
		}
}

static int
mirror_check(const char *project, const char *branch, struct outcome *o)
{
	char	 ref[512];
	int	 valid = 0;

	if (!project_valid(project))
		return (outcome_set(o, PRA_EINVALID,
		    "\"%s\" is not a name of a project", project));
	if (branch == NULL)
		return (0);
	snprintf(ref, sizeof(ref), "refs/heads/%s", branch);
	if (git_reference_name_is_valid(&valid, ref) != 0 || !valid)
		return (outcome_set(o, PRA_EINVALID,
		    "\"%s\" is not a name of a branch", branch));
	return (0);
}

static int
origin_write(const char *dir, const char *url, const char *branch,
    struct outcome *o)
{
	struct buf	 b = { 0 };
	int		 fd, err = 0;

	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || buf_printf(&b, "%s\n%s\n", url, branch) != 0 ||
	    files_write(fd, ORIGIN_FILE, b.data, b.len, 1) == -1)
		err = outcome_errno(o, errno, "%s", dir);
	if (fd != -1)
		close(fd);
	buf_free(&b);
	return (err);
}

/* Read url and branch of a mirror's directory into m.  0 or -1. */
static int
origin_read(struct mirror *m, const char *dir)
{
	struct buf	 b = { 0 };
	char		 path[4096 + 32], *nl, *text;
	int		 rc = -1;

	snprintf(path, sizeof(path), "%s/%s", dir, ORIGIN_FILE);
	if (files_read(AT_FDCWD, path, ORIGIN_MAX, &b) == 0 &&
	    (text = (char *)b.data) != NULL &&
	    (nl = strchr(text, '\n')) != NULL) {
		*nl++ = '\0';
		nl[strcspn(nl, "\n")] = '\0';
		m->url = strdup(text);
		m->branch = strdup(nl);
		if (m->url != NULL && m->branch != NULL)
			rc = 0;
	}
	buf_free(&b);
	return (rc);
}

/* A handle for a mirror's directory.  0 and *out, or PRA_E* with o set. */
static int
mirror_load(struct reviewer *r, const char *project, const char *tail,
    struct mirror **out, struct outcome *o)
{
	struct mirror	*m;
	char		 dir[4096], scratch[4096];
	int		 rc, err = 0;

	mirror_path(r, project, tail, dir);
	snprintf(scratch, sizeof(scratch), "%s/scratch", r->state);
	if ((m = calloc(1, sizeof(*m))) == NULL ||
	    (m->project = strdup(project)) == NULL) {
		free(m);
		return (outcome_set(o, PRA_ENOMEM, "out of memory"));
	}
	if (origin_read(m, dir) == -1)
		err = outcome_set(o, PRA_ENOTFOUND, "project %s has no "
		    "mirror: add the project again", project);
	else if ((rc = git_repository_open_bare(&m->repo, dir)) != 0)
		err = outcome_git(o, rc, "mirror of %s", project);
	else
		err = stage_new(&m->stage, m->repo, scratch, o);
	if (err != 0) {
		mirror_free(m);
		return (err);
	}
	*out = m;
	return (0);
}

int
mirror_find(struct reviewer *r, const char *project, struct mirror **out,
    struct outcome *o)
{
	struct mirror	*m;
	int		 err;

	if ((err = mirror_check(project, NULL, o)) != 0)
		return (err);
	TAILQ_FOREACH(m, &r->mirrors, entry)
		if (strcmp(m->project, project) == 0) {
			*out = m;
			return (0);
		}
	if ((err = mirror_load(r, project, "", &m, o)) != 0)
		return (err);
	TAILQ_INSERT_HEAD(&r->mirrors, m, entry);
	*out = m;
	return (0);
}

int
mirror_ref(struct mirror *m, const char *ref, const git_oid *commit,
    struct outcome *o)
{
	git_reference	*out = NULL;
	int		 rc;

	rc = git_reference_create(&out, m->repo, ref, commit, 1, NULL);
	git_reference_free(out);
	if (rc != 0)
		return (outcome_git(o, rc, "%s", ref));
	return (0);
}

static void
upstream_ref(const struct mirror *m, char out[300])
{
	snprintf(out, 300, "refs/praetor/upstream/%s", m->branch);
}

static int
mirror_pull(struct reviewer *r, struct mirror *m, git_oid *head,
    struct outcome *o)
{
	char	 ref[300];
	git_oid	 old;
	int	 err;

	if (remote_is(m->url) && r->brisk)
		return (HAND_NEEDED);
	if (remote_is(m->url))
		err = remote_fetch(r, m->repo, m->url, m->branch, head, o);
	else
		err = local_fetch(r, m->repo, m->url, m->branch, head, o);
	if (err != 0)
		return (err);
	upstream_ref(m, ref);
	if (git_reference_name_to_id(&old, m->repo, ref) != 0 ||
	    !git_oid_equal(&old, head))
		err = mirror_ref(m, ref, head, o);
	if (err != 0)
		return (err);
	m->fetched = mono_now();
	hand_fetched(r);
	return (0);
}

int
mirror_fetch(struct reviewer *r, struct mirror *m, int force, git_oid *head,
    struct outcome *o)
{
	char	 ref[300];
	int64_t	 age = mono_diff_us(m->fetched, mono_now()) / 1000;

	upstream_ref(m, ref);
	if (!force && m->fetched.us != 0 &&
	    age < (int64_t)r->settings->fetch &&
	    git_reference_name_to_id(head, m->repo, ref) == 0)
		return (0);
	return (mirror_pull(r, m, head, o));
}

/*
 * Settings of a mirror; read by libgit2 and by nobody else.  libgit2 takes
 * pack.deltaCacheSize for core.bigFileThreshold too: with 1 it looks for no
 * deltas, which takes most of the time that a small pack needs.  Packs that
 * stay are made with deltas (pack_upkeep()).
 */
static int
mirror_config(git_repository *repo)
{
	git_config	*cfg = NULL;
	int		 rc;

	if ((rc = git_repository_config(&cfg, repo)) == 0) {
		rc = git_config_set_bool(cfg, "core.protectHFS", 1);
		if (rc == 0)
			rc = git_config_set_bool(cfg, "core.protectNTFS", 1);
		if (rc == 0)
			rc = git_config_set_int64(cfg, "pack.deltaCacheSize",
			    1);
	}
	git_config_free(cfg);
	return (rc);
}

static int
mirror_init(const char *dir, const char *url, const char *branch,
    struct outcome *o)
{
	git_repository_init_options	 opts;
	git_repository			*repo = NULL;
	int				 rc;

	git_repository_init_options_init(&opts,
	    GIT_REPOSITORY_INIT_OPTIONS_VERSION);
	opts.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKDIR |
	    GIT_REPOSITORY_INIT_NO_REINIT;
	/* Sessions read the objects through a mount of their own. */
	opts.mode = 0755;
	if ((rc = git_repository_init_ext(&repo, dir, &opts)) == 0)
		rc = mirror_config(repo);
	git_repository_free(repo);
	if (rc != 0)
		return (outcome_git(o, rc, "%s", dir));
	return (origin_write(dir, url, branch, o));
}

/* Make it under another name and rename: a crash leaves nothing half-made. */
static int
mirror_make(struct reviewer *r, const char *project, const char *url,
    const char *branch, git_oid *head, struct outcome *o)
{
	struct mirror	*m = NULL;
	char		 dir[4096], name[80], tmp[80];
	int		 err;

	snprintf(name, sizeof(name), "%s.git", project);
	snprintf(tmp, sizeof(tmp), "%s.git.tmp", project);
	mirror_path(r, project, ".tmp", dir);
	files_remove_all(r->mirrorsfd, tmp);
	if ((err = mirror_init(dir, url, branch, o)) == 0 &&
	    (err = mirror_load(r, project, ".tmp", &m, o)) == 0)
		err = mirror_pull(r, m, head, o);
	if (m != NULL)
		mirror_free(m);
	if (err == 0 && (renameat(r->mirrorsfd, tmp, r->mirrorsfd,
	    name) == -1 || fsync(r->mirrorsfd) == -1))
		err = outcome_errno(o, errno, "%s", dir);
	if (err != 0)
		files_remove_all(r->mirrorsfd, tmp);
	return (err);
}

/* A mirror that is there follows its repository, maybe to another branch. */
static int
mirror_refresh(struct reviewer *r, struct mirror *m, const char *url,
    const char *branch, git_oid *head, struct outcome *o)
{
	char	 dir[4096], *copy;
	int	 err;

	if (strcmp(m->branch, branch) != 0) {
		mirror_path(r, m->project, "", dir);
		if ((copy = strdup(branch)) == NULL)
			return (outcome_set(o, PRA_ENOMEM, "out of memory"));
		free(m->branch);
		m->branch = copy;
		if ((err = mirror_pull(r, m, head, o)) != 0)
			return (err);
		return (origin_write(dir, url, branch, o));
	}
	return (mirror_pull(r, m, head, o));
}

int
mirror_open(struct reviewer *r, const char *project, const char *url,
    const char *branch, git_oid *head, struct outcome *o)
{
	struct mirror	*m;
	int		 err;

	if ((err = mirror_check(project, branch, o)) != 0)
		return (err);
	if (strchr(url, '\n') != NULL)
		return (outcome_set(o, PRA_EINVALID,
		    "%s: not a path or URL", url));
	/*
	 * Of another repository: the engine, which owns the names, removed
	 * that project and its PROJECT_DROP was lost.
	 */
	if ((err = mirror_find(r, project, &m, o)) == 0 &&
	    strcmp(m->url, url) != 0) {
		if ((err = mirror_drop(r, project, o)) != 0)
			return (err);
		err = PRA_ENOTFOUND;
	}
	if (err == PRA_ENOTFOUND && r->brisk)
		return (HAND_NEEDED);
	if (err == PRA_ENOTFOUND) {
		err = mirror_make(r, project, url, branch, head, o);
		if (err == 0 && (err = mirror_find(r, project, &m, o)) == 0)
			m->fetched = mono_now();
		return (err);
	}
	if (err != 0)
		return (err);
	if ((err = mirror_refresh(r, m, url, branch, head, o)) != 0)
		mirror_close(r, m);
	return (err);
}

int
mirror_drop(struct reviewer *r, const char *project, struct outcome *o)
{
	char	 name[80], dead[96];

	if (mirror_check(project, NULL, o) != 0)
		return (o->err);
	mirror_forget(r, project);
	snprintf(name, sizeof(name), "%s.git", project);
	snprintf(dead, sizeof(dead), "%s.git.dead", project);
	files_remove_all(r->mirrorsfd, dead);
	if (renameat(r->mirrorsfd, name, r->mirrorsfd, dead) == -1 &&
	    errno != ENOENT)
		return (outcome_errno(o, errno, "mirror of %s", project));
	files_remove_all(r->mirrorsfd, dead);
	return (0);
}

/* One file for the refs of all attempts instead of one each. */
static void
refs_upkeep(struct mirror *m)
{
	struct outcome	 o;
	git_refdb	*refs = NULL;
	int		 rc;

	if ((rc = git_repository_refdb(&refs, m->repo)) == 0)
		rc = git_refdb_compress(refs);
	git_refdb_free(refs);
	if (rc != 0) {
		outcome_git(&o, rc, "packing refs");
		log_warnx("project %s: %s", m->project, o.text);
	}
}

void
mirrors_upkeep(struct reviewer *r)
{
	struct mirror	*m, *next;
	struct outcome	 o;
	char		 objects[4096 + 16];
	int		 rc;

	for (m = TAILQ_FIRST(&r->mirrors); m != NULL; m = next) {
		next = TAILQ_NEXT(m, entry);
		if (jobs_busy(r, m->project))
			continue;
		snprintf(objects, sizeof(objects), "%sobjects",
		    git_repository_path(m->repo));
		if ((rc = pack_upkeep(m->repo, objects, &o)) < 0)
			log_warnx("project %s: %s", m->project, o.text);
		if (rc == 1)
			refs_upkeep(m);
		if (rc != 0)
			mirror_close(r, m);
	}
}

/*
 * Packs from lists of objects.  Runs in the reviewer.  The source may be a
 * user's damaged repository; every object is hashed again on its way.
 */
#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <git2/sys/repository.h>

#include "common/err.h"
#include "reviewer/outcome.h"
#include "reviewer/pack.h"
#include "reviewer/trees.h"

struct sender {
	git_repository	*repo;
	git_packbuilder	*pb;
	struct outcome	*o;
};

int
packer_new(struct packer *p, git_repository *from, int deltas,
    struct outcome *o)
{
	git_odb		*odb = NULL;
	git_config	*cfg = NULL;
	int		 rc;

	p->bare = NULL;
	p->pb = NULL;
	if ((rc = git_repository_odb(&odb, from)) == 0 &&
	    (rc = deltas ? git_config_new(&cfg) :
	    git_repository_config(&cfg, from)) == 0 &&
	    (rc = git_repository_wrap_odb(&p->bare, odb)) == 0 &&
	    (rc = git_repository_set_config(p->bare, cfg)) == 0 &&
	    (rc = git_packbuilder_new(&p->pb, p->bare)) == 0)
		git_packbuilder_set_threads(p->pb, 1);
	git_config_free(cfg);
	git_odb_free(odb);
	if (rc == 0)
		return (0);
	packer_free(p);
	return (outcome_git(o, rc, "pack"));
}

void
packer_free(struct packer *p)
{
	git_packbuilder_free(p->pb);
	git_repository_free(p->bare);
}

static int
damaged(struct outcome *o, git_repository *repo, int rc)
{
	outcome_git(o, rc, "%s is damaged, run git fsck there",
	    git_repository_path(repo));
	if (o->err == PRA_ENOTFOUND || o->err == PRA_ESYSTEM)
		o->err = PRA_ECORRUPT;
	return (o->err);
}

static int
send_id(struct sender *s, const git_oid *id, const char *name)
{
	int	 rc;

	if ((rc = git_packbuilder_insert(s->pb, id, name)) != 0)
		return (damaged(s->o, s->repo, rc));
	return (0);
}

static int
send_fresh(void *arg, const char *path, const git_tree_entry *e,
    const git_tree_entry *old)
{
	(void)path;
	(void)old;
	if (git_tree_entry_type(e) != GIT_OBJECT_BLOB)
		return (0);
	return (send_id(arg, git_tree_entry_id(e), git_tree_entry_name(e)));
}

static int
send_gone(void *arg, const char *path, const git_tree_entry *old)
{
	(void)path;
	(void)arg;
	(void)old;
	return (0);
}

static int
send_enter(void *arg, const char *path, const git_tree_entry *e,
    const git_tree_entry *old)
{
	(void)path;
	(void)old;
	return (send_id(arg, git_tree_entry_id(e), git_tree_entry_name(e)));
}

static int
send_leave(void *arg)
{
	(void)arg;
	return (0);
}

static const struct trees_ops send_ops = {
	send_fresh, send_gone, send_enter, send_leave
};

/*
 * A commit and what its tree adds to its first parent's.  The parent is in
 * the same pack or on the other side already.
 */
static int
send_commit(struct sender *s, const git_oid *id)
{
	git_commit	*c = NULL, *parent = NULL;
	const git_oid	*from = NULL;
	int		 rc;

	if ((rc = git_commit_lookup(&c, s->repo, id)) == 0 &&
	    git_commit_parentcount(c) > 0)
		rc = git_commit_parent(&parent, c, 0);
	if (rc != 0) {
		git_commit_free(c);
		return (damaged(s->o, s->repo, rc));
	}
	if (parent != NULL)
		from = git_commit_tree_id(parent);
	if ((rc = send_id(s, id, NULL)) == 0 &&
	    (from == NULL || !git_oid_equal(from, git_commit_tree_id(c))) &&
	    (rc = send_id(s, git_commit_tree_id(c), NULL)) == 0)
		rc = trees_walk(s->repo, "", from, git_commit_tree_id(c),
		    &send_ops, s, s->o);
	git_commit_free(parent);
	git_commit_free(c);
	return (rc);
}

static int
send_walk(struct sender *s, const git_oid *tip, const git_oid *have)
{
	git_revwalk	*walk = NULL;
	git_oid		 id;
	int		 rc, err = 0;

	if ((rc = git_revwalk_new(&walk, s->repo)) != 0 ||
	    (rc = git_revwalk_push(walk, tip)) != 0 ||
	    (have != NULL && (rc = git_revwalk_hide(walk, have)) != 0)) {
		git_revwalk_free(walk);
		return (damaged(s->o, s->repo, rc));
	}
	while (err == 0 && (rc = git_revwalk_next(&id, walk)) == 0)
		err = send_commit(s, &id);
	if (err == 0 && rc != GIT_ITEROVER)
		err = damaged(s->o, s->repo, rc);
	git_revwalk_free(walk);
	return (err);
}

static int
pack_write(git_packbuilder *pb, const char *objects, struct outcome *o)
{
	char	 dir[4096];
	int	 rc;

	if (git_packbuilder_object_count(pb) == 0)
		return (0);
	if ((size_t)snprintf(dir, sizeof(dir), "%s/pack", objects) >=
	    sizeof(dir))
		return (outcome_set(o, PRA_EINVALID, "%s: too long", objects));
	if (mkdir(dir, 0777) == -1 && errno != EEXIST)
		return (outcome_errno(o, errno, "%s", dir));
	if ((rc = git_packbuilder_write(pb, dir, 0, NULL, NULL)) != 0)
		return (outcome_git(o, rc, "writing a pack into %s", dir));
	return (0);
}

int
pack_send(git_repository *from, const git_oid *tip, const git_oid *have,
    const char *objects, int deltas, struct outcome *o)
{
	struct packer	 p;
	struct sender	 s = { from, NULL, o };
	int		 rc;

	if ((rc = packer_new(&p, from, deltas, o)) != 0)
		return (rc);
	s.pb = p.pb;
	if ((rc = send_walk(&s, tip, have)) == 0)
		rc = pack_write(s.pb, objects, o);
	packer_free(&p);
	return (rc);
}

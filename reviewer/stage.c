/*
 * The stage: a write-behind object store that ends as one pack.  Runs in
 * the reviewer.  Trusts libgit2's callers for the ids (they were computed
 * from the bytes); the unnamed file is private to this process.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bsd/sys/tree.h>
#include <git2/sys/odb_backend.h>

#include "common/err.h"
#include "reviewer/outcome.h"
#include "reviewer/pack.h"
#include "reviewer/stage.h"

#define PIECE	(64 * 1024)

struct staged {
	RB_ENTRY(staged) entry;		/* on stage.objects */
	git_oid		 id;
	git_object_t	 type;
	uint64_t	 off;		/* in the unnamed file */
	size_t		 len;
};
RB_HEAD(staged_tree, staged);

struct stage {
	git_odb_backend	 parent;	/* first: libgit2 sees only this */
	git_repository	*repo;		/* not owned; owns the stage */
	struct staged_tree objects;
	size_t		 count;
	int		 fd;
	uint64_t	 end;		/* bytes used of the file */
	int		 active;
};

struct stage_stream {
	git_odb_stream	 parent;	/* first */
	struct stage	*stage;
	git_object_t	 type;
	uint64_t	 off;
	size_t		 len;
};

static int
staged_cmp(struct staged *a, struct staged *b)
{
	return (git_oid_cmp(&a->id, &b->id));
}

RB_GENERATE_INTERNAL(staged_tree, staged, entry, staged_cmp,
    static __attribute__((__unused__)))

static struct stage *
stage_of(git_odb_backend *b)
{
	return ((struct stage *)b);
}

static struct staged *
stage_find(struct stage *s, const git_oid *id)
{
	struct staged	 key;

	git_oid_cpy(&key.id, id);
	return (RB_FIND(staged_tree, &s->objects, &key));
}

static int
pwrite_all(int fd, const char *p, size_t n, uint64_t off)
{
	ssize_t	 k;

	while (n > 0) {
		k = pwrite(fd, p, n, (off_t)off);
		if (k == -1 && errno == EINTR)
			continue;
		if (k == -1) {
			git_error_set_str(GIT_ERROR_OS, strerror(errno));
			return (-1);
		}
		p += k;
		n -= (size_t)k;
		off += (uint64_t)k;
	}
	return (0);
}

static int
pread_all(int fd, char *p, size_t n, uint64_t off)
{
	ssize_t	 k;

	while (n > 0) {
		k = pread(fd, p, n, (off_t)off);
		if (k == -1 && errno == EINTR)
			continue;
		if (k <= 0)
			return (-1);
		p += k;
		n -= (size_t)k;
		off += (uint64_t)k;
	}
	return (0);
}

static int
stage_register(struct stage *s, const git_oid *id, git_object_t type,
    uint64_t off, size_t len)
{
	struct staged	*n;

	if ((n = calloc(1, sizeof(*n))) == NULL) {
		git_error_set_oom();
		return (-1);
	}
	git_oid_cpy(&n->id, id);
	n->type = type;
	n->off = off;
	n->len = len;
	if (RB_INSERT(staged_tree, &s->objects, n) != NULL) {
		free(n);
		return (0);
	}
	s->count++;
	return (0);
}

static int
stage_write(git_odb_backend *b, const git_oid *id, const void *data,
    size_t len, git_object_t type)
{
	struct stage	*s = stage_of(b);

	if (!s->active)
		return (GIT_PASSTHROUGH);
	if (stage_find(s, id) != NULL)
		return (0);
	if (pwrite_all(s->fd, data, len, s->end) == -1 ||
	    stage_register(s, id, type, s->end, len) == -1)
		return (-1);
	s->end += len;
	return (0);
}

static int
stage_read(void **data, size_t *len, git_object_t *type, git_odb_backend *b,
    const git_oid *id)
{
	struct stage	*s = stage_of(b);
	struct staged	*n = stage_find(s, id);

	if (n == NULL)
		return (GIT_ENOTFOUND);
	/* The odb expects a NUL behind the data that len does not count. */
	if ((*data = git_odb_backend_data_alloc(b, n->len + 1)) == NULL)
		return (-1);
	if (pread_all(s->fd, *data, n->len, n->off) == -1) {
		git_odb_backend_data_free(b, *data);
		git_error_set_str(GIT_ERROR_OS, "staged object cannot be read");
		return (-1);
	}
	((char *)*data)[n->len] = '\0';
	*len = n->len;
	*type = n->type;
	return (0);
}

static int
stage_read_header(size_t *len, git_object_t *type, git_odb_backend *b,
    const git_oid *id)
{
	struct staged	*n = stage_find(stage_of(b), id);

	if (n == NULL)
		return (GIT_ENOTFOUND);
	*len = n->len;
	*type = n->type;
	return (0);
}

static int
stage_exists(git_odb_backend *b, const git_oid *id)
{
	return (stage_find(stage_of(b), id) != NULL);
}

/*
 * Each new object is looked up first, and each miss makes libgit2 read the
 * directory of packs again.  Nobody else adds packs while a stage collects,
 * so it says no here, which counts as "not found".
 */
static int
stage_refresh(git_odb_backend *b)
{
	return (stage_of(b)->active ? -1 : 0);
}

static int
stream_write(git_odb_stream *st, const char *p, size_t n)
{
	struct stage_stream	*ss = (struct stage_stream *)st;

	if (pwrite_all(ss->stage->fd, p, n, ss->off + ss->len) == -1)
		return (-1);
	ss->len += n;
	return (0);
}

static int
stream_finalize(git_odb_stream *st, const git_oid *id)
{
	struct stage_stream	*ss = (struct stage_stream *)st;

	if (stage_register(ss->stage, id, ss->type, ss->off, ss->len) == -1)
		return (-1);
	ss->stage->end = ss->off + ss->len;
	return (0);
}

static void
stream_free(git_odb_stream *st)
{
	free(st);
}

static int
stage_writestream(git_odb_stream **out, git_odb_backend *b,
    git_object_size_t size, git_object_t type)
{
	struct stage		*s = stage_of(b);
	struct stage_stream	*ss;

	(void)size;
	if (!s->active)
		return (GIT_PASSTHROUGH);
	if ((ss = calloc(1, sizeof(*ss))) == NULL) {
		git_error_set_oom();
		return (-1);
	}
	ss->parent.backend = b;
	ss->parent.mode = GIT_STREAM_WRONLY;
	ss->parent.write = stream_write;
	ss->parent.finalize_write = stream_finalize;
	ss->parent.free = stream_free;
	ss->stage = s;
	ss->type = type;
	ss->off = s->end;
	*out = &ss->parent;
	return (0);
}

static void
stage_forget(struct stage *s)
{
	struct staged	*n;

	while ((n = RB_ROOT(&s->objects)) != NULL) {
		RB_REMOVE(staged_tree, &s->objects, n);
		free(n);
	}
	s->count = 0;
	/* A large import must not keep its disk space. */
	if (s->end > 0 && ftruncate(s->fd, 0) == -1)
		git_error_set_str(GIT_ERROR_OS, strerror(errno));
	s->end = 0;
}

static void
stage_free(git_odb_backend *b)
{
	struct stage	*s = stage_of(b);

	stage_forget(s);
	close(s->fd);
	free(s);
}

static int
stage_file(const char *dir)
{
	char	 path[4096];
	int	 fd;

	snprintf(path, sizeof(path), "%s/stage.XXXXXX", dir);
	if ((fd = mkostemp(path, O_CLOEXEC)) != -1)
		unlink(path);
	return (fd);
}

static void
stage_backend(git_odb_backend *b)
{
	git_odb_init_backend(b, GIT_ODB_BACKEND_VERSION);
	b->read = stage_read;
	b->read_header = stage_read_header;
	b->write = stage_write;
	b->writestream = stage_writestream;
	b->exists = stage_exists;
	b->refresh = stage_refresh;
	b->free = stage_free;
}

int
stage_new(struct stage **out, git_repository *repo, const char *dir,
    struct outcome *o)
{
	struct stage	*s;
	git_odb		*odb = NULL;
	int		 rc;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return (outcome_set(o, PRA_ENOMEM, "out of memory"));
	RB_INIT(&s->objects);
	s->repo = repo;
	stage_backend(&s->parent);
	if ((s->fd = stage_file(dir)) == -1) {
		rc = outcome_errno(o, errno, "%s", dir);
		free(s);
		return (rc);
	}
	/* Above the packs' priority: a staged object is found at once. */
	if ((rc = git_repository_odb(&odb, repo)) != 0 ||
	    (rc = git_odb_add_backend(odb, &s->parent, 100)) != 0) {
		git_odb_free(odb);
		stage_free(&s->parent);
		return (outcome_git(o, rc, "object database"));
	}
	git_odb_free(odb);
	*out = s;
	return (0);
}

void
stage_begin(struct stage *s)
{
	git_odb	*odb = NULL;

	stage_forget(s);
	s->active = 0;
	if (git_repository_odb(&odb, s->repo) == 0)
		(void)git_odb_refresh(odb);	/* what is missed shows later */
	git_odb_free(odb);
	s->active = 1;
}

size_t
stage_count(const struct stage *s)
{
	return (s->count);
}

void
stage_drop(struct stage *s)
{
	stage_forget(s);
	s->active = 0;
}

/* Feed a stream; 0, or -1 when the file ended early or a call failed. */
static int
stage_copy(git_odb_stream *st, int fd, uint64_t size)
{
	char	 piece[PIECE];
	ssize_t	 n;

	while (size > 0) {
		n = read(fd, piece, size < PIECE ? (size_t)size : PIECE);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			git_error_set_str(GIT_ERROR_OS, n == 0 ?
			    "the file is shorter than it was" :
			    strerror(errno));
			return (-1);
		}
		if (git_odb_stream_write(st, piece, (size_t)n) != 0)
			return (-1);
		size -= (uint64_t)n;
	}
	return (0);
}

int
stage_blob(struct stage *s, int fd, uint64_t size, git_oid *id,
    struct outcome *o)
{
	git_odb_stream	*st = NULL;
	git_odb		*odb = NULL;
	int		 rc, err = 0;

	if ((rc = git_repository_odb(&odb, s->repo)) != 0 ||
	    (rc = git_odb_open_wstream(&st, odb, size,
	    GIT_OBJECT_BLOB)) != 0 ||
	    (rc = stage_copy(st, fd, size)) != 0 ||
	    (rc = git_odb_stream_finalize_write(id, st)) != 0)
		err = outcome_git(o, rc, "blob");
	git_odb_stream_free(st);
	git_odb_free(odb);
	return (err);
}

int
stage_flush(struct stage *s, struct outcome *o)
{
	struct packer	 p;
	struct staged	*n;
	char		 dir[4096];
	int		 rc = 0, err;

	s->active = 0;
	if (s->count == 0)
		return (0);
	if ((err = packer_new(&p, s->repo, 0, o)) != 0)
		return (err);
	snprintf(dir, sizeof(dir), "%sobjects/pack",
	    git_repository_path(s->repo));
	RB_FOREACH(n, staged_tree, &s->objects)
		if ((rc = git_packbuilder_insert(p.pb, &n->id, NULL)) != 0)
			break;
	/* Syncing is switched on for the whole process (gitlib_init()). */
	if (rc != 0 || (rc = git_packbuilder_write(p.pb, dir, 0, NULL,
	    NULL)) != 0)
		err = outcome_git(o, rc, "writing a pack");
	packer_free(&p);
	stage_forget(s);
	return (err);
}

/*
 * A session's own mounts and its worktree.  Runs in the builder, or in what
 * becomes praetor-init, in a copy of the template; still as root, but for the
 * copying.  Names come from the engine: they are looked up beneath the state
 * directory only, and no symbolic link is followed, since review/ belongs to
 * another role.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "common/err.h"
#include "praetord/mnt.h"
#include "praetord/root.h"
#include "praetord/sandbox.h"
#include "praetord/session_dir.h"

#define CPU_TIME_MAX	(366 * 86400 * 1000ULL)	/* ms */

/* The kernel's own limit is one for all sessions together. */
#define PTYS_MAX	"64"

/* A worktree that is being made. */
struct making {
	const struct sandbox	*sb;
	const struct m_start	*m;
	int			 state;		/* the state directory */
};

static int
name_ok(const char *name, size_t size)
{
	static const char	 ok[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t			 n = strnlen(name, size);

	return (n > 0 && n < size && name[0] != '.' &&
	    strspn(name, ok) == n);
}

int
names_check(const struct m_start *m, struct why *why)
{
	uint32_t	 i;

	if (m->session == 0 || m->nlayers == 0 || m->nlayers > LAYERS_MAX)
		return (why_set(why, PRA_EINVALID,
		    "session number or number of layers"));
	for (i = 0; i < m->nlayers; i++)
		if (!name_ok(m->layer[i], sizeof(m->layer[i])))
			return (why_set(why, PRA_EINVALID,
			    "name of layer %u", i));
	if (m->cpu_time > CPU_TIME_MAX)
		return (why_set(why, PRA_EINVALID, "limit of CPU time"));
	if (m->git[0] != '\0' && !name_ok(m->git, sizeof(m->git)))
		return (why_set(why, PRA_EINVALID, "name of the commit"));
	if (!name_ok(m->project, sizeof(m->project)))
		return (why_set(why, PRA_EINVALID, "name of the project"));
	if (m->agent[0] != '\0' && !name_ok(m->agent, sizeof(m->agent)))
		return (why_set(why, PRA_EINVALID, "name of the agent"));
	return (0);
}

/* A directory beneath the state directory, by a name that is not trusted. */
static int
beneath(int state, const char *path, struct why *why)
{
	struct open_how	 how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
		    RESOLVE_NO_MAGICLINKS
	};
	long		 fd;

	fd = syscall(SYS_openat2, state, path, &how, sizeof(how));
	if (fd == -1)
		return (why_errno(why, NULL, "%s", path));
	return ((int)fd);
}

/* Show a directory of the reviewer's at a path, read-only, as the job's. */
static int
lend(const struct making *mk, const char *path, const char *at,
    struct why *why)
{
	int	 fd, mnt;

	if ((fd = beneath(mk->state, path, why)) == -1)
		return (-1);
	mnt = mnt_clone(fd, "", 0, MNT_LOOK, mk->sb->slot->layers, why);
	close(fd);
	return (mnt_attach(mnt, at, why));
}

static int
is_copy(const struct sandbox *sb)
{
	return (sb->conf->worktree == WORKTREE_COPY);
}

static int
file_make(int dir, const char *name, int flags)
{
	return (openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC |
	    flags, 0600));
}

/*
 * What a session finds: upper is the job's, the rest the parent's.  Before
 * there is a copy there is the file that does not say yet that it is whole.
 */
static int
dir_fill(const struct sandbox *sb, int fd, struct workspace *ws)
{
	const struct slot	*sl = sb->slot;

	if ((is_copy(sb) && (ws->whole = file_make(fd, SDIR_WHOLE, 0)) == -1) ||
	    mkdirat(fd, "upper", 0755) == -1 ||
	    (!is_copy(sb) && mkdirat(fd, "work", 0700) == -1) ||
	    (sb->conf->mode == MODE_SYSTEM && fchownat(fd, "upper",
	    sl->job_uid, sl->job_gid, 0) == -1) ||
	    (ws->transcript = file_make(fd, "transcript", O_APPEND)) == -1)
		return (-1);
	if (is_copy(sb) && (ws->to = openat(fd, "upper", O_RDONLY |
	    O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) == -1)
		return (-1);
	return (0);
}

int
workspace_dir(const struct sandbox *sb, struct workspace *ws,
    struct why *why)
{
	char	 dir[SDIR_NAME_MAX];
	int	 fd, r;

	*ws = (struct workspace){ -1, -1, -1, -1, { -1, -1 }, -1, -1, "",
	    { 0, 0, 0 } };
	sdir_spare_name(dir, sb->spare);
	ws->state = open(ROOT_STATE, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (ws->state == -1)
		return (why_errno(why, NULL, "state directory"));
	if ((ws->sessions = sdir_sessions(ws->state, why)) == -1)
		return (-1);
	umask(022);
	if (mkdirat(ws->state, dir, 0700) == -1)
		return (why_errno(why, NULL, "%s", dir));
	if ((fd = beneath(ws->state, dir, why)) == -1)
		return (-1);
	if ((r = dir_fill(sb, fd, ws)) == -1)
		why_errno(why, NULL, "%s", dir);
	close(fd);
	return (r);
}

/* What a session starts from, topmost first: [0] may be the repository. */
static void
base_path(const struct m_start *m, unsigned int i, char *path, size_t size)
{
	if (m->git[0] != '\0' && i == 0)
		snprintf(path, size, "review/gits/%s", m->git);
	else
		snprintf(path, size, "review/trees/%s",
		    m->layer[i - (m->git[0] != '\0')]);
}

/* Attach the layers, topmost first; returns the lowerdir= string in `lower`. */
static int
layers_attach(const struct making *mk, char *lower, size_t size,
    struct why *why)
{
	const struct m_start	*m = mk->m;
	char			 path[128], at[64];
	unsigned int		 i, n = m->nlayers + (m->git[0] != '\0');
	size_t			 len = 0;

	for (i = 0; i < n; i++) {
		base_path(m, i, path, sizeof(path));
		snprintf(at, sizeof(at), ROOT_AT "/%u", i);
		if (lend(mk, path, at, why) == -1)
			return (-1);
		len += (size_t)snprintf(lower + len, size - len, "%s%s",
		    i > 0 ? ":" : "", at);
	}
	return (0);
}

/*
 * volatile: what a session leaves is durable when the reviewer has imported
 * it; syncing the host's file system when the overlay goes would only make
 * every end of a session wait for the disk.
 */
static int
overlay_make(const struct making *mk, struct why *why)
{
	char	 lower[256], dir[SDIR_NAME_MAX], upper[128], work[128];
	struct mnt_option	 opts[] = {
		{ "source", "workspace" }, { "lowerdir", lower },
		{ "upperdir", upper }, { "workdir", work },
		{ "userxattr", NULL }, { "volatile", NULL },
		{ "redirect_dir", "nofollow" }, { "metacopy", "off" },
		{ "index", "off" }, { "xino", "off" }, { NULL, NULL }
	};

	if (layers_attach(mk, lower, sizeof(lower), why) == -1)
		return (-1);
	sdir_spare_name(dir, mk->sb->spare);
	snprintf(upper, sizeof(upper), ROOT_STATE "/%s/upper", dir);
	snprintf(work, sizeof(work), ROOT_STATE "/%s/work", dir);
	return (mnt_attach(mnt_make("overlay", opts, MNT_SAFE, why),
	    ROOT_WORK, why));
}

static int
upper_open(const struct making *mk, struct why *why)
{
	char	 dir[SDIR_NAME_MAX], path[128];
	int	 fd, mnt;

	sdir_spare_name(dir, mk->sb->spare);
	snprintf(path, sizeof(path), ROOT_STATE "/%s/upper", dir);
	mnt = mnt_clone(AT_FDCWD, path, 0, MNT_LOOK | MOUNT_ATTR_NOEXEC, -1,
	    why);
	/* Attached, it goes with all that is there, and is waited for once. */
	if (mnt_attach(mnt, ROOT_UPPER, why) == -1)
		return (-1);
	fd = open(ROOT_UPPER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		why_errno(why, NULL, "upper directory");
	return (fd);
}

/* Terminals: slaves belong to the job, which opens them by name. */
int
workspace_pts(const struct sandbox *sb, struct why *why)
{
	char			 uid[16], gid[16];
	struct mnt_option	 opts[] = {
		{ "ptmxmode", "0666" }, { "mode", "0620" }, { "uid", uid },
		{ "gid", gid }, { "max", PTYS_MAX }, { NULL, NULL }
	};

	snprintf(uid, sizeof(uid), "%u", sb->slot->job_uid);
	snprintf(gid, sizeof(gid), "%u", sb->slot->job_gid);
	return (mnt_attach(mnt_make("devpts", opts,
	    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, why), "/dev/pts", why));
}

int
workspace_tmp(const struct sandbox *sb, struct why *why)
{
	static const struct { const char *path; mode_t mode; } tmp[] = {
		{ "/tmp", 01777 }, { ROOT_HOME, 0700 }, { "/dev/shm", 01777 }
	};
	size_t	 i;

	for (i = 0; i < sizeof(tmp) / sizeof(tmp[0]); i++)
		if (mnt_tmpfs(tmp[i].path, sb->conf->opt[OPT_LIMIT_TMP],
		    tmp[i].mode, sb->slot->job_uid, sb->slot->job_gid,
		    why) == -1)
			return (-1);
	return (0);
}

static int
objects_lend(const struct making *mk, struct why *why)
{
	char	 path[128];

	if (mk->m->git[0] == '\0')
		return (0);
	snprintf(path, sizeof(path), "review/mirrors/%s.git/objects",
	    mk->m->project);
	return (lend(mk, path, ROOT_OBJECTS, why));
}

static int
source_open(const struct making *mk, unsigned int i, struct why *why)
{
	char	 path[128];
	int	 fd, dir;

	base_path(mk->m, i, path, sizeof(path));
	if ((dir = beneath(mk->state, path, why)) == -1)
		return (-1);
	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		why_errno(why, NULL, "%s", path);
	close(dir);
	return (fd);
}

/*
 * All that a copy takes privilege for: what is read and where it goes are
 * opened, and the place is shown to the job.
 */
static int
copy_prepare(const struct making *mk, struct workspace *ws, struct why *why)
{
	unsigned int	 i, n = 1 + (mk->m->git[0] != '\0');
	char		 dir[SDIR_NAME_MAX], path[128];

	if (mk->m->nlayers != 1)
		return (why_set(why, PRA_ESTATE, "its base is in layers, "
		    "which `worktree copy` does not take"));
	for (i = 0; i < n; i++)
		if ((ws->from[n - i - 1] = source_open(mk, i, why)) == -1)
			return (-1);
	if (boot_id(ROOT_AT "/proc", ws->boot) == -1)
		return (why_errno(why, NULL, "the kernel's boot id"));
	sdir_spare_name(dir, mk->sb->spare);
	snprintf(path, sizeof(path), ROOT_STATE "/%s/upper", dir);
	return (mnt_attach(mnt_clone(AT_FDCWD, path, 0, MNT_SAFE, -1, why),
	    ROOT_WORK, why));
}

int
workspace_make(const struct sandbox *sb, const struct m_start *m,
    struct workspace *ws, struct why *why)
{
	struct making	 mk = { sb, m, ws->state };

	if ((is_copy(sb) ? copy_prepare(&mk, ws, why) :
	    overlay_make(&mk, why)) == -1 || objects_lend(&mk, why) == -1 ||
	    (ws->upper = upper_open(&mk, why)) == -1)
		return (-1);
	return (0);
}

int
workspace_copy(const struct sandbox *sb, struct workspace *ws,
    struct why *why)
{
	struct copy_how	 how = { sb->conf->opt[OPT_LIMIT_DISK_FREE],
	    sb->share };
	struct copied	 git = { 0, 0, 0 };

	close(ws->state);
	close(ws->sessions);
	if (drop_builder(sb, why) == -1 ||
	    copy_tree(ws->from[0], ws->to, &how, &ws->copied, why) == -1 ||
	    (ws->from[1] != -1 &&
	    copy_tree(ws->from[1], ws->to, &how, &git, why) == -1))
		return (-1);
	ws->copied.bytes += git.bytes;
	if (dprintf(ws->whole, "%s %llu\n", ws->boot,
	    (unsigned long long)ws->copied.bytes) < 0)
		return (why_errno(why, NULL, SDIR_WHOLE));
	return (0);
}

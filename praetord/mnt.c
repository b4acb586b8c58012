/*
 * Mounts by descriptors.  Runs in children of the parent, as root or with the
 * capabilities of user mode, before anything foreign runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "praetord/mnt.h"

#define MOUNT_REMEDY	"Linux 5.19 or newer with that file system; "	\
			"see `praetord -D`"

#define INODE_BYTES	4096	/* of a tmpfs' size, for each of its inodes */
#define INODES_LEAST	1024

static int
options_set(int fs, const struct mnt_option *o, const char *type,
    struct why *why)
{
	int	 r;

	for (; o != NULL && o->key != NULL; o++) {
		if (o->value == NULL)
			r = fsconfig(fs, FSCONFIG_SET_FLAG, o->key, NULL, 0);
		else
			r = fsconfig(fs, FSCONFIG_SET_STRING, o->key, o->value,
			    0);
		if (r == -1)
			return (why_errno(why, MOUNT_REMEDY, "%s option %s",
			    type, o->key));
	}
	return (0);
}

int
mnt_make(const char *type, const struct mnt_option *opts, uint64_t attrs,
    struct why *why)
{
	int	 fs, mnt = -1;

	if ((fs = fsopen(type, FSOPEN_CLOEXEC)) == -1)
		return (why_errno(why, MOUNT_REMEDY, "file system %s", type));
	if (options_set(fs, opts, type, why) == -1)
		goto out;
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == -1) {
		why_errno(why, MOUNT_REMEDY, "making %s", type);
		goto out;
	}
	mnt = fsmount(fs, FSMOUNT_CLOEXEC, (unsigned int)attrs);
	if (mnt == -1)
		why_errno(why, MOUNT_REMEDY, "mounting %s", type);
out:
	close(fs);
	return (mnt);
}

int
mnt_clone(int dirfd, const char *path, int recursive, uint64_t attrs,
    int idmap, struct why *why)
{
	struct mount_attr	 a = { .attr_set = attrs };
	unsigned int		 flags = AT_EMPTY_PATH;
	int			 fd;

	if (recursive)
		flags |= AT_RECURSIVE;
	fd = open_tree(dirfd, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
	    AT_SYMLINK_NOFOLLOW | flags);
	if (fd == -1)
		return (why_errno(why, NULL, "open_tree %s", path));
	if (mount_setattr(fd, "", (int)flags, &a, sizeof(a)) == -1) {
		why_errno(why, MOUNT_REMEDY, "mount attributes of %s", path);
		close(fd);
		return (-1);
	}
	if (idmap == -1)
		return (fd);
	a.attr_set = MOUNT_ATTR_IDMAP;
	a.userns_fd = (uint64_t)idmap;
	if (mount_setattr(fd, "", AT_EMPTY_PATH, &a, sizeof(a)) == -1) {
		why_errno(why, "the state directory must be on a file system "
		    "with idmapped mounts, such as ext4, xfs or btrfs",
		    "idmapped mount of %s", path);
		close(fd);
		return (-1);
	}
	return (fd);
}

int
mnt_attach(int mnt, const char *path, struct why *why)
{
	int	 r;

	if (mnt == -1)
		return (-1);
	r = move_mount(mnt, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH);
	if (r == -1)
		why_errno(why, NULL, "attaching %s", path);
	close(mnt);
	return (r);
}

int
mnt_attach_at(int mnt, int at, const char *name, struct why *why)
{
	int	 r;

	r = move_mount(mnt, "", at, "", MOVE_MOUNT_F_EMPTY_PATH |
	    MOVE_MOUNT_T_EMPTY_PATH);
	if (r == -1)
		why_errno(why, NULL, "attaching /%s", name);
	close(mnt);
	return (r);
}

int
mnt_tmpfs(const char *path, uint64_t size, mode_t mode, uid_t uid, gid_t gid,
    struct why *why)
{
	char			 text[5][24];
	struct mnt_option	 opts[] = {
		{ "mode", text[0] }, { "uid", text[1] }, { "gid", text[2] },
		{ size > 0 ? "size" : NULL, text[3] },
		{ "nr_inodes", text[4] }, { NULL, NULL }
	};

	snprintf(text[0], sizeof(text[0]), "%o", mode);
	snprintf(text[1], sizeof(text[1]), "%u", uid);
	snprintf(text[2], sizeof(text[2]), "%u", gid);
	snprintf(text[3], sizeof(text[3]), "%llu", (unsigned long long)size);
	/* An empty file has no size, but it is memory all the same. */
	snprintf(text[4], sizeof(text[4]), "%llu",
	    (unsigned long long)size / INODE_BYTES + INODES_LEAST);
	return (mnt_attach(mnt_make("tmpfs", opts, MNT_SAFE, why), path, why));
}

/*
 * Mounts by descriptors (fsopen(2), open_tree(2) and their kin): what the
 * sandbox needs of them, each step with its sentence.
 */
#ifndef PRAETORD_MNT_H
#define PRAETORD_MNT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/types.h>

#include "praetord/why.h"

#define MNT_SAFE	(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)
#define MNT_LOOK	(MNT_SAFE | MOUNT_ATTR_RDONLY)

struct mnt_option {
	const char	*key;		/* NULL ends the list */
	const char	*value;		/* NULL: a flag */
};

/* A detached file system with MOUNT_ATTR_* attributes.  Descriptor or -1. */
int	 mnt_make(const char *type, const struct mnt_option *opts,
	    uint64_t attrs, struct why *why);

/*
 * A detached clone of what `path` beneath `dirfd` ("" the descriptor itself)
 * names, with attributes set; recursive with what is mounted below.  idmap is
 * a user namespace or -1.  Descriptor or -1.
 */
int	 mnt_clone(int dirfd, const char *path, int recursive, uint64_t attrs,
	    int idmap, struct why *why);

/* Attach a detached mount at a path and close it.  -1 passes through. */
int	 mnt_attach(int mnt, const char *path, struct why *why);

/* The same on what the descriptor `at` names; name is for the message. */
int	 mnt_attach_at(int mnt, int at, const char *name, struct why *why);

/* A tmpfs of at most `size` bytes (0 no limit) at a path.  0 or -1. */
int	 mnt_tmpfs(const char *path, uint64_t size, mode_t mode, uid_t uid,
	    gid_t gid, struct why *why);

#endif

/*
 * The root of a role that needs no file.  Runs in the parent's child that is
 * to become the role, while it still may mount.
 */
#include <sched.h>
#include <stdio.h>

#include "praetord/mnt.h"
#include "praetord/parent.h"

/*
 * A file system of its own that is mounted nowhere: it goes with the last
 * process that stands in it.  In user mode only a mount namespace of our own
 * lets us make one.
 */
int
emptyroot_open(const struct conf *conf, struct why *why)
{
	static const struct mnt_option	 opts[] = {
		{ "mode", "0555" }, { "size", "4k" }, { "nr_inodes", "1" },
		{ NULL, NULL }
	};

	if (conf->mode == MODE_USER && unshare(CLONE_NEWNS) == -1)
		return (why_errno(why, NULL, "mount namespace"));
	return (mnt_make("tmpfs", opts, MNT_LOOK | MOUNT_ATTR_NOEXEC, why));
}

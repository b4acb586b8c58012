/*
 * How a process gives up what it does not need: Landlock for paths, seccomp
 * for calls.  Linked by every role, by what starts jobs and by the parent's
 * probes.  Both set no_new_privs, both are for good, and both hold for every
 * later child.  A process that cannot get its sandbox must not run.
 */
#ifndef COMMON_CONFINE_H
#define COMMON_CONFINE_H

#include <stddef.h>

#define CONFINE_READ	0x1	/* read files, list directories */
#define CONFINE_WRITE	0x2	/* write, make, rename and delete */
#define CONFINE_EXEC	0x4	/* execute */
#define CONFINE_NO_TCP	0x8	/* with a NULL path: no TCP at all (ABI 4) */
#define CONFINE_WHITEOUT 0x10	/* make overlayfs whiteouts (device 0:0) */

/*
 * With a NULL path: reading is left to the files' modes.  For a process that
 * reads beneath descriptors of detached mounts, whose files no rule can name
 * because the hierarchy ends at the mount.
 */
#define CONFINE_LENT	0x20

#define CONFINE_ABI	2	/* least Landlock ABI that is accepted */

struct confine_path {
	const char	*path;	/* a directory (and all beneath) or a file */
	int		 rights; /* mask of CONFINE_* */
};

enum confine_policy {
	CONFINE_ENGINE,		/* a role's each once it is set up */
	CONFINE_FRONT,
	CONFINE_REVIEW,
	CONFINE_GATEWAY,	/* praetor-gateway: connects, starts nothing */
	CONFINE_EXECUTOR,	/* praetor-executor once it is set up */
	CONFINE_JOB,		/* what runs as the job user, and praetor-init */
	CONFINE_MAX
};

/*
 * Deny every path but those listed; descriptors that are open stay usable.
 * Every right that the kernel's Landlock knows is handled; sending signals
 * and connecting to abstract sockets outside is denied where it can be
 * (ABI 6).  A path that does not exist is an error.  Call before
 * confine_syscalls().
 *
 * 0; PRA_EUNSUPPORTED (no Landlock, or an ABI below CONFINE_ABI);
 * PRA_ENOTFOUND, PRA_EPERM or PRA_ESYSTEM with one line in `why`.
 */
int	 confine_paths(const struct confine_path *paths, size_t n, char *why,
	    size_t size);

/*
 * Make the directory of a descriptor, which must be empty, the root and the
 * place to stand, and give up every capability, the one that it takes
 * (CAP_SYS_CHROOT) among them.  Closes the descriptor.  Call before
 * confine_paths().
 *
 * 0; PRA_EPERM, PRA_EINVALID (not empty) or PRA_ESYSTEM with one line in
 * `why`.
 */
int	 confine_root(int fd, char *why, size_t size);

/*
 * Allow only the calls of a policy (executor/policy_*.tbl): others give
 * ENOSYS, dangerous ones EPERM, calls of a foreign ABI kill the process.
 * 0, PRA_EUNSUPPORTED or PRA_ESYSTEM with one line in `why`.
 */
int	 confine_syscalls(enum confine_policy p, char *why, size_t size);

/* The kernel's Landlock ABI, 0 when it has none or it is switched off. */
int	 confine_abi(void);

#endif

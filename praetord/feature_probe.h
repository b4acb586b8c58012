/*
 * The probes behind feature.c.  Each runs in a child of its own that ends
 * afterwards, and may leave that child in any state.
 */
#ifndef PRAETORD_FEATURE_PROBE_H
#define PRAETORD_FEATURE_PROBE_H

#include <stddef.h>

#include "praetord/conf.h"

/* 0 there, -1 not; what was found or what failed in `detail`. */
typedef int	 probe_fn(const struct conf *c, char *detail, size_t size);

probe_fn	 probe_userns, probe_namespaces, probe_timens, probe_mount,
		 probe_root,
		 probe_overlay, probe_idmap, probe_xattr, probe_landlock,
		 probe_seccomp, probe_pidfd, probe_clone3, probe_openat2,
		 probe_close_range, probe_proc, probe_devpts, probe_devices,
		 probe_cgroup, probe_uids, probe_files, probe_core;

#endif

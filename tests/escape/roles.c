/*
 * Group J: what a role's program gets from the parent, tried in its place
 * before it would confine itself: the probe is installed under the program's
 * name.  J07 of the catalogue; H02 as far as roles go.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "tests/escape/escape.h"
#include "tests/escape/tools.h"

static void
line(const struct world *w, const struct escape *e, char *out)
{
	char	 buf[256], *v;

	(void)w;
	v = line_of("/proc/self/status", e->s, buf, sizeof(buf));
	said(out, "%s", v == NULL ? "no line" : v[0] == '\0' ? "none" : v);
}

static void
bits(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	(void)e;
	said(out, "%#x", (unsigned int)prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
}

static void
caps(const struct world *w, const struct escape *e, char *out)
{
	struct __user_cap_header_struct	 h = {
	    _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct	 d[2] = { { 0 } };

	(void)w;
	d[0].permitted = d[0].effective = (uint32_t)e->a[0];
	say(out, syscall(SYS_capset, &h, d));
}

static void
groups(const struct world *w, const struct escape *e, char *out)
{
	static const gid_t	 root = 0;

	(void)w;
	(void)e;
	say(out, syscall(SYS_setgroups, 1, &root));
}

static void
descriptors(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	(void)e;
	said(out, "%s", tool_first_fds());
}

static void
signals(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	said(out, "%s", tool_first_signals((int)e->a[0]));
}

/* Names that are on no list. */
static void
variables(const struct world *w, const struct escape *e, char *out)
{
	static const char *const list[] = { "PATH=", "LANG=", "HOME=",
	    "JOURNAL_STREAM=", "TZ=", "ASAN_OPTIONS=", "UBSAN_OPTIONS=" };
	char	**v;
	size_t	  i;

	(void)w;
	(void)e;
	said(out, "none");
	for (v = environ; *v != NULL; v++) {
		for (i = 0; i < sizeof(list) / sizeof(list[0]); i++)
			if (strncmp(*v, list[i], strlen(list[i])) == 0)
				break;
		if (i == sizeof(list) / sizeof(list[0]))
			said(out, "%.60s", *v);
	}
}

static void
key(const struct world *w, const struct escape *e, char *out)
{
	(void)e;
	say(out, syscall(SYS_keyctl, KEYCTL_SEARCH,
	    KEY_SPEC_SESSION_KEYRING, "user", param(w, "keyname"), 0));
}

static void
token(const struct world *w, const struct escape *e, char *out)
{
	(void)e;
	said(out, tool_memory_has(param(w, "tokenx")) ? "found" : "absent");
}

/* The parent's memory, or outside that of a process of the same user. */
static void
parent_memory(const struct world *w, const struct escape *e, char *out)
{
	char	 path[64];

	(void)e;
	snprintf(path, sizeof(path), "/proc/%ld/mem", w->arm == INSIDE ?
	    (long)tool_first_parent() : number(w, "pid"));
	say(out, open(path, O_RDWR | O_CLOEXEC));
}

#define NONE	"0000000000000000"
/* The frontend's, which it gives up once its root is empty: privsep.t. */
#define CHROOT	NONE "|0000000000040000"
#define STATUS(id, field, want, arm) \
	{ id, "a role's " field, line, want, "", arm, { 0 }, field ":", 0 }
#define CALL(id, name, arm, ...) \
	{ id, "a role's " name, raw, "EPERM|EINVAL", "ok", arm, \
	    { __VA_ARGS__ }, NULL, 0 }

static const struct escape cases[] = {
	CALL("J07.uid", "setresuid(0)", ROOT, SYS_setresuid, 0, 0, 0),
	CALL("J07.gid", "setresgid(0)", ROOT, SYS_setresgid, 0, 0, 0),
	CALL("J07.other", "setresuid() to another role", ROOT, SYS_setresuid,
	    1999990007, 1999990007, 1999990007),
	{ "J07.groups", "a role's setgroups()", groups, "EPERM", "ok", ROOT,
	    { 0 }, NULL, 0 },
	STATUS("J07.inh", "CapInh", CHROOT, PIDNS),
	STATUS("J07.prm", "CapPrm", CHROOT, ROOT),
	STATUS("J07.eff", "CapEff", CHROOT, ROOT),
	STATUS("J07.bnd", "CapBnd", NONE, USER),
	STATUS("J07.amb", "CapAmb", CHROOT, PIDNS),
	STATUS("J07.nnp", "NoNewPrivs", "1", USER),
	STATUS("J07.set", "Groups", "none", USER),
	{ "J07.bits", "a role's securebits", bits, "0xeb|0xef", "", USER,
	    { 0 }, NULL, 0 },
	{ "J07.capset", "a role's capset()", caps, "EPERM", "ok", NS,
	    { 1 << CAP_SYS_ADMIN }, NULL, 0 },
	{ "J07.shadow", "/etc/shadow for a role", open_path, "EACCES", "ok",
	    ROOT, { O_RDONLY }, "/etc/shadow", 0 },
	{ "J07.memory", "the parent's memory", parent_memory, "EACCES", "ok",
	    USER, { 0 }, NULL, 0 },
	{ "J07.fds", "a role's descriptors", descriptors,
	    "0:/dev/null 1:/dev/null 2:* 3:socket 4:pipe|0:/dev/null "
	    "1:/dev/null 2:* 3:socket 4:pipe 5:/*", "", USER,
	    { 0 }, NULL, 0 },
	{ "J07.environment", "a role's variables", variables, "none", "",
	    USER, { 0 }, NULL, 0 },
	{ "J07.token", "the secret in a role's memory", token, "absent",
	    "found", USER, { 0 }, NULL, 0 },
	{ "J07.ignored", "signals that a role ignores", signals,
	    "0000000000001000", "", PIDNS, { 0 }, NULL, 0 },
	{ "J07.key", "the starter's key for a role", key, "ENOKEY", "ok",
	    USER, { 0 }, NULL, 0 },
	{ "J07.tty", "the starter's terminal for a role", open_path, "ENXIO",
	    "ok", USER, { O_RDWR }, "/dev/tty", 0 }
};

const struct table group_j = GROUP('J', cases);

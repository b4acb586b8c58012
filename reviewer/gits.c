/*
 * The repository that a session gets.  Runs in the reviewer, which writes
 * it once and never reads one back: what a session makes of its copy stays
 * in its upper directory and is not imported.
 */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "reviewer/files.h"
#include "reviewer/gitlib.h"
#include "reviewer/gits.h"
#include "reviewer/holds.h"
#include "reviewer/index.h"
#include "reviewer/mirror.h"
#include "reviewer/names.h"
#include "reviewer/outcome.h"
#include "reviewer/reviewer.h"

/*
 * checkStat and trustctime: inode numbers, owners and change times differ
 * from session to session; size and time of modification do not.
 */
static const char	 gits_config[] =
    "[core]\n"
    "\trepositoryformatversion = 0\n"
    "\tfilemode = true\n"
    "\tbare = false\n"
    "\tlogallrefupdates = true\n"
    "\tcheckStat = minimal\n"
    "\ttrustctime = false\n"
    "[gc]\n"
    "\tauto = 0\n"
    "[user]\n"
    "\tname = Praetor session\n"
    "\temail = session@praetor.invalid\n"
    "[advice]\n"
    "\tdetachedHead = false\n";

static int
gits_put(int fd, const char *name, const char *text)
{
	return (files_write(fd, name, text, strlen(text), 0));
}

/* Make every directory of a path and leave the descriptor of the last. */
static int
gits_mkpath(int fd, const char *path)
{
	char	 part[256];
	size_t	 n;
	int	 next;

	if ((fd = dup(fd)) == -1)
		return (-1);
	while (*path != '\0' && fd != -1) {
		n = strcspn(path, "/");
		snprintf(part, sizeof(part), "%.*s", (int)n, path);
		path += n + (path[n] == '/');
		next = files_mkdir(fd, part);
		close(fd);
		fd = next;
	}
	return (fd);
}

static int
gits_mkdirs(int fd)
{
	static const char *const dirs[] = { "objects/pack", "objects/info",
	    "refs/heads", "refs/tags", "info" };
	size_t	 i;
	int	 d;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		if ((d = gits_mkpath(fd, dirs[i])) == -1)
			return (-1);
		close(d);
	}
	return (0);
}

/* refs/heads/<branch>, which may hold slashes, with the commit. */
static int
gits_branch(int fd, const char *branch, const git_oid *commit)
{
	const char	*leaf = strrchr(branch, '/');
	char		 dir[600], hex[OID_SIZE + 1];
	int		 d, rc;

	snprintf(dir, sizeof(dir), "refs/heads/%.*s",
	    leaf == NULL ? 0 : (int)(leaf - branch), branch);
	gitlib_hex(hex, commit);
	strcat(hex, "\n");
	if ((d = gits_mkpath(fd, dir)) == -1)
		return (-1);
	rc = gits_put(d, leaf == NULL ? branch : leaf + 1, hex);
	close(d);
	return (rc);
}

static int
gits_files(int fd, const struct mirror *m, const git_oid *commit)
{
	char	 head[512];

	snprintf(head, sizeof(head), "ref: refs/heads/%s\n", m->branch);
	if (gits_mkdirs(fd) == -1 || gits_put(fd, "HEAD", head) == -1 ||
	    gits_put(fd, "config", gits_config) == -1 ||
	    gits_branch(fd, m->branch, commit) == -1 ||
	    gits_put(fd, "objects/info/alternates", GITS_OBJECTS "\n") == -1)
		return (-1);
	return (0);
}

static int
gits_fill(struct reviewer *r, const char *tmp, struct mirror *m,
    const git_oid *commit, struct outcome *o)
{
	char		 dir[OID_SIZE + 88];
	int		 fd, err;

	snprintf(dir, sizeof(dir), "%s/.git", tmp);
	if ((fd = gits_mkpath(r->gitsfd, dir)) == -1)
		return (outcome_errno(o, errno, "gits/%s", dir));
	err = gits_files(fd, m, commit);
	close(fd);
	if (err == -1)
		return (outcome_errno(o, errno, "gits/%s", dir));
	return (index_make(r, m, dir, commit, o));
}

/* Unless a hand of another project was faster: then it is that one's. */
static int
gits_publish(struct reviewer *r, const char *tmp, const char *name)
{
	if (holds_use(r, r->gitsfd, tmp) == -1)
		return (-1);
	if (renameat(r->gitsfd, tmp, r->gitsfd, name) == 0)
		return (0);
	if (utimensat(r->gitsfd, name, NULL, AT_SYMLINK_NOFOLLOW) == -1 ||
	    holds_use(r, r->gitsfd, name) == -1)
		return (-1);
	return (holds_retire(r, r->gitsfd, tmp));
}

int
gits_ready(struct reviewer *r, struct mirror *m, const git_oid *commit,
    struct outcome *o)
{
	char	 name[OID_SIZE], tmp[OID_SIZE + 80];
	int	 err;

	gitlib_hex(name, commit);
	snprintf(tmp, sizeof(tmp), "%s.%s.tmp", name, m->project);
	if (utimensat(r->gitsfd, name, NULL, AT_SYMLINK_NOFOLLOW) == 0 &&
	    holds_use(r, r->gitsfd, name) == 0)
		return (0);
	if (files_remove_all(r->gitsfd, tmp) == -1)
		return (outcome_errno(o, errno, "gits/%s", tmp));
	err = gits_fill(r, tmp, m, commit, o);
	if (err == 0 && gits_publish(r, tmp, name) == -1)
		err = outcome_errno(o, errno, "gits/%s", name);
	if (err != 0)
		files_remove_all(r->gitsfd, tmp);
	return (err);
}

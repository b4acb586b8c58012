/*
 * Edits of directory trees.  Runs in test programs, often as root, and must
 * not change anything of the host, whatever is drawn: no link that it makes
 * leads anywhere but to what is not there or into its own directory, none is
 * followed, and as root a program calls tree_contain() first.
 */
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/treegen.h"

#define PATH_MOST	1500
#define ENTS_MOST	400
#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

struct ent {
	char	*path;
	mode_t	 type;
};

struct listing {
	struct ent	 ents[ENTS_MOST];
	size_t		 n;
	int		 all;		/* .gitignore too */
};

/* Odd, but such as may be taken. */
static const char *const	 names[] = { "a", "b", "c", "dir", "sub", "x y",
    "\303\274", "e\314\201", "\303\251", "-rf", "*", "con", "tail.", "A", " ",
    "back\\slash", "q'\"", "%41", "~", "..x", ".hid", "gen.ignored",
    "keep.ignored", "out", "lib", "src", "Makefile", ".vscode", "x\\",
    "system\\x2d.slice", "@{u}", "#x", "a:b", "HEAD", "refs", "objects" };

/* What is refused, ignored or stands for something else. */
static const char *const	 bad_names[] = { ".git", ".GIT", "git~1",
    ".git ", ".g\342\200\214it", "a\nb", "\033[2J", "\377\376", "\302\205",
    "a\\..\\b", ".. ", "...", ".gitmodules", ".gitattributes", ".gitignore",
    "\\\\h\\s", ".git\\x", ".wh.a", "\355\240\200" };

/* An edit that cannot be done is none. */
static void
maybe(int rc)
{
	(void)rc;
}

static uint32_t
draw(struct treegen *g, uint32_t n)
{
	return (g->draw(g->arg, n));
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return (strcmp((*a)->d_name, (*b)->d_name));
}

static void
list_dir(struct listing *l, int rootfd, const char *dir)
{
	struct dirent	**de;
	struct stat	  st;
	char		  path[PATH_MOST + 300];
	int		  i, n;

	n = scandirat(rootfd, *dir == '\0' ? "." : dir, &de, NULL, by_name);
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s%s%s", dir,
		    *dir == '\0' ? "" : "/", de[i]->d_name);
		if (strcmp(de[i]->d_name, ".") != 0 &&
		    strcmp(de[i]->d_name, "..") != 0 &&
		    (l->all || strcmp(de[i]->d_name, ".gitignore") != 0) &&
		    l->n < ENTS_MOST && (l->all || strlen(path) < PATH_MOST) &&
		    fstatat(rootfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0) {
			l->ents[l->n].type = st.st_mode & S_IFMT;
			l->ents[l->n++].path = strdup(path);
			/* Not root: what is to go must let its user in. */
			if (S_ISDIR(st.st_mode) && l->all)
				maybe(fchmodat(rootfd, path, 0700,
				    AT_SYMLINK_NOFOLLOW));
			if (S_ISDIR(st.st_mode))
				list_dir(l, rootfd, path);
		}
		free(de[i]);
	}
	if (n >= 0)
		free(de);
}

static void
listing_free(struct listing *l)
{
	while (l->n > 0)
		free(l->ents[--l->n].path);
}

/* Any entry, or one of a type; NULL when there is none. */
static const char *
pick(struct treegen *g, const struct listing *l, mode_t type)
{
	size_t	 i, n = 0;

	for (i = 0; i < l->n; i++)
		n += type == 0 || l->ents[i].type == type;
	if (n == 0)
		return (NULL);
	n = draw(g, (uint32_t)n);
	for (i = 0; i < l->n; i++)
		if ((type == 0 || l->ents[i].type == type) && n-- == 0)
			break;
	return (l->ents[i].path);
}

/* Any bytes that a name may have, but for those that lead elsewhere. */
static const char *
raw_name(struct treegen *g, char out[256])
{
	size_t	 i, n = 1 + draw(g, 24);

	for (i = 0; i < n; i++) {
		out[i] = (char)draw(g, 256);
		if (out[i] == '\0' || out[i] == '/')
			out[i] = '.';
	}
	out[n] = '\0';
	return (strcmp(out, ".") == 0 || strcmp(out, "..") == 0 ? "..." : out);
}

static const char *
new_name(struct treegen *g, char buf[256])
{
	const char	*name = names[draw(g, NELEM(names))];
	uint32_t	 k = g->hostile ? draw(g, 6) : 2;

	if (k == 0)
		name = bad_names[draw(g, NELEM(bad_names))];
	else if (k == 1)
		name = raw_name(g, buf);
	if (draw(g, 40) == 0) {
		memset(buf, 'n', 255);
		buf[255] = '\0';
		name = buf;
	}
	return (name);
}

/* A name in some directory, there or not. */
static void
new_path(struct treegen *g, const struct listing *l, char out[PATH_MOST * 2])
{
	const char	*dir = draw(g, 3) == 0 ? NULL : pick(g, l, S_IFDIR);
	char		 buf[256];
	const char	*name = new_name(g, buf);

	snprintf(out, PATH_MOST * 2, "%s%s%s", dir == NULL ? "" : dir,
	    dir == NULL ? "" : "/", name);
}

static void
fill(struct treegen *g, int fd)
{
	char		 block[512];
	uint32_t	 n = draw(g, 6) == 0 ? draw(g, 200) : draw(g, 3), i, x;

	/* Few numbers are drawn: where they are bytes, names need them. */
	for (x = draw(g, 65536), i = 0; i < sizeof(block); i++) {
		x = x * 1103515245 + 12345;
		block[i] = (char)(x >> 16);
	}
	for (i = 0; i < n; i++)
		if (write(fd, block, 1 + draw(g, sizeof(block))) == -1)
			break;
}

static void
put_file(struct treegen *g, int rootfd, const char *path, int flags)
{
	int	 fd = openat(rootfd, path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC | flags, draw(g, 4) == 0 ? 0755 : 0644);

	if (fd == -1) {
		(void)draw(g, 2);
		return;
	}
	fill(g, fd);
	close(fd);
}

static void
remove_all(int rootfd, const char *path)
{
	struct listing	*l;
	size_t		 i;

	if (unlinkat(rootfd, path, 0) == 0)
		return;
	if ((l = calloc(1, sizeof(*l))) == NULL)
		err(1, NULL);
	l->all = 1;
	maybe(fchmodat(rootfd, path, 0700, AT_SYMLINK_NOFOLLOW));
	list_dir(l, rootfd, path);
	for (i = l->n; i > 0; i--)
		maybe(unlinkat(rootfd, l->ents[i - 1].path,
		    S_ISDIR(l->ents[i - 1].type) ? AT_REMOVEDIR : 0));
	listing_free(l);
	free(l);
	maybe(unlinkat(rootfd, path, AT_REMOVEDIR));
}

static void
copy_file(int rootfd, const char *from, const char *to, const struct stat *st)
{
	char	 buf[4096];
	ssize_t	 n;
	int	 a, b;

	a = openat(rootfd, from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	b = openat(rootfd, to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    st->st_mode & 07777);
	while (a != -1 && b != -1 && (n = read(a, buf, sizeof(buf))) > 0)
		if (write(b, buf, (size_t)n) == -1)
			break;
	if (a != -1)
		close(a);
	if (b != -1)
		close(b);
}

/* What mv(1) does where a directory cannot be renamed. */
static void
copy_all(int rootfd, const char *from, const char *to)
{
	struct listing	*l;
	struct stat	 st;
	char		 path[PATH_MOST * 3], target[1024];
	ssize_t		 k;
	size_t		 i;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		err(1, NULL);
	list_dir(l, rootfd, from);
	maybe(mkdirat(rootfd, to, 0755));
	for (i = 0; i < l->n; i++) {
		snprintf(path, sizeof(path), "%s%s", to,
		    l->ents[i].path + strlen(from));
		if (fstatat(rootfd, l->ents[i].path, &st,
		    AT_SYMLINK_NOFOLLOW) == -1)
			continue;
		if (S_ISDIR(st.st_mode))
			maybe(mkdirat(rootfd, path, 0755));
		else if (S_ISREG(st.st_mode))
			copy_file(rootfd, l->ents[i].path, path, &st);
		else if ((k = readlinkat(rootfd, l->ents[i].path, target,
		    sizeof(target) - 1)) > 0) {
			target[k] = '\0';
			maybe(symlinkat(target, rootfd, path));
		}
	}
	listing_free(l);
	free(l);
}

/* Onto itself or beneath itself nothing can be moved. */
static void
move(int rootfd, const char *from, const char *to)
{
	struct stat	 st;
	size_t		 n = strlen(from), k = strlen(to);

	if ((strncmp(from, to, n) == 0 && (to[n] == '/' || to[n] == '\0')) ||
	    (strncmp(from, to, k) == 0 && from[k] == '/') ||
	    fstatat(rootfd, from, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return;
	remove_all(rootfd, to);
	if (renameat(rootfd, from, rootfd, to) == 0 || !S_ISDIR(st.st_mode))
		return;
	copy_all(rootfd, from, to);
	remove_all(rootfd, from);
}

static void
edit_special(struct treegen *g, int rootfd, const char *path)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	int			 fd;

	switch (draw(g, 5)) {
	case 0:
		maybe(mkfifoat(rootfd, path, 0644));
		break;
	case 1:
		maybe(mknodat(rootfd, path, S_IFCHR | 0600, makedev(0, 0)));
		break;
	case 2:
		maybe(mknodat(rootfd, path, S_IFCHR | 0666, makedev(1, 3)));
		break;
	case 3:
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		snprintf(sun.sun_path, sizeof(sun.sun_path),
		    "/proc/self/fd/%d/%.80s", rootfd, path);
		maybe(bind(fd, (struct sockaddr *)&sun, sizeof(sun)));
		close(fd);
		break;
	default:
		fd = openat(rootfd, path, O_WRONLY | O_CREAT | O_EXCL |
		    O_CLOEXEC, 0644);
		if (fd != -1) {
			maybe(ftruncate(fd, (off_t)1 << (20 + draw(g, 22))));
			close(fd);
		}
	}
}

static void
edit_mark(struct treegen *g, int rootfd, const char *path)
{
	static const char *const	 marks[] = { "opaque", "whiteout",
	    "redirect", "metacopy", "origin", "xwhiteouts" };
	static const char *const	 values[] = { "y", "x", "", "src" };
	const char			*value = values[draw(g, 4)];
	char				 name[40], full[PATH_MOST + 64];

	snprintf(name, sizeof(name), "user.overlay.%s", marks[draw(g, 6)]);
	snprintf(full, sizeof(full), "/proc/self/fd/%d/%s", rootfd, path);
	maybe(lsetxattr(full, name, value, strlen(value), 0));
}

static void
edit_link(struct treegen *g, int rootfd, const char *path,
    const char *other)
{
	static const char *const	 targets[] = { "a", "sub/b", ".", "nowhere",
	    "/nonexistent/etc/passwd", "../../../../nonexistent/x",
	    ".git/config", "dir/../nowhere/x" };

	if (draw(g, 2) == 0 && other != NULL && !g->alone)
		maybe(linkat(rootfd, other, rootfd, path, 0));
	else
		maybe(symlinkat(targets[draw(g, NELEM(targets))], rootfd,
		    path));
}

static void
edit_new(struct treegen *g, int rootfd, const struct listing *l)
{
	char	 path[PATH_MOST * 2], inner[PATH_MOST * 2 + 8];

	new_path(g, l, path);
	switch (draw(g, g->hostile ? 6 : 5)) {
	case 0:
		maybe(mkdirat(rootfd, path, 0755));
		break;
	case 1:
		edit_link(g, rootfd, path, pick(g, l, S_IFREG));
		break;
	case 2:				/* another kind in its place */
		remove_all(rootfd, path);
		maybe(mkdirat(rootfd, path, 0755));
		snprintf(inner, sizeof(inner), "%s/in", path);
		put_file(g, rootfd, inner, O_CREAT);
		break;
	case 5:
		edit_special(g, rootfd, path);
		break;
	default:
		put_file(g, rootfd, path, O_CREAT | O_EXCL);
	}
}

static void
edit_old(struct treegen *g, int rootfd, const struct listing *l)
{
	static const mode_t	 modes[] = { 0644, 0755, 0600, 04755, 0711, 02644,
	    0777, 0640 };
	const char		*path = pick(g, l, 0);
	char			 to[PATH_MOST * 2];

	if (path == NULL)
		return;
	switch (draw(g, g->hostile ? 8 : 7)) {
	case 0:
		put_file(g, rootfd, path, O_TRUNC);
		break;
	case 1:
		put_file(g, rootfd, path, O_APPEND);
		break;
	case 2:
		/* Through a link it would be the mode of what is there. */
		maybe(fchmodat(rootfd, path, modes[draw(g, NELEM(modes))] |
		    0600, AT_SYMLINK_NOFOLLOW));
		break;
	case 3:
		remove_all(rootfd, path);
		break;
	case 4:				/* gone, and there again */
		remove_all(rootfd, path);
		put_file(g, rootfd, path, O_CREAT | O_EXCL);
		break;
	case 7:
		edit_mark(g, rootfd, path);
		break;
	default:
		new_path(g, l, to);
		move(rootfd, path, to);
	}
}

void
tree_edit(struct treegen *g, int rootfd, unsigned int edits)
{
	struct listing	*l;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		err(1, NULL);
	for (; edits > 0; edits--) {
		list_dir(l, rootfd, "");
		if (draw(g, 2) == 0)
			edit_new(g, rootfd, l);
		else
			edit_old(g, rootfd, l);
		listing_free(l);
	}
	free(l);
}

void
tree_links(struct treegen *g, int rootfd, unsigned int links)
{
	struct listing	*l;
	const char	*file;
	char		 path[PATH_MOST * 2];

	if ((l = calloc(1, sizeof(*l))) == NULL)
		err(1, NULL);
	for (; links > 0; links--) {
		list_dir(l, rootfd, "");
		new_path(g, l, path);
		if ((file = pick(g, l, S_IFREG)) != NULL)
			maybe(linkat(rootfd, file, rootfd, path, 0));
		listing_free(l);
	}
	free(l);
}

void
tree_clear(int rootfd)
{
	struct dirent	**de;
	int		  i, n;

	n = scandirat(rootfd, ".", &de, NULL, NULL);
	for (i = 0; i < n; i++) {
		if (strcmp(de[i]->d_name, ".") != 0 &&
		    strcmp(de[i]->d_name, "..") != 0)
			remove_all(rootfd, de[i]->d_name);
		free(de[i]);
	}
	if (n >= 0)
		free(de);
	if ((n = scandirat(rootfd, ".", &de, NULL, NULL)) != 2)
		errx(1, "what edits made is still there");
	while (n > 0)
		free(de[--n]);
	free(de);
}

/* A mount, and all beneath it, read-only or not. */
static int
readonly(const char *path, int yes)
{
	struct mount_attr	 a = { 0 };

	if (yes)
		a.attr_set = MOUNT_ATTR_RDONLY;
	else
		a.attr_clr = MOUNT_ATTR_RDONLY;
	return ((int)syscall(SYS_mount_setattr, AT_FDCWD, path, AT_RECURSIVE,
	    &a, sizeof(a)));
}

void
tree_contain(const char *dir, const char *also)
{
	if (geteuid() != 0)
		return;
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    (also != NULL &&
	    mount(also, also, NULL, MS_BIND | MS_REC, NULL) == -1) ||
	    mount(dir, dir, NULL, MS_BIND, NULL) == -1 ||
	    readonly("/", 1) == -1 || readonly(dir, 0) == -1 ||
	    (also != NULL && readonly(also, 0) == -1))
		err(1, "a place of its own for %s", dir);
}

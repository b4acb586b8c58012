/*
 * Parent: the control socket.  Made here because its directory is root's;
 * accepted from in the frontend, which gets the descriptor.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "praetord/parent.h"

static int
listen_fail(const struct parent *p, const char *what, char *why, size_t size)
{
	snprintf(why, size, "%s: %s: %s (name another path with `socket`)",
	    p->conf->socket, what, strerror(errno));
	return (-1);
}

/* The last directory of the path is made when it is missing. */
static void
listen_mkdir(const char *path)
{
	char	 dir[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char	*slash;

	snprintf(dir, sizeof(dir), "%s", path);
	if ((slash = strrchr(dir, '/')) != NULL && slash != dir) {
		*slash = '\0';
		(void)mkdir(dir, 0755);
	}
}

int
listen_open(struct parent *p, char *why, size_t size)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	struct stat		 st;
	mode_t			 old;
	int			 r;

	if (strlen(p->conf->socket) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return (listen_fail(p, "socket path", why, size));
	}
	memcpy(sun.sun_path, p->conf->socket, strlen(p->conf->socket) + 1);
	listen_mkdir(p->conf->socket);
	/* The state lock is ours, so a socket that is there is a dead one. */
	if (lstat(sun.sun_path, &st) == 0 && !S_ISSOCK(st.st_mode)) {
		errno = EEXIST;
		return (listen_fail(p, "is there and no socket", why, size));
	}
	(void)unlink(sun.sun_path);
	p->listenfd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (p->listenfd == -1)
		return (listen_fail(p, "socket", why, size));
	old = umask(0177);
	r = bind(p->listenfd, (struct sockaddr *)&sun, sizeof(sun));
	umask(old);
	if (r == -1)
		return (listen_fail(p, "bind", why, size));
	if (chmod(sun.sun_path, p->conf->socket_mode) == -1 ||
	    listen(p->listenfd, 128) == -1)
		return (listen_fail(p, "listen", why, size));
	return (0);
}

void
listen_close(struct parent *p)
{
	if (p->listenfd == -1)
		return;
	close(p->listenfd);
	p->listenfd = -1;
	(void)unlink(p->conf->socket);
}

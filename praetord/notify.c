/*
 * Parent: the service manager's notifications (sd_notify(3)), 40 lines
 * instead of libsystemd in the root process.  Writes fixed texts only.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/log.h"
#include "praetord/parent.h"

void
notify_open(struct parent *p)
{
	const char		*path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	socklen_t		 len;

	p->notifyfd = -1;
	if (path == NULL || (path[0] != '/' && path[0] != '@') ||
	    strlen(path) >= sizeof(sun.sun_path))
		return;
	memcpy(sun.sun_path, path, strlen(path));
	if (path[0] == '@')
		sun.sun_path[0] = '\0';
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    strlen(path));
	p->notifyfd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (p->notifyfd != -1 &&
	    connect(p->notifyfd, (struct sockaddr *)&sun, len) == -1) {
		log_warn("cannot reach the service manager");
		close(p->notifyfd);
		p->notifyfd = -1;
	}
	unsetenv("NOTIFY_SOCKET");	/* not for the children */
}

void
notify_send(struct parent *p, const char *fmt, ...)
{
	char	 text[512];
	va_list	 ap;
	int	 n;

	if (p->notifyfd == -1)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n > 0 && send(p->notifyfd, text, (size_t)n < sizeof(text) ?
	    (size_t)n : sizeof(text) - 1, MSG_NOSIGNAL) == -1)
		log_warn("service manager not told");
}

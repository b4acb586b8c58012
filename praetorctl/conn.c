/*
 * The connection to the daemon.  Runs in praetorctl.  The daemon is trusted
 * to be the daemon (the socket's directory is root's or the user's own), but
 * its frames are checked all the same.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/err.h"
#include "common/imsg.h"
#include "common/json.h"
#include "common/proto.h"
#include "praetorctl/ctl.h"

struct conn {
	struct imsgbuf	 ib;
	struct buf	 join;		/* payload of the frames so far */
};

struct conn *
conn_open(const char *path, int *err, char *why, size_t size)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	struct conn		*cn;
	int			 fd;

	*err = PRA_EUNREACH;
	if (strlen(path) >= sizeof(sun.sun_path)) {
		snprintf(why, size, "%s: path of a socket is too long", path);
		*err = PRA_EUSAGE;
		return (NULL);
	}
	memcpy(sun.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 ||
	    connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1) {
		snprintf(why, size, "cannot reach praetord at %s: %s", path,
		    strerror(errno));
		if (errno == EACCES)
			*err = PRA_EPERM;
		if (fd != -1)
			close(fd);
		return (NULL);
	}
	if ((cn = calloc(1, sizeof(*cn))) == NULL) {
		close(fd);
		return (NULL);
	}
	imsgbuf_init(&cn->ib, fd);
	return (cn);
}

void
conn_close(struct conn *cn)
{
	if (cn == NULL)
		return;
	imsgbuf_clear(&cn->ib);
	close(cn->ib.fd);
	buf_free(&cn->join);
	free(cn);
}

/* The socket blocks, so imsgbuf_write() returns when everything is sent. */
static int
send_text(struct conn *cn, uint32_t id, const char *text)
{
	struct imsg_hdr	 h = { .type = MSG_CTL_REQUEST, .id = id };
	size_t		 left = strlen(text);

	h.pid = (uint32_t)getpid();
	do {
		h.len = left > MAX_FRAME ? MAX_FRAME : (uint32_t)left;
		h.flags = left > MAX_FRAME ? IMSG_F_MORE : 0;
		if (imsg_compose(&cn->ib, &h, text, -1) != 0)
			return (PRA_ENOMEM);
		text += h.len;
		left -= h.len;
	} while (left > 0);
	return (imsgbuf_write(&cn->ib) == -1 ? PRA_EUNREACH : 0);
}

int
conn_send(struct conn *cn, uint32_t id, const json_t *request)
{
	char	*text = json_dumps(request, JSON_COMPACT);
	int	 e;

	if (text == NULL)
		return (PRA_ENOMEM);
	e = strlen(text) > MAX_PLAN ? PRA_ELIMIT : send_text(cn, id, text);
	free(text);
	return (e);
}

/*
 * Read once more, writing what is to be printed while nothing comes.  Who
 * follows for a reader that has gone would wait for ever to find that out.
 */
static int
fill(struct conn *cn, struct out *out)
{
	struct pollfd	 pfd[2];

	for (;;) {
		pfd[0] = (struct pollfd){ cn->ib.fd, POLLIN, 0 };
		pfd[1] = (struct pollfd){ STDOUT_FILENO, out->b.len > 0 ?
		    POLLOUT : 0, 0 };
		if (poll(pfd, 2, -1) == -1) {
			if (errno == EINTR)
				continue;
			return (-1);
		}
		if (pfd[0].revents != 0)
			return (imsgbuf_read(&cn->ib) == 1 ? 0 : -1);
		if (out->b.len > 0) {
			out_some(out);
		} else if (pfd[1].revents != 0) {
			(void)raise(SIGPIPE);	/* as the next write would */
			out->failed = EPIPE;
			return (-1);
		}
	}
}

/* Join a frame.  1 whole, 0 goes on, -1 refused. */
static int
take(struct conn *cn, const struct imsg *im, int *done)
{
	if (im->fd != -1)
		close(im->fd);
	if (msg_refuse(P_FRONT, P_CTL, im->hdr.type,
	    cn->join.len + im->hdr.len, im->fd != -1, -1) != NULL)
		return (-1);
	if (buf_add(&cn->join, im->data, im->hdr.len) != 0)
		return (-1);
	*done = im->hdr.type == MSG_CTL_DONE;
	return ((im->hdr.flags & IMSG_F_MORE) == 0);
}

json_t *
conn_next(struct conn *cn, struct out *out, int *done)
{
	struct imsg	 im;
	json_t		*o;
	char		 why[160];
	int		 r;

	for (;;) {
		while ((r = imsg_next(&cn->ib, &im)) == 0)
			if (fill(cn, out) == -1)
				return (NULL);
		if (r == -1 || (r = take(cn, &im, done)) == -1)
			return (NULL);
		if (r == 0)
			continue;
		o = jrec_load(cn->join.data, cn->join.len, why, sizeof(why));
		cn->join.len = 0;
		return (o);
	}
}

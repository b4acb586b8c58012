/*
 * A daemon for praetorctl's tests: answers each request from a script.
 *
 *	ctl_server SOCKET SCRIPT LOG
 *
 * Prints "ready", appends each request to LOG as a line, and answers by the
 * next lines of SCRIPT: "I {...}" an item, "B FILE BYTES" an item of a log
 * with that many bytes of a file, "D {...}" the end of the answer, "X" close
 * without an answer, "G" garbage.  Ends when the script does.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <jansson.h>

#include "common/imsg.h"
#include "common/json.h"
#include "common/proto.h"
#include "frontend/item.h"

/* One whole request appended to the log.  Its number, 0 at the end. */
static uint32_t
request(struct imsgbuf *ib, FILE *log)
{
	struct imsg	 m;
	int		 r;

	for (;;) {
		while ((r = imsg_next(ib, &m)) == 0)
			if (imsgbuf_read(ib) != 1)
				return (0);
		if (r == -1)
			return (0);
		fwrite(m.data, 1, m.hdr.len, log);
		if (m.hdr.flags & IMSG_F_MORE)
			continue;
		fputc('\n', log);
		fflush(log);
		return (m.hdr.id);
	}
}

static void
answer(struct imsgbuf *ib, int type, uint32_t id, const char *p)
{
	struct imsg_hdr	 h = { .type = (uint16_t)type, .id = id };
	size_t		 left = strlen(p);

	do {
		h.len = left > MAX_FRAME ? MAX_FRAME : (uint32_t)left;
		h.flags = left > MAX_FRAME ? IMSG_F_MORE : 0;
		if (imsg_compose(ib, &h, p, -1) != 0)
			errx(1, "out of memory");
		p += h.len;
		left -= h.len;
	} while (left > 0);
	(void)imsgbuf_write(ib);
}

/* An item as the frontend makes it of bytes. */
static void
answer_log(struct imsgbuf *ib, uint32_t id, const char *args)
{
	struct rec	*r = rec_new(REC_v_log);
	char		 file[256], data[65536], *text;
	size_t		 n;
	FILE		*f;

	if (sscanf(args, "%255s %zu", file, &n) != 2 || n > sizeof(data) ||
	    (f = fopen(file, "r")) == NULL)
		errx(1, "B %s", args);
	n = fread(data, 1, n, f);
	fclose(f);
	rec_set_u64(r, F_v_log_offset, 0);
	rec_set_bytes(r, F_v_log_data, data, n);
	if ((text = item_text(r)) == NULL)
		errx(1, "item");
	answer(ib, MSG_CTL_ITEM, id, text);
	free(text);
	rec_free(r);
}

/* Play the script for one request.  0 to close the connection. */
static int
play(struct imsgbuf *ib, uint32_t id, FILE *script)
{
	char	 line[65536];

	while (fgets(line, sizeof(line), script) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		switch (line[0]) {
		case 'I':
			answer(ib, MSG_CTL_ITEM, id, line + 2);
			break;
		case 'B':
			answer_log(ib, id, line + 2);
			break;
		case 'D':
			answer(ib, MSG_CTL_DONE, id, line + 2);
			return (1);
		case 'G':
			answer(ib, MSG_HELLO, id, "garbage");
			return (0);
		default:
			return (0);
		}
	}
	return (0);
}

static void
serve(int s, FILE *script, FILE *log)
{
	struct imsgbuf	 ib;
	uint32_t	 id;

	imsgbuf_init(&ib, s);
	while ((id = request(&ib, log)) != 0)
		if (!play(&ib, id, script))
			break;
	imsgbuf_clear(&ib);
	close(s);
}

int
main(int argc, char *argv[])
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	FILE			*script, *log;
	int			 c, fd, s;

	if (argc != 4 || strlen(argv[1]) >= sizeof(sun.sun_path))
		errx(2, "usage: ctl_server SOCKET SCRIPT LOG");
	strcpy(sun.sun_path, argv[1]);
	script = fopen(argv[2], "r");
	log = fopen(argv[3], "a");
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (script == NULL || log == NULL || fd == -1 ||
	    bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    listen(fd, 8) == -1)
		err(1, "%s", argv[1]);
	printf("ready\n");
	fflush(stdout);
	while ((c = fgetc(script)) != EOF) {
		ungetc(c, script);
		if ((s = accept(fd, NULL, NULL)) == -1)
			err(1, "accept");
		serve(s, script, log);
	}
	unlink(argv[1]);
	return (0);
}

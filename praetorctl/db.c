/*
 * praetorctl replay and db: the log and the database.  Files are opened here,
 * with the rights of whoever asks; the daemon gets and gives bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base64.h"
#include "common/err.h"
#include "praetorctl/db.h"

static void
print_line(struct ctl *c, json_t *item, const char *const *members)
{
	char	*value;
	size_t	 i;

	for (i = 0; members[i] != NULL; i++) {
		value = view_value(item, members[i]);
		if (i > 0)
			out_printf(&c->out, "  ");
		out_printf(&c->out, "%s ", members[i]);
		out_text(&c->out, value == NULL ? "" : value);
		free(value);
	}
	out_printf(&c->out, "\n");
}

/* "difference: what", "table task: rows 3 ...", "log: first 1 ..." */
static void
print_verified(struct ctl *c, json_t *item)
{
	static const char *const	 table[] = {
		"rows", "made", "differ", "digest", NULL
	};
	static const char *const	 log[] = {
		"first", "last", "differ", "hash", NULL
	};
	const char			*kind = item_str(item, "kind");

	if (strcmp(kind, "difference") == 0) {
		out_color(&c->out, "31");
		out_printf(&c->out, "difference: ");
		out_plain(&c->out, "31");
		out_text(&c->out, item_str(item, "text"));
		out_printf(&c->out, "\n");
	} else if (strcmp(kind, "table") == 0) {
		out_printf(&c->out, "table %s: ", item_str(item, "table"));
		print_line(c, item, table);
	} else if (strcmp(kind, "verified") == 0) {
		out_printf(&c->out, "log: ");
		print_line(c, item, log);
	}
}

static int
replay_verify(struct ctl *c)
{
	return (ctl_run(c, print_verified));
}

/* "task t_01K... ready fix", whatever was there then. */
static void
print_then(struct ctl *c, json_t *item)
{
	const char	*kind = item_str(item, "kind");
	const char	*state = item_str(item, "state");
	const char	*name = item_str(item, "id");
	char		*value = NULL;

	if (*name == '\0')
		value = view_value(item, "id");
	out_pad(&c->out, kind, 9);
	out_text(&c->out, value != NULL && *value != '\0' ? value :
	    *name != '\0' ? name : item_str(item, "name"));
	out_printf(&c->out, "  ");
	out_color(&c->out, view_color(state));
	out_text(&c->out, state);
	out_plain(&c->out, view_color(state));
	if (strcmp(kind, "task") == 0) {
		out_printf(&c->out, "  ");
		out_text(&c->out, item_str(item, "name"));
		if (*item_str(item, "sentence") != '\0') {
			out_printf(&c->out, "  ");
			out_text(&c->out, item_str(item, "sentence"));
		}
	}
	out_printf(&c->out, "\n");
	free(value);
}

/* The argument as a sequence number into the request; 0, or a usage error. */
static int
put_seq(struct ctl *c)
{
	const char	*text = c->argv[0];
	char		*end;
	long long	 n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || n < 0)
		return (ctl_error(PRA_EUSAGE, "praetorctl events shows them",
		    "%s: is no sequence number", text));
	json_object_set_new(c->args, "seq", json_integer(n));
	return (0);
}

static int
replay_at(struct ctl *c)
{
	int	 code = put_seq(c);

	return (code != 0 ? code : ctl_run(c, print_then));
}

/* What is wrong, or the numbers of the database. */
static void
print_database(struct ctl *c, json_t *item)
{
	if (strcmp(item_str(item, "kind"), "difference") != 0)
		view_show(c, item);
	else
		print_verified(c, item);
}

static int
db_show(struct ctl *c)
{
	return (ctl_run(c, print_database));
}

/* A file that the daemon sends, under another name until it is whole. */

struct taking {
	char		 part[4096];
	int		 fd;
	json_int_t	 at;
	int		 err;		/* errno of a write */
	int		 whole;		/* its end came and agrees */
	SHA2_CTX	 sum;
};

void
taking_write(struct taking *t, const void *p, size_t n)
{
	const uint8_t	*at = p;
	ssize_t		 k;

	SHA256Update(&t->sum, at, n);
	t->at += (json_int_t)n;
	while (t->err == 0 && n > 0) {
		k = write(t->fd, at, n);
		if (k == -1 && errno != EINTR)
			t->err = errno;
		at += k > 0 ? k : 0;
		n -= k > 0 ? (size_t)k : 0;
	}
}

void
taking_end(struct taking *t, int whole)
{
	t->whole = whole;
}

static void
take_piece(struct taking *t, const json_t *item)
{
	struct buf	 b = { 0 };

	if (json_integer_value(json_object_get(item, "offset")) != t->at ||
	    base64_decode(item_str(item, "data"), &b) != 0)
		t->err = EBADMSG;
	else
		taking_write(t, b.data, b.len);
	buf_free(&b);
}

static int
take_agrees(struct taking *t, const json_t *item)
{
	uint8_t	 digest[SHA256_DIGEST_LENGTH];
	char	 hex[2 * SHA256_DIGEST_LENGTH + 1];
	size_t	 i;

	SHA256Final(digest, &t->sum);
	for (i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	return (strcmp(hex, item_str(item, "digest")) == 0 &&
	    json_integer_value(json_object_get(item, "bytes")) == t->at);
}

static void
take_file(struct ctl *c, json_t *item)
{
	if (strcmp(item_str(item, "kind"), "piece") == 0)
		take_piece(c->taking, item);
	else if (strcmp(item_str(item, "kind"), "file") == 0)
		taking_end(c->taking, take_agrees(c->taking, item));
}

/* A name that nothing has; 0 or an exit code, after an error. */
static int
taking_open(struct taking *t, const char *file)
{
	memset(t, 0, sizeof(*t));
	SHA256Init(&t->sum);
	if (access(file, F_OK) == 0)
		return (ctl_error(PRA_EEXISTS, "name another one",
		    "%s: is there already", file));
	snprintf(t->part, sizeof(t->part), "%s.part", file);
	t->fd = open(t->part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (t->fd == -1)
		return (ctl_error(err_errno(errno), "use a directory that you "
		    "can write to", "%s: %s", t->part, strerror(errno)));
	return (0);
}

/* On disk under its name, or gone. */
static int
taking_close(struct taking *t, const char *file, int code)
{
	if (code == 0 && t->err == 0 && !t->whole)
		t->err = EBADMSG;
	if (t->err == 0 && code == 0 && fsync(t->fd) == -1)
		t->err = errno;
	close(t->fd);
	if (code == 0 && t->err == 0 && rename(t->part, file) == -1)
		t->err = errno;
	if (code == 0 && t->err == 0)
		return (0);
	unlink(t->part);
	if (code != 0)
		return (code);
	return (ctl_error(err_errno(t->err), t->err == EBADMSG ? "try again" :
	    "free some space or name another place", "%s: %s", file,
	    t->err == EBADMSG ? "what came is not what was sent" :
	    strerror(t->err)));
}

int
taking_run(struct ctl *c, const char *file, item_fn *fn)
{
	struct taking	 t;
	int		 json = c->json, code;

	if ((code = taking_open(&t, file)) != 0)
		return (code);
	c->taking = &t;
	c->json = 0;			/* items are for the file */
	code = ctl_run(c, fn);
	c->json = json;
	c->taking = NULL;
	if ((code = taking_close(&t, file, code)) != 0)
		return (code);
	if (c->json)
		out_json(c, c->last);
	else
		view_show(c, c->last);
	return (0);
}

static int
db_backup(struct ctl *c)
{
	return (taking_run(c, c->argv[0], take_file));
}

static const struct ctl_opt at_opts[] = {
	{ "project", 'p', CT_STR, "PROJECT", "project",
	    "of this project only" },
	{ "all", 'a', CT_FLAG, NULL, "all",
	    "also tasks done, failed or cancelled" },
	{ 0 }
};

static const struct ctl_opt export_opts[] = {
	{ "before", 'b', CT_NUM, "SEQ", "before",
	    "first event that is left out" },
	{ 0 }
};

static const struct ctl_opt verify_opts[] = {
	{ "key", 'k', CT_STR, "KEY", NULL,
	    "public key that it must be signed with" },
	{ 0 }
};

const struct ctl_cmd db_cmds[] = {
	{ "replay verify", "replay.verify", NULL, "", 0, 0, NULL, 0,
	    "make the state anew from the log and compare it", replay_verify },
	{ "replay at", "replay.at", at_opts, "SEQ", 1, 1, NULL, 0,
	    "show the state as it was after an event", replay_at },
	{ "db check", "db.check", NULL, "", 0, 0, NULL, 0,
	    "check every page and index of the database", db_show },
	{ "db backup", "db.backup", NULL, "FILE", 1, 1, NULL, 0,
	    "write a copy of the database to a file", db_backup },
	{ "db restore", "db.restore", NULL, "FILE", 1, 1, NULL, 0,
	    "have a backup take the database's place", db_restore },
	{ "db export", "db.export", export_opts, "FILE", 1, 1, NULL, 0,
	    "write old events and a signed checkpoint to a file", db_export },
	{ "db verify", NULL, verify_opts, "FILE", 1, 1, NULL, 0,
	    "check a file of exported events", db_verify },
	{ "db key", "db.key", NULL, "", 0, 0, NULL, 0,
	    "print the public key that checkpoints are signed with", db_show },
	{ "db vacuum", "db.vacuum", NULL, "", 0, 0, NULL, 0,
	    "give free pages of the database back", db_show },
	{ 0 }
};

/*
 * praetorctl db export, restore and verify: files that are written, read and
 * checked here, with the rights of whoever asks.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "common/base64.h"
#include "common/chain.h"
#include "common/err.h"
#include "common/json.h"
#include "praetorctl/ctl.h"
#include "praetorctl/db.h"

#define PIECE	(256 * 1024)	/* bytes of a file in one request */

/* Export. */

static void
export_item(struct ctl *c, json_t *item)
{
	char	*text = json_dumps(item, JSON_COMPACT);

	if (text != NULL) {
		taking_write(c->taking, text, strlen(text));
		taking_write(c->taking, "\n", 1);
	}
	if (text == NULL || strcmp(item_str(item, "kind"), "checkpoint") == 0)
		taking_end(c->taking, text != NULL);
	free(text);
}

int
db_export(struct ctl *c)
{
	return (taking_run(c, c->argv[0], export_item));
}

/* Restore. */

/* One piece; 1 when it was the last. */
static int
restore_piece(struct ctl *c, int fd, uint64_t at, uint64_t size, int *code)
{
	static uint8_t	 p[PIECE];
	struct buf	 b = { 0 };
	ssize_t		 n;
	int		 last;

	n = pread(fd, p, sizeof(p), (off_t)at);
	if (n <= 0) {
		*code = ctl_error(n == 0 ? PRA_EINVALID : err_errno(errno),
		    NULL, "%s: %s", c->argv[0], n == 0 ? "is cut short" :
		    strerror(errno));
		return (1);
	}
	last = at + (uint64_t)n >= size;
	if (base64_encode(p, (size_t)n, &b) != 0 || buf_str(&b) == NULL) {
		*code = ctl_error(PRA_ENOMEM, NULL, "out of memory");
		return (1);
	}
	json_object_set_new(c->args, "offset", json_integer((json_int_t)at));
	json_object_set_new(c->args, "data", json_string(buf_str(&b)));
	json_object_set_new(c->args, "last", json_boolean(last));
	buf_free(&b);
	*code = ctl_run(c, view_show);
	return (last || *code != 0);
}

int
db_restore(struct ctl *c)
{
	struct stat	 st;
	uint64_t	 at = 0;
	int		 code = 0, fd;

	fd = open(c->argv[0], O_RDONLY | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1) {
		code = ctl_error(err_errno(errno), NULL, "%s: %s", c->argv[0],
		    strerror(errno));
		if (fd != -1)
			close(fd);
		return (code);
	}
	while (!restore_piece(c, fd, at, (uint64_t)st.st_size, &code))
		at += PIECE;
	close(fd);
	if (code == 0 && !c->json)
		out_printf(&c->out, "checked; it is taken when the daemon is "
		    "started again\n");
	return (code);
}

/* Verify. */

struct check {
	const char	*file;
	unsigned int	 line;
	uint64_t	 seq;
	uint8_t		 hash[CHAIN_HASH];
	int		 signed_by;	/* 1: the checkpoint came and is good */
	char		 key[2 * crypto_sign_PUBLICKEYBYTES + 1];
	const char	*want;		/* key in hex, or NULL */
	const char	*what;		/* is wrong */
};

static void
str_to(char *out, size_t size, const struct rec *r, int f)
{
	snprintf(out, size, "%s", rec_str(r, f));
}

/* The envelope of a line; 0 or what is wrong with it. */
static const char *
envelope(const json_t *o, struct store_event *ev)
{
	static const char *const	 members[] = {
		"seq", "stream", "stream_seq", "id", "time", "actor",
		"project", "subject", "cause", "policy", "schema", "hash"
	};
	json_t				*copy = json_object(), *v;
	struct rec			*r = NULL;
	char				 why[256];
	const void			*hash;
	size_t				 i, n;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if ((v = json_object_get(o, members[i])) != NULL)
			json_object_set(copy, members[i], v);
	json_object_set_new(copy, "data", json_string(""));
	i = jrec_parse(copy, REC_v_event, &r, why, sizeof(why)) == 0;
	json_decref(copy);
	if (!i)
		return ("is no event");
	memset(ev, 0, sizeof(*ev));
	ev->seq = rec_u64(r, F_v_event_seq);
	ev->stream_seq = rec_u64(r, F_v_event_stream_seq);
	ev->time = (int64_t)rec_u64(r, F_v_event_time);
	ev->schema = (uint32_t)rec_u64(r, F_v_event_schema);
	memcpy(ev->id, rec_id(r, F_v_event_id), ULID_LEN);
	str_to(ev->stream, sizeof(ev->stream), r, F_v_event_stream);
	str_to(ev->actor, sizeof(ev->actor), r, F_v_event_actor);
	str_to(ev->project, sizeof(ev->project), r, F_v_event_project);
	str_to(ev->subject, sizeof(ev->subject), r, F_v_event_subject);
	str_to(ev->cause, sizeof(ev->cause), r, F_v_event_cause);
	str_to(ev->policy, sizeof(ev->policy), r, F_v_event_policy);
	hash = rec_bytes(r, F_v_event_hash, &n);
	if (n == CHAIN_HASH)
		memcpy(ev->hash, hash, n);
	rec_free(r);
	return (n == CHAIN_HASH ? NULL : "has no hash");
}

static const char *
check_event(struct check *k, const json_t *o)
{
	struct store_event	 ev;
	struct buf		 raw = { 0 };
	uint8_t			 hash[CHAIN_HASH];
	const char		*bad;

	if ((bad = envelope(o, &ev)) != NULL)
		return (bad);
	if (ev.seq != k->seq + 1)
		return ("does not follow the event before it");
	if (base64_decode(item_str(o, "raw"), &raw) != 0 || raw.len < 6) {
		buf_free(&raw);
		return ("has no bytes of its event");
	}
	ev.data = raw.data;
	ev.len = raw.len;
	chain_hash(hash, k->hash, &ev, raw.data[0] | raw.data[1] << 8);
	buf_free(&raw);
	if (memcmp(hash, ev.hash, CHAIN_HASH) != 0)
		return ("does not fit its hash and the one before it");
	memcpy(k->hash, hash, CHAIN_HASH);
	k->seq = ev.seq;
	return (NULL);
}

/* "seq N\nhash HEX\n" as the events before it say. */
static int
text_agrees(const struct check *k, const char *text)
{
	char	 want[160];
	size_t	 i, n;

	n = (size_t)snprintf(want, sizeof(want), "praetor checkpoint 1\nseq "
	    "%" PRIu64 "\nhash ", k->seq);
	for (i = 0; i < CHAIN_HASH; i++)
		snprintf(want + n + 2 * i, 3, "%02x", k->hash[i]);
	return (strncmp(text, want, n + (size_t)2 * CHAIN_HASH) == 0);
}

static const char *
check_end(struct check *k, const json_t *o)
{
	const char	*text = item_str(o, "text"), *hex = item_str(o, "key");
	struct buf	 sig = { 0 };
	uint8_t		 key[crypto_sign_PUBLICKEYBYTES];
	size_t		 n = 0;
	int		 good;

	if (!text_agrees(k, text))
		return ("is a checkpoint of other events");
	if (k->want != NULL && strcmp(k->want, hex) != 0)
		return ("is signed with another key");
	good = sodium_hex2bin(key, sizeof(key), hex, strlen(hex), NULL, &n,
	    NULL) == 0 && n == sizeof(key) &&
	    base64_decode(item_str(o, "signature"), &sig) == 0 &&
	    sig.len == crypto_sign_BYTES &&
	    crypto_sign_verify_detached(sig.data, (const uint8_t *)text,
	    strlen(text), key) == 0;
	buf_free(&sig);
	if (!good)
		return ("is a checkpoint whose signature is not good");
	snprintf(k->key, sizeof(k->key), "%s", hex);
	k->signed_by = 1;
	return (NULL);
}

static const char *
check_line(struct check *k, const char *line, size_t n)
{
	char		 why[160];
	json_t		*o = jrec_load(line, n, why, sizeof(why));
	const char	*bad;

	if (o == NULL)
		return ("is no JSON object");
	if (k->signed_by)
		bad = "follows the checkpoint";
	else if (strcmp(item_str(o, "kind"), "checkpoint") == 0)
		bad = check_end(k, o);
	else
		bad = check_event(k, o);
	json_decref(o);
	return (bad);
}

static int
check_file(struct check *k, FILE *f)
{
	char		*line = NULL;
	size_t		 cap = 0;
	ssize_t		 n;

	while (k->what == NULL && (n = getline(&line, &cap, f)) > 0) {
		k->line++;
		k->what = check_line(k, line, (size_t)n -
		    (line[n - 1] == '\n'));
	}
	free(line);
	if (k->what != NULL)
		return (ctl_error(PRA_ECORRUPT, NULL, "%s: line %u %s",
		    k->file, k->line, k->what));
	if (!k->signed_by)
		return (ctl_error(PRA_ECORRUPT, "it is cut short", "%s: has no "
		    "checkpoint at its end", k->file));
	return (0);
}

int
db_verify(struct ctl *c)
{
	struct check	 k = { .file = c->argv[0],
	    .want = opt_value(c, "key") };
	FILE		*f = fopen(k.file, "re");
	int		 code;

	if (f == NULL || sodium_init() == -1) {
		code = ctl_error(err_errno(errno), NULL, "%s: %s", k.file,
		    strerror(errno));
		if (f != NULL)
			fclose(f);
		return (code);
	}
	code = check_file(&k, f);
	fclose(f);
	if (code == 0)
		out_printf(&c->out, "events 1 to %" PRIu64 ", signed with "
		    "%s%s\n", k.seq, k.key, k.want == NULL ?
		    " (compare it: praetorctl db key)" : "");
	return (code);
}

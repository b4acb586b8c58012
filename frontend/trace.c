/*
 * Trace lines.  Runs in the frontend on events that the engine committed;
 * their texts are foreign (names, commands, error messages), their form is
 * checked.
 */
#include <inttypes.h>
#include <string.h>

#include "common/err.h"
#include "common/json.h"
#include "common/when.h"
#include "frontend/trace.h"

#define OID_SHORT	7

/* One line stays one line, whatever a name or message holds. */
static int
add_line(struct buf *out, const char *text, size_t n)
{
	size_t	 i, start = out->len;

	if (buf_add(out, text, n) != 0)
		return (PRA_ENOMEM);
	for (i = start; i < out->len; i++)
		if (out->data[i] < 0x20 || out->data[i] == 0x7f)
			out->data[i] = ' ';
	return (0);
}

static int
add_list(struct buf *out, const struct rec *ev, int f)
{
	size_t	 i;
	int	 e = 0;

	for (i = 0; i < rec_count(ev, f) && e == 0; i++) {
		if (i > 0)
			e = buf_add(out, ", ", 2);
		if (e == 0)
			e = add_line(out, rec_nth_str(ev, f, i),
			    strlen(rec_nth_str(ev, f, i)));
	}
	return (e);
}

static int
add_time(struct buf *out, uint64_t us)
{
	char	 text[WHEN_TEXT];

	wall_format(text, (struct wall){ (int64_t)us });
	return (buf_printf(out, "%s", text));
}

static int
add_value(struct buf *out, const struct rec *ev, int f)
{
	const struct rec_field	*fd = &rec_def(rec_kind(ev))->fields[f];
	char			 text[OID_SIZE];
	const char		*p;
	size_t			 n;

	switch (fd->type) {
	case R_U64:
		return (buf_printf(out, "%" PRIu64, rec_u64(ev, f)));
	case R_I64:
		return (buf_printf(out, "%" PRId64, rec_i64(ev, f)));
	case R_BOOL:
		return (buf_printf(out, "%s", rec_u64(ev, f) ? "yes" : "no"));
	case R_STR:
	case R_BYTES:
		p = rec_bytes(ev, f, &n);
		return (add_line(out, p, n));
	case R_ID:
		id_format(text, (char)fd->arg, rec_id(ev, f));
		break;
	case R_SID:
		sid_format(text, rec_u64(ev, f));
		break;
	case R_OID:
		oid_format(text, rec_oid(ev, f));
		text[OID_SHORT] = '\0';
		break;
	case R_TIME:
		return (add_time(out, rec_u64(ev, f)));
	case R_MS:
		duration_format(text, rec_u64(ev, f));
		break;
	case R_STRS:
		return (add_list(out, ev, f));
	case R_RECS:
		return (buf_printf(out, "%zu", rec_count(ev, f)));
	}
	return (buf_printf(out, "%s", text));
}

/*
 * The field that a "{name}" at p stands for, or -1; *end is then past the
 * brace.
 */
static int
field_at(const struct rec *ev, const char *p, const char **end)
{
	char	 name[64];
	size_t	 n = strcspn(p + 1, "}");

	if (*p != '{' || p[1 + n] == '\0' || n >= sizeof(name))
		return (-1);
	memcpy(name, p + 1, n);
	name[n] = '\0';
	*end = p + n + 2;
	return (rec_field(rec_def(rec_kind(ev)), name));
}

static int
expand(const struct rec *ev, const char *format, struct buf *out)
{
	const char	*p, *end;
	int		 e = 0, f;

	for (p = format; *p != '\0' && e == 0; p = end) {
		if ((f = field_at(ev, p, &end)) == -1) {
			end = p + 1 + strcspn(p + 1, "{");
			e = buf_add(out, p, (size_t)(end - p));
		} else if (!rec_has(ev, f)) {
			e = buf_add(out, "-", 1);
		} else {
			e = add_value(out, ev, f);
		}
	}
	return (e);
}

int
trace_line(const struct rec *ev, struct buf *label, struct buf *text)
{
	const struct rec_def	*def = rec_def(rec_kind(ev));
	int			 e;

	if (def->label == NULL || def->format == NULL)
		return (PRA_ENOTFOUND);
	if ((e = expand(ev, def->label, label)) != 0)
		return (e);
	return (expand(ev, def->format, text));
}

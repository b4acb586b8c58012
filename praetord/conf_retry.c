/*
 * Rules for further attempts.  Parent process and praetord -n.  What they
 * mean is the engine's; here it is checked that they can mean something.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/rec.h"
#include "praetord/conf_parse.h"

#define WAIT_MIN	1			/* ms */
#define WAIT_MAX	(366ULL * 86400000)
#define TIMES_MAX	100

/* How an attempt, or a session for one, can end badly; as in reasons.tbl. */
static const char *const classes[] = {
	"*", "exit", "signal", "wall", "idle", "output", "oom", "pids", "cpu",
	"disk", "exec", "lost", "base", "boot"
};

void
conf_retry_free(struct conf_retry *r)
{
	free(r->agent);
	free(r->cls);
	free(r->how);
	free(r);
}

struct rec *
conf_retry_rec(const struct conf_retry *r)
{
	struct rec	*rec;

	if ((rec = rec_new(REC_k_retry)) == NULL)
		return (NULL);
	rec_set_str(rec, F_k_retry_agent, r->agent);
	rec_set_str(rec, F_k_retry_class, r->cls);
	rec_set_str(rec, F_k_retry_backoff, r->how);
	rec_set_u64(rec, F_k_retry_delay, r->delay);
	rec_set_u64(rec, F_k_retry_most, r->most);
	if (r->limited)
		rec_set_u64(rec, F_k_retry_times, r->times);
	return (rec);
}

void
conf_retry_print(FILE *f, const struct conf_retry *r)
{
	char	 value[24];

	fprintf(f, "retry %s %s", r->cls, r->how);
	conf_unit_format(value, UNIT_MS, r->delay);
	if (r->delay != 0)
		fprintf(f, " %s", value);
	conf_unit_format(value, UNIT_MS, r->most);
	if (r->most != 0)
		fprintf(f, " %s", value);
	if (r->limited)
		fprintf(f, " %llu", (unsigned long long)r->times);
	putc('\n', f);
}

static int
class_ok(const char *cls)
{
	size_t	 i;

	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strcmp(classes[i], cls) == 0)
			return (1);
	return (0);
}

static int
wait_parse(const char *text, uint64_t *ms)
{
	return (text != NULL && conf_unit_parse(UNIT_MS, text, ms) == 0 &&
	    *ms >= WAIT_MIN && *ms <= WAIT_MAX ? 0 : -1);
}

/* The words after how.  NULL, or what they must be. */
static const char *
retry_words(struct conf_retry *r, char **w)
{
	char	*end;

	if (wait_parse(*w++, &r->delay) == -1)
		return ("the wait must be a duration from 1ms to 366d");
	if (strcmp(r->how, "exponential") == 0 &&
	    (wait_parse(*w++, &r->most) == -1 || r->most < r->delay))
		return ("the longest wait must be a duration, and not less "
		    "than the first");
	if (*w == NULL)
		return (NULL);
	r->limited = 1;
	r->times = strtoull(*w, &end, 10);
	if (**w < '0' || **w > '9' || *end != '\0' || r->times > TIMES_MAX ||
	    w[1] != NULL)
		return ("the number of further attempts is 0 to 100, and the "
		    "last word");
	return (NULL);
}

void
conf_add_retry(struct parse *p, const char *cls, const char *how,
    const struct conf_words *w)
{
	struct where		 at = lex_where(p->lex);
	struct conf_retry	*r = conf_alloc(sizeof(*r));
	const char		*why = NULL;

	r->cls = conf_strdup(cls);
	if (p->agent != NULL)
		r->agent = conf_strdup(p->agent->name);
	r->how = conf_strdup(how);
	if (w != NULL)
		why = retry_words(r, w->v);
	TAILQ_INSERT_TAIL(&p->conf->retries, r, entry);
	if (!class_ok(cls))
		lex_error(p->lex, at, "retry \"%s\": there is no such way to "
		    "fail; praetord.conf(5) lists them", cls);
	else if (why != NULL)
		lex_error(p->lex, at, "retry %s: %s", cls, why);
	else
		conf_record_ok(p, at, "retry", conf_retry_rec(r));
}

/*
 * Rules of review.  Parent process and praetord -n.  What a rule means is the
 * engine's; here it is checked that it can mean something.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bsd/string.h>

#include "common/glob.h"
#include "common/rec.h"
#include "praetord/conf_parse.h"

#define RULE_TEXT	257	/* of k_review.text, with NUL */

void
conf_review_free(struct conf_review *v)
{
	free(v->cls);
	conf_strings_free(v->paths);
	free(v->project);
	free(v);
}

/* As it was written, cut where it is too long for the log of events. */
static void
rule_text(char out[RULE_TEXT], const struct conf_review *v)
{
	size_t	 i;

	snprintf(out, RULE_TEXT, "review %s %s", v->cls,
	    review_verdict_name(v->verdict));
	for (i = 0; v->paths != NULL && v->paths[i] != NULL; i++) {
		strlcat(out, i == 0 ? " path " : " ", RULE_TEXT);
		strlcat(out, v->paths[i], RULE_TEXT);
	}
	if (v->project != NULL) {
		strlcat(out, " on ", RULE_TEXT);
		strlcat(out, v->project, RULE_TEXT);
	}
	for (i = strlen(out); i > 0 && !utf8_valid(out, i); i--)
		out[i - 1] = '\0';
}

struct rec *
conf_review_rec(const struct conf_review *v)
{
	struct rec	*r;
	char		 text[RULE_TEXT];
	size_t		 i;

	if ((r = rec_new(REC_k_review)) == NULL)
		return (NULL);
	rec_set_str(r, F_k_review_class, v->cls);
	rec_set_str(r, F_k_review_verdict, review_verdict_name(v->verdict));
	for (i = 0; v->paths != NULL && v->paths[i] != NULL; i++)
		rec_add_str(r, F_k_review_paths, v->paths[i]);
	rec_set_str(r, F_k_review_project, v->project);
	rule_text(text, v);
	rec_set_str(r, F_k_review_text, text);
	return (r);
}

/* A project's name, or its beginning and a star. */
static int
project_ok(const char *name)
{
	size_t	 i;

	for (i = 0; name[i] != '\0'; i++)
		if (!isalnum((unsigned char)name[i]) &&
		    strchr("._-", name[i]) == NULL &&
		    !(name[i] == '*' && name[i + 1] == '\0'))
			return (0);
	return (i > 0 && i <= 64 && name[0] != '.' && name[0] != '-');
}

static void
class_check(struct parse *p, struct where at, const struct conf_review *v)
{
	char	 names[512] = "";
	int	 i;

	if (strcmp(v->cls, review_row(RVC_PROTECTED)->name) == 0 &&
	    v->paths == NULL)
		lex_error(p->lex, at, "review %s: name what is protected with "
		    "path", v->cls);
	if (strcmp(v->cls, "*") == 0 ||
	    review_class_byname(v->cls) != RVC_MAX)
		return;
	for (i = 0; i < RVC_MAX; i++) {
		strlcat(names, i == 0 ? "" : ", ", sizeof(names));
		strlcat(names, review_row((enum review_class)i)->name,
		    sizeof(names));
	}
	lex_error(p->lex, at, "review \"%s\": there is no such class; there "
	    "are %s and *", v->cls, names);
}

void
conf_add_review(struct parse *p, const char *cls, enum review_verdict verdict,
    struct conf_words *paths, const char *project)
{
	struct where		 at = lex_where(p->lex);
	struct conf_review	*v;
	const char		*why;
	size_t			 i;

	v = conf_alloc(sizeof(*v));
	v->cls = conf_strdup(cls);
	v->verdict = verdict;
	if (paths != NULL) {
		v->paths = paths->v;
		paths->v = NULL;
	}
	if (project != NULL)
		v->project = conf_strdup(project);
	TAILQ_INSERT_TAIL(&p->conf->reviews, v, entry);
	class_check(p, at, v);
	for (i = 0; v->paths != NULL && v->paths[i] != NULL; i++)
		if ((why = glob_refused(v->paths[i])) != NULL)
			lex_error(p->lex, at, "review %s: path \"%s\" %s", cls,
			    v->paths[i], why);
	if (project != NULL && !project_ok(project))
		lex_error(p->lex, at, "review %s: \"%s\" cannot be a "
		    "project's name, or its beginning with * at the end", cls,
		    project);
	conf_record_ok(p, at, "review", conf_review_rec(v));
}

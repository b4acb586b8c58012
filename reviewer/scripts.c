/*
 * What package managers run without being asked.  Runs in the reviewer, on
 * JSON that a session wrote, read by jansson.  What cannot be read counts as
 * changed.
 */
#include <string.h>
#include <jansson.h>

#include "reviewer/facts.h"

#define JSON_MOST	(1024 * 1024)

/* Members of the whole, or of "scripts", by file. */
struct scripts {
	const char		*file;
	const char *const	*scripts;	/* NULL: all of them */
	const char *const	*members;
};

static const char *const npm_scripts[] = { "preinstall", "install",
    "postinstall", "preprepare", "prepare", "postprepare", "prepublish",
    "prepack", "postpack", "dependencies", "pnpm:devPreinstall", NULL };
static const char *const npm_members[] = { "husky", "simple-git-hooks",
    "gitHooks", "pre-commit", "lint-staged", "packageManager", NULL };
static const char *const no_members[] = { NULL };

static const struct scripts files[] = {
	{ "package.json", npm_scripts, npm_members },
	{ "composer.json", NULL, no_members },
};

static json_t *
load(const char *text, size_t n)
{
	json_t	*o;

	if (text == NULL || n > JSON_MOST)
		return (NULL);
	o = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	if (o != NULL && !json_is_object(o)) {
		json_decref(o);
		o = NULL;
	}
	return (o);
}

static int
differs(const json_t *a, const json_t *b, const char *name)
{
	json_t	*x = json_object_get(a, name), *y = json_object_get(b, name);

	return (y != NULL && (x == NULL || !json_equal(x, y)));
}

/* The first name of a list that is new or has changed; NULL: none. */
static const char *
first_changed(const json_t *a, const json_t *b, const char *const *names)
{
	for (; *names != NULL; names++)
		if (differs(a, b, *names))
			return (*names);
	return (NULL);
}

static const char *
changed(const struct scripts *s, const json_t *old, const json_t *now)
{
	const char	*name;

	if (s->scripts == NULL)
		return (differs(old, now, "scripts") ? "scripts" : "");
	name = first_changed(json_object_get(old, "scripts"),
	    json_object_get(now, "scripts"), s->scripts);
	if (name == NULL)
		name = first_changed(old, now, s->members);
	return (name == NULL ? "" : name);
}

const char *
scripts_changed(const char *name, const char *old, size_t oldn,
    const char *text, size_t n)
{
	const char	*what;
	json_t		*a, *b;
	size_t		 i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(files[i].file, name) == 0)
			break;
	if (i == sizeof(files) / sizeof(files[0]))
		return ("");
	if ((b = load(text, n)) == NULL)
		return ("something that cannot be read");
	a = load(old, oldn);
	what = changed(&files[i], a, b);
	json_decref(a);
	json_decref(b);
	return (what);
}

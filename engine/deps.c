/*
 * Dependencies.  Engine, pure half; dep_parse() reads what users wrote.  How
 * an edge stands follows from its two tasks and is in no row.
 */
#include <stdio.h>
#include <string.h>
#include <bsd/string.h>

#include "engine/deps.h"
#include "engine/text.h"

enum { E_LANDED, E_DONE, E_FAILED, E_CANCELLED, E_MAX };

static const struct {
	const char	*word;
	enum dep_is	 is[E_MAX];
} kinds[DEP_MAX] = {
#define DEP(kind, word, landed, done, failed, cancelled, text)		\
	[DEP_##kind] = { word, { DEP_##landed, DEP_##done, DEP_##failed, \
	    DEP_##cancelled } },
#include "engine/deps.tbl"
#undef DEP
};

const char *
dep_word(enum dep_kind kind)
{
	return (kinds[kind].word);
}

int
dep_byword(const char *word, size_t n)
{
	int	 k;

	for (k = 0; k < DEP_MAX; k++)
		if (strlen(kinds[k].word) == n &&
		    strncmp(kinds[k].word, word, n) == 0)
			return (k);
	return (-1);
}

/* A path that leads to a file of the tree, and to nothing else. */
static const char *
path_wrong(const char *path)
{
	const char	*p, *end;

	for (p = path; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return ("its path has a control character");
	for (p = path;; p = end + 1) {
		end = p + strcspn(p, "/");
		if (end == p || (end == p + 1 && *p == '.') ||
		    (end == p + 2 && strncmp(p, "..", 2) == 0))
			return ("its path is not a plain relative one");
		if (end == p + 4 && strncasecmp(p, ".git", 4) == 0)
			return ("its path leads into .git");
		if (*end == '\0')
			return (NULL);
	}
}

const char *
dep_parse(const char *text, struct dep_ref *out)
{
	const char	*colon = strchr(text, ':');
	size_t		 n;
	int		 kind;

	memset(out, 0, sizeof(*out));
	if (colon != NULL) {
		kind = dep_byword(text, (size_t)(colon - text));
		if (kind == -1)
			return ("nothing of that kind can be waited for");
		out->kind = (enum dep_kind)kind;
		text = colon + 1;
	}
	n = out->kind == DEP_FILE ? strcspn(text, ":") : strlen(text);
	if (n == 0 || n >= sizeof(out->task))
		return ("it names no task");
	memcpy(out->task, text, n);
	if (out->kind != DEP_FILE)
		return (NULL);
	if (text[n] == '\0')
		return ("it names no file");
	if (strlcpy(out->path, text + n + 1, DEP_PATH) >= DEP_PATH)
		return ("its path is too long");
	return (path_wrong(out->path));
}

struct dep_end
dep_end(const struct task *t)
{
	struct dep_end	 end = { .state = t->state };

	end.landed = t->state == TS_DONE &&
	    strcmp(rec_str(t->e.row, F_s_task_reason), "landed") == 0;
	end.left = rec_has(t->e.row, F_s_task_tree);
	return (end);
}

enum dep_is
dep_stands(enum dep_kind kind, const struct dep_end *end)
{
	if (!task_final(end->state))
		return (DEP_OPEN);
	if (kind == DEP_FILE && !end->left)
		return (DEP_BAD);
	return (kinds[kind].is[end->state == TS_FAILED ? E_FAILED :
	    end->state == TS_CANCELLED ? E_CANCELLED :
	    end->landed ? E_LANDED : E_DONE]);
}

/* Rows of older versions have no list: all of theirs are ok. */
enum dep_kind
dep_row_kind(const struct rec *row, size_t i)
{
	const char	*need;
	int		 kind = -1;

	if (i < rec_count(row, F_s_task_needs)) {
		need = rec_nth_str(row, F_s_task_needs, i);
		kind = dep_byword(need, strcspn(need, ":"));
	}
	return (kind == -1 ? DEP_OK : (enum dep_kind)kind);
}

const char *
dep_row_path(const struct rec *row, size_t i)
{
	const char	*need;

	if (i >= rec_count(row, F_s_task_needs))
		return ("");
	need = rec_nth_str(row, F_s_task_needs, i);
	need += strcspn(need, ":");
	return (*need == ':' ? need + 1 : need);
}

const char *
dep_path(const struct edge *ed)
{
	return (dep_row_path(ed->from->e.row, ed->n));
}

void
dep_text(char out[DEP_TEXT], enum dep_kind kind, const char *task,
    const char *path)
{
	if (kind == DEP_OK)
		snprintf(out, DEP_TEXT, "%s", task);
	else
		snprintf(out, DEP_TEXT, "%s:%s%s%s", dep_word(kind), task,
		    *path != '\0' ? ":" : "", path);
}

void
dep_edge_text(char out[DEP_TEXT], const struct edge *ed)
{
	char	 name[TEXT_NAME];

	dep_text(out, ed->kind, text_task(name, ed->to), dep_path(ed));
}

const char *
dep_reason(enum dep_kind kind)
{
	if (kind == DEP_FAILED)
		return ("dependency-cancelled");
	return (kind == DEP_FILE ? "dependency-file" : "dependency-failed");
}

void
dep_sentence(char *out, size_t size, enum dep_kind kind, const char *task,
    const struct dep_end *end)
{
	static const char *const	 waits[DEP_MAX] = {
		[DEP_OK] = "which it depends on",
		[DEP_ANY] = "which it depends on",
		[DEP_FAILED] = "whose failure it waits for",
		[DEP_MERGED] = "whose commit it waits for",
		[DEP_FILE] = "whose file it waits for"
	};
	const char			*how = "is done";

	if (end->state == TS_FAILED)
		how = kind == DEP_FILE ? "failed and left nothing" : "failed";
	else if (end->state == TS_CANCELLED)
		how = "was cancelled";
	else if (kind == DEP_MERGED)
		how = "is done without one on the branch";
	else if (kind == DEP_FILE)
		how = "left nothing";
	snprintf(out, size, "%s, %s, %s", task, waits[kind], how);
}

const struct edge *
dep_bad(const struct task *t)
{
	const struct edge	*ed;

	if (t->ndeps[DEP_BAD] + t->ndeps[DEP_NEVER] == 0)
		return (NULL);
	TAILQ_FOREACH(ed, &t->deps, out)
		if (ed->is == DEP_BAD || ed->is == DEP_NEVER)
			return (ed);
	return (NULL);
}

int
dep_files(const struct task *t)
{
	const struct edge	*ed;

	TAILQ_FOREACH(ed, &t->deps, out)
		if (ed->kind == DEP_FILE)
			return (1);
	return (0);
}

void
dep_edge(struct edge *ed, int there)
{
	struct dep_end	 end = dep_end(ed->to);

	if (there) {
		ed->is = (uint8_t)dep_stands(ed->kind, &end);
		ed->from->ndeps[ed->is]++;
	} else {
		ed->from->ndeps[ed->is]--;
	}
	stuck_edge(ed, there);
}

void
dep_update(struct state *st, struct task *t)
{
	struct dep_end	 end = dep_end(t);
	struct edge	*ed;
	enum dep_is	 is;

	TAILQ_FOREACH(ed, &t->rdeps, in) {
		if ((is = dep_stands(ed->kind, &end)) == ed->is)
			continue;
		ed->from->ndeps[ed->is]--;
		ed->from->ndeps[is]++;
		ed->is = (uint8_t)is;
		stuck_edge(ed, 1);
		dep_doom(st, ed->from);
	}
}

/* A composite is at its end, or has to see to that of its parts. */
static int
whole_due(const struct task *t)
{
	if (t->state != TS_WAITING || !task_whole(t))
		return (0);
	return (rec_u64(t->e.row, F_s_task_cancelling) ||
	    (t->ndeps[DEP_MET] > 0 && task_deps_done(t)));
}

void
dep_doom(struct state *st, struct task *t)
{
	int	 is = (t->ndeps[DEP_NEVER] > 0 && (t->state == TS_WAITING ||
		    t->state == TS_HELD)) || whole_due(t);

	if (is && !t->doomed)
		TAILQ_INSERT_TAIL(&st->doomed, t, doom);
	else if (!is && t->doomed)
		TAILQ_REMOVE(&st->doomed, t, doom);
	t->doomed = is;
}

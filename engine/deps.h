/*
 * Kinds of dependencies, and how each stands.  Engine, pure half.  An edge
 * knows how it stands and a task how many of its edges stand how, so that no
 * command has to look at all that a task depends on.
 */
#ifndef ENGINE_DEPS_H
#define ENGINE_DEPS_H

#include "engine/state.h"

#define DEP_PATH	1024	/* of a file, with NUL */
#define DEP_TEXT	(DEP_PATH + 96)	/* "file:task:path", with NUL */

/* How a task stands, as those see it that depend on it. */
struct dep_end {
	enum task_state	 state;
	int		 landed;	/* its commit is on the branch */
	int		 left;		/* a tree of it was imported */
};

/* "any:lint" taken apart. */
struct dep_ref {
	enum dep_kind	 kind;
	char		 task[81];	/* id, prefix of an id, or name */
	char		 path[DEP_PATH];	/* "" unless it is a file */
};

/* The word of a kind; the kind of a word (its first n bytes), or -1. */
const char	*dep_word(enum dep_kind kind);
int		 dep_byword(const char *word, size_t n);

/*
 * Take a dependency apart as users write it.  NULL, or what is wrong with it
 * in words that are not foreign.
 */
const char	*dep_parse(const char *text, struct dep_ref *out);

/* How a task stands; how an edge of a kind stands then. */
struct dep_end	 dep_end(const struct task *t);
enum dep_is	 dep_stands(enum dep_kind kind, const struct dep_end *end);

/* The kind of a task row's (s_task) dependency i; the path of its file. */
enum dep_kind	 dep_row_kind(const struct rec *row, size_t i);
const char	*dep_row_path(const struct rec *row, size_t i);
const char	*dep_path(const struct edge *ed);

/* "lint", "any:lint", "file:gen:out/list". */
void		 dep_text(char out[DEP_TEXT], enum dep_kind kind,
		    const char *task, const char *path);
void		 dep_edge_text(char out[DEP_TEXT], const struct edge *ed);

/* The word of reasons.tbl for a task that is held for an edge that is BAD. */
const char	*dep_reason(enum dep_kind kind);

/* "lint, which it depends on, failed": why an edge is BAD or NEVER. */
void		 dep_sentence(char *out, size_t size, enum dep_kind kind,
		    const char *task, const struct dep_end *end);

/* The first edge of a task that is BAD or NEVER, or NULL. */
const struct edge *dep_bad(const struct task *t);

/* 1 when a task waits, or waited, for a file. */
int		 dep_files(const struct task *t);

/* An edge is there, or goes. */
void		 dep_edge(struct edge *ed, int there);

/* A task's state, or what it left, has changed. */
void		 dep_update(struct state *st, struct task *t);

/*
 * Put a task whose end is near for other reasons than its own on
 * state.doomed, or take it off: it can never run, or is a composite.
 */
void		 dep_doom(struct state *st, struct task *t);

#endif

/*
 * The lexer of praetord.conf(5): files, includes, macros, words and strings.
 * Parent process and praetord -n.  It also keeps the count of errors, since
 * every error of a configuration belongs to a place in a file.
 */
#ifndef PRAETORD_LEX_H
#define PRAETORD_LEX_H

#include <stddef.h>

struct lex;

/* A place in a file; `file` lives as long as the lexer.  NULL: nowhere. */
struct where {
	const char	*file;
	unsigned int	 line;		/* from 1; 0: the whole file */
};

struct lex_keyword {
	const char	*word;
	int		 token;		/* of parse.y */
};

/* A lexer with nothing to read; lex_free() it.  NULL: no memory. */
struct lex	*lex_new(void);
void		 lex_free(struct lex *lx);

/*
 * Read from this file now, and go on with the present one at its end.  A path
 * that is not absolute is taken beside the present file.  Refused, with an
 * error: not a regular file, writable by its group or by others, owned by
 * neither root nor the caller, too long, too deep, a loop, not UTF-8 text.
 */
void		 lex_include(struct lex *lx, const char *path);

/* As lex_include() for text in memory (copied), which `name` stands for. */
void		 lex_text(struct lex *lx, const char *name, const char *text,
		    size_t len);

/*
 * The next token: '\n', '{', '}', ';', '=', a keyword's, T_STRING, T_WORD,
 * T_NAME (a word with '=' behind it); 0 at the end, T_CONF_YYerror after an
 * error that was reported.  *text is the caller's to free and set for the
 * three that have one only.
 */
int		 lex_token(struct lex *lx, char **text);

/* Where the last token stood, and how it was written ("end of line"). */
struct where	 lex_where(const struct lex *lx);
const char	*lex_last(const struct lex *lx);

/* Define $name; a second definition replaces the first. */
void		 lex_macro(struct lex *lx, const char *name, const char *value);

/* Print "file:line: text" on standard error and count it. */
void		 lex_error(struct lex *lx, struct where at, const char *fmt,
		    ...) __attribute__((__format__(printf, 3, 4)));
/* The same with the place of the last token. */
void		 lex_fail(struct lex *lx, const char *fmt, ...)
		    __attribute__((__format__(printf, 2, 3)));
unsigned int	 lex_errors(const struct lex *lx);

/* The keywords, sorted. */
const struct lex_keyword *lex_keywords(size_t *n);

#endif

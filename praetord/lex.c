/*
 * The lexer of praetord.conf(5).  Runs in the parent, as root in system mode:
 * what it reads is trusted once lex_file.c let it in, and whole in memory
 * before the first token is cut, so that a file that changes meanwhile cannot
 * be half read.  Reading never leaves the buffer of one frame; a frame is a
 * file or the text of a macro.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bsd/sys/queue.h>

#include "common/buf.h"
#include "common/log.h"
#include "common/rec.h"
#include "praetord/conf_parse.h"
#include "praetord/lex.h"
#include "praetord/lex_file.h"
#include "praetord/parse.h"

#define LEX_TEXT_MAX	65536	/* bytes of one word or string */
#define LEX_DEPTH	8	/* files within files */

struct frame {
	TAILQ_ENTRY(frame)	 entry;	/* on lex.frames, innermost first */
	const char		*name;	/* shown in errors; on lex.names */
	struct lex_file		 file;
	size_t			 pos;
	unsigned int		 line;
	int			 macro;	/* the text of a macro, not a file */
};

struct macro {
	TAILQ_ENTRY(macro)	 entry;	/* on lex.macros */
	char			*name, *value;
};

struct name {
	TAILQ_ENTRY(name)	 entry;	/* on lex.names */
	char			*name;
};

struct lex {
	TAILQ_HEAD(, frame)	 frames;
	TAILQ_HEAD(, macro)	 macros;
	TAILQ_HEAD(, name)	 names;	/* of every file, for struct where */
	struct where		 at;	/* of the last token */
	struct buf		 last;	/* the last token as written */
	int			 token;	/* the last token */
	unsigned int		 errors;
};

static const struct lex_keyword keywords[] = {
	{ "age",		T_AGE },
	{ "agent",		T_AGENT },
	{ "allow",		T_ALLOW },
	{ "approval",		T_APPROVAL },
	{ "ask",		T_ASK },
	{ "attic",		T_ATTIC },
	{ "author",		T_AUTHOR },
	{ "base",		T_BASE },
	{ "bytes",		T_BYTES },
	{ "ca",			T_CA },
	{ "cgroup",		T_CGROUP },
	{ "change",		T_CHANGE },
	{ "clients",		T_CLIENTS },
	{ "command",		T_COMMAND },
	{ "connections",	T_CONNECTIONS },
	{ "copy",		T_COPY },
	{ "cpu",		T_CPU },
	{ "cpu-time",		T_CPU_TIME },
	{ "credential",		T_CREDENTIAL },
	{ "delegated",		T_DELEGATED },
	{ "deny",		T_DENY },
	{ "depth",		T_DEPTH },
	{ "disk",		T_DISK },
	{ "disk-free",		T_DISK_FREE },
	{ "egress",		T_EGRESS },
	{ "email",		T_EMAIL },
	{ "engine",		T_ENGINE },
	{ "exponential",	T_EXPONENTIAL },
	{ "fair",		T_FAIR },
	{ "fetch",		T_FETCH },
	{ "file-size",		T_FILE_SIZE },
	{ "files",		T_FILES },
	{ "fixed",		T_FIXED },
	{ "frontend",		T_FRONTEND },
	{ "gateway",		T_GATEWAY },
	{ "group",		T_GROUP },
	{ "half-life",		T_HALF_LIFE },
	{ "hostkey",		T_HOSTKEY },
	{ "idle",		T_IDLE },
	{ "include",		T_INCLUDE },
	{ "interval",		T_INTERVAL },
	{ "io-read",		T_IO_READ },
	{ "io-write",		T_IO_WRITE },
	{ "label",		T_LABEL },
	{ "large-file",		T_LARGE_FILE },
	{ "libexec",		T_LIBEXEC },
	{ "limit",		T_LIMIT },
	{ "maintenance",	T_MAINTENANCE },
	{ "many-bytes",		T_MANY_BYTES },
	{ "many-files",		T_MANY_FILES },
	{ "max",		T_MAX },
	{ "memory",		T_MEMORY },
	{ "mode",		T_MODE },
	{ "money",		T_MONEY },
	{ "none",		T_NONE },
	{ "on",			T_ON },
	{ "optional",		T_OPTIONAL },
	{ "output",		T_OUTPUT },
	{ "overlay",		T_OVERLAY },
	{ "path",		T_PATH },
	{ "permit",		T_PERMIT },
	{ "pids",		T_PIDS },
	{ "project",		T_PROJECT },
	{ "provider",		T_PROVIDER },
	{ "pty",		T_PTY },
	{ "queued",		T_QUEUED },
	{ "quota",		T_QUOTA },
	{ "repositories",	T_REPOSITORIES },
	{ "resolver",		T_RESOLVER },
	{ "retain",		T_RETAIN },
	{ "retries",		T_RETRIES },
	{ "retry",		T_RETRY },
	{ "review",		T_REVIEW },
	{ "reviewer",		T_REVIEWER },
	{ "running",		T_RUNNING },
	{ "sessions",		T_SESSIONS },
	{ "share",		T_SHARE },
	{ "shell",		T_SHELL },
	{ "socket",		T_SOCKET },
	{ "spare",		T_SPARE },
	{ "ssh-key",		T_SSH_KEY },
	{ "state",		T_STATE },
	{ "subtasks",		T_SUBTASKS },
	{ "system",		T_SYSTEM },
	{ "tasks",		T_TASKS },
	{ "timeout",		T_TIMEOUT },
	{ "tmp",		T_TMP },
	{ "token",		T_TOKEN },
	{ "tokens",		T_TOKENS },
	{ "uids",		T_UIDS },
	{ "user",		T_USER },
	{ "verify",		T_VERIFY },
	{ "wall",		T_WALL },
	{ "weight",		T_WEIGHT },
	{ "worktree",		T_WORKTREE },
};

const struct lex_keyword *
lex_keywords(size_t *n)
{
	*n = sizeof(keywords) / sizeof(keywords[0]);
	return (keywords);
}

struct lex *
lex_new(void)
{
	struct lex	*lx;

	if ((lx = calloc(1, sizeof(*lx))) == NULL)
		return (NULL);
	TAILQ_INIT(&lx->frames);
	TAILQ_INIT(&lx->macros);
	TAILQ_INIT(&lx->names);
	lx->token = '\n';
	return (lx);
}

static void
frame_pop(struct lex *lx)
{
	struct frame	*f = TAILQ_FIRST(&lx->frames);

	TAILQ_REMOVE(&lx->frames, f, entry);
	lex_file_free(&f->file);
	free(f);
}

void
lex_free(struct lex *lx)
{
	struct macro	*m;
	struct name	*n;

	if (lx == NULL)
		return;
	while (!TAILQ_EMPTY(&lx->frames))
		frame_pop(lx);
	while ((m = TAILQ_FIRST(&lx->macros)) != NULL) {
		TAILQ_REMOVE(&lx->macros, m, entry);
		free(m->name);
		free(m->value);
		free(m);
	}
	while ((n = TAILQ_FIRST(&lx->names)) != NULL) {
		TAILQ_REMOVE(&lx->names, n, entry);
		free(n->name);
		free(n);
	}
	buf_free(&lx->last);
	free(lx);
}

static void	 report(struct lex *, struct where, const char *, va_list)
		    __attribute__((__format__(printf, 3, 0)));

static void
report(struct lex *lx, struct where at, const char *fmt, va_list ap)
{
	if (at.file != NULL && at.line == 0)
		fprintf(stderr, "%s: ", at.file);
	else if (at.file != NULL)
		fprintf(stderr, "%s:%u: ", at.file, at.line);
	vfprintf(stderr, fmt, ap);
	putc('\n', stderr);
	lx->errors++;
}

void
lex_error(struct lex *lx, struct where at, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	report(lx, at, fmt, ap);
	va_end(ap);
}

void
lex_fail(struct lex *lx, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	report(lx, lx->at, fmt, ap);
	va_end(ap);
}

unsigned int
lex_errors(const struct lex *lx)
{
	return (lx->errors);
}

struct where
lex_where(const struct lex *lx)
{
	return (lx->at);
}

/* The text of the last token was ended with a NUL by lex_token(). */
const char *
lex_last(const struct lex *lx)
{
	if (lx->token == 0)
		return ("end of file");
	if (lx->token == '\n' || lx->last.data == NULL)
		return ("end of line");
	return ((const char *)lx->last.data);
}

/* Keep a file's name for as long as the lexer lives. */
static const char *
name_keep(struct lex *lx, const char *name)
{
	struct name	*n;

	n = conf_alloc(sizeof(*n));
	n->name = conf_strdup(name);
	TAILQ_INSERT_TAIL(&lx->names, n, entry);
	return (n->name);
}

static void
frame_push(struct lex *lx, const char *name, unsigned int line, int macro,
    struct lex_file *file)
{
	struct frame	*f;

	f = conf_alloc(sizeof(*f));
	f->name = name;
	f->line = line;
	f->macro = macro;
	f->file = *file;
	TAILQ_INSERT_HEAD(&lx->frames, f, entry);
}

/* Text or not: a configuration is UTF-8 without control characters. */
static int
frame_text(struct lex *lx, const char *name, const struct lex_file *file)
{
	struct where	 at = { name, 1 };
	size_t		 i;

	for (i = 0; i < file->len; i++) {
		unsigned char	 c = (unsigned char)file->data[i];

		if (c == '\n')
			at.line++;
		else if ((c < ' ' && c != '\t') || c == 0x7f) {
			lex_error(lx, at, "byte 0x%02x is not text", c);
			return (-1);
		}
	}
	if (utf8_valid(file->data, file->len))
		return (0);
	at.line = 0;
	lex_error(lx, at, "is not UTF-8 text");
	return (-1);
}

/* A path as written, or beside the file that includes it. */
static char *
beside(const struct lex *lx, const char *path)
{
	struct frame	*f = TAILQ_FIRST(&lx->frames);
	const char	*slash;
	char		*out;

	if (path[0] == '/' || f == NULL ||
	    (slash = strrchr(f->name, '/')) == NULL)
		return (conf_strdup(path));
	if (asprintf(&out, "%.*s/%s", (int)(slash - f->name), f->name,
	    path) == -1)
		fatal("configuration");
	return (out);
}

/* NULL, or why this file may not be read inside the present ones. */
static const char *
nesting(const struct lex *lx, const struct lex_file *file)
{
	struct frame	*f;
	unsigned int	 depth = 0;

	TAILQ_FOREACH(f, &lx->frames, entry) {
		if (f->macro)
			continue;
		if (f->file.dev == file->dev && f->file.ino == file->ino)
			return ("includes itself");
		depth++;
	}
	return (depth < LEX_DEPTH ? NULL : "is included too deep (8 files)");
}

void
lex_include(struct lex *lx, const char *path)
{
	struct lex_file	 file;
	struct where	 at = lx->at;
	const char	*bad;
	char		*full, why[256];

	full = beside(lx, path);
	if (at.file == NULL)
		at.file = name_keep(lx, full);
	if (lex_file_read(full, &file, why, sizeof(why)) == -1) {
		if (at.line == 0)
			lex_error(lx, at, "%s", why);
		else
			lex_error(lx, at, "%s: %s", full, why);
	} else if ((bad = nesting(lx, &file)) != NULL) {
		lex_error(lx, at, "%s %s", full, bad);
		lex_file_free(&file);
	} else {
		at.file = name_keep(lx, full);
		if (frame_text(lx, at.file, &file) == 0)
			frame_push(lx, at.file, 1, 0, &file);
		else
			lex_file_free(&file);
	}
	free(full);
}

void
lex_text(struct lex *lx, const char *name, const char *text, size_t len)
{
	struct lex_file	 file = { 0 };

	file.data = conf_alloc(len + 1);
	memcpy(file.data, text, len);
	file.len = len;
	name = name_keep(lx, name);
	if (frame_text(lx, name, &file) == 0)
		frame_push(lx, name, 1, 0, &file);
	else
		lex_file_free(&file);
}

void
lex_macro(struct lex *lx, const char *name, const char *value)
{
	struct macro	*m;
	const char	*p;

	for (p = name; isalnum((unsigned char)*p) || *p == '_'; p++)
		;
	if (*p != '\0' || isdigit((unsigned char)name[0])) {
		lex_fail(lx, "macro %s: a name has letters, digits "
		    "and _ only", name);
		return;
	}
	if (strchr(value, '\n') != NULL) {
		lex_fail(lx, "macro %s: must be one line", name);
		return;
	}
	TAILQ_FOREACH(m, &lx->macros, entry)
		if (strcmp(m->name, name) == 0)
			break;
	if (m == NULL) {
		m = conf_alloc(sizeof(*m));
		m->name = conf_strdup(name);
		TAILQ_INSERT_TAIL(&lx->macros, m, entry);
	}
	free(m->value);
	m->value = conf_strdup(value);
}

static int
frame_peek(const struct frame *f, size_t ahead)
{
	if (f->file.len - f->pos <= ahead)
		return (EOF);
	return ((unsigned char)f->file.data[f->pos + ahead]);
}

/* What can stand in a word that is not quoted. */
static int
word_char(int c)
{
	return (c != EOF && c > ' ' && c != 0x7f &&
	    strchr("{}\"'#$=;\\", c) == NULL);
}

/* Skip blanks, comments and continued ends of lines. */
static void
skip(struct frame *f)
{
	int	 c;

	for (;;) {
		c = frame_peek(f, 0);
		if (c == '\\' && frame_peek(f, 1) == '\n') {
			f->pos += 2;
			f->line++;
		} else if (c == ' ' || c == '\t')
			f->pos++;
		else if (c == '#')
			while ((c = frame_peek(f, 0)) != EOF && c != '\n')
				f->pos++;
		else
			return;
	}
}

static void
put(struct lex *lx, int c)
{
	char	 ch = (char)c;

	if (buf_add(&lx->last, &ch, 1) != 0)
		fatalx("configuration: out of memory");
}

/* One character after a backslash inside a string; -1 when it is none. */
static int
escape(struct lex *lx, struct frame *f)
{
	int	 c = frame_peek(f, 0);

	if (c == EOF)
		return (-1);
	f->pos++;
	switch (c) {
	case '\n':		/* the string goes on in the next line */
		f->line++;
		return (0);
	case 'n':
		put(lx, '\n');
		return (0);
	case 't':
		put(lx, '\t');
		return (0);
	case '"':
	case '\'':
	case '\\':
		put(lx, c);
		return (0);
	default:
		return (-1);
	}
}

/* Past the rest of the line, for a token that was none. */
static int
spoilt(struct frame *f)
{
	while (frame_peek(f, 0) != EOF && frame_peek(f, 0) != '\n')
		f->pos++;
	return (T_CONF_YYerror);
}

static int
string(struct lex *lx, struct frame *f, int quote)
{
	int	 c;

	while ((c = frame_peek(f, 0)) != quote) {
		if (c == EOF || c == '\n') {
			lex_fail(lx, "string without end");
			return (spoilt(f));
		}
		f->pos++;
		if (c == '\\') {
			if (escape(lx, f) == -1) {
				lex_fail(lx, "unknown escape in a "
				    "string; a backslash is written \\\\");
				return (spoilt(f));
			}
		} else
			put(lx, c);
		if (lx->last.len > LEX_TEXT_MAX) {
			lex_fail(lx, "string is longer than %d bytes",
			    LEX_TEXT_MAX);
			return (spoilt(f));
		}
	}
	f->pos++;
	return (T_STRING);
}

static int
keyword_cmp(const void *a, const void *b)
{
	return (strcmp(a, ((const struct lex_keyword *)b)->word));
}

static int
word(struct lex *lx, struct frame *f)
{
	const struct lex_keyword	*k;

	while (word_char(frame_peek(f, 0))) {
		put(lx, frame_peek(f, 0));
		f->pos++;
	}
	if (lx->last.len > LEX_TEXT_MAX) {
		lex_fail(lx, "word is longer than %d bytes",
		    LEX_TEXT_MAX);
		return (spoilt(f));
	}
	k = bsearch(buf_str(&lx->last), keywords,
	    sizeof(keywords) / sizeof(keywords[0]), sizeof(keywords[0]),
	    keyword_cmp);
	skip(f);
	if (frame_peek(f, 0) != '=')
		return (k == NULL ? T_WORD : k->token);
	if (k == NULL)
		return (T_NAME);
	lex_fail(lx, "%s is a keyword and cannot name a macro",
	    k->word);
	return (spoilt(f));
}

/* $name: read from the macro's text next.  Macros do not nest. */
static int
expand(struct lex *lx, struct frame *f)
{
	struct macro	*m;
	struct lex_file	 text = { 0 };
	int		 c;

	while ((c = frame_peek(f, 0)) == '_' || (c != EOF && isalnum(c))) {
		put(lx, c);
		f->pos++;
	}
	TAILQ_FOREACH(m, &lx->macros, entry)
		if (buf_str(&lx->last) != NULL &&
		    strcmp(m->name, (char *)lx->last.data) == 0)
			break;
	if (m == NULL || f->macro) {
		lex_fail(lx, m == NULL ?
		    "macro $%s is not defined" : "macro $%s inside a macro",
		    buf_str(&lx->last));
		return (spoilt(f));
	}
	text.data = conf_strdup(m->value);
	text.len = strlen(m->value);
	frame_push(lx, f->name, f->line, 1, &text);
	return (0);
}

/* A token out of the frame; 0 when it was a macro. */
static int
cut(struct lex *lx, struct frame *f)
{
	int	 c = frame_peek(f, 0);

	lx->at = (struct where){ f->name, f->line };
	lx->last.len = 0;
	if (word_char(c))
		return (word(lx, f));
	f->pos++;
	if (c == '"' || c == '\'')
		return (string(lx, f, c));
	if (c == '$')
		return (expand(lx, f));
	if (c == '\n')
		f->line++;
	put(lx, c);
	if (c != '\\')
		return (c);
	lex_fail(lx, "a backslash outside a string must end its line");
	return (spoilt(f));
}

int
lex_token(struct lex *lx, char **text)
{
	struct frame	*f;
	int		 token = 0;

	while (token == 0 && (f = TAILQ_FIRST(&lx->frames)) != NULL) {
		skip(f);
		if (frame_peek(f, 0) != EOF)
			token = cut(lx, f);
		else if (!f->macro && lx->token != '\n')
			token = '\n';	/* a last line without its end */
		else
			frame_pop(lx);
	}
	lx->token = token;
	if (buf_str(&lx->last) == NULL)
		fatalx("configuration: out of memory");
	if (token == T_STRING || token == T_WORD || token == T_NAME)
		*text = conf_strdup((char *)lx->last.data);
	return (token);
}

/*
 * praetorctl: what its parts share.  A command is a const entry (name,
 * options, arguments, function); the usage, the completions and the test of
 * the manual are made from the entries.
 */
#ifndef PRAETORCTL_CTL_H
#define PRAETORCTL_CTL_H

#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "common/buf.h"
#include "common/when.h"

struct conn;
struct ctl;

/* What an option's value is, and how it goes into the request. */
enum ctl_type {
	CT_FLAG,	/* no value; true */
	CT_STR,
	CT_LIST,	/* a,b,c, and again: a list of strings */
	CT_MS,		/* duration: 30s, 5m; milliseconds */
	CT_NUM,		/* whole number, signed */
	CT_PAST,	/* time that was: 2h (ago), or a date; RFC 3339 */
	CT_TIME		/* RFC 3339, or local with or without a zone */
};

struct ctl_opt {
	const char	*name;		/* long name; NULL ends a table */
	char		 ch;		/* short one, or 0 */
	enum ctl_type	 type;
	const char	*arg;		/* name of the value in the usage */
	const char	*member;	/* of the request; NULL: local */
	const char	*text;		/* one line */
};

struct ctl_cmd {
	const char		*name;	/* one word or two; NULL ends a table */
	const char		*command; /* name of the request, or NULL */
	const struct ctl_opt	*opts;	/* own options, or NULL */
	const char		*args;	/* "TASK ...", or "" */
	int			 least, most; /* arguments; -1: any number */
	const char		*member; /* of the request: first argument */
	int			 keyed;	/* changes something: send a key */
	const char		*text;	/* one line */
	int			(*run)(struct ctl *c);	/* exit code */
};

/* Output: collected, escaped where it is foreign, written when it can be. */
struct out {
	struct buf	 b;		/* not yet written */
	int		 tty;		/* stdout is a terminal */
	int		 color;
	int		 utf8;		/* the terminal reads UTF-8 */
	int		 columns;	/* its width; 0: no limit */
	int		 failed;	/* a write failed */
	char		 tail[16];	/* raw text: an unfinished sequence */
	size_t		 ntail;
};

struct ctl {
	const struct ctl_cmd	*cmd;
	const char		*path;		/* of the socket; not owned */
	int			 json;		/* --json */
	json_t			*args;		/* of the request; owned */
	json_t			*local;		/* other options; owned */
	char			**argv;		/* arguments */
	int			 argc;
	struct out		 out;
	json_t			*items;		/* collected; owned */
	json_t			*done;		/* end of an answer; owned */
	size_t			 nitems;	/* in the last answer */
	json_int_t		 seq;		/* of its last event, or 0 */
	int			 reached;	/* the daemon, at least once */
	json_t			*last;		/* newest item; owned */
	void			*taking;	/* of an item_fn: what it fills */
	int			 metric;	/* enum metric of the last line */
};

/* Takes one object of an answer (borrowed). */
typedef void	 item_fn(struct ctl *c, json_t *item);

/* table.c */

extern const struct ctl_cmd *const ctl_groups[];	/* NULL-ended */
extern const struct ctl_cmd	 project_cmds[];
extern const struct ctl_cmd	 task_cmds[];
extern const struct ctl_cmd	 session_cmds[];
extern const struct ctl_cmd	 queue_cmds[];
extern const struct ctl_cmd	 schedule_cmds[];
extern const struct ctl_cmd	 account_cmds[];
extern const struct ctl_cmd	 top_cmds[];
extern const struct ctl_cmd	 admin_cmds[];
extern const struct ctl_cmd	 db_cmds[];
extern const struct ctl_cmd	 turn_cmds[];
extern const struct ctl_cmd	 help_cmds[];
extern const struct ctl_opt	 global_opts[];

/*
 * The command that the first words name, each as a unique prefix; *used is
 * how many words.  NULL, and the reason in `why`.
 */
const struct ctl_cmd *ctl_find(int argc, char **argv, int *used, char *why,
	    size_t size);

/* Call fn for every command, in order. */
void	 ctl_each(void (*fn)(void *arg, const struct ctl_cmd *cmd), void *arg);

/* opts.c */

/*
 * Read global options before the command's words.  The index of the first
 * word; -1 after an error, which was printed.
 */
int	 opts_global(struct ctl *c, int argc, char **argv);

/*
 * Read the options and arguments of c->cmd into c->args, c->local and
 * c->argv.  0, or -1 after an error, which was printed.
 */
int	 opts_command(struct ctl *c, int argc, char **argv);

/* 1 when the flag or option without a member was given; its value or NULL. */
int	 opt_given(const struct ctl *c, const char *name);
const char *opt_value(const struct ctl *c, const char *name);

/* past.c */

/*
 * "2h" (before now), a date alone, or a time as zone_parse() reads it, as RFC
 * 3339 in UTC.  0, or -1 when it is none of them.
 */
int	 past_parse(const char *text, char out[WHEN_TEXT]);

/* request.c */

/*
 * Give a command and hand each object of the answer to fn (NULL: collect in
 * c->items).  With --json they are printed instead.  0 or the PRA_E* that
 * ended it; c->done has the rest.  Tries again when the daemon goes away
 * before the answer has begun, and goes on after the last event that came.
 */
int	 ctl_ask(struct ctl *c, const char *command, json_t *args, item_fn *fn);

/* Print an object as a line of JSON. */
void	 out_json(struct ctl *c, const json_t *o);

/* Print the error that ended an answer, if one did.  Returns its exit code. */
int	 ctl_result(struct ctl *c, int err);

/* ctl_ask() with the command and arguments of c->cmd, then ctl_result(). */
int	 ctl_run(struct ctl *c, item_fn *fn);

/* Print "praetorctl: message (remedy)" to stderr; remedy may be NULL. */
int	 ctl_error(int err, const char *remedy, const char *fmt, ...)
	    __attribute__((__format__(printf, 3, 4)));

/* A member as text, "" when it is not there. */
const char *item_str(const json_t *item, const char *name);

/* conn.c */

/* Connect to a socket.  NULL and *err, with a message in `why`. */
struct conn *conn_open(const char *path, int *err, char *why, size_t size);
void	 conn_close(struct conn *cn);

/* Send a request.  0, PRA_ELIMIT when it is too large, PRA_EUNREACH. */
int	 conn_send(struct conn *cn, uint32_t id, const json_t *request);

/*
 * Wait for the next message of an answer; out is written meanwhile.  *done is
 * 1 for its end.  A new reference; NULL when the connection is lost or what
 * came is no answer.
 */
json_t	*conn_next(struct conn *cn, struct out *out, int *done);

/* out.c */

void	 out_init(struct out *o, int no_color);

/* 1 when the environment says that terminals here read UTF-8. */
int	 out_locale_utf8(void);

void	 out_printf(struct out *o, const char *fmt, ...)
	    __attribute__((__format__(printf, 2, 3)));

/* Foreign text of one line: what could move a terminal's cursor is escaped. */
void	 out_text(struct out *o, const char *text);

/* The same, padded to a width on the screen (0: not). */
void	 out_pad(struct out *o, const char *text, int width);

/* The same, cut to a width, with dots where something is missing. */
void	 out_cut(struct out *o, const char *text, int width);

/* Columns that out_pad() uses for a text. */
int	 out_width(const struct out *o, const char *text);

/*
 * Foreign text of many lines (logs, patches): as it is when nobody looks,
 * escaped on a terminal.  A sequence may be cut anywhere; out_raw_end()
 * ends it.
 */
void	 out_raw(struct out *o, const char *p, size_t n);
void	 out_raw_end(struct out *o);

/* Start and end a colour, when there are colours.  NULL is no colour. */
void	 out_color(struct out *o, const char *sgr);
void	 out_plain(struct out *o, const char *sgr);

/* Write a part that fits without waiting; all of it. */
void	 out_some(struct out *o);
void	 out_flush(struct out *o);

/* view.c */

/* When a column may be left out because the last one has no room. */
enum column_drop {
	CD_NEVER,
	CD_SAME,	/* every row has the same there */
	CD_ALWAYS,
	CD_NAMED	/* every row has a name of its own */
};

struct column {
	const char	*title;		/* NULL ends a table */
	const char	*member;
	enum column_drop drop;		/* in this order */
};

/* A member's value as people read it; the caller's to free(3). */
char	*view_value(const json_t *item, const char *member);

/*
 * The items collected as a table on a terminal, else (or with --quiet) the
 * member `id` alone, one a line.  `none` is said on a terminal when there is
 * no item.
 */
void	 view_table(struct ctl *c, const struct column *cols, const char *id,
	    const char *none);

/* The same table wherever the output goes; nothing with --json. */
void	 view_rows(struct ctl *c, const struct column *cols, const char *none);

/* Every member as "key: value". */
void	 view_show(struct ctl *c, json_t *item);

/* The colour of a task's, session's or feature's state, or NULL. */
const char *view_color(const char *state);

/* number.c */

/*
 * Numbers as people read them: microseconds ("1.50s", "3m07s"), bytes
 * ("1.5K"), KiB, and millionths of the currency unit ("0.1200").
 */
void	 number_time(char *out, size_t size, uint64_t us);
void	 number_bytes(char *out, size_t size, uint64_t n);
void	 number_kib(char *out, size_t size, uint64_t kib);
void	 number_money(char *out, size_t size, uint64_t millionths);

/* when.c */

/*
 * A time as the daemon reads it: RFC 3339 with any offset, or
 * "2026-12-01 03:00[:00] [ZONE]" of an IANA zone, the default being the
 * user's own.  NULL for what is none.
 */
json_t	*when_json(const char *text);

/* Set a member; "user", the name that this host has for "uid", if any. */
void	 item_text(json_t *item, const char *member, const char *text);
void	 item_user(json_t *item);

/* A member that is a number becomes text, one that is not there "-". */
void	 item_number(json_t *item, const char *member,
	    void (*format)(char *out, size_t size, uint64_t n));

/* plan.c */

/*
 * Read a plan file ("-": standard input), check it as the daemon would, and
 * turn its durations into milliseconds.  NULL after an error, which was
 * printed and whose exit code is in *code.
 */
json_t	*plan_load(const char *file, const char *project, int *code);

/*
 * Append a whole file ("-": standard input) of at most `most` bytes to out.
 * 0, PRA_ELIMIT or another PRA_E*.
 */
int	 file_read(const char *file, size_t most, struct buf *out);

/* exec.c */

/* Run praetord with arguments (NULL-ended, after its name).  Exit code. */
int	 exec_praetord(const char *const *args);

/* complete.c */

int	 complete_bash(struct ctl *c);
int	 complete_zsh(struct ctl *c);

/* ctl.c */

/* Everything but exit(3): what main() does.  Returns the exit code. */
int	 ctl_main(int argc, char **argv);

#endif

/*
 * mkman: the parts of manual pages that are tables in the source.  Runs at
 * build time: copies a page from standard input to standard output and puts
 * a list in place of each line that is "@NAME@".
 */
#include <stdio.h>
#include <string.h>

#include "common/metrics.h"
#include "common/proto.h"
#include "common/rec.h"
#include "common/review.h"

static const struct {
	const char	*name;
	int		 code;
	const char	*text;
} errors[] = {
#define ERR(name, shown, code, text) { shown, code, text },
#include "common/err.tbl"
#undef ERR
};

static const struct {
	const char	*state;
	const char	*name;
	const char	*text;
} reasons[] = {
#define REASON(state, name, text) { state, name, text },
#include "engine/reasons.tbl"
#undef REASON
};

static const struct {
	const char	*word;
	const char	*text;
} deps[] = {
#define DEP(kind, word, landed, done, failed, cancelled, text) { word, text },
#include "engine/deps.tbl"
#undef DEP
};

static const struct {
	enum review_class	 cls;
	const char		*pattern;
	const char		*kind;
} paths[] = {
#define PATH(cls, pattern, kind) { RVC_##cls, pattern, kind },
#include "reviewer/paths.tbl"
#undef PATH
};

static const struct {
	enum review_class	 cls;
	const char		*name;
	const char		*text;
} secrets[] = {
#define SECRET(name, cls, prefix, fold, kind, set, least, most, distinct, text)\
	{ RVC_##cls, name, text },
#include "reviewer/secrets.tbl"
#undef SECRET
};

static const char *const types[] = {
	[R_U64] = "number", [R_I64] = "number", [R_BOOL] = "true or false",
	[R_STR] = "text", [R_BYTES] = "text", [R_ID] = "id",
	[R_SID] = "session", [R_OID] = "object name", [R_TIME] = "time",
	[R_MS] = "milliseconds", [R_STRS] = "list of texts",
	[R_RECS] = "list of objects"
};

/* Text that mdoc must not read as requests or escapes. */
static void
put_text(const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			fputs("\\e", stdout);
		else
			putchar(*text);
	}
}

/* A text of a table as a sentence; the first letter is ASCII. */
static void
put_sentence(const char *text)
{
	if (*text >= 'a' && *text <= 'z')
		putchar(*text++ - 'a' + 'A');
	put_text(text);
	printf(".\n");
}

/* Text as an argument of a macro. */
static void
put_arg(const char *text)
{
	putchar('"');
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '"')
			fputs("\"\"", stdout);
		else
			putchar(*text);
	}
	putchar('"');
}

static void
begin_list(const char *width)
{
	printf(".Bl -tag -width %s -compact\n", width);
}

static void
end_list(void)
{
	printf(".El\n");
}

static void
put_field(const struct rec_field *fd)
{
	printf(".It Va %s\n", fd->name);
	put_text(fd->text);
	printf("%s; %s", fd->required ? "" : " (optional)", types[fd->type]);
	if (fd->type == R_STR || fd->type == R_STRS)
		printf(" of at most %u bytes%s", fd->arg,
		    fd->type == R_STRS ? " each" : "");
	if (fd->type == R_RECS)
		printf(" like\n.Dq %s", rec_def(fd->arg)->name);
	printf("\n");
}

static void
put_fields(const struct rec_def *def)
{
	unsigned int	 f;

	if (def->nfields == 0)
		return;
	begin_list("stream_seqXX");
	for (f = 0; f < def->nfields; f++)
		put_field(&def->fields[f]);
	end_list();
}

/* The line of the trace, with the fields that it is made of. */
static void
put_trace(const struct rec_def *def)
{
	if (def->label == NULL)
		return;
	printf(".br\nTrace:\n.Ql ");
	put_arg(def->label);
	printf(" ,\n.Ql ");
	put_arg(def->format);
	printf(" .\n");
}

static void
put_records(enum rec_class cls)
{
	const struct rec_def	*def;
	int			 k;

	printf(".Bl -tag -width Ds\n");
	for (k = REC_NONE + 1; k < REC_MAX; k++) {
		def = rec_def(k);
		if (def->cls != cls)
			continue;
		printf(".It Ic %s\n", def->name);
		put_sentence(def->text);
		put_trace(def);
		put_fields(def);
	}
	printf(".El\n");
}

static void
put_events(void)
{
	put_records(RC_EVENT);
}

static void
put_commands(void)
{
	put_records(RC_COMMAND);
}

static void
put_views(void)
{
	put_records(RC_VIEW);
}

static void
put_envelope(void)
{
	put_fields(rec_def(REC_v_event));
}

static void
put_errors(void)
{
	size_t	 i;

	begin_list("unsupportedXX");
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		printf(".It Er %s\n", errors[i].name);
		put_text(errors[i].text);
		printf(" (exit status %d)\n", errors[i].code);
	}
	end_list();
}

/* The table is in the order of the states. */
static void
put_reasons(void)
{
	size_t	 i, n = sizeof(reasons) / sizeof(reasons[0]);

	printf(".Bl -tag -width Ds\n");
	for (i = 0; i < n; i++) {
		if (i == 0 ||
		    strcmp(reasons[i].state, reasons[i - 1].state) != 0) {
			if (i > 0)
				end_list();
			printf(".It State %s\n", reasons[i].state);
			begin_list("dependency-cancelledXX");
		}
		printf(".It Cm %s\n", reasons[i].name);
		put_text(reasons[i].text);
		printf("\n");
	}
	end_list();
	end_list();
}

static void
put_deps(void)
{
	size_t	 i;

	begin_list("mergedXX");
	for (i = 0; i < sizeof(deps) / sizeof(deps[0]); i++) {
		printf(".It Cm %s :\n", deps[i].word);
		put_sentence(deps[i].text);
	}
	end_list();
}

static void
put_classes(void)
{
	const struct review_row	*row;
	int			 c;

	printf(".Bl -tag -width Ds\n");
	for (c = 0; c < RVC_MAX; c++) {
		row = review_row(c);
		printf(".It Sy %s Pq Cm %s\n", row->name,
		    review_verdict_name(row->verdict));
		put_sentence(row->text);
	}
	end_list();
}

/* Patterns of one class and kind stand together in the table. */
static void
put_paths(void)
{
	size_t	 i, n = sizeof(paths) / sizeof(paths[0]);

	printf(".Bl -tag -width Ds\n");
	for (i = 0; i < n; i++) {
		if (i == 0 || paths[i].cls != paths[i - 1].cls ||
		    strcmp(paths[i].kind, paths[i - 1].kind) != 0)
			printf(".It %s: %s\n", review_row(paths[i].cls)->name,
			    paths[i].kind);
		printf(".Pa ");
		put_arg(paths[i].pattern);
		printf("\n");
	}
	end_list();
}

/* One rule may have several rows. */
static void
put_secrets(void)
{
	size_t	 i, n = sizeof(secrets) / sizeof(secrets[0]);

	begin_list("digitalocean-tokenXX");
	for (i = 0; i < n; i++) {
		if (i > 0 && strcmp(secrets[i].name, secrets[i - 1].name) == 0)
			continue;
		printf(".It %s\n", secrets[i].name);
		put_text(secrets[i].text);
		printf("; class\n.Ql %s\n", review_row(secrets[i].cls)->name);
	}
	end_list();
}

static void
put_metrics(void)
{
	static const struct {
		const char	*labels;
		const char	*help;
	} rows[METRIC_MAX] = {
#define METRIC(id, name, type, labels, help) { labels, help },
#include "common/metrics.tbl"
#undef METRIC
	};
	int	 m;

	printf(".Bl -tag -width Ds\n");
	for (m = 0; m < METRIC_MAX; m++) {
		printf(".It Va praetor_%s Pq %s", metric_name(m),
		    metric_type_name(m));
		if (*rows[m].labels != '\0')
			printf(" ; %s", rows[m].labels);
		printf("\n");
		put_sentence(rows[m].help);
	}
	end_list();
}

static void
put_procs(unsigned int mask)
{
	unsigned int	 bit;
	const char	*sep = "";

	for (bit = P_PARENT; bit <= P_LAST; bit <<= 1)
		if (mask & bit) {
			printf("%s%s", sep, proc_name(bit));
			sep = ", ";
		}
}

/* Who, how long, with a descriptor or not; then what it means. */
static void
put_message(const struct msg_row *row)
{
	static const char *const	 fds[] = {
		[FD_NONE] = "no descriptor", [FD_ONE] = "one descriptor",
		[FD_OPT] = "a descriptor or none"
	};

	printf(".It Ic %s\n", row->name);
	put_procs(row->from);
	printf(" to ");
	put_procs(row->to);
	if (row->least == row->most)
		printf("; %zu bytes", row->most);
	else
		printf("; %zu to %zu bytes", row->least, row->most);
	if (*row->body != '\0') {
		printf(":\n");
		put_text(row->body);
	}
	printf(";\n%s", fds[row->fd]);
	if (row->states != S_ANY)
		printf("; only while the session is active or cancelling");
	printf(".\n.br\n");
	put_sentence(row->text);
}

static void
put_messages(void)
{
	int	 t;

	printf(".Bl -tag -width Ds\n");
	for (t = MSG_NONE + 1; t < MSG_MAX; t++)
		put_message(msg_row(t));
	printf(".El\n");
}

/* The numbers that a client of another make needs. */
static void
put_ctl_types(void)
{
	int	 t;

	begin_list("XXXXX");
	for (t = MSG_CTL_REQUEST; t <= MSG_CTL_DONE; t++)
		printf(".It %d\n.Ic %s\n", t, msg_name(t));
	end_list();
}

static const struct {
	const char	*name;
	void		(*put)(void);
} parts[] = {
	{ "@CLASSES@", put_classes },
	{ "@COMMANDS@", put_commands },
	{ "@CTLTYPES@", put_ctl_types },
	{ "@DEPS@", put_deps },
	{ "@ENVELOPE@", put_envelope },
	{ "@ERRORS@", put_errors },
	{ "@EVENTS@", put_events },
	{ "@MESSAGES@", put_messages },
	{ "@METRICS@", put_metrics },
	{ "@PATHS@", put_paths },
	{ "@REASONS@", put_reasons },
	{ "@SECRETS@", put_secrets },
	{ "@VIEWS@", put_views }
};

int
main(void)
{
	char	 line[4096];
	size_t	 i, n = sizeof(parts) / sizeof(parts[0]);

	while (fgets(line, sizeof(line), stdin) != NULL) {
		for (i = 0; i < n; i++)
			if (strncmp(line, parts[i].name,
			    strlen(parts[i].name)) == 0)
				break;
		if (i < n) {
			parts[i].put();
		} else if (line[0] == '@') {
			fprintf(stderr, "mkman: unknown part %s", line);
			return (1);
		} else {
			fputs(line, stdout);
		}
	}
	return (ferror(stdin) != 0 || fflush(stdout) == EOF);
}

/*
 * The grammar of praetord.conf(5).  Parent process and praetord -n.  Says in
 * which order words stand and nothing else: what they mean is checked by the
 * functions of conf_parse.h.  After an error the parser goes on with the next
 * line (or past the block whose head was wrong), so that one run reports
 * every error.
 */
%code requires {
#include "praetord/conf_parse.h"
}

%code {
#include <stdio.h>
#include <stdlib.h>
#include <bsd/string.h>

static void	 yyerror(struct parse *, const char *);
static int	 yylex(CONF_YYSTYPE *, struct parse *);
}

%define api.pure full
%define api.prefix {conf_yy}
%define api.token.prefix {T_}
%define parse.error custom
%define parse.lac full
%param { struct parse *p }

%union {
	char			*text;
	struct conf_words	*words;
	enum conf_opt		 opt;
	enum conf_role		 role;
	enum review_verdict	 review;
	int			 num;
}

%token END 0		"end of file"
%token NL 10		"end of line"	/* the codes are the characters' */
%token SEMI 59		";"
%token OPEN 123		"{"
%token CLOSE 125	"}"
%token EQUALS 61	"="
%token AGENT "agent" ALLOW "allow" APPROVAL "approval" ASK "ask" ATTIC "attic"
%token AUTHOR "author" BASE "base" BYTES "bytes" CA "ca"
%token CGROUP "cgroup" CHANGE "change" CLIENTS "clients" COMMAND "command"
%token CONNECTIONS "connections" COPY "copy" CPU "cpu" CPU_TIME "cpu-time"
%token DISK "disk" DISK_FREE "disk-free" IO_READ "io-read" IO_WRITE "io-write"
%token CREDENTIAL "credential"
%token DELEGATED "delegated" DENY "deny" EGRESS "egress" EMAIL "email"
%token ENGINE "engine" FETCH "fetch" FILE_SIZE "file-size" FILES "files"
%token FRONTEND "frontend" GATEWAY "gateway" GROUP "group" HOSTKEY "hostkey"
%token IDLE "idle" INCLUDE "include" INTERVAL "interval" LIBEXEC "libexec"
%token LIMIT "limit" MAX "max" MEMORY "memory" MODE "mode" NONE "none" ON "on"
%token OPTIONAL "optional" OUTPUT "output" OVERLAY "overlay" PERMIT "permit"
%token PIDS "pids" PTY "pty" REPOSITORIES "repositories" RESOLVER "resolver"
%token RETAIN "retain" RETRIES "retries" REVIEWER "reviewer" SESSIONS "sessions"
%token SHELL "shell"
%token SOCKET "socket" SPARE "spare" SSH_KEY "ssh-key" STATE "state"
%token DEPTH "depth" SUBTASKS "subtasks" SYSTEM "system" TASKS "tasks" TIMEOUT "timeout" TMP "tmp" TOKEN "token"
%token UIDS "uids" USER "user" VERIFY "verify" WORKTREE "worktree"
%token LARGE_FILE "large-file" MANY_BYTES "many-bytes" MANY_FILES "many-files"
%token PATH "path" REVIEW "review"
%token FAIR "fair" HALF_LIFE "half-life" AGE "age" WALL "wall" WEIGHT "weight"
%token LABEL "label" MONEY "money" PROJECT "project" PROVIDER "provider"
%token QUEUED "queued" QUOTA "quota" RUNNING "running" SHARE "share"
%token TOKENS "tokens"
%token EXPONENTIAL "exponential" FIXED "fixed" MAINTENANCE "maintenance"
%token RETRY "retry"
%token <text> STRING "string" WORD "word" NAME "name"

%type <text> text mode group on as class user whose what retryclass
%type <words> words paths hostkey
%type <opt> option limitopt changeopt changesize retainopt fairopt
%type <review> review
%type <role> role
%type <num> optional verdict

%destructor { free($$); } <text>
%destructor { conf_words_free($$); } <words>

%%

conf	: %empty
	| conf NL
	| conf statement NL
	| conf INCLUDE text NL	{
		/* Reduced before the next token is read: it is the file's. */
		lex_include(p->lex, $3);
		free($3);
	}
	| conf error NL		{ yyerrok; }
	| conf error "{" error "}"	{ yyerrok; }
	;

statement
	: macro
	| option text			{
		conf_set_option(p, $1, $2);
		free($2);
	}
	| place
	| identity
	| choice
	| limits
	| list
	| agent
	| permit
	| egress
	| reviewrule
	| MAINTENANCE text		{
		conf_add_window(p, $2);
		free($2);
	}
	| retry
	| credential
	| quota
	;

text	: STRING
	| WORD
	;

macro	: NAME "=" text			{
		lex_macro(p->lex, $1, $3);
		free($1);
		free($3);
	}
	;

option	: SESSIONS MAX			{ $$ = OPT_SESSIONS_MAX; }
	| SESSIONS SPARE		{ $$ = OPT_SESSIONS_SPARE; }
	| TASKS MAX			{ $$ = OPT_TASKS_MAX; }
	| SUBTASKS MAX			{ $$ = OPT_SUBTASKS_MAX; }
	| SUBTASKS DEPTH		{ $$ = OPT_SUBTASKS_DEPTH; }
	| CLIENTS MAX			{ $$ = OPT_CLIENTS_MAX; }
	| TIMEOUT			{ $$ = OPT_TIMEOUT; }
	| VERIFY TIMEOUT		{ $$ = OPT_VERIFY_TIMEOUT; }
	| IDLE				{ $$ = OPT_IDLE; }
	| OUTPUT			{ $$ = OPT_OUTPUT; }
	| RETRIES			{ $$ = OPT_RETRIES; }
	| FETCH INTERVAL		{ $$ = OPT_FETCH; }
	| EGRESS CONNECTIONS MAX	{ $$ = OPT_EGRESS_CONNS; }
	| EGRESS BYTES MAX		{ $$ = OPT_EGRESS_BYTES; }
	| EGRESS IDLE			{ $$ = OPT_EGRESS_IDLE; }
	| APPROVAL TIMEOUT		{ $$ = OPT_APPROVAL; }
	| FETCH TIMEOUT			{ $$ = OPT_FETCH_TIMEOUT; }
	| FETCH BYTES MAX		{ $$ = OPT_FETCH_BYTES; }
	;

place	: STATE text			{
		conf_set_path(p, ONCE_STATE, $2);
		free($2);
	}
	| LIBEXEC text			{
		conf_set_path(p, ONCE_LIBEXEC, $2);
		free($2);
	}
	| SOCKET text mode		{
		conf_set_socket(p, $2, $3);
		free($2);
		free($3);
	}
	;

mode	: %empty			{ $$ = NULL; }
	| MODE text			{ $$ = $2; }
	;

identity
	: USER role text group		{
		conf_set_user(p, $2, $3, $4);
		free($3);
		free($4);
	}
	| UIDS BASE text		{
		conf_set_uids(p, $3);
		free($3);
	}
	| AUTHOR text EMAIL text	{
		conf_set_author(p, $2, $4);
		free($2);
		free($4);
	}
	;

role	: ENGINE			{ $$ = ROLE_ENGINE; }
	| FRONTEND			{ $$ = ROLE_FRONTEND; }
	| REVIEWER			{ $$ = ROLE_REVIEWER; }
	| GATEWAY			{ $$ = ROLE_GATEWAY; }
	;

group	: %empty			{ $$ = NULL; }
	| GROUP text			{ $$ = $2; }
	;

choice	: CGROUP NONE			{ conf_set_cgroup(p, CGROUP_NONE); }
	| CGROUP DELEGATED		{
		conf_set_cgroup(p, CGROUP_DELEGATED);
	}
	| WORKTREE OVERLAY		{
		conf_set_worktree(p, WORKTREE_OVERLAY);
	}
	| WORKTREE COPY			{
		conf_set_worktree(p, WORKTREE_COPY);
	}
	;

limits	: LIMIT limit
	| LIMIT RUNNING whose text text	{
		conf_add_limit(p, $3, $4, $5);
		free($3);
		free($4);
		free($5);
	}
	| LIMIT "{" limitblock "}"
	| CHANGE change
	| CHANGE "{" changeblock "}"
	| RETAIN retain
	| RETAIN "{" retainblock "}"
	| FAIR fair
	| FAIR "{" fairblock "}"
	;

/*
 * In a block a line may be wrong without the others: after an error tokens
 * are dropped until one fits, and the end of the line makes errors count
 * again.
 */
limitblock
	: %empty
	| limitblock sep
	| limitblock limit
	| limitblock error
	;

sep	: NL				{ yyerrok; }
	| ";"				{ yyerrok; }
	;

limit	: limitopt text			{
		conf_set_option(p, $1, $2);
		free($2);
	}
	;

limitopt
	: MEMORY			{ $$ = OPT_LIMIT_MEMORY; }
	| PIDS				{ $$ = OPT_LIMIT_PIDS; }
	| CPU				{ $$ = OPT_LIMIT_CPU; }
	| CPU_TIME			{ $$ = OPT_LIMIT_CPU_TIME; }
	| IO_READ			{ $$ = OPT_LIMIT_IO_READ; }
	| IO_WRITE			{ $$ = OPT_LIMIT_IO_WRITE; }
	| FILES				{ $$ = OPT_LIMIT_FILES; }
	| FILE_SIZE			{ $$ = OPT_LIMIT_FSIZE; }
	| TMP				{ $$ = OPT_LIMIT_TMP; }
	| DISK				{ $$ = OPT_LIMIT_DISK; }
	| DISK_FREE			{ $$ = OPT_LIMIT_DISK_FREE; }
	| OUTPUT			{ $$ = OPT_LIMIT_OUTPUT; }
	;

changeblock
	: %empty
	| changeblock sep
	| changeblock change
	| changeblock error
	;

change	: changeopt MAX text		{
		conf_set_option(p, $1, $3);
		free($3);
	}
	| changesize text		{
		conf_set_option(p, $1, $2);
		free($2);
	}
	;

changesize
	: LARGE_FILE			{ $$ = OPT_LARGE_FILE; }
	| MANY_FILES			{ $$ = OPT_MANY_FILES; }
	| MANY_BYTES			{ $$ = OPT_MANY_BYTES; }
	;

retainblock
	: %empty
	| retainblock sep
	| retainblock retain
	| retainblock error
	;

retain	: retainopt text		{
		conf_set_option(p, $1, $2);
		free($2);
	}
	;

retainopt
	: OUTPUT			{ $$ = OPT_RETAIN_OUTPUT; }
	| ATTIC				{ $$ = OPT_RETAIN_ATTIC; }
	;

fairblock
	: %empty
	| fairblock sep
	| fairblock fair
	| fairblock error
	;

fair	: fairopt text			{
		conf_set_option(p, $1, $2);
		free($2);
	}
	;

fairopt	: HALF_LIFE			{ $$ = OPT_FAIR_HALF; }
	| WEIGHT			{ $$ = OPT_FAIR_WEIGHT; }
	| AGE				{ $$ = OPT_FAIR_AGE; }
	| CPU				{ $$ = OPT_FAIR_CPU; }
	| WALL				{ $$ = OPT_FAIR_WALL; }
	| TOKENS			{ $$ = OPT_FAIR_TOKENS; }
	| MONEY				{ $$ = OPT_FAIR_MONEY; }
	;

quota	: SHARE whose text text		{
		conf_add_share(p, $2, $3, $4);
		free($2);
		free($3);
		free($4);
	}
	| QUOTA whose text what text	{
		conf_add_quota(p, $2, $3, $4, $5);
		free($2);
		free($3);
		free($4);
		free($5);
	}
	;

whose	: USER				{ $$ = conf_strdup("user"); }
	| GROUP				{ $$ = conf_strdup("group"); }
	| PROJECT			{ $$ = conf_strdup("project"); }
	| AGENT				{ $$ = conf_strdup("agent"); }
	| PROVIDER			{ $$ = conf_strdup("provider"); }
	| LABEL				{ $$ = conf_strdup("label"); }
	;

what	: RUNNING			{ $$ = conf_strdup("running"); }
	| QUEUED			{ $$ = conf_strdup("queued"); }
	| TOKENS			{ $$ = conf_strdup("tokens"); }
	| MONEY				{ $$ = conf_strdup("money"); }
	| DISK				{ $$ = conf_strdup("disk"); }
	;

changeopt
	: FILES				{ $$ = OPT_FILES_MAX; }
	| BYTES				{ $$ = OPT_BYTES_MAX; }
	;

list	: SYSTEM optional words		{
		conf_add_system(p, $3, $2);
		conf_words_free($3);
	}
	| REPOSITORIES words		{
		conf_add_repositories(p, $2);
		conf_words_free($2);
	}
	;

optional
	: %empty			{ $$ = 0; }
	| OPTIONAL			{ $$ = 1; }
	;

agent	: AGENT text "{"		{
		conf_agent_begin(p, $2);
		free($2);
		$2 = NULL;	/* still on the stack, should the file end */
	}
	  agentblock "}"		{ conf_agent_end(p); }
	;

agentblock
	: %empty
	| agentblock sep
	| agentblock agentopt
	| agentblock error
	;

agentopt
	: COMMAND words			{
		conf_agent_command(p, $2);
		conf_words_free($2);
	}
	| SHELL text			{
		conf_agent_shell(p, $2);
		free($2);
	}
	| PTY				{ conf_agent_pty(p); }
	| TIMEOUT text			{
		conf_agent_timeout(p, $2);
		free($2);
	}
	| IDLE text			{
		conf_agent_idle(p, $2);
		free($2);
	}
	| PROVIDER text			{
		conf_agent_provider(p, $2);
		free($2);
	}
	| retry
	;

retry	: RETRY retryclass NONE		{
		conf_add_retry(p, $2, "none", NULL);
		free($2);
	}
	| RETRY retryclass FIXED words	{
		conf_add_retry(p, $2, "fixed", $4);
		free($2);
		conf_words_free($4);
	}
	| RETRY retryclass EXPONENTIAL words {
		conf_add_retry(p, $2, "exponential", $4);
		free($2);
		conf_words_free($4);
	}
	;

retryclass
	: text
	| IDLE				{ $$ = conf_strdup("idle"); }
	| OUTPUT			{ $$ = conf_strdup("output"); }
	| PIDS				{ $$ = conf_strdup("pids"); }
	| CPU				{ $$ = conf_strdup("cpu"); }
	| DISK				{ $$ = conf_strdup("disk"); }
	| BASE				{ $$ = conf_strdup("base"); }
	;

words	: text				{
		$$ = conf_alloc(sizeof(*$$));
		conf_words_add($$, $1);
		free($1);
	}
	| words text			{
		conf_words_add($1, $2);
		free($2);
		$$ = $1;
	}
	;

permit	: verdict text text on		{
		conf_add_permit(p, $1, $2, $3, $4);
		free($2);
		free($3);
		free($4);
	}
	;

verdict	: PERMIT			{ $$ = 0; }
	| DENY				{ $$ = 1; }
	;

on	: %empty			{ $$ = NULL; }
	| ON text			{ $$ = $2; }
	;

egress	: EGRESS ALLOW words on as	{
		conf_add_egress(p, $3, $4, $5);
		conf_words_free($3);
		free($4);
		free($5);
	}
	| EGRESS RESOLVER text		{
		conf_set_resolver(p, $3);
		free($3);
	}
	;

as	: %empty			{ $$ = NULL; }
	| AGENT text			{ $$ = $2; }
	;

reviewrule
	: REVIEW class review paths on	{
		conf_add_review(p, $2, $3, $4, $5);
		free($2);
		conf_words_free($4);
		free($5);
	}
	;

class	: text
	| LARGE_FILE			{ $$ = conf_strdup("large-file"); }
	;

review	: ALLOW				{ $$ = RV_ALLOW; }
	| ASK				{ $$ = RV_ASK; }
	| DENY				{ $$ = RV_DENY; }
	;

paths	: %empty			{ $$ = NULL; }
	| PATH words			{ $$ = $2; }
	;

credential
	: CREDENTIAL text SSH_KEY text user hostkey {
		conf_add_cred(p, $2, "ssh-key", $4, $5, $6);
		free($2);
		free($4);
		free($5);
		conf_words_free($6);
	}
	| CREDENTIAL text CA text {
		conf_add_cred(p, $2, "ca", $4, NULL, NULL);
		free($2);
		free($4);
	}
	| CREDENTIAL text TOKEN text user {
		conf_add_cred(p, $2, "token", $4, $5, NULL);
		free($2);
		free($4);
		free($5);
	}
	;

user	: %empty			{ $$ = NULL; }
	| USER text			{ $$ = $2; }
	;

hostkey	: %empty			{ $$ = NULL; }
	| HOSTKEY words			{ $$ = $2; }
	;

%%

#define EXPECTED_MAX	10	/* more choices than that help nobody */

static int
yylex(CONF_YYSTYPE *value, struct parse *p)
{
	return (lex_token(p->lex, &value->text));
}

/* Only what bison itself says: out of memory, the stack's limit. */
static void
yyerror(struct parse *p, const char *text)
{
	lex_error(p->lex, lex_where(p->lex), "%s", text);
}

/* "; expected ssh-key or token", without the ends of lines. */
static void
expected(char *out, size_t size, const yysymbol_kind_t *kinds, int n)
{
	const char	*names[EXPECTED_MAX];
	int		 i, k = 0, value = 0;

	for (i = 0; i < n; i++) {
		if (kinds[i] == YYSYMBOL_STRING || kinds[i] == YYSYMBOL_WORD)
			value = 1;
		else if (kinds[i] != YYSYMBOL_NL && kinds[i] != YYSYMBOL_SEMI)
			names[k++] = yysymbol_name(kinds[i]);
	}
	if (value)
		names[k++] = "a value";
	for (i = 0; i < k; i++) {
		strlcat(out, i == 0 ? "; expected " : i + 1 < k ? ", " : " or ",
		    size);
		strlcat(out, names[i], size);
	}
}

static int
is_expected(yysymbol_kind_t kind, const yysymbol_kind_t *kinds, int n)
{
	while (n-- > 0)
		if (kinds[n] == kind)
			return (1);
	return (0);
}

/* Bison gives no token at all when more than EXPECTED_MAX would fit. */
static int
yyreport_syntax_error(const yypcontext_t *ctx, struct parse *p)
{
	yysymbol_kind_t	 kinds[EXPECTED_MAX], token;
	struct where	 at = lex_where(p->lex);
	const char	*last = lex_last(p->lex);
	char		 more[256] = "";
	int		 n, value;

	token = yypcontext_token(ctx);
	n = yypcontext_expected_tokens(ctx, kinds, EXPECTED_MAX);
	expected(more, sizeof(more), kinds, n);
	value = is_expected(YYSYMBOL_WORD, kinds, n);
	if (token == YYSYMBOL_NL || token == YYSYMBOL_YYEOF)
		lex_error(p->lex, at, "unexpected %s%s", last, more);
	else if (n > 0 && more[0] == '\0')
		lex_error(p->lex, at, "unexpected \"%s\" before the end of "
		    "the line", last);
	else if (token == YYSYMBOL_WORD)
		lex_error(p->lex, at, "unknown keyword \"%s\"%s", last, more);
	else if (value && token >= YYSYMBOL_AGENT)
		lex_error(p->lex, at, "\"%s\" is a keyword; quote it to use "
		    "it as a value", last);
	else
		lex_error(p->lex, at, "unexpected \"%s\"%s", last, more);
	return (0);
}

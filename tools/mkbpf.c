/*
 * Makes the seccomp filters at build time: reads the policy tables, lets
 * libseccomp build the search tree over call numbers, adds the argument
 * checks and prints the arrays that common/confine.c loads.  So no process
 * of the daemon links a filter compiler, and loading one costs no compiling.
 *
 * libseccomp takes one comparison an argument and cannot say "else", so a
 * checked call gets a TRACE action as a mark in the tree, and the mark
 * becomes a jump to its rows, which stand behind the tree.
 */
#include <errno.h>
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define VALUES	6
#define CONDS	3
#define ROWS	8
#define CODE	4096		/* BPF_MAXINSNS */

enum kind { K_ALLOW, K_DENY, K_NOSYS, K_CHECK };
enum how { IS_END, IS_IN, IS_NOT, IS_SOME };

#define HIGH_WORD 8	/* added to an argument's number */

/* Looks at the low word of an argument, or at the high one. */
struct cond {
	enum how	 how;
	int		 arg;
	uint32_t	 mask;
	int		 n;
	uint32_t	 v[VALUES];
};

struct row {
	uint32_t	 ret;		/* SECCOMP_RET_*; 0 ends the rows */
	struct cond	 c[CONDS];
};

struct entry {
	const char	*name;		/* of the call; NULL ends the table */
	enum kind	 kind;
	struct row	 rows[ROWS];
};

struct code {
	struct sock_filter	 f[CODE];
	size_t			 n;
};

#define NV(...)		(int)(sizeof((uint32_t[]){ __VA_ARGS__ }) / 4)
#define IN(a, m, ...)	{ IS_IN, a, m, NV(__VA_ARGS__), { __VA_ARGS__ } }
#define NOT(a, m, ...)	{ IS_NOT, a, m, NV(__VA_ARGS__), { __VA_ARGS__ } }
#define SOME(a, bits)	{ IS_SOME, a, ~0U, 1, { bits } }
#define HIGH(a, ...)	IN((a) + HIGH_WORD, ~0U, __VA_ARGS__)
#define END		{ IS_END, 0, 0, 0, { 0 } }
#define PASS		SECCOMP_RET_ALLOW
#define FAIL(e)		(SECCOMP_RET_ERRNO | (e))
#define ROW(r, ...)	{ r, { __VA_ARGS__ } },
#define ALLOW(call)	{ #call, K_ALLOW, { { 0, { END } } } },
#define DENY(call)	{ #call, K_DENY, { { 0, { END } } } },
#define NOSYS(call)	{ #call, K_NOSYS, { { 0, { END } } } },
#define CHECK(call, ...) { #call, K_CHECK, { __VA_ARGS__ } },

static const struct entry engine[] = {
#include "executor/policy_engine.tbl"
	{ NULL, K_ALLOW, { { 0, { END } } } }
};
static const struct entry front[] = {
#include "executor/policy_front.tbl"
	{ NULL, K_ALLOW, { { 0, { END } } } }
};
static const struct entry review[] = {
#include "executor/policy_review.tbl"
	{ NULL, K_ALLOW, { { 0, { END } } } }
};
static const struct entry executor[] = {
#include "executor/policy_executor.tbl"
	{ NULL, K_ALLOW, { { 0, { END } } } }
};
static const struct entry gateway[] = {
#include "executor/policy_gateway.tbl"
	{ NULL, K_ALLOW, { { 0, { END } } } }
};
static const struct entry job[] = {
#include "executor/policy_job.tbl"
	{ NULL, K_ALLOW, { { 0, { END } } } }
};

static void
emit(struct code *c, struct sock_filter f)
{
	if (c->n == CODE)
		errx(1, "filter too long");
	c->f[c->n++] = f;
}

static void
stmt(struct code *c, uint16_t op, uint32_t k)
{
	emit(c, (struct sock_filter)BPF_STMT(op, k));
}

static void
jump(struct code *c, uint16_t op, uint32_t k, size_t jt, size_t jf)
{
	if (jt > UINT8_MAX || jf > UINT8_MAX)
		errx(1, "jump too long");
	emit(c, (struct sock_filter)BPF_JUMP(op, k, (uint8_t)jt, (uint8_t)jf));
}

/*
 * One condition; when it does not hold, skip `skip` instructions beyond its
 * own last one.
 */
static void
emit_cond(struct code *c, const struct cond *k, size_t skip)
{
	size_t	 i, left, miss;

	stmt(c, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offsetof(
	    struct seccomp_data, args) + sizeof(uint64_t) *
	    (size_t)(k->arg % HIGH_WORD) + (k->arg >= HIGH_WORD ?
	    sizeof(uint32_t) : 0)));
	if (k->mask != ~0U)
		stmt(c, BPF_ALU | BPF_AND | BPF_K, k->mask);
	for (i = 0; i < (size_t)k->n; i++) {
		left = (size_t)k->n - i - 1;
		miss = left == 0 ? skip : 0;
		if (k->how == IS_SOME)
			jump(c, BPF_JMP | BPF_JSET | BPF_K, k->v[i], 0, miss);
		else if (k->how == IS_IN)
			jump(c, BPF_JMP | BPF_JEQ | BPF_K, k->v[i], left, miss);
		else
			jump(c, BPF_JMP | BPF_JEQ | BPF_K, k->v[i],
			    left + skip, 0);
	}
}

static size_t
cond_len(const struct cond *k)
{
	if (k->how == IS_END)
		return (0);
	return (1 + (k->mask != ~0U) + (size_t)k->n);
}

static void
emit_rows(struct code *c, const struct entry *e)
{
	const struct row	*r;
	size_t			 i, rest;

	for (r = e->rows; r->ret != 0; r++) {
		rest = 1;
		for (i = 0; i < CONDS; i++)
			rest += cond_len(&r->c[i]);
		for (i = 0; i < CONDS && r->c[i].how != IS_END; i++) {
			rest -= cond_len(&r->c[i]);
			emit_cond(c, &r->c[i], rest);
		}
		stmt(c, BPF_RET | BPF_K, r->ret);
	}
	if (c->f[c->n - 1].code != (BPF_RET | BPF_K) || (r - 1)->c[0].how !=
	    IS_END)
		errx(1, "%s: the last row has a condition", e->name);
}

static uint32_t
action(const struct entry *e, unsigned int mark)
{
	switch (e->kind) {
	case K_ALLOW:
		return (SCMP_ACT_ALLOW);
	case K_DENY:
		return (SCMP_ACT_ERRNO(EPERM));
	case K_NOSYS:
		return (SCMP_ACT_ERRNO(ENOSYS));
	case K_CHECK:
		return (SCMP_ACT_TRACE(mark));
	}
	errx(1, "%s: no such kind", e->name);
}

static void
rules_add(scmp_filter_ctx ctx, const struct entry *table)
{
	unsigned int	 i;
	int		 nr, r;

	for (i = 0; table[i].name != NULL; i++) {
		nr = seccomp_syscall_resolve_name(table[i].name);
		if (nr == __NR_SCMP_ERROR)
			errx(1, "%s: no such call", table[i].name);
		if (nr < 0 || table[i].kind == K_NOSYS)
			continue;	/* not on this machine; the default */
		r = seccomp_rule_add(ctx, action(&table[i], i + 1), nr, 0);
		if (r != 0)
			errx(1, "%s: %s", table[i].name, strerror(-r));
	}
}

/* The tree, exported through a pipe-like temporary file. */
static void
tree_make(struct code *c, const struct entry *table)
{
	scmp_filter_ctx	 ctx;
	FILE		*f;

	if ((ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS))) == NULL ||
	    seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
	    SCMP_ACT_KILL_PROCESS) != 0 ||
	    seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0)
		errx(1, "seccomp_init");
	rules_add(ctx, table);
	if ((f = tmpfile()) == NULL ||
	    seccomp_export_bpf(ctx, fileno(f)) != 0)
		err(1, "seccomp_export_bpf");
	if (lseek(fileno(f), 0, SEEK_SET) == -1)
		err(1, "lseek");
	c->n = fread(c->f, sizeof(c->f[0]), CODE, f);
	fclose(f);
	seccomp_release(ctx);
}

/* Turn the marks into jumps to rows behind the tree. */
static void
checks_add(struct code *c, const struct entry *table)
{
	size_t		 i, tree = c->n, at;
	unsigned int	 e, used;

	for (e = 0; table[e].name != NULL; e++) {
		if (table[e].kind != K_CHECK)
			continue;
		at = c->n;
		for (i = 0, used = 0; i < tree; i++) {
			if (c->f[i].code != (BPF_RET | BPF_K) ||
			    c->f[i].k != (SECCOMP_RET_TRACE | (e + 1)))
				continue;
			c->f[i] = (struct sock_filter)BPF_STMT(
			    BPF_JMP | BPF_JA, (uint32_t)(at - i - 1));
			used++;
		}
		if (used == 0)
			errx(1, "%s: not in the tree", table[e].name);
		emit_rows(c, &table[e]);
	}
}

static void
policy_print(const char *name, const struct entry *table)
{
	struct code	 c;
	size_t		 i;

	tree_make(&c, table);
	checks_add(&c, table);
	printf("static const struct sock_filter policy_%s[] = {\n", name);
	for (i = 0; i < c.n; i++)
		printf("\t{ 0x%02x, %u, %u, 0x%08x },\n", c.f[i].code,
		    c.f[i].jt, c.f[i].jf, c.f[i].k);
	printf("};\n");
}

int
main(void)
{
	printf("/* Made by tools/mkbpf.c from executor/policy_*.tbl. */\n"
	    "#define POLICY_LEN(p) "
	    "((unsigned short)(sizeof(p) / sizeof((p)[0])))\n");
	policy_print("engine", engine);
	policy_print("front", front);
	policy_print("review", review);
	policy_print("executor", executor);
	policy_print("gateway", gateway);
	policy_print("job", job);
	return (0);
}

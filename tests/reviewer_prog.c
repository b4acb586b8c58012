/*
 * The reviewer's program under a test that plays parent and engine.
 */
#include "tests/tap.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <bsd/unistd.h>

#include "common/err.h"
#include "common/proto.h"
#include "tests/reviewer_prog.h"

void
prog_send_raw(struct imsgbuf *ib, uint16_t type, uint32_t id, const void *p,
    size_t n, int fd)
{
	struct imsg_hdr	 h = { .type = type, .id = id, .len = (uint32_t)n,
			    .flags = fd == -1 ? 0 : IMSG_F_FD };

	assert_int_equal(imsg_compose(ib, &h, p, fd), 0);
	assert_int_equal(imsgbuf_write(ib), 0);
}

void
prog_send(struct imsgbuf *ib, uint16_t type, uint32_t id, struct rec *r,
    int fd)
{
	struct buf	 b = { 0 };

	assert_int_equal(rec_encode(r, &b), 0);
	prog_send_raw(ib, type, id, b.data, b.len, fd);
	rec_free(r);
	buf_free(&b);
}

struct imsg
prog_next(struct imsgbuf *ib)
{
	struct pollfd	 pfd = { ib->fd, POLLIN, 0 };
	struct imsg	 m;
	int		 rc;

	while ((rc = imsg_next(ib, &m)) == 0) {
		assert_int_equal(poll(&pfd, 1, PROG_WAIT), 1);
		assert_int_equal(imsgbuf_read(ib), 1);
	}
	assert_int_equal(rc, 1);
	return (m);
}

struct rec *
prog_next_rec(struct imsgbuf *ib, uint16_t type, enum rec_kind kind)
{
	struct imsg	 m = prog_next(ib);
	struct rec	*r;

	assert_string_equal(msg_name(m.hdr.type), msg_name(type));
	assert_int_equal(rec_decode_one(m.data, m.hdr.len, kind, &r), 0);
	return (r);
}

static void
prog_child(struct prog *p, int channel, int lifeline)
{
	char	 state[256], exe[512];

	snprintf(state, sizeof(state), "%s/state", p->v->dir);
	snprintf(exe, sizeof(exe), "%s/praetor-reviewer", getenv("BUILD"));
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(channel, 100) == -1 || dup2(lifeline, 101) == -1 ||
	    dup2(100, 3) == -1 || dup2(101, 4) == -1)
		_exit(126);
	closefrom(5);
	execl(exe, "praetor-reviewer", "-s", state, "-r", p->v->repos,
	    (char *)NULL);
	_exit(127);
}

static void
prog_creds(struct prog *p)
{
	const struct prog_cred	*c;
	struct rec		*k;
	char			 path[512];
	size_t			 i;
	int			 fd;

	for (i = 0; i < p->ncred; i++) {
		c = &p->cred[i];
		k = rec_new(REC_k_cred);
		rec_set_str(k, F_k_cred_host, c->host);
		rec_set_str(k, F_k_cred_kind, c->kind);
		rec_set_str(k, F_k_cred_user, c->user);
		rec_set_str(k, F_k_cred_hostkey, c->hostkey);
		snprintf(path, sizeof(path), "%s/%s", p->v->dir, c->file);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		assert_int_not_equal(fd, -1);
		prog_send(&p->parent, MSG_CRED_FD, 0, k, fd);
	}
}

/* What the reviewer reads is set; of the rest, what has to be there. */
static struct rec *
prog_main(const struct prog *p)
{
	const struct rec_def	*def = rec_def(REC_k_main);
	struct rec		*k = rec_new(REC_k_main);
	int			 f;

	for (f = 0; f < (int)def->nfields; f++)
		if (def->fields[f].required && def->fields[f].type != R_STR)
			rec_set_u64(k, f, 0);
	rec_set_str(k, F_k_main_version, "test");
	rec_set_str(k, F_k_main_mode, "system");
	rec_set_str(k, F_k_main_author_name, "Praetor");
	rec_set_str(k, F_k_main_author_email, "praetor@example.org");
	rec_set_u64(k, F_k_main_files_max, 100);
	rec_set_u64(k, F_k_main_bytes_max, 1 << 20);
	rec_set_u64(k, F_k_main_fetch_timeout,
	    p->fetch_timeout != 0 ? p->fetch_timeout : 60000);
	rec_set_u64(k, F_k_main_fetch_bytes,
	    p->fetch_bytes != 0 ? p->fetch_bytes : 1 << 30);
	rec_set_u64(k, F_k_main_copy, (uint64_t)p->copy);
	return (k);
}

void
prog_stage(struct prog *p)
{
	struct m_count	 n = { 1 + (uint32_t)p->ncred, 0 };
	struct m_result	 res;
	struct imsg	 m;

	prog_send_raw(&p->parent, MSG_CONF_BEGIN, 0, &n, sizeof(n), -1);
	prog_send(&p->parent, MSG_CONF_ITEM, 0, prog_main(p), -1);
	prog_creds(p);
	prog_send_raw(&p->parent, MSG_CONF_END, 0, &n, sizeof(n), -1);
	m = prog_next(&p->parent);
	assert_int_equal(m.hdr.type, MSG_CONF_READY);
	memcpy(&res, m.data, sizeof(res));
	assert_int_equal(res.err, 0);
}

void
prog_configure(struct prog *p)
{
	prog_stage(p);
	prog_send_raw(&p->parent, MSG_CONF_COMMIT, 0, NULL, 0, -1);
}

void
prog_engine(struct prog *p)
{
	struct m_peer	 who = { P_ENGINE, 0 };
	int		 pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    pair), 0);
	prog_send_raw(&p->parent, MSG_PEER_FD, 0, &who, sizeof(who), pair[0]);
	imsgbuf_init(&p->engine, pair[1]);
}

void
prog_start(struct prog *p, struct rv *v)
{
	int		 pair[2], life[2];
	struct imsg	 m;

	p->v = v;
	rv_sh(v, "mkdir -p sessions/3/upper");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    pair), 0);
	assert_int_equal(pipe2(life, O_CLOEXEC), 0);
	assert_int_not_equal(p->pid = fork(), -1);
	if (p->pid == 0)
		prog_child(p, pair[1], life[0]);
	close(pair[1]);
	close(life[0]);
	p->lifeline = life[1];
	imsgbuf_init(&p->parent, pair[0]);
	m = prog_next(&p->parent);
	assert_int_equal(m.hdr.type, MSG_HELLO);
	prog_configure(p);
	prog_engine(p);
}

void
prog_close(struct imsgbuf *ib)
{
	imsgbuf_clear(ib);
	close(ib->fd);
}

void
prog_stop(struct prog *p, int sig)
{
	int	 status;

	if (sig != 0)
		kill(p->pid, sig);
	close(p->lifeline);
	assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
	if (sig == 0)
		assert_int_equal(status, 0);
	prog_close(&p->parent);
	prog_close(&p->engine);
}

int
prog_quiet(struct imsgbuf *ib)
{
	struct pollfd	 pfd = { ib->fd, POLLIN, 0 };
	struct imsg	 m;

	return (imsg_next(ib, &m) == 0 && poll(&pfd, 1, 0) == 0);
}

void
prog_ask_open(struct prog *p, const char *project, const char *repo)
{
	struct rec	*in = rec_new(REC_b_project_open);

	rec_set_str(in, F_b_project_open_project, project);
	rec_set_str(in, F_b_project_open_repo, repo);
	rec_set_str(in, F_b_project_open_branch, "main");
	prog_send(&p->engine, MSG_PROJECT_OPEN, 1, in, -1);
}

struct rec *
prog_open(struct prog *p, const char *repo)
{
	prog_ask_open(p, "web", repo);
	return (prog_next_rec(&p->engine, MSG_PROJECT_STATE,
	    REC_b_project_state));
}

void
prog_opened(struct prog *p, const char *project, const char *err,
    const char *words)
{
	struct rec	*r;

	r = prog_next_rec(&p->engine, MSG_PROJECT_STATE, REC_b_project_state);
	assert_string_equal(rec_str(r, F_b_project_state_project), project);
	if (strcmp(rec_str(r, F_b_project_state_err), err) != 0 ||
	    strstr(rec_str(r, F_b_project_state_text), words) == NULL)
		fail_msg("%s, not %s: \"%s\" does not say \"%s\"",
		    rec_str(r, F_b_project_state_err), err,
		    rec_str(r, F_b_project_state_text), words);
	rec_free(r);
}

void
prog_ask_base(struct prog *p, const char *project, uint64_t session)
{
	struct rec	*in = rec_new(REC_b_base_want);

	rec_set_u64(in, F_b_base_want_session, session);
	rec_set_str(in, F_b_base_want_project, project);
	prog_send(&p->engine, MSG_BASE_WANT, 2, in, -1);
}

void
prog_ask_drop(struct prog *p, uint64_t session)
{
	struct rec	*in = rec_new(REC_b_base_drop);

	rec_set_u64(in, F_b_base_drop_session, session);
	prog_send(&p->engine, MSG_BASE_DROP, 9, in, -1);
}

struct rec *
prog_base(struct prog *p)
{
	prog_ask_base(p, "web", 3);
	return (prog_next_rec(&p->engine, MSG_BASE_READY, REC_b_base_ready));
}

const uint8_t	 prog_id[ULID_LEN] = { 1, 7 };

struct rec *
prog_import_fd(struct prog *p, const uint8_t *base, int upperfd)
{
	struct rec	*in = rec_new(REC_b_import);

	rec_set_id(in, F_b_import_change, prog_id);
	rec_set_id(in, F_b_import_task, prog_id);
	rec_set_str(in, F_b_import_project, "web");
	rec_set_u64(in, F_b_import_attempt, 1 + p->attempt);
	rec_set_oid(in, F_b_import_base, base);
	rec_set_u64(in, F_b_import_keep, 0);
	prog_send(&p->engine, MSG_IMPORT, 3, in, upperfd);
	return (prog_next_rec(&p->engine, MSG_IMPORTED, REC_b_imported));
}

struct rec *
prog_import(struct prog *p, const uint8_t *base)
{
	return (prog_import_fd(p, base, rv_opendir(p->v, "sessions/3/upper")));
}

struct rec *
prog_merge(struct prog *p, const uint8_t *base, const uint8_t *tree)
{
	struct rec	*in = rec_new(REC_b_merge);

	rec_set_id(in, F_b_merge_change, prog_id);
	rec_set_str(in, F_b_merge_project, "web");
	rec_set_oid(in, F_b_merge_base, base);
	rec_set_oid(in, F_b_merge_tree, tree);
	prog_send(&p->engine, MSG_MERGE, 4, in, -1);
	return (prog_next_rec(&p->engine, MSG_MERGED, REC_b_merged));
}

void
prog_ask_land(struct prog *p, const char *project, const uint8_t *onto,
    const uint8_t *tree)
{
	struct rec	*in = rec_new(REC_b_land);

	rec_set_id(in, F_b_land_change, prog_id);
	rec_set_id(in, F_b_land_task, prog_id);
	rec_set_str(in, F_b_land_project, project);
	rec_set_oid(in, F_b_land_onto, onto);
	rec_set_oid(in, F_b_land_tree, tree);
	rec_set_str(in, F_b_land_message, "fix\n");
	rec_set_u64(in, F_b_land_time, 1600000000000000ULL);
	prog_send(&p->engine, MSG_LAND, 5, in, -1);
}

struct rec *
prog_land(struct prog *p, const struct rec *merged)
{
	prog_ask_land(p, "web", rec_oid(merged, F_b_merged_onto),
	    rec_oid(merged, F_b_merged_tree));
	return (prog_next_rec(&p->engine, MSG_LANDED, REC_b_landed));
}

void
prog_ok(const struct rec *r, int err, int text)
{
	if (strcmp(rec_str(r, err), "ok") != 0)
		fail_msg("%s: %s", rec_str(r, err), rec_str(r, text));
}

size_t
prog_diff(struct prog *p, const uint8_t *from, const uint8_t *to)
{
	struct rec	*in = rec_new(REC_b_diff);
	struct m_result	 res;
	struct imsg	 m;
	size_t		 n = 0;

	rec_set_str(in, F_b_diff_project, "web");
	rec_set_oid(in, F_b_diff_from, from);
	rec_set_oid(in, F_b_diff_to, to);
	prog_send(&p->engine, MSG_DIFF, 77, in, -1);
	while ((m = prog_next(&p->engine)).hdr.type == MSG_DIFF_PART) {
		assert_int_equal(m.hdr.id, 77);
		n += m.hdr.len;
	}
	assert_int_equal(m.hdr.type, MSG_DIFF_END);
	memcpy(&res, m.data, sizeof(res));
	assert_int_equal(res.err, 0);
	return (n);
}

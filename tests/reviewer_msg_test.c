/*
 * The program itself, in its sandbox, over its channels: configuration, one
 * task's life, a restart in the middle, bodies that nobody honest sends.
 */
#include "tests/tap.h"

#include <sys/mount.h>
#include <sys/syscall.h>
#include <poll.h>
#include <signal.h>

#include "common/err.h"
#include "common/proto.h"
#include "common/rec.h"
#include "tests/reviewer_prog.h"

static void
test_life(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { 0 };
	struct rec	*base, *imported, *merged, *landed, *r;

	rv_repo(v);
	prog_start(&p, v);
	r = prog_open(&p, v->repo);
	prog_ok(r, F_b_project_state_err, F_b_project_state_text);
	rec_free(r);
	base = prog_base(&p);
	prog_ok(base, F_b_base_ready_err, F_b_base_ready_text);
	rv_sh(v, "cd sessions/3/upper; echo new >one; echo x >x.o");
	imported = prog_import(&p, rec_oid(base, F_b_base_ready_commit));
	prog_ok(imported, F_b_imported_err, F_b_imported_text);
	assert_int_equal(rec_u64(imported, F_b_imported_files), 1);
	/* The reviewer dies; everything is asked again. */
	prog_stop(&p, SIGKILL);
	prog_start(&p, v);
	rec_free(imported);
	imported = prog_import(&p, rec_oid(base, F_b_base_ready_commit));
	prog_ok(imported, F_b_imported_err, F_b_imported_text);
	merged = prog_merge(&p, rec_oid(base, F_b_base_ready_commit),
	    rec_oid(imported, F_b_imported_tree));
	prog_ok(merged, F_b_merged_err, F_b_merged_text);
	landed = prog_land(&p, merged);
	prog_ok(landed, F_b_landed_err, F_b_landed_text);
	assert_true(prog_diff(&p, rec_oid(base, F_b_base_ready_commit),
	    rec_oid(landed, F_b_landed_commit)) > 20);
	rv_sh(v, "test \"$(git -C repos/web.git show main:one)\" = new; "
	    "test \"$(git -C repos/web.git log -1 --format=%%an main)\" = "
	    "Praetor");
	/* The engine dies; a new one goes on. */
	prog_close(&p.engine);
	prog_engine(&p);
	r = prog_base(&p);
	prog_ok(r, F_b_base_ready_err, F_b_base_ready_text);
	assert_int_equal(rec_count(r, F_b_base_ready_layers), 2);
	rec_free(r);
	rec_free(base);
	rec_free(imported);
	rec_free(merged);
	rec_free(landed);
	prog_stop(&p, 0);
}

/*
 * In system mode the upper directory comes through a mount that is attached
 * nowhere.  Landlock then looks for a rule up to that mount's root, so the
 * root must be the directory of all sessions.
 */
static void
test_detached(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { 0 };
	struct rec	*base, *r;
	int		 dir, mnt;

	rv_repo(v);
	prog_start(&p, v);
	rec_free(prog_open(&p, v->repo));
	base = prog_base(&p);
	rv_sh(v, "echo new >sessions/3/upper/one");
	dir = rv_opendir(v, "sessions");
	mnt = (int)syscall(SYS_open_tree, dir, "", OPEN_TREE_CLONE |
	    OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	close(dir);
	if (mnt == -1) {
		rec_free(base);
		prog_stop(&p, 0);
		tap_skip("needs root for a detached mount");
	}
	r = prog_import_fd(&p, rec_oid(base, F_b_base_ready_commit), openat(mnt,
	    "3/upper", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	prog_ok(r, F_b_imported_err, F_b_imported_text);
	assert_int_equal(rec_u64(r, F_b_imported_files), 1);
	close(mnt);
	rec_free(r);
	rec_free(base);
	prog_stop(&p, 0);
}

/* A patch longer than every queue, read slowly. */
static void
test_big_diff(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { 0 };
	struct rec	*r;
	git_oid		 a, b;

	rv_repo(v);
	rv_sh(v, "cd wt; seq 1000000 >big; git add big; git commit -qm big; "
	    "git push -q origin main");
	a = rv_rev(v, "wt", "main~1");
	b = rv_rev(v, "wt", "main");
	prog_start(&p, v);
	r = prog_open(&p, v->repo);
	prog_ok(r, F_b_project_state_err, F_b_project_state_text);
	rec_free(r);
	assert_in_range(prog_diff(&p, a.id, b.id), 7000000, 9000000);
	prog_stop(&p, 0);
}

static void
test_errors(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { 0 };
	struct rec	*r, *in;
	uint8_t		 none[OID_LEN] = { 0 };

	rv_repo(v);
	prog_start(&p, v);
	r = prog_open(&p, "/etc");
	assert_string_equal(rec_str(r, F_b_project_state_err), "perm");
	rec_free(r);
	r = prog_base(&p);
	assert_string_equal(rec_str(r, F_b_base_ready_err), "notfound");
	assert_int_equal(rec_u64(r, F_b_base_ready_session), 3);
	rec_free(r);
	rec_free(prog_open(&p, v->repo));
	rv_sh(v, "mkfifo sessions/3/upper/f");
	r = prog_import(&p, none);
	assert_string_equal(rec_str(r, F_b_imported_err), "notfound");
	assert_memory_equal(rec_id(r, F_b_imported_change), prog_id,
	    ULID_LEN);
	rec_free(r);
	in = prog_base(&p);
	r = prog_import(&p, rec_oid(in, F_b_base_ready_commit));
	assert_string_equal(rec_str(r, F_b_imported_err), "invalid");
	rec_free(r);
	rec_free(in);
	/* The sandbox lets connections out; nobody listens there. */
	r = prog_open(&p, "https://localhost:1/x");
	assert_string_equal(rec_str(r, F_b_project_state_err), "unreach");
	rec_free(r);
	in = rec_new(REC_b_project_drop);
	rec_set_str(in, F_b_project_drop_project, "web");
	prog_send(&p.engine, MSG_PROJECT_DROP, 0, in, -1);
	rec_free(prog_next_rec(&p.engine, MSG_PROJECT_DROPPED,
	    REC_b_project_drop));
	r = prog_open(&p, "https://localhost:1/x");
	assert_string_equal(rec_str(r, F_b_project_state_err), "unreach");
	assert_non_null(strstr(rec_str(r, F_b_project_state_text),
	    "refused"));
	rec_free(r);
	/* Dropping what was never held is fine, and so is going on. */
	prog_ask_drop(&p, 99);
	r = prog_next_rec(&p.engine, MSG_BASE_DROPPED, REC_b_base_drop);
	assert_int_equal(rec_u64(r, F_b_base_drop_session), 99);
	rec_free(r);
	in = rec_new(REC_b_project_drop);
	rec_set_str(in, F_b_project_drop_project, "web");
	prog_send(&p.engine, MSG_PROJECT_DROP, 0, in, -1);
	rec_free(prog_next_rec(&p.engine, MSG_PROJECT_DROPPED,
	    REC_b_project_drop));
	r = prog_base(&p);
	assert_string_equal(rec_str(r, F_b_base_ready_err), "notfound");
	rec_free(r);
	prog_stop(&p, 0);
}

/* Rubbish costs the engine its connection and the reviewer nothing. */
static void
test_rubbish(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { 0 };
	struct pollfd	 pfd;
	struct rec	*r;

	rv_repo(v);
	prog_start(&p, v);
	prog_send_raw(&p.engine, MSG_STEP, 0, "xxxxxxxx", 8, -1);
	pfd.fd = p.engine.fd;
	pfd.events = POLLIN;
	assert_int_equal(poll(&pfd, 1, PROG_WAIT), 1);
	assert_int_equal(imsgbuf_read(&p.engine), 0);
	prog_close(&p.engine);
	prog_engine(&p);
	r = prog_open(&p, v->repo);
	prog_ok(r, F_b_project_state_err, F_b_project_state_text);
	rec_free(r);
	prog_stop(&p, 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
#define T(f)	cmocka_unit_test_setup_teardown(f, rv_setup, rv_teardown)
		T(test_life), T(test_detached), T(test_big_diff),
		T(test_errors),
		T(test_rubbish),
#undef T
	};

	if (getenv("BUILD") == NULL)
		setenv("BUILD", "build", 1);
	return (rv_main(tests));
}

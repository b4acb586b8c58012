/*
 * Fetch and push over ssh against a real sshd(8), on loopback: the test
 * listens and gives each connection to an `sshd -i` of its own, with keys of
 * its own and a forced git-shell(1).
 */
#include "tests/tap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <pwd.h>
#include <signal.h>

#include "common/err.h"
#include "common/rec.h"
#include "reviewer/land.h"
#include "tests/reviewer_prog.h"

#define SSHD	"/usr/sbin/sshd"

struct ssh {
	struct rv	*v;
	pid_t		 pid;		/* accepts connections */
	char		 url[512];
	struct cred	*cred;
};

/* Give each connection to an sshd.  Ends with the test or by a signal. */
static void
ssh_serve(struct rv *v, int fd)
{
	char	 conf[300];
	int	 c;

	snprintf(conf, sizeof(conf), "%s/sshd_config", v->dir);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	while ((c = accept(fd, NULL, NULL)) != -1) {
		if (fork() == 0) {
			if (dup2(c, 0) == -1 || dup2(c, 1) == -1)
				_exit(1);
			execl(SSHD, SSHD, "-i", "-e", "-f", conf,
			    (char *)NULL);
			_exit(1);
		}
		close(c);
	}
	_exit(0);
}

static int
ssh_listen(in_port_t *port)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	socklen_t		 len = sizeof(sin);
	int			 fd;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_not_equal(fd, -1);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	*port = ntohs(sin.sin_port);
	return (fd);
}

static void
ssh_keys(struct rv *v)
{
	rv_sh(v, "ssh-keygen -q -t ed25519 -N '' -f host; "
	    "ssh-keygen -q -t ed25519 -N '' -f key; "
	    "ssh-keygen -q -t ed25519 -N '' -f other; "
	    "echo \"restrict,command=\\\"git-shell -c "
	    "\\\\\\\"\\$SSH_ORIGINAL_COMMAND\\\\\\\"\\\" $(cat key.pub)\" "
	    ">authorized; cat >sshd_config <<E\n"
	    "HostKey $PWD/host\nAuthorizedKeysFile $PWD/authorized\n"
	    "StrictModes no\nUsePAM no\nPasswordAuthentication no\n"
	    "PermitRootLogin yes\nPidFile none\nLogLevel QUIET\n"
	    "E\n"
	    "[ $(id -u) != 0 ] || mkdir -p /run/sshd");
}

static char *
file_text(struct rv *v, const char *name, size_t *len)
{
	char	 path[300], *p = calloc(1, SECRET_MAX + 1);
	FILE	*f;

	snprintf(path, sizeof(path), "%s/%s", v->dir, name);
	assert_non_null(p);
	assert_non_null(f = fopen(path, "r"));
	*len = fread(p, 1, SECRET_MAX, f);
	fclose(f);
	return (p);
}

static void
ssh_start(struct ssh *s, struct rv *v)
{
	struct passwd	*pw = getpwuid(geteuid());
	in_port_t	 port;
	int		 fd;

	/* As another user sshd takes only accounts with a login shell. */
	if (geteuid() != 0 || access(SSHD, X_OK) == -1 || pw == NULL)
		tap_skip("needs root and sshd(8)");
	s->v = v;
	rv_repo(v);
	ssh_keys(v);
	fd = ssh_listen(&port);
	assert_int_not_equal(s->pid = fork(), -1);
	if (s->pid == 0)
		ssh_serve(v, fd);
	close(fd);
	snprintf(s->url, sizeof(s->url), "ssh://%s@127.0.0.1:%u%s",
	    pw->pw_name, port, v->repo);
	assert_non_null(s->cred = calloc(1, sizeof(*s->cred)));
	s->cred->host = strdup("127.0.0.1");
	s->cred->kind = strdup("ssh-key");
	s->cred->user = strdup("");
	s->cred->hostkey = strdup(rv_out(v,
	    "ssh-keygen -lf host.pub | cut -d' ' -f2"));
	s->cred->secret = file_text(v, "key", &s->cred->len);
	TAILQ_INSERT_TAIL(&v->r.settings->creds, s->cred, entry);
}

static void
ssh_stop(struct ssh *s)
{
	kill(s->pid, SIGTERM);
	assert_int_equal(waitpid(s->pid, NULL, 0), s->pid);
}

static int
open_branch(struct ssh *s, const char *branch)
{
	return (mirror_open(&s->v->r, "web", s->url, branch, &s->v->head,
	    &s->v->o));
}

static int
land(struct rv *v, const git_oid *tree)
{
	struct rec	*in = rec_new(REC_b_land), *out = rec_new(REC_b_landed);
	uint8_t		 id[ULID_LEN] = { 4 };
	int		 err;

	rec_set_id(in, F_b_land_change, id);
	rec_set_id(in, F_b_land_task, id);
	rec_set_str(in, F_b_land_project, "web");
	rec_set_oid(in, F_b_land_onto, v->head.id);
	rec_set_oid(in, F_b_land_tree, tree->id);
	rec_set_str(in, F_b_land_message, "over ssh\n");
	rec_set_u64(in, F_b_land_time, 1600000000000000ULL);
	err = land_answer(&v->r, in, out, &v->o);
	rec_free(in);
	rec_free(out);
	return (err);
}

static void
test_ssh(void **state)
{
	struct rv	*v = *state;
	struct ssh	 s;
	git_oid		 tree, want;

	ssh_start(&s, v);
	rv_expect(v, open_branch(&s, "nope"), PRA_ENOTFOUND, "there is main");
	rv_expect(v, open_branch(&s, "main"), 0, NULL);
	want = rv_rev(v, v->repo, "main");
	assert_true(git_oid_equal(&want, &v->head));
	rv_expect(v, mirror_find(&v->r, "web", &v->m, &v->o), 0, NULL);
	rv_sh(v, "cd wt; echo x >>one; git commit -qam x; "
	    "git push -q ../state/mirrors/web.git HEAD:refs/test/x; "
	    "git reset -q --hard HEAD~1");
	tree = rv_rev(v, "state/mirrors/web.git", "refs/test/x^{tree}");
	rv_expect(v, land(v, &tree), 0, "refs/heads/main");
	rv_sh(v, "test \"$(git -C repos/web.git log -1 --format=%%s main)\" "
	    "= 'over ssh'; test -z \"$(git -C state/mirrors/web.git "
	    "for-each-ref refs/praetor/landing)\"");
	/* The answer was lost; then somebody went on; then went back. */
	rv_expect(v, land(v, &tree), 0, NULL);
	rv_sh(v, "cd wt; git pull -q origin main; echo y >y; git add y; "
	    "git commit -qm y; git push -q origin main");
	rv_expect(v, land(v, &tree), 0, NULL);
	rv_sh(v, "cd wt; git reset -q --hard HEAD~2; echo z >z; git add z; "
	    "git commit -qm z; git push -qf origin main");
	rv_expect(v, land(v, &tree), PRA_ECONFLICT, "has moved");
	ssh_stop(&s);
}

/* The server's own rules are its own: what it refuses is told. */
static void
test_refused(void **state)
{
	struct rv	*v = *state;
	struct ssh	 s;
	git_oid		 tree;

	ssh_start(&s, v);
	rv_expect(v, open_branch(&s, "main"), 0, NULL);
	rv_sh(v, "cd wt; echo x >>one; git commit -qam x; "
	    "git push -q ../state/mirrors/web.git HEAD:refs/test/x; "
	    "cd ../repos/web.git; printf '#!/bin/sh\\nexit 1\\n' "
	    ">hooks/update; chmod +x hooks/update");
	tree = rv_rev(v, "state/mirrors/web.git", "refs/test/x^{tree}");
	rv_expect(v, land(v, &tree), PRA_EPERM, "hook declined");
	ssh_stop(&s);
}

static void
test_strangers(void **state)
{
	struct rv	*v = *state;
	struct ssh	 s;
	char		 url[512];

	ssh_start(&s, v);
	/* Another server than the one that is pinned. */
	s.cred->hostkey[10] = s.cred->hostkey[10] == 'a' ? 'b' : 'a';
	rv_expect(v, open_branch(&s, "main"), PRA_EPERM, "pins");
	s.cred->hostkey[0] = '\0';
	rv_expect(v, open_branch(&s, "main"), PRA_EPERM, "host key");
	/* A key that the server does not know. */
	free(s.cred->hostkey);
	s.cred->hostkey = strdup(rv_out(v,
	    "ssh-keygen -lf host.pub | cut -d' ' -f2"));
	free(s.cred->secret);
	s.cred->secret = file_text(v, "other", &s.cred->len);
	rv_expect(v, open_branch(&s, "main"), PRA_EPERM, "does not accept");
	/* A host without a credential. */
	free(s.cred->host);
	s.cred->host = strdup("elsewhere.invalid");
	rv_expect(v, open_branch(&s, "main"), PRA_EPERM, "`credential`");
	ssh_stop(&s);
	/* Nobody listens. */
	free(s.cred->host);
	s.cred->host = strdup("127.0.0.1");
	snprintf(url, sizeof(url), "%s", s.url);
	rv_expect(v, open_branch(&s, "main"), PRA_EUNREACH, url);
	rv_sh(v, "test -z \"$(ls state/mirrors)\"");
}

/*
 * The program, in its sandbox, with a server that has keys of three kinds:
 * which one it shows is settled between the two, so any pinned one will do.
 */
static void
test_program(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { .ncred = 1 };
	struct ssh	 s;
	struct rec	*base, *imported, *merged, *r;
	char		 keys[300];

	ssh_start(&s, v);
	rv_sh(v, "ssh-keygen -q -t rsa -b 2048 -N '' -f host2; "
	    "ssh-keygen -q -t ecdsa -N '' -f host3; "
	    "printf 'HostKey %%s\\n' $PWD/host2 $PWD/host3 >>sshd_config");
	snprintf(keys, sizeof(keys), "%s", rv_out(v, "for k in host host2 "
	    "host3; do ssh-keygen -lf $k.pub | cut -d' ' -f2; done | "
	    "tr '\\n' ' '"));
	p.cred[0] = (struct prog_cred){ "127.0.0.1", "ssh-key", NULL, keys,
	    "key" };
	prog_start(&p, v);
	r = prog_open(&p, s.url);
	prog_ok(r, F_b_project_state_err, F_b_project_state_text);
	rec_free(r);
	base = prog_base(&p);
	prog_ok(base, F_b_base_ready_err, F_b_base_ready_text);
	rv_sh(v, "echo over ssh >sessions/3/upper/one");
	imported = prog_import(&p, rec_oid(base, F_b_base_ready_commit));
	prog_ok(imported, F_b_imported_err, F_b_imported_text);
	merged = prog_merge(&p, rec_oid(base, F_b_base_ready_commit),
	    rec_oid(imported, F_b_imported_tree));
	prog_ok(merged, F_b_merged_err, F_b_merged_text);
	r = prog_land(&p, merged);
	prog_ok(r, F_b_landed_err, F_b_landed_text);
	rv_sh(v, "test \"$(git -C repos/web.git show main:one)\" = "
	    "'over ssh'");
	rec_free(r);
	rec_free(base);
	rec_free(imported);
	rec_free(merged);
	/* None of them is pinned. */
	keys[10] = keys[10] == 'a' ? 'b' : 'a';
	keys[61] = keys[61] == 'a' ? 'b' : 'a';
	keys[112] = keys[112] == 'a' ? 'b' : 'a';
	prog_configure(&p);
	prog_ask_open(&p, "web", s.url);
	prog_opened(&p, "web", "perm", "pins");
	prog_stop(&p, 0);
	ssh_stop(&s);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
#define T(f)	cmocka_unit_test_setup_teardown(f, rv_setup, rv_teardown)
		T(test_ssh), T(test_refused), T(test_strangers),
		T(test_program),
#undef T
	};

	if (getenv("BUILD") == NULL)
		setenv("BUILD", "build", 1);
	return (rv_main(tests));
}

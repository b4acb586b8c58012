/*
 * Fetch and push over https: against git-http-backend(1) behind nginx(8)
 * with TLS and passwords, and against servers that misbehave, all of them on
 * loopback, with authorities made here.  What a failure must be: one line
 * that names the server and the remedy, nothing changed on either side, and
 * no credential at anybody else's.
 */
#include "tests/tap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <pwd.h>
#include <signal.h>
#include <bsd/unistd.h>

#include "common/err.h"
#include "common/proto.h"
#include "tests/reviewer_prog.h"

#define NGINX		"/usr/sbin/nginx"
#define FCGIWRAP	"/usr/sbin/fcgiwrap"

/* nginx's servers, by what they show; PLAIN is for git_server.py. */
enum { GOOD, NAMED, EXPIRED, STRANGER, PLAIN, SERVERS };

struct https {
	struct rv	*v;
	pid_t		 nginx, fcgi, other;
	unsigned int	 port[SERVERS];
	unsigned int	 otherport;
	char		 url[128];
};

/* A listening socket on loopback that a child may inherit. */
static int
listen_any(unsigned int *port)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	socklen_t		 len = sizeof(sin);
	int			 fd;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_not_equal(fd, -1);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	*port = ntohs(sin.sin_port);
	return (fd);
}

/* Authorities, and a certificate for each server. */
static void
https_keys(struct rv *v)
{
	rv_sh(v, "exec 2>/dev/null; key() { openssl ecparam -genkey -name "
	    "prime256v1 -noout -out $1.key; }; "
	    "ca() { key $1; openssl req -x509 -new -key $1.key -days 9 "
	    "-subj /CN=$1 -out $1.pem; }; "
	    "cert() { key $1; openssl req -new -key $1.key -subj /CN=$3 | "
	    "openssl x509 -req -CA $2.pem -CAkey $2.key -CAcreateserial "
	    "-days $4 -extfile $1.ext -out $1.crt; }; "
	    "for n in good expired stranger; do "
	    "echo subjectAltName=DNS:localhost >$n.ext; done; "
	    "echo subjectAltName=DNS:git.example >named.ext; "
	    "ca ours; ca theirs; cert good ours localhost 9; "
	    "cert named ours git.example 9; cert expired ours localhost -1; "
	    "cert stranger theirs localhost 9; "
	    "printf 'robot:%%s\\n' \"$(openssl passwd -apr1 sesame)\" "
	    ">users; echo sesame >right; echo wrong >wrong");
}

static void
https_conf(struct https *s)
{
	static const char *const certs[] = { "good", "named", "expired",
	    "stranger" };
	struct passwd	*pw;
	char		 path[300];
	FILE		*f;
	int		 i;

	snprintf(path, sizeof(path), "%s/nginx.conf", s->v->dir);
	assert_non_null(f = fopen(path, "w"));
	pw = getpwuid(geteuid());
	fprintf(f, "daemon off; pid nginx.pid; worker_processes 1;\n"
	    "user %s;\n"
	    "events {}\nhttp {\n"
	    "access_log access.log; client_max_body_size 0;\n"
	    "client_body_temp_path t1; proxy_temp_path t2;\n"
	    "fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;\n"
	    "auth_basic git; auth_basic_user_file %s/users;\n"
	    "fastcgi_param SCRIPT_FILENAME /usr/lib/git-core/"
	    "git-http-backend;\nfastcgi_param GIT_PROJECT_ROOT %s;\n"
	    "fastcgi_param GIT_HTTP_EXPORT_ALL 1;\n"
	    "fastcgi_param PATH_INFO $uri;\n"
	    "fastcgi_param REMOTE_USER $remote_user;\n"
	    "fastcgi_param QUERY_STRING $query_string;\n"
	    "fastcgi_param REQUEST_METHOD $request_method;\n"
	    "fastcgi_param CONTENT_TYPE $content_type;\n"
	    "fastcgi_param CONTENT_LENGTH $content_length;\n"
	    "fastcgi_param HOME /nonexistent;\n"
	    "fastcgi_param GIT_CONFIG_COUNT 1;\n"
	    "fastcgi_param GIT_CONFIG_KEY_0 safe.directory;\n"
	    "fastcgi_param GIT_CONFIG_VALUE_0 *;\n", pw->pw_name, s->v->dir,
	    s->v->repos);
	for (i = 0; i < SERVERS; i++) {
		fprintf(f, "server { listen 127.0.0.1:%u%s; ", s->port[i],
		    i == PLAIN ? "" : " ssl");
		if (i != PLAIN)
			fprintf(f, "ssl_certificate %s/%s.crt; "
			    "ssl_certificate_key %s/%s.key; ", s->v->dir,
			    certs[i], s->v->dir, certs[i]);
		fprintf(f, "location / { fastcgi_pass unix:%s/fcgi; } }\n",
		    s->v->dir);
	}
	fprintf(f, "}\n");
	fclose(f);
}

static int
fcgi_socket(struct rv *v)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	int			 fd;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%.90s/fcgi", v->dir);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_not_equal(fd, -1);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(fd, 16), 0);
	return (fd);
}

/*
 * Run a server whose listening socket is its standard input or is inherited.
 * Servers have processes of their own, so a keeper in between ends them all,
 * when it is told to or when the test dies.
 */
static pid_t
server(int fd, char *const argv[])
{
	sigset_t	 set, was;
	pid_t		 pid;
	int		 sig;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &was);
	assert_int_not_equal(pid = fork(), -1);
	if (pid != 0) {
		sigprocmask(SIG_SETMASK, &was, NULL);
		return (pid);
	}
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) == -1 ||
	    prctl(PR_SET_CHILD_SUBREAPER, 1) == -1 ||
	    (fd != -1 && dup2(fd, 0) == -1) || (pid = fork()) == -1)
		_exit(126);
	if (pid == 0) {
		sigprocmask(SIG_SETMASK, &was, NULL);
		setpgid(0, 0);
		execvp(argv[0], argv);
		_exit(127);
	}
	setpgid(pid, pid);
	closefrom(3);
	sigwait(&set, &sig);
	kill(-pid, SIGKILL);
	while (wait(NULL) != -1)
		;
	_exit(0);
}

/* The sockets listen already, so nobody waits for the programs. */
static void
https_run(struct https *s, int fcgi, const char *inherited)
{
	char	*wrap[] = { (char []){ FCGIWRAP }, (char []){ "-c" },
	    (char []){ "2" }, NULL };
	char	*nginx[] = { (char []){ NGINX }, (char []){ "-p" }, s->v->dir,
	    (char []){ "-c" }, (char []){ "nginx.conf" }, (char []){ "-e" },
	    (char []){ "error.log" }, NULL };

	s->fcgi = server(fcgi, wrap);
	setenv("NGINX", inherited, 1);
	s->nginx = server(-1, nginx);
	unsetenv("NGINX");
}

static void
https_start(struct https *s, struct rv *v)
{
	char	 inherited[200] = "";
	int	 fd[SERVERS], fcgi, i;

	if (access(NGINX, X_OK) == -1 || access(FCGIWRAP, X_OK) == -1)
		tap_skip("needs nginx and fcgiwrap");
	memset(s, 0, sizeof(*s));
	s->v = v;
	rv_repo(v);
	rv_sh(v, "git -C repos/web.git config http.receivepack true");
	https_keys(v);
	fcgi = fcgi_socket(v);
	for (i = 0; i < SERVERS; i++) {
		fd[i] = listen_any(&s->port[i]);
		snprintf(inherited + strlen(inherited), 16, "%d;", fd[i]);
	}
	https_conf(s);
	https_run(s, fcgi, inherited);
	close(fcgi);
	for (i = 0; i < SERVERS; i++)
		close(fd[i]);
	snprintf(s->url, sizeof(s->url), "https://localhost:%u/web.git",
	    s->port[GOOD]);
}

static void
ended(pid_t *pid)
{
	if (*pid != 0) {
		kill(*pid, SIGTERM);
		assert_int_equal(waitpid(*pid, NULL, 0), *pid);
	}
	*pid = 0;
}

static void
https_stop(struct https *s)
{
	ended(&s->nginx);
	ended(&s->fcgi);
	ended(&s->other);
}

/* git_server.py on a port of its own; its log is <dir>/seen. */
static void
other_start(struct https *s, const char *what, const char *mode)
{
	char	 script[512], crt[300], key[300], seen[300], port[16];
	char	*argv[] = { (char []){ "python3" }, script, crt, key, seen,
	    strdup(what), port, strdup(mode), NULL };
	int	 fd;

	ended(&s->other);
	rv_sh(s->v, ": >seen");
	fd = listen_any(&s->otherport);
	snprintf(script, sizeof(script), "%s/tests/git_server.py",
	    getenv("SRC") != NULL ? getenv("SRC") : ".");
	snprintf(crt, sizeof(crt), "%s/good.crt", s->v->dir);
	snprintf(key, sizeof(key), "%s/good.key", s->v->dir);
	snprintf(seen, sizeof(seen), "%s/seen", s->v->dir);
	snprintf(port, sizeof(port), "%u", s->port[PLAIN]);
	s->other = server(fd, argv);
	free(argv[5]);
	free(argv[7]);
	close(fd);
}

static const char *
other_url(struct https *s, const char *path)
{
	static char	 url[256];

	snprintf(url, sizeof(url), "https://localhost:%u/%s", s->otherport,
	    path);
	return (url);
}

/* Make the mirror that of the same server behind another port. */
static void
moved_to(struct https *s, unsigned int was)
{
	rv_sh(s->v, "sed -i s,localhost:%u,localhost:%u, "
	    "state/mirrors/web.git/praetor-origin", was, s->otherport);
}

/* The credentials that work. */
static void
prog_robot(struct prog *p)
{
	p->cred[0] = (struct prog_cred){ "localhost", "token", "robot", NULL,
	    "right" };
	p->cred[1] = (struct prog_cred){ "localhost", "ca", NULL, NULL,
	    "ours.pem" };
	p->ncred = 2;
}

static void
refused(struct prog *p, const char *url, const char *err, const char *words)
{
	prog_ask_open(p, "web", url);
	prog_opened(p, "web", err, words);
}

/* A change of one file in the session's upper directory, up to its merge. */
static struct rec *
changed(struct prog *p, const char *text)
{
	struct rec	*base = prog_base(p), *imported, *merged;

	prog_ok(base, F_b_base_ready_err, F_b_base_ready_text);
	p->attempt++;
	rv_sh(p->v, "rm -rf sessions/3/upper/*; %s >sessions/3/upper/one",
	    text);
	imported = prog_import(p, rec_oid(base, F_b_base_ready_commit));
	prog_ok(imported, F_b_imported_err, F_b_imported_text);
	merged = prog_merge(p, rec_oid(base, F_b_base_ready_commit),
	    rec_oid(imported, F_b_imported_tree));
	prog_ok(merged, F_b_merged_err, F_b_merged_text);
	rec_free(base);
	rec_free(imported);
	return (merged);
}

static void
landed(struct prog *p, const struct rec *merged, const char *err,
    const char *words)
{
	struct rec	*r = prog_land(p, merged);

	if (strcmp(rec_str(r, F_b_landed_err), err) != 0 ||
	    strstr(rec_str(r, F_b_landed_text), words) == NULL)
		fail_msg("%s, not %s: \"%s\" does not say \"%s\"",
		    rec_str(r, F_b_landed_err), err,
		    rec_str(r, F_b_landed_text), words);
	rec_free(r);
}

/* A task's whole way, then one that somebody else was faster than. */
static void
test_life(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { 0 };
	struct https	 s;
	struct rec	*m, *again;

	https_start(&s, v);
	prog_robot(&p);
	prog_start(&p, v);
	prog_ok(m = prog_open(&p, s.url), F_b_project_state_err,
	    F_b_project_state_text);
	rec_free(m);
	m = changed(&p, "echo over https");
	landed(&p, m, "ok", "refs/heads/main");
	rv_sh(v, "test \"$(git -C repos/web.git show main:one)\" = "
	    "'over https'; git -C state/mirrors/web.git fsck --full");
	landed(&p, m, "ok", "");	/* its answer was lost */
	rec_free(m);
	m = changed(&p, "seq 5");
	rv_sh(v, "cd wt; git config pull.ff only; git pull -q origin main; echo 2 >two; "
	    "git commit -qam other; git push -q origin main");
	landed(&p, m, "conflict", "has moved");
	again = prog_merge(&p, rec_oid(m, F_b_merged_onto),
	    rec_oid(m, F_b_merged_tree));
	prog_ok(again, F_b_merged_err, F_b_merged_text);
	landed(&p, again, "ok", "");
	rv_sh(v, "test \"$(git -C repos/web.git show main:one | tail -1)\" = "
	    "5; test \"$(git -C repos/web.git show main:two)\" = 2; "
	    "test \"$(git -C repos/web.git rev-list --count main)\" = 4; "
	    "test -z \"$(git -C state/mirrors/web.git for-each-ref "
	    "refs/praetor/landing)\"; "
	    "! ls state/scratch | grep -q ca.");
	rec_free(m);
	rec_free(again);
	prog_stop(&p, 0);
	https_stop(&s);
}

static void
test_certificates(void **state)
{
	static const struct { int server; const char *words; } bad[] = {
		{ NAMED, "use the name that is in the certificate" },
		{ EXPIRED, "renew it" },
		{ STRANGER, "`credential HOST ca`" },
	};
	struct rv	*v = *state;
	struct prog	 p = { 0 };
	struct https	 s;
	char		 url[128];
	size_t		 i;

	https_start(&s, v);
	prog_robot(&p);
	prog_start(&p, v);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(url, sizeof(url), "https://localhost:%u/web.git",
		    s.port[bad[i].server]);
		refused(&p, url, "perm", bad[i].words);
	}
	/* The host's authorities do not know ours, and the other way round. */
	p.ncred = 1;
	prog_configure(&p);
	refused(&p, s.url, "perm", "`credential HOST ca`");
	rv_sh(v, "test -z \"$(ls state/mirrors)\"; test ! -s access.log");
	prog_stop(&p, 0);
	https_stop(&s);
}

static void
test_password(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { 0 };
	struct https	 s;

	https_start(&s, v);
	prog_robot(&p);
	prog_start(&p, v);
	p.cred[0].file = "wrong";
	prog_configure(&p);
	refused(&p, s.url, "perm", "localhost does not accept");
	p.cred[0].host = "elsewhere.example";
	prog_configure(&p);
	refused(&p, s.url, "perm", "none is configured: add `credential`");
	prog_robot(&p);
	prog_configure(&p);
	snprintf(s.url, sizeof(s.url), "https://localhost:%u/none.git",
	    s.port[GOOD]);
	refused(&p, s.url, "notfound", "check the URL");
	snprintf(s.url, sizeof(s.url), "https://localhost:%u/web.git/",
	    s.port[GOOD]);
	prog_ask_open(&p, "web", s.url);
	prog_opened(&p, "web", "ok", "");
	rv_sh(v, "test \"$(ls state/mirrors)\" = web.git");
	prog_stop(&p, 0);
	https_stop(&s);
}

/* 1 when nobody has come to a listening socket. */
static int
nobody(int fd)
{
	int	 c = accept4(fd, NULL, NULL, 0);

	if (c != -1)
		close(c);
	return (c == -1);
}

/*
 * A credential is for one host: what asks for it elsewhere, or leads
 * elsewhere, gets nothing.
 */
static void
test_redirects(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { 0 };
	struct https	 s;
	unsigned int	 port;
	char		 path[200];
	int		 fd;

	https_start(&s, v);
	prog_robot(&p);
	prog_start(&p, v);
	fd = listen_any(&port);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	other_start(&s, "evil", "");
	snprintf(path, sizeof(path), "to/https://127.0.0.1:%u/x.git", port);
	refused(&p, other_url(&s, path), "perm", "redirect from 'localhost' "
	    "to '127.0.0.1'");
	snprintf(path, sizeof(path), "to/http://localhost:%u/x.git", port);
	refused(&p, other_url(&s, path), "perm", "redirect from 'https' to "
	    "'http'");
	snprintf(path, sizeof(path), "to/ssh://localhost:%u/x.git", port);
	refused(&p, other_url(&s, path), "perm", "redirect");
	assert_true(nobody(fd));
	/* A server that only wants to see it, and is not the one. */
	p.cred[0].host = "elsewhere.example";
	prog_configure(&p);
	refused(&p, other_url(&s, "auth/x.git"), "perm", "none is configured");
	rv_sh(v, "grep -q '^GET /auth/' seen; ! grep -qi authorization seen");
	p.cred[0].host = "localhost";
	prog_configure(&p);
	refused(&p, other_url(&s, "auth/x.git"), "perm", "does not accept");
	rv_sh(v, "test \"$(grep -ci '^authorization: basic' seen)\" = 1");
	close(fd);
	prog_stop(&p, 0);
	https_stop(&s);
}

/* A commit that is large enough to be cut in its middle. */
static void
big_commit(struct rv *v)
{
	rv_sh(v, "cd wt; dd if=/dev/urandom of=big bs=1k count=400 status=none;"
	    " git add big; git commit -qm big; git push -q origin main");
}

/*
 * The server dies, or hangs, in the middle of a pack, one way and the other;
 * nothing is half-made then, and with a good server everything goes on.
 */
static void
test_middle_fetch(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { .fetch_timeout = 2000 };
	struct https	 s;

	https_start(&s, v);
	big_commit(v);
	prog_robot(&p);
	prog_start(&p, v);
	other_start(&s, "relay", "fetch-die");
	refused(&p, other_url(&s, "web.git"), "unreach", "localhost");
	other_start(&s, "relay", "fetch-hang");
	refused(&p, other_url(&s, "web.git"), "timeout", "silent for 2s");
	rv_sh(v, "test -z \"$(ls -A state/mirrors state/scratch | "
	    "grep -v :)\"");
	/* The same for a mirror that is there already. */
	prog_ask_open(&p, "web", s.url);
	prog_opened(&p, "web", "ok", "");
	prog_stop(&p, 0);
	moved_to(&s, s.port[GOOD]);
	big_commit(v);
	prog_start(&p, v);
	refused(&p, other_url(&s, "web.git"), "timeout", "silent for 2s");
	rv_sh(v, "cd state/mirrors/web.git; git fsck --full; "
	    "test \"$(git rev-parse refs/praetor/upstream/main)\" = "
	    "\"$(git -C ../../../wt rev-parse main~1)\"; "
	    "! ls objects/pack | grep -q git2_");
	prog_stop(&p, 0);
	https_stop(&s);
}

static void
test_middle_push(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { .fetch_timeout = 2000 };
	struct https	 s;
	struct rec	*m;
	unsigned int	 port;

	https_start(&s, v);
	prog_robot(&p);
	prog_start(&p, v);
	other_start(&s, "relay", "push-die");
	port = s.otherport;
	prog_ok(m = prog_open(&p, other_url(&s, "web.git")),
	    F_b_project_state_err, F_b_project_state_text);
	rec_free(m);
	m = changed(&p, "head -c 400000 /dev/urandom");
	landed(&p, m, "unreach", "localhost");
	prog_stop(&p, 0);
	other_start(&s, "relay", "push-hang");
	moved_to(&s, port);
	prog_start(&p, v);
	landed(&p, m, "timeout", "silent for 2s");
	rv_sh(v, "test \"$(git -C repos/web.git rev-list --count main)\" = 1;"
	    " ! git -C repos/web.git fsck --full 2>&1 | grep -Ev "
	    "'dangling|notice'; "
	    "test -z \"$(git -C state/mirrors/web.git for-each-ref "
	    "refs/praetor/landing)\"");
	/* It arrives and the answer does not: that is a success. */
	prog_stop(&p, 0);
	port = s.otherport;
	other_start(&s, "relay", "push-deaf");
	moved_to(&s, port);
	prog_start(&p, v);
	landed(&p, m, "ok", "");
	rv_sh(v, "test \"$(git -C repos/web.git rev-list --count main)\" = "
	    "2");
	rec_free(m);
	/* And when the hand that pushed had to be killed for silence. */
	m = changed(&p, "head -c 400000 /dev/urandom");
	prog_stop(&p, 0);
	port = s.otherport;
	other_start(&s, "relay", "push-mute");
	moved_to(&s, port);
	prog_start(&p, v);
	landed(&p, m, "ok", "");
	rv_sh(v, "test \"$(git -C repos/web.git rev-list --count main)\" = "
	    "3");
	rec_free(m);
	prog_stop(&p, 0);
	https_stop(&s);
}

/* More bytes or objects than a server may send, real ones and announced. */
static void
test_too_much(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { .fetch_bytes = 100000 };
	struct https	 s;

	https_start(&s, v);
	big_commit(v);
	prog_robot(&p);
	prog_start(&p, v);
	refused(&p, s.url, "limit", "`fetch bytes max`");
	other_start(&s, "evil", "");
	refused(&p, other_url(&s, "objects/x.git"), "limit", "too many objects");
	rv_sh(v, "test -z \"$(ls state/mirrors)\"");
	p.fetch_bytes = 0;
	prog_configure(&p);
	prog_ask_open(&p, "web", s.url);
	prog_opened(&p, "web", "ok", "");
	prog_stop(&p, 0);
	https_stop(&s);
}

/* The server's hook may say anything: it is shown, and shown clean. */
static void
test_words(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { 0 };
	struct https	 s;
	struct rec	*m;

	https_start(&s, v);
	prog_robot(&p);
	prog_start(&p, v);
	prog_ok(m = prog_open(&p, s.url), F_b_project_state_err,
	    F_b_project_state_text);
	rec_free(m);
	m = changed(&p, "echo new");
	rv_sh(v, "cd repos/web.git; printf '#!/bin/sh\\nprintf "
	    "\"look\\\\rhere: \\\\033[31mred\\\\033]0;x\\\\007\\\\r\\\\n\" "
	    ">&2\\nexit 1\\n' >hooks/update; chmod +x hooks/update");
	landed(&p, m, "perm", "hook declined (\"look; here: \\x1b[31mred"
	    "\\x1b]0;x\\x07; error: hook declined");
	other_start(&s, "evil", "");
	refused(&p, other_url(&s, "err/x.git"), "unreach",
	    "\\x1b[2Jgo \\x0daway");
	rec_free(m);
	prog_stop(&p, 0);
	https_stop(&s);
}

/*
 * Another push holds the branch: waited for.  One that never ends: told
 * after a while, with the lock's remedy.
 */
static void
test_locked(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { 0 };
	struct https	 s;
	struct rec	*m;

	https_start(&s, v);
	prog_robot(&p);
	prog_start(&p, v);
	prog_ok(m = prog_open(&p, s.url), F_b_project_state_err,
	    F_b_project_state_text);
	rec_free(m);
	m = changed(&p, "echo new");
	rv_sh(v, ": >repos/web.git/refs/heads/main.lock");
	prog_ask_land(&p, "web", rec_oid(m, F_b_merged_onto),
	    rec_oid(m, F_b_merged_tree));
	/* Its first attempt has been refused before the lock goes. */
	rv_sh(v, "timeout 60 sh -c 'until grep -q \"POST.*receive-pack\" "
	    "access.log; do :; done'; rm repos/web.git/refs/heads/main.lock");
	rec_free(m);
	m = prog_next_rec(&p.engine, MSG_LANDED, REC_b_landed);
	prog_ok(m, F_b_landed_err, F_b_landed_text);
	rec_free(m);
	m = changed(&p, "echo newer");
	rv_sh(v, ": >repos/web.git/refs/heads/main.lock");
	landed(&p, m, "state", "remove the lock and retry");
	rec_free(m);
	prog_stop(&p, 0);
	https_stop(&s);
}

/*
 * What no good server says: each is an error of its own hand, at once or
 * after the time limit, and never more than that.  The parser of libgit2 has
 * been wrong before (CVE-2026-53585, CVE-2026-53587).
 */
static void
test_malformed(void **state)
{
	static const char *const cases[] = {
		"err", "short", "one", "empty", "hex", "minus", "long", "cut",
		"noid", "noname", "space", "nl", "caps", "symref", "ng",
		"ng2", "ng3", "ok", "ack", "unpack", "comment", "nothing",
		"dots", "error", "bomb", "liar", "flood", "none", "r-short",
		"r-ack", "r-ack2", "r-band", "r-raw", "r-pack", "r-sum",
		"r-none", "r-size", "r-type", "r-zip",
	};
	struct rv	*v = *state;
	struct prog	 p = { .fetch_timeout = 2000 };
	struct https	 s;
	struct rec	*r;
	char		 path[64];
	size_t		 i;

	https_start(&s, v);
	prog_robot(&p);
	prog_start(&p, v);
	other_start(&s, "evil", "");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(path, sizeof(path), "%s/x.git", cases[i]);
		r = prog_open(&p, other_url(&s, path));
		if (strstr(rec_str(r, F_b_project_state_text),
		    other_url(&s, path)) == NULL)
			fail_msg("%s: %s: %s", cases[i],
			    rec_str(r, F_b_project_state_err),
			    rec_str(r, F_b_project_state_text));
		rec_free(r);
	}
	rv_sh(v, "test -z \"$(ls state/mirrors)\"; "
	    "test -z \"$(find state -name '*git2_*')\"");
	prog_ok(r = prog_open(&p, s.url), F_b_project_state_err,
	    F_b_project_state_text);
	rec_free(r);
	prog_stop(&p, 0);
	https_stop(&s);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
#define T(f)	cmocka_unit_test_setup_teardown(f, rv_setup, rv_teardown)
		T(test_life), T(test_certificates), T(test_password),
		T(test_redirects), T(test_middle_fetch), T(test_middle_push),
		T(test_too_much), T(test_words), T(test_locked),
		T(test_malformed),
#undef T
	};

	if (getenv("BUILD") == NULL)
		setenv("BUILD", "build", 1);
	signal(SIGPIPE, SIG_IGN);
	return (rv_main(tests));
}

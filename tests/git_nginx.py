#!/usr/bin/python3
"""A good Git server over https, for tests/sh/https.t.

git_nginx.py DIR REPOS

nginx with the certificate DIR/good.crt and the passwords DIR/users in front
of git-http-backend(1) for the repositories beneath REPOS.  Prints its port
and ends, with all that it started, when its standard input does.
"""
import ctypes
import os
import pwd
import signal
import socket
import subprocess
import sys

top, repos = sys.argv[1:3]
user = pwd.getpwuid(os.geteuid()).pw_name
PR_SET_CHILD_SUBREAPER = 36
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

web = socket.socket()
web.bind(("127.0.0.1", 0))
web.listen(16)
port = web.getsockname()[1]
fcgi = socket.socket(socket.AF_UNIX)
fcgi.bind(top + "/fcgi")
fcgi.listen(16)
os.chmod(top + "/fcgi", 0o666)

params = {
    "SCRIPT_FILENAME": "/usr/lib/git-core/git-http-backend",
    "GIT_PROJECT_ROOT": repos, "GIT_HTTP_EXPORT_ALL": "1",
    "PATH_INFO": "$uri", "REMOTE_USER": "$remote_user",
    "QUERY_STRING": "$query_string", "REQUEST_METHOD": "$request_method",
    "CONTENT_TYPE": "$content_type", "CONTENT_LENGTH": "$content_length",
    "HOME": "/nonexistent", "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
}
with open(top + "/nginx.conf", "w") as f:
    f.write("daemon off; pid nginx.pid; user %s;\nevents {}\nhttp {\n" % user)
    for n, name in enumerate(("client_body", "proxy", "fastcgi", "uwsgi",
                              "scgi")):
        f.write("%s_temp_path t%d;\n" % (name, n))
    f.write("access_log access.log; client_max_body_size 0;\n"
            "auth_basic git; auth_basic_user_file %s/users;\n" % top)
    for name, value in params.items():
        f.write("fastcgi_param %s %s;\n" % (name, value))
    f.write("server { listen 127.0.0.1:%d ssl; ssl_certificate %s/good.crt;"
            " ssl_certificate_key %s/good.key;\n"
            "location / { fastcgi_pass unix:%s/fcgi; } } }\n" %
            (port, top, top, top))

os.set_inheritable(web.fileno(), True)
groups = [
    subprocess.Popen(["/usr/sbin/fcgiwrap", "-c", "2"], stdin=fcgi,
                     stdout=subprocess.DEVNULL, start_new_session=True),
    subprocess.Popen(["/usr/sbin/nginx", "-p", top, "-c", "nginx.conf",
                      "-e", "error.log"], close_fds=False,
                     stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                     start_new_session=True,
                     env={"NGINX": "%d;" % web.fileno(),
                          "PATH": os.environ["PATH"]}),
]
print(port, flush=True)
sys.stdin.read()
for g in groups:
    os.killpg(g.pid, signal.SIGKILL)
while True:
    try:
        os.wait()
    except ChildProcessError:
        break

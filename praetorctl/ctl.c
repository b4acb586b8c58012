/*
 * One run of praetorctl: global options, the command, the exit code.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/err.h"
#include "praetorctl/ctl.h"
#include "praetorctl/help.h"

#define SYSTEM_SOCKET	"/run/praetor/control.sock"

/*
 * --socket, PRAETOR_SOCKET, the user's own daemon when there is one, the
 * system's.
 */
static const char *
socket_path(const struct ctl *c, char *own, size_t size)
{
	const char	*path = opt_value(c, "socket");
	const char	*run = getenv("XDG_RUNTIME_DIR");

	if (path != NULL)
		return (path);
	path = getenv("PRAETOR_SOCKET");
	if (path != NULL && *path != '\0')
		return (path);
	if (geteuid() == 0 || run == NULL || *run != '/')
		return (SYSTEM_SOCKET);
	snprintf(own, size, "%s/praetor/control.sock", run);
	return (access(own, F_OK) == 0 ? own : SYSTEM_SOCKET);
}

static int
run_command(struct ctl *c, int argc, char **argv)
{
	char	 why[400], own[200];
	int	 used;

	c->cmd = ctl_find(argc, argv, &used, why, sizeof(why));
	if (c->cmd == NULL)
		return (ctl_error(PRA_EUSAGE, "see praetorctl help", "%s",
		    why));
	if (opts_command(c, argc - used + 1, argv + used - 1) != 0)
		return (err_exit(PRA_EUSAGE));
	c->json = opt_given(c, "json");
	if (opt_given(c, "no-color"))
		c->out.color = 0;
	c->path = socket_path(c, own, sizeof(own));
	return (opt_given(c, "help") ? help_run(c) : c->cmd->run(c));
}

static int
run(struct ctl *c, int argc, char **argv)
{
	static char	 help[] = "help";
	char		*none[] = { help, NULL };
	int		 first;

	if ((first = opts_global(c, argc, argv)) == -1)
		return (err_exit(PRA_EUSAGE));
	if (first < argc)
		return (run_command(c, argc - first, argv + first));
	if (opt_given(c, "help"))
		return (run_command(c, 1, none));
	return (ctl_error(PRA_EUSAGE, "see praetorctl help",
	    "no command was given"));
}

int
ctl_main(int argc, char **argv)
{
	struct ctl	 c = { 0 };
	int		 code;

	out_init(&c.out, 0);
	c.args = json_object();
	c.local = json_object();
	c.items = json_array();
	if (c.args == NULL || c.local == NULL || c.items == NULL)
		return (ctl_error(PRA_ENOMEM, NULL, "out of memory"));
	code = run(&c, argc, argv);
	out_flush(&c.out);
	if (c.out.failed && code == 0)
		code = ctl_error(PRA_ESYSTEM, NULL, "cannot write the output");
	buf_free(&c.out.b);
	json_decref(c.args);
	json_decref(c.local);
	json_decref(c.items);
	json_decref(c.done);
	json_decref(c.last);
	return (code);
}

/*
 * praetor-engine: the only writer of state.  Started by praetord(8); run by
 * hand it says so and exits.
 */
#include <stdio.h>
#include <unistd.h>

#include "common/log.h"
#include "engine/engine.h"

int
main(int argc, char *argv[])
{
	struct engine	 e = { 0 };
	const char	*dir = NULL;
	int		 ch, verbose = 0;

	while ((ch = getopt(argc, argv, "s:v")) != -1) {
		switch (ch) {
		case 's':
			dir = optarg;
			break;
		case 'v':
			verbose = 1;
			break;
		default:
			dir = NULL;
			optind = argc;
			break;
		}
	}
	if (dir == NULL) {
		fprintf(stderr, "usage: praetor-engine [-v] -s directory\n");
		return (2);
	}
	log_init("engine", verbose);
	engine_main(&e, dir);
	return (0);
}

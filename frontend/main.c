/*
 * praetor-frontend: the only process that reads what clients send.  Started
 * by praetord(8); run by hand it says so and exits.
 */
#include <stdio.h>
#include <unistd.h>

#include "common/log.h"
#include "frontend/frontend.h"

int
main(int argc, char *argv[])
{
	struct frontend	 fe = { 0 };
	int		 ch, verbose = 0;

	while ((ch = getopt(argc, argv, "v")) != -1) {
		if (ch != 'v') {
			fprintf(stderr, "usage: praetor-frontend [-v]\n");
			return (2);
		}
		verbose = 1;
	}
	log_init("frontend", verbose);
	frontend_main(&fe);
	return (0);
}

/*
 * praetorctl: what people and scripts use.  It holds no rights of its own:
 * the daemon decides by who is at the other end of the socket.
 */
#include "praetorctl/ctl.h"

int
main(int argc, char *argv[])
{
	return (ctl_main(argc, argv));
}

/*
 * praetor-canary's answer: what it could do, as bits of its exit status.
 */
#ifndef EXECUTOR_CANARY_H
#define EXECUTOR_CANARY_H

#define CANARY_READ	0x01	/* -r path: read a byte of the file */
#define CANARY_WRITE	0x02	/* -w path: append to it, or make it */
#define CANARY_TCP	0x04	/* -t port: connect to it on 127.0.0.1 */
#define CANARY_UNIX	0x08	/* -u name: connect; "@..." is abstract */
#define CANARY_ALL	0x0f
#define CANARY_VOID	0x40	/* it was not asked properly */

#endif

/*
 * What the probe does besides its tables: helpers of the cases, and tools
 * that a driver calls by a word.
 */
#ifndef TESTS_ESCAPE_TOOLS_H
#define TESTS_ESCAPE_TOOLS_H

/*
 * Remember what descriptors there are; called before anything is opened.
 * "0:/dev/null 1:pipe ...", the text stays.
 */
void		 tool_start(void);
const char	*tool_first_fds(void);

/* Who started this process. */
int		 tool_first_parent(void);

/* Signals that were ignored (0) or blocked (1) then, as /proc has them. */
const char	*tool_first_signals(int blocked);

/*
 * 1 when the bytes that a parameter stands for are in this process' memory,
 * or in a file below a directory.  The parameter has them in hexadecimal, each
 * with bits 0x55 flipped, and they are never put together here: else every
 * search would find the searcher.
 */
int		 tool_memory_has(const char *flipped);
int		 tool_files_have(const char *dir, const char *flipped);

/* Where the tool `hold` listens: an abstract socket, and a TCP port. */
struct sockaddr_un;
void		 tool_peer_name(struct sockaddr_un *sun, unsigned int *len,
		    long key);
unsigned short	 tool_peer_port(long key);

/* Run a tool by its name.  Its exit status, 2 when there is none. */
int		 tool_run(int argc, char **argv);

/* fuzz.c: random system calls; seed, how many, path of a canary. */
int		 fuzz(unsigned long seed, unsigned long calls,
		    const char *canary);

#endif

/*
 * praetor-engine as a process, for the benchmarks: this program is its
 * parent, its frontend, its reviewer and every executor.  Sessions are played
 * through as fast as the engine asks for it, without a sandbox; nothing is
 * judged here, and whatever does not fit ends the program.
 */
#ifndef BENCH_PLAY_H
#define BENCH_PLAY_H

#include <stdint.h>
#include <sys/types.h>

#include "common/peer.h"

#define PLAY_SESSIONS	256	/* most at once */

struct event_base;
struct play;

/* The end of an answer; id is the request's, err its PRA_E*. */
typedef void	 play_done(struct play *p, uint32_t id, int err);

/* Something about a session; see struct play. */
typedef void	 play_session(struct play *p, uint64_t session);

struct play {
	struct event_base *base;
	const char	*dir;		/* of the store; not owned */
	pid_t		 pid;		/* of the engine */
	int		 lifeline;
	int		 file;		/* what is lent as an upper directory */
	int		 up;		/* the configuration is in use */
	struct peer	*parent, *front, *review;
	uint32_t	 request;	/* number of the last command */
	uint64_t	 sessions;	/* at most so many at once */

	/* To be set by the program; or NULL. */
	play_done	*done;
	play_session	*begun;		/* an executor was given its step */
	play_session	*over;		/* its task's end is on the disk */
	void		*arg;

	int		 mute;		/* see play_mute() */
	unsigned int	 nkept;		/* bases that were asked for meanwhile */
	struct rec	*kept[PLAY_SESSIONS];
};

/*
 * Start the engine of this build on a directory, with a configuration that
 * has room for everything and so many sessions at once; play_open() returns
 * when commands are taken.
 */
void	 play_open(struct play *p, const char *dir, uint64_t sessions);

/* kill -9, and forget its sockets. */
void	 play_kill(struct play *p);

/* Send a command as root (taken); returns its number. */
uint32_t play_ask(struct play *p, struct rec *cmd);

/*
 * The reviewer makes no base until it is turned on again: sessions are made
 * and none starts.
 */
void	 play_mute(struct play *p, int on);

/* Let the engine and this program go on: a little; until *flag is not 0. */
void	 play_step(struct play *p);
void	 play_until(struct play *p, const int *flag);

/* Send a command and wait for the end of its answer; exits on an error. */
void	 play_do(struct play *p, struct rec *cmd);

/* A project named "p", and commands. */
void	 play_project(struct play *p);
struct rec *play_task(void);
struct rec *play_plan(unsigned int n);

/* What the engine has used of a processor, in microseconds. */
double	 play_cpu(const struct play *p);

/* Its private memory, in KiB. */
double	 play_private(const struct play *p);

#endif

/*
 * The messages between processes: what proto.tbl expands to, the fixed
 * payloads, and the one check that runs before any handler.
 */
#ifndef COMMON_PROTO_H
#define COMMON_PROTO_H

#include <stddef.h>
#include <stdint.h>

#define PROTO_VERSION	1

/* The processes; masks, because a row may name several. */
enum proc {
	P_PARENT = 1 << 0,
	P_ENGINE = 1 << 1,
	P_FRONT	 = 1 << 2,
	P_REVIEW = 1 << 3,
	P_EXEC	 = 1 << 4,
	P_INIT	 = 1 << 5,
	P_CTL	 = 1 << 6,
	P_GATE	 = 1 << 7
};
#define P_LAST		P_GATE
#define P_CHILD		(P_ENGINE | P_FRONT | P_REVIEW | P_GATE | P_EXEC)

/* Sessions: the states (common/fsm.h) and masks of them for the table. */
enum session_state {
	SS_BOOTING, SS_IDLE, SS_ACTIVE, SS_CANCELLING, SS_SHUTTING, SS_GONE,
	SS_LOST, SS_MAX
};
#define S_ANY		(~0U)
#define S_RUN		(1U << SS_ACTIVE | 1U << SS_CANCELLING)

enum fd_rule { FD_NONE, FD_ONE, FD_OPT };

#define MAX_FRAME	65536		/* one frame's payload */
#define MAX_ITEM	(1152 * 1024)	/* one object of an answer, an event */
#define MAX_PLAN	(8 * 1024 * 1024) /* a client's request */
#define SZ(s)		sizeof(struct s)

/*
 * Fixed payloads.  Numbers are in the host's order: both ends run on one
 * kernel and come from one build (HELLO carries the version).  Every char
 * array is ended by the receiver (msg_terminate in proto.c).
 */
struct m_hello {
	uint32_t	version;	/* PROTO_VERSION */
	uint32_t	proc;		/* enum proc */
	uint32_t	pid;
	uint32_t	pad;
};

struct m_count {
	uint32_t	n;
	uint32_t	pad;
};

struct m_peer {
	uint32_t	proc;		/* enum proc of the other end */
	uint32_t	pad;
};

struct m_result {
	int32_t		err;		/* PRA_E* or 0 */
	char		text[1020];	/* one line for people */
};

#define LAYERS_MAX	8
#define LAYER_SIZE	44		/* "<40 hex>" and NUL */
struct m_start {
	uint64_t	session;
	uint64_t	cpu_time;	/* ms, the task's own limit; 0 none */
	uint32_t	verify;		/* 1: verification session */
	uint32_t	nlayers;
	char		layer[LAYERS_MAX][LAYER_SIZE]; /* under review/trees, topmost first */
	char		git[LAYER_SIZE];	/* commit: directory under review/gits; "" none */
	char		project[68];		/* mirror whose objects are lent */
	char		agent[68];		/* that the attempt runs; "" none */
};

struct m_session {
	uint64_t	session;
	int32_t		err;		/* PRA_E*, or a wait(2) status in SESSION_GONE */
	uint32_t	pid;		/* executor's pid, where it is known */
	uint32_t	end;		/* enum end: the limit, in SESSION_GONE */
	uint32_t	pad;
	char		text[240];	/* one line, for failures */
};

/* One line of what confines a session. */
struct m_policy {
	char		section[16];	/* identity, files, network, ... */
	char		name[64];
	char		value[256];
};

/* What a connection from a session is for; each has its port on loopback. */
enum gate_kind {
	GATE_EGRESS = 1		/* a proxy to hosts that the rules name */
};

/* Open files that the gateway needs for so many sessions and connections. */
#define GATE_FILES(sessions, conns)	((sessions) * (conns) * 2 + 128)

struct m_gate {
	uint32_t	kind;		/* enum gate_kind */
	uint32_t	pad;
};

struct m_egress {
	uint64_t	session;
	uint64_t	number;		/* of a report; bytes */
};

/* What a session uses now. */
struct m_usage {
	uint64_t	session;
	uint64_t	cpu;		/* microseconds in all */
	uint64_t	memory;		/* bytes */
	uint32_t	processes;
	uint32_t	counted;	/* 0: nothing is known of it */
};

/* Over a limit; what the control group counted until then, else 0. */
struct m_limit {
	uint32_t	end;		/* enum end, one that is a limit */
	uint32_t	pad;
	uint64_t	utime, stime;	/* microseconds */
	uint64_t	maxrss;		/* KiB, of all together */
	char		text[200];	/* one line: how much of what */
};

struct m_upper {
	uint64_t	session;
	int32_t		err;		/* PRA_E* */
	uint32_t	whole;		/* 1: what is not there was deleted */
	char		text[240];	/* one line, for failures */
};

struct m_feature {
	char		feature[64];
	char		status[16];	/* ok, missing, absent */
	char		detail[256];
	char		remedy[256];
};

struct m_process {
	uint32_t	proc;
	uint32_t	pid;
	uint32_t	restarts;
	uint32_t	pad;
};

enum msg_type {
	MSG_NONE,
#define MSG(name, from, to, least, most, fd, states, body, text) MSG_##name,
#include "common/proto.tbl"
#undef MSG
	MSG_MAX
};

struct msg_row {
	const char	*name;
	unsigned int	 from;		/* mask of enum proc */
	unsigned int	 to;
	size_t		 least;
	size_t		 most;
	enum fd_rule	 fd;
	unsigned int	 states;	/* mask of 1 << enum session_state */
	const char	*body;
	const char	*text;
};

/* The row of a message; NULL when there is none. */
const struct msg_row *msg_row(uint32_t type);

/* Names for logs; never NULL. */
const char	*msg_name(uint32_t type);
const char	*proc_name(enum proc p);
const char	*session_state_name(enum session_state s);

/* The process for a name ("engine"), or 0. */
enum proc	 proc_byname(const char *name);

/*
 * Why a message that came from `from` to `to` must not be handled, or NULL
 * when it may.  `state` is an enum session_state, or -1 where there is none.
 * A payload of `len` bytes is whole (frames joined).
 */
const char	*msg_refuse(enum proc from, enum proc to, uint32_t type,
		    size_t len, int hasfd, int state);

#endif

/*
 * The message table and its one check.  Runs in every process, before any
 * handler sees a message.
 */
#include <string.h>

#include "common/proto.h"

static const struct msg_row rows[MSG_MAX] = {
#define MSG(name, from, to, least, most, fd, states, body, text)	\
	[MSG_##name] = { #name, from, to, least, most, fd, states, body, text },
#include "common/proto.tbl"
#undef MSG
};

static const struct {
	enum proc	 p;
	const char	*name;
} procs[] = {
	{ P_PARENT, "parent" }, { P_ENGINE, "engine" },
	{ P_FRONT, "frontend" }, { P_REVIEW, "reviewer" },
	{ P_GATE, "gateway" },
	{ P_EXEC, "executor" }, { P_INIT, "init" }, { P_CTL, "client" }
};

static const char *const states[SS_MAX] = {
	[SS_BOOTING] = "booting", [SS_IDLE] = "idle", [SS_ACTIVE] = "active",
	[SS_CANCELLING] = "cancelling", [SS_SHUTTING] = "shutting-down",
	[SS_GONE] = "gone", [SS_LOST] = "lost"
};

const struct msg_row *
msg_row(uint32_t type)
{
	if (type == MSG_NONE || type >= MSG_MAX)
		return (NULL);
	return (&rows[type]);
}

const char *
msg_name(uint32_t type)
{
	return (msg_row(type) == NULL ? "unknown" : rows[type].name);
}

const char *
proc_name(enum proc p)
{
	size_t	 i;

	for (i = 0; i < sizeof(procs) / sizeof(procs[0]); i++)
		if (procs[i].p == p)
			return (procs[i].name);
	return ("unknown");
}

enum proc
proc_byname(const char *name)
{
	size_t	 i;

	for (i = 0; i < sizeof(procs) / sizeof(procs[0]); i++)
		if (strcmp(procs[i].name, name) == 0)
			return (procs[i].p);
	return (0);
}

const char *
session_state_name(enum session_state s)
{
	return (s < SS_MAX ? states[s] : "unknown");
}

const char *
msg_refuse(enum proc from, enum proc to, uint32_t type, size_t len,
    int hasfd, int state)
{
	const struct msg_row	*row = msg_row(type);

	if (row == NULL)
		return ("no such message");
	if ((row->from & from) == 0)
		return ("wrong sender");
	if ((row->to & to) == 0)
		return ("wrong receiver");
	if (len < row->least)
		return ("too short");
	if (len > row->most)
		return ("too long");
	if (row->fd == FD_NONE && hasfd)
		return ("has a descriptor");
	if (row->fd == FD_ONE && !hasfd)
		return ("has no descriptor");
	if (state >= 0 && (row->states & 1U << state) == 0)
		return ("wrong state");
	return (NULL);
}

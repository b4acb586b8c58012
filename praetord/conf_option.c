/*
 * The scalar settings: one table, and how their values are written.  Parent
 * process and praetord -n.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/when.h"
#include "praetord/conf_parse.h"

#define K	(UINT64_C(1) << 10)
#define M	(UINT64_C(1) << 20)
#define G	(UINT64_C(1) << 30)
#define T	(UINT64_C(1) << 40)
#define SECOND	UINT64_C(1000)
#define MINUTE	(60 * SECOND)
#define HOUR	(60 * MINUTE)
#define DAY	(24 * HOUR)
#define YEAR	(365 * DAY)

const struct conf_option conf_options[OPT_MAX] = {
[OPT_SESSIONS_MAX] = { "sessions max", 1, 1000, 8, UNIT_COUNT, 0,
    "most sessions at once" },
[OPT_SESSIONS_SPARE] = { "sessions spare", 0, 64, 2, UNIT_COUNT, 0,
    "sandboxes prepared ahead" },
[OPT_TASKS_MAX] = { "tasks max", 1, 10000000, 100000, UNIT_COUNT, 0,
    "most unfinished tasks" },
[OPT_SUBTASKS_MAX] = { "subtasks max", 1, 1000, 0, UNIT_COUNT, 1,
    "most sub-tasks that a task may propose" },
[OPT_SUBTASKS_DEPTH] = { "subtasks depth", 1, 16, 1, UNIT_COUNT, 0,
    "levels of tasks that may propose sub-tasks" },
[OPT_CLIENTS_MAX] = { "clients max", 1, 10000, 256, UNIT_COUNT, 0,
    "most control connections" },
[OPT_TIMEOUT] = { "timeout", SECOND, YEAR, HOUR, UNIT_MS, 0,
    "limit of an attempt" },
[OPT_VERIFY_TIMEOUT] = { "verify timeout", SECOND, YEAR, 30 * MINUTE,
    UNIT_MS, 0, "limit of a verification" },
[OPT_IDLE] = { "idle", SECOND, YEAR, 0, UNIT_MS, 1,
    "limit without output" },
[OPT_OUTPUT] = { "output", 4 * K, 64 * G, 64 * M, UNIT_BYTES, 0,
    "output kept of an attempt" },
[OPT_RETRIES] = { "retries", 0, 100, 0, UNIT_COUNT, 0,
    "further attempts after a failure" },
[OPT_FETCH] = { "fetch interval", 0, YEAR, 0, UNIT_MS, 0,
    "age below which a mirror is not fetched again" },
[OPT_FETCH_TIMEOUT] = { "fetch timeout", SECOND, DAY, 5 * MINUTE, UNIT_MS, 0,
    "how long a Git server may be silent" },
[OPT_FETCH_BYTES] = { "fetch bytes max", 1, 1024 * T, 16 * G, UNIT_BYTES, 0,
    "most bytes that a Git server may send at once" },
[OPT_FILES_MAX] = { "change files max", 1, 10000000, 10000, UNIT_COUNT, 0,
    "most files that a change may touch" },
[OPT_BYTES_MAX] = { "change bytes max", 1, T, 256 * M, UNIT_BYTES, 0,
    "most bytes that a change may add" },
[OPT_LARGE_FILE] = { "change large-file", K, T, 10 * M, UNIT_BYTES, 1,
    "a larger file is of class large-file" },
[OPT_MANY_FILES] = { "change many-files", 1, 10000000, 1000, UNIT_COUNT, 1,
    "a change with more files is of class large-change" },
[OPT_MANY_BYTES] = { "change many-bytes", K, T, 64 * M, UNIT_BYTES, 1,
    "a change that adds more is of class large-change" },
[OPT_APPROVAL] = { "approval timeout", SECOND, YEAR, 0, UNIT_MS, 1,
    "how long a change waits for an approval" },
[OPT_LIMIT_MEMORY] = { "limit memory", 16 * M, 1024 * T, 0, UNIT_BYTES, 1,
    "memory of a session" },
[OPT_LIMIT_PIDS] = { "limit pids", 4, 4000000, 512, UNIT_COUNT, 1,
    "processes and threads of a session" },
[OPT_LIMIT_CPU] = { "limit cpu", 1, 102400, 0, UNIT_PERCENT, 1,
    "CPU time of a session, 100% is one CPU" },
[OPT_LIMIT_CPU_TIME] = { "limit cpu-time", SECOND, YEAR, 0, UNIT_MS, 1,
    "CPU time of an attempt" },
[OPT_LIMIT_IO_READ] = { "limit io-read", 64 * K, T, 0, UNIT_BYTES, 1,
    "bytes that a session reads from the disk in a second" },
[OPT_LIMIT_IO_WRITE] = { "limit io-write", 64 * K, T, 0, UNIT_BYTES, 1,
    "bytes that a session writes to the disk in a second" },
[OPT_LIMIT_FILES] = { "limit files", 64, 1048576, 4096, UNIT_COUNT, 0,
    "open files of a process" },
[OPT_LIMIT_FSIZE] = { "limit file-size", M, 1024 * T, 4 * G, UNIT_BYTES, 1,
    "size of one file" },
[OPT_LIMIT_TMP] = { "limit tmp", M, T, 512 * M, UNIT_BYTES, 0,
    "size of each private temporary directory" },
[OPT_EGRESS_CONNS] = { "egress connections max", 1, 1024, 64, UNIT_COUNT, 0,
    "connections of a session at once" },
[OPT_EGRESS_BYTES] = { "egress bytes max", M, 1024 * T, 16 * G, UNIT_BYTES, 1,
    "bytes that a session may send and receive" },
[OPT_EGRESS_IDLE] = { "egress idle", SECOND, 24 * HOUR, 10 * MINUTE, UNIT_MS,
    0, "limit of a connection without a byte" },
[OPT_RETAIN_OUTPUT] = { "retain output", SECOND, 10 * YEAR, 0, UNIT_MS, 1,
    "how long the output of finished tasks is kept" },
[OPT_RETAIN_ATTIC] = { "retain attic", SECOND, 10 * YEAR, 0, UNIT_MS, 1,
    "how long what attempts of finished tasks left is kept" },
[OPT_LIMIT_DISK] = { "limit disk", M, 1024 * T, 10 * G, UNIT_BYTES, 1,
    "what a session may write to its worktree" },
[OPT_LIMIT_DISK_FREE] = { "limit disk-free", M, 1024 * T, G, UNIT_BYTES, 1,
    "what sessions leave free on the state's file system" },
[OPT_LIMIT_OUTPUT] = { "limit output", 4 * K, T, G, UNIT_BYTES, 1,
    "what an attempt may print" },
[OPT_FAIR_HALF] = { "fair half-life", MINUTE, 10 * YEAR, 7 * DAY, UNIT_MS, 1,
    "after which what was used counts half" },
[OPT_FAIR_WEIGHT] = { "fair weight", 1, 10000, 100, UNIT_COUNT, 1,
    "points of priority that twice the use takes" },
[OPT_FAIR_AGE] = { "fair age", SECOND, YEAR, MINUTE, UNIT_MS, 1,
    "waiting that is worth a point of priority" },
[OPT_FAIR_CPU] = { "fair cpu", 0, 1000000, 1, UNIT_COUNT, 0,
    "weight of a second of CPU" },
[OPT_FAIR_WALL] = { "fair wall", 0, 1000000, 1, UNIT_COUNT, 0,
    "weight of a second of wall clock" },
[OPT_FAIR_TOKENS] = { "fair tokens", 0, 1000000, 1, UNIT_COUNT, 0,
    "weight of 1000 tokens" },
[OPT_FAIR_MONEY] = { "fair money", 0, 1000000, 100, UNIT_COUNT, 0,
    "weight of one of money" },
};

/* A number and the letter that multiplies it. */
static int
bytes_parse(const char *end, uint64_t *v)
{
	static const char	 letters[] = "KMGT";
	const char		*at;
	unsigned int		 shift;

	if (*end == '\0')
		return (0);
	if ((at = strchr(letters, *end)) == NULL || end[1] != '\0')
		return (-1);
	shift = 10 * (unsigned int)(at - letters + 1);
	if (*v > UINT64_MAX >> shift)
		return (-1);
	*v <<= shift;
	return (0);
}

int
conf_unit_parse(enum conf_unit unit, const char *text, uint64_t *v)
{
	char	*end;

	if (text[0] < '0' || text[0] > '9')
		return (-1);
	if (unit == UNIT_MS)
		return (duration_parse(text, v) == 0 ? 0 : -1);
	if (unit == UNIT_MONEY)
		return (conf_money_parse(text, v));
	errno = 0;
	*v = strtoull(text, &end, 10);
	if (errno != 0)
		return (-1);
	if (unit == UNIT_BYTES)
		return (bytes_parse(end, v));
	if (unit == UNIT_PERCENT && *end == '%')
		end++;
	return (*end == '\0' ? 0 : -1);
}

static void
bytes_format(char out[24], uint64_t v)
{
	static const char	 letters[] = "KMGT";
	size_t			 i = 0;

	while (i < 4 && v != 0 && v % K == 0) {
		v /= K;
		i++;
	}
	if (i == 0)
		snprintf(out, 24, "%" PRIu64, v);
	else
		snprintf(out, 24, "%" PRIu64 "%c", v, letters[i - 1]);
}

void
conf_unit_format(char out[24], enum conf_unit unit, uint64_t v)
{
	if (unit == UNIT_MS)
		duration_format(out, v);
	else if (unit == UNIT_BYTES)
		bytes_format(out, v);
	else if (unit == UNIT_MONEY)
		conf_money_format(out, v);
	else
		snprintf(out, 24, "%" PRIu64 "%s", v,
		    unit == UNIT_PERCENT ? "%" : "");
}

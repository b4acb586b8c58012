/*
 * Parent: what sessions write to the disk.  Free space costs one call to look
 * at; a count of a session's files costs a walk.  So the free space is looked
 * at often, the more often the nearer it comes to something that matters, and
 * a session is counted when it may be over its limit: when what it had plus
 * all that has gone since is more.  What others free meanwhile hides a part
 * from that, or all of it; so as long as free space changes it is counted now
 * and then in any case.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/statvfs.h>

#include "common/err.h"
#include "common/log.h"
#include "praetord/session_dir.h"
#include "praetord/session_table.h"
#include "praetord/slot.h"
#include "praetord/watch.h"

#define RATE		(8ULL << 20)	/* bytes a millisecond: memory, not a disk */
#define NEXT_LEAST	20		/* ms */
#define NEXT_LOW	200		/* ms, when there is too little left */
#define REST		4		/* times as long as a count took */
#define RARELY		100		/* the same, when nothing speaks for it */
#define RARELY_US	(5 * 1000000LL)
#define FRESH_US	(1000 * 1000LL)	/* a count that may be relied on */
/* Space comes back when a session was imported: until then others may stay. */
#define SPARE_US	(10 * 1000000LL)

/* The file system on which sessions write, at one moment. */
struct disk {
	struct room	 room;		/* free for root, as sessions write */
	uint64_t	 left;		/* bytes free for others */
	uint64_t	 reserve;	/* and what of that should stay */
};

static int
disk_now(const struct sessions *s, struct disk *d)
{
	struct statvfs	 sb;
	int		 fd, r;

	/* An administrator may have given it a file system of its own. */
	fd = openat(s->host.statefd, "sessions", O_PATH | O_DIRECTORY |
	    O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return (-1);
	r = fstatvfs(fd, &sb);
	close(fd);
	if (r == -1)
		return (-1);
	d->room.bytes = (uint64_t)sb.f_bfree * sb.f_frsize;
	d->room.inodes = sb.f_ffree;
	d->left = usage_left(&sb);
	d->reserve = usage_reserve(&sb, s->conf->opt[OPT_LIMIT_DISK_FREE]);
	return (0);
}

/* What has vanished, by whomever. */
static uint64_t
vanished(const struct room *then, const struct room *now)
{
	uint64_t	 n = 0;

	if (then->bytes > now->bytes)
		n += then->bytes - now->bytes;
	if (then->inodes > now->inodes)
		n += (then->inodes - now->inodes) * USAGE_INODE;
	return (n);
}

static void
flow_look(struct flow *f, const struct disk *d)
{
	f->gone += vanished(&f->last, &d->room);
	f->back += vanished(&d->room, &f->last);
	f->last = d->room;
}

static int
watched(const struct session *se)
{
	return (se->watched.on && se->watched.end == END_NONE &&
	    session_has_process(se));
}

static void
on_counted(void *arg, int err)
{
	struct session	*se = arg;
	uint64_t	 limit = se->watched.disk, *used = &se->watched.usage.used;

	/* A copy was there before it began. */
	if (!err)
		*used -= *used < se->watched.copied ? *used :
		    se->watched.copied;
	log_debug("session s_%02llu: %llu bytes on disk, counted in %lld us",
	    (unsigned long long)se->number,
	    (unsigned long long)se->watched.usage.used,
	    (long long)se->watched.usage.took);
	if (!err && limit > 0 && se->watched.usage.used > limit)
		watch_over(se, END_DISK, "more than %llu bytes written to the "
		    "worktree (limit disk)", (unsigned long long)limit);
}

static void
count(struct session *se, const struct flow *f)
{
	struct usage	*u = &se->watched.usage;
	struct sessions	*s = se->owner;
	char		 name[64];
	int		 fd;

	snprintf(name, sizeof(name), "sessions/%llu/upper",
	    (unsigned long long)se->number);
	fd = openat(s->host.statefd, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return;
	u->at = f->gone;
	u->back_at = f->back;
	u->limit = se->watched.disk + se->watched.copied;
	if (se->watched.disk == 0)
		u->limit = UINT64_MAX - 1;
	if (usage_begin(u, s->base, fd, se->slot->exec_uid,
	    se->slot->exec_gid, on_counted, se) == -1)
		log_warn("session s_%02llu: counting its files",
		    (unsigned long long)se->number);
}

static void
sooner(int64_t *next, uint64_t bytes)
{
	if (bytes / RATE < (uint64_t)*next)
		*next = (int64_t)(bytes / RATE);
	if (*next < NEXT_LEAST)
		*next = NEXT_LEAST;
}

/* May this one be over its limit? */
static void
limit_look(struct session *se, const struct flow *f, int64_t *next)
{
	struct usage	*u = &se->watched.usage;
	uint64_t	 limit = se->watched.disk;
	uint64_t	 most = u->used + f->gone - u->at;
	int64_t		 age = mono_diff_us(u->began, mono_now());

	if (limit == 0 || u->counting)
		return;
	if ((most > limit && age > REST * u->took) || ((most != u->used ||
	    f->back != u->back_at) && age > RARELY_US &&
	    age > RARELY * u->took)) {
		count(se, f);
		return;
	}
	sooner(next, most > limit ? 0 : limit - most);
}

/* Too little is left: who has most of what is gone? */
static struct session *
greediest(struct sessions *s, const struct disk *d, int *fresh)
{
	struct session	*se, *most = NULL;

	*fresh = 1;
	TAILQ_FOREACH(se, &s->list, entry) {
		if (!watched(se))
			continue;
		/* However long it took: the next one would take as long. */
		if (se->watched.usage.counting ||
		    mono_diff_us(se->watched.usage.began, mono_now()) >
		    se->watched.usage.took + FRESH_US)
			*fresh = 0;
		if (se->watched.usage.used > d->reserve && (most == NULL ||
		    most->watched.usage.used < se->watched.usage.used))
			most = se;
	}
	return (most);
}

/*
 * Files that are deleted and still open are in no count.  When even half of
 * the reserve is gone, every session goes while which it went.
 */
static int
reserve_defend(struct sessions *s, const struct disk *d)
{
	struct session	*se;
	int		 n = 0;

	TAILQ_FOREACH(se, &s->list, entry)
		if (watched(se) && vanished(&se->watched.usage.start,
		    &d->room) > d->reserve / 4) {
			watch_over(se, END_DISK, "%llu bytes are left for all "
			    "on the file system of the state directory, and it "
			    "is one of those that may have used it up (limit "
			    "disk-free)", (unsigned long long)d->left);
			n++;
		}
	return (n);
}

/* The one that has most, for the others' sake. */
static void
reserve_spare(struct sessions *s, const struct disk *d, struct flow *f,
    struct session *most)
{
	struct session	*se;

	watch_over(most, END_DISK, "%llu bytes are left on the file "
	    "system of the state directory, and it has %llu of what "
	    "is gone (limit disk-free)", (unsigned long long)d->left,
	    (unsigned long long)most->watched.usage.used);
	TAILQ_FOREACH(se, &s->list, entry)
		se->watched.usage.start = d->room;
	f->spared = mono_now();
}

static void
reserve_look(struct sessions *s, const struct disk *d, struct flow *f,
    int64_t *next)
{
	struct session	*se, *most;
	int		 fresh, wait;

	if (d->reserve == 0)
		return;
	if (d->left >= d->reserve) {
		sooner(next, d->left - d->reserve);
		return;
	}
	if (*next > NEXT_LOW)
		*next = NEXT_LOW;
	wait = f->spared.us != 0 &&
	    mono_diff_us(f->spared, mono_now()) < SPARE_US;
	most = greediest(s, d, &fresh);
	/*
	 * How long a count takes is a job's to choose, and another may fill
	 * what is to come back: with so little left neither is waited for.
	 */
	if (d->left < d->reserve / 4 && (wait || !fresh) &&
	    reserve_defend(s, d) > 0)
		return;
	if (wait)
		return;
	if (fresh && most != NULL) {
		reserve_spare(s, d, f, most);
	} else if (fresh && d->left < d->reserve / 2) {
		reserve_defend(s, d);
	} else if (!fresh) {
		TAILQ_FOREACH(se, &s->list, entry)
			if (watched(se) && !se->watched.usage.counting)
				count(se, f);
	}
}

int
disk_room(const struct sessions *s, struct why *why)
{
	struct disk	 d;

	if (disk_now(s, &d) == -1 || d.left >= d.reserve)
		return (0);
	return (why_set(why, PRA_ENOSPC, "%llu bytes are left for sessions, "
	    "less than `limit disk-free` (free some where the state directory "
	    "is)", (unsigned long long)d.left));
}

void
disk_begin(struct session *se, struct flow *f)
{
	struct disk	 d;

	if (disk_now(se->owner, &d) == -1)
		return;
	flow_look(f, &d);
	se->watched.usage.start = d.room;
	se->watched.usage.at = f->gone;
	se->watched.usage.back_at = f->back;
	se->watched.usage.began = mono_now();
}

void
disk_look(struct sessions *s, struct flow *f, int64_t *next)
{
	struct session	*se;
	struct disk	 d;

	if (disk_now(s, &d) == -1)
		return;
	flow_look(f, &d);
	TAILQ_FOREACH(se, &s->list, entry)
		if (watched(se))
			limit_look(se, f, next);
	reserve_look(s, &d, f, next);
}

/*
 * Parent: slots.  Host uid 0 is never mapped; two sessions never share a uid
 * in system mode, so that one cannot signal or trace the other's processes
 * even if a namespace failed.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "praetord/ns.h"
#include "praetord/root.h"
#include "praetord/slot.h"

static void
slot_ids(struct slot *sl, const struct conf *c, unsigned int i)
{
	memset(sl, 0, sizeof(*sl));
	sl->number = i;
	sl->userns = sl->layers = sl->reviewer = -1;
	if (c->mode == MODE_USER) {
		sl->exec_uid = sl->job_uid = geteuid();
		sl->exec_gid = sl->job_gid = getegid();
		sl->exec_in = sl->job_in = sl->exec_uid;
		sl->exec_gin = sl->job_gin = sl->exec_gid;
		return;
	}
	sl->exec_uid = c->uid_base + 2 * i;
	sl->exec_gid = sl->exec_uid;
	sl->job_uid = sl->job_gid = sl->exec_uid + 1;
	sl->exec_in = sl->exec_gin = ROOT_EXEC_UID;
	sl->job_in = sl->job_gin = ROOT_JOB_UID;
}

int
slot_open(struct slot *sl, const struct conf *c, unsigned int i,
    struct why *why)
{
	struct ns_id	 ids[2], layer, upper;

	slot_ids(sl, c, i);
	ids[0] = (struct ns_id){ sl->exec_in, sl->exec_uid,
	    sl->exec_gin, sl->exec_gid };
	ids[1] = (struct ns_id){ sl->job_in, sl->job_uid,
	    sl->job_gin, sl->job_gid };
	sl->userns = ns_user(ids, c->mode == MODE_USER ? 1 : 2, why);
	if (sl->userns == -1)
		return (-1);
	/* Only a mount that is idmapped needs it. */
	if (c->mode == MODE_USER || c->worktree == WORKTREE_COPY)
		return (0);
	layer = (struct ns_id){ c->uid[ROLE_REVIEWER], sl->job_uid,
	    c->gid[ROLE_REVIEWER], sl->job_gid };
	upper = (struct ns_id){ sl->job_uid, c->uid[ROLE_REVIEWER],
	    sl->job_gid, c->gid[ROLE_REVIEWER] };
	if ((sl->layers = ns_user(&layer, 1, why)) == -1 ||
	    (sl->reviewer = ns_user(&upper, 1, why)) == -1)
		return (-1);
	return (0);
}

void
slot_close(struct slot *sl)
{
	if (sl->userns != -1)
		close(sl->userns);
	if (sl->layers != -1)
		close(sl->layers);
	if (sl->reviewer != -1)
		close(sl->reviewer);
	sl->userns = sl->layers = sl->reviewer = -1;
}

int
slot_reviewer(struct slot *slots, unsigned int n, const struct conf *c,
    uid_t uid, gid_t gid, struct why *why)
{
	struct ns_id	 id = { uid, c->uid[ROLE_REVIEWER],
	    gid, c->gid[ROLE_REVIEWER] };
	unsigned int	 i;
	int		 fd;

	for (i = 0; i < n; i++)
		if (slots[i].job_uid == uid && slots[i].job_gid == gid)
			break;
	if (i == n || slots[i].reviewer == -1)
		return (ns_user(&id, 1, why));
	if ((fd = fcntl(slots[i].reviewer, F_DUPFD_CLOEXEC, 0)) == -1)
		return (why_errno(why, NULL, "user namespace"));
	return (fd);
}

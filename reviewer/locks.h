/*
 * Locks that a killed reviewer left in a mirror.
 */
#ifndef REVIEWER_LOCKS_H
#define REVIEWER_LOCKS_H

/*
 * Remove the lock files, the unfinished packs and the refs of unfinished
 * pushes in a mirror, named beneath a directory.  Only before the first
 * request, or when a hand (reviewer/hand.h) has died: a mirror belongs to one
 * reviewer, so what is locked then is locked by a dead one.  What cannot be
 * removed is met again, with its name, by whoever needs the lock.
 */
void	 locks_clear(int dirfd, const char *mirror);

#endif

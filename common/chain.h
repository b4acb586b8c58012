/*
 * Events as they are stored, and the chain of hashes that holds them together.
 * Shared by the store and by whoever checks a file of exported events.
 */
#ifndef COMMON_CHAIN_H
#define COMMON_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "common/ids.h"

#define CHAIN_HASH	32

/* An event: envelope and data (DESIGN 3). */
struct store_event {
	uint64_t	 seq;		/* set by store_append() */
	char		 stream[96];
	uint64_t	 stream_seq;	/* set by store_append() */
	uint8_t		 id[ULID_LEN];
	int64_t		 time;		/* microseconds since 1970 */
	char		 actor[64];
	char		 project[65];
	char		 subject[96];	/* "t_...": for `task trace` */
	char		 cause[96];
	char		 policy[256];
	uint32_t	 schema;
	uint8_t		 hash[CHAIN_HASH]; /* set by store_append() */
	const void	*data;		/* encoded record of class RC_EVENT */
	size_t		 len;
};

/*
 * The hash of an event after `prev`: of every field but `hash`.  `type` is the
 * number of its kind.
 */
void	 chain_hash(uint8_t out[CHAIN_HASH], const uint8_t prev[CHAIN_HASH],
	    const struct store_event *ev, unsigned int type);

#endif

/*
 * The chain of hashes.  Runs in the engine, and in praetorctl on files.
 */
#include <string.h>

#include "common/chain.h"
#include "common/sha.h"

_Static_assert(CHAIN_HASH == SHA_BYTES, "the chain is SHA-256");

/*
 * The chain.  A record's hash is the SHA-256 of, in this order and with
 * nothing between: the previous record's hash (32 bytes; zeros before the
 * first), seq (8), stream, stream_seq (8), id (16 bytes), time (8), type (4:
 * the kind number), actor, project, subject, cause, policy, schema (4), data.
 * Numbers are big endian in so many bytes; texts and data are their length
 * (4 bytes, big endian) and their bytes.  Every field has a fixed place and
 * a known length, so no two records have one form.
 */
static void
hash_num(struct sha *c, uint64_t v, unsigned int bytes)
{
	uint8_t		 be[8];
	unsigned int	 i;

	for (i = 0; i < bytes; i++)
		be[i] = (uint8_t)(v >> 8 * (bytes - 1 - i));
	sha_add(c, be, bytes);
}

static void
hash_bytes(struct sha *c, const void *p, size_t n)
{
	hash_num(c, n, 4);
	sha_add(c, p, n);
}

void
chain_hash(uint8_t out[CHAIN_HASH], const uint8_t prev[CHAIN_HASH],
    const struct store_event *ev, unsigned int type)
{
	struct sha	 c;

	sha_init(&c);
	sha_add(&c, prev, CHAIN_HASH);
	hash_num(&c, ev->seq, 8);
	hash_bytes(&c, ev->stream, strlen(ev->stream));
	hash_num(&c, ev->stream_seq, 8);
	sha_add(&c, ev->id, ULID_LEN);
	hash_num(&c, (uint64_t)ev->time, 8);
	hash_num(&c, type, 4);
	hash_bytes(&c, ev->actor, strlen(ev->actor));
	hash_bytes(&c, ev->project, strlen(ev->project));
	hash_bytes(&c, ev->subject, strlen(ev->subject));
	hash_bytes(&c, ev->cause, strlen(ev->cause));
	hash_bytes(&c, ev->policy, strlen(ev->policy));
	hash_num(&c, ev->schema, 4);
	hash_bytes(&c, ev->data, ev->len);
	sha_end(&c, out);
}

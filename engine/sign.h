/*
 * The key that checkpoints of the log are signed with (Ed25519).
 */
#ifndef ENGINE_SIGN_H
#define ENGINE_SIGN_H

#include <stddef.h>
#include <stdint.h>

#define SIGN_KEY	"signing.key"	/* in the state directory, 0600 */
#define SIGN_PUBLIC	32
#define SIGN_BYTES	64

/* Make the key if there is none.  0, or PRA_E* with one line in `why`. */
int	 sign_init(const char *dir, char *why, size_t size);

/* The public half, and a signature of a text.  As above. */
int	 sign_text(const char *dir, const char *text, size_t n,
	    uint8_t key[SIGN_PUBLIC], uint8_t signature[SIGN_BYTES],
	    char *why, size_t size);

#endif

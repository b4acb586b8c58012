/*
 * Identifiers.  ULIDs (https://github.com/ulid/spec) name tasks, changes,
 * events and commands: 48 bits of milliseconds, 80 bits of randomness,
 * Crockford base 32.  For people they carry a letter: "t_01K...".
 */
#ifndef COMMON_IDS_H
#define COMMON_IDS_H

#include <stdint.h>

#define ULID_LEN	16		/* bytes */
#define ULID_TEXT	26		/* characters, without NUL */
#define ID_TEXT		(2 + ULID_TEXT)	/* with the letter and '_' */
#define ID_SIZE		(ID_TEXT + 1)
#define OID_LEN		20		/* a SHA-1 object name of Git */
#define OID_TEXT	40
#define OID_SIZE	(OID_TEXT + 1)

/*
 * Make a ULID for a time (milliseconds since 1970).  Two calls with the same
 * millisecond through one `last` give rising values, as the specification's
 * monotonic mode asks; `last` (ULID_LEN bytes) starts as zeros.
 */
void	 ulid_make(uint8_t out[ULID_LEN], uint8_t last[ULID_LEN], uint64_t ms);

/* Write "<letter>_<26 characters>" and a NUL. */
void	 id_format(char out[ID_SIZE], char letter, const uint8_t id[ULID_LEN]);

/*
 * Read what id_format() writes; letters of either case.  0, or PRA_EINVALID
 * for another letter, length, alphabet or a value over 128 bits.
 */
int	 id_parse(uint8_t out[ULID_LEN], char letter, const char *text);

/* Git object names as hex and back.  0 or PRA_EINVALID. */
void	 oid_format(char out[OID_SIZE], const uint8_t oid[OID_LEN]);
int	 oid_parse(uint8_t out[OID_LEN], const char *text);

#endif

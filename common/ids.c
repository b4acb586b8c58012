/*
 * ULIDs and object names.  Runs in every process, on foreign text.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/ids.h"

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
static const char hexdigits[] = "0123456789abcdef";

void
ulid_make(uint8_t out[ULID_LEN], uint8_t last[ULID_LEN], uint64_t ms)
{
	int	 i;

	for (i = 0; i < 6; i++)
		out[i] = (uint8_t)(ms >> (40 - 8 * i));
	if (memcmp(out, last, 6) > 0) {
		arc4random_buf(out + 6, ULID_LEN - 6);
	} else {
		/* Same millisecond, or the clock went back: count on. */
		memcpy(out, last, ULID_LEN);
		for (i = ULID_LEN - 1; i >= 0 && ++out[i] == 0; i--)
			;
	}
	memcpy(last, out, ULID_LEN);
}

void
id_format(char out[ID_SIZE], char letter, const uint8_t id[ULID_LEN])
{
	unsigned int	 i, j, bit, v;

	out[0] = letter;
	out[1] = '_';
	for (i = 0; i < ULID_TEXT; i++) {
		/* 130 bits of text for 128 of value: two leading zeros. */
		for (v = 0, j = 0; j < 5; j++) {
			bit = i * 5 + j;
			v <<= 1;
			if (bit >= 2)
				v |= (id[(bit - 2) / 8] >>
				    (7 - (bit - 2) % 8)) & 1;
		}
		out[2 + i] = alphabet[v];
	}
	out[ID_TEXT] = '\0';
}

int
id_parse(uint8_t out[ULID_LEN], char letter, const char *text)
{
	unsigned int	 i, j, bit;
	const char	*p;

	if (strlen(text) != ID_TEXT || text[0] != letter || text[1] != '_')
		return (PRA_EINVALID);
	memset(out, 0, ULID_LEN);
	for (i = 0; i < ULID_TEXT; i++) {
		p = strchr(alphabet, toupper((unsigned char)text[2 + i]));
		if (p == NULL || (i == 0 && p - alphabet > 7))
			return (PRA_EINVALID);
		for (j = 0; j < 5; j++) {
			bit = i * 5 + j;
			if (bit >= 2 && ((p - alphabet) >> (4 - j) & 1))
				out[(bit - 2) / 8] |=
				    (uint8_t)(0x80 >> (bit - 2) % 8);
		}
	}
	return (0);
}

void
oid_format(char out[OID_SIZE], const uint8_t oid[OID_LEN])
{
	int	 i;

	for (i = 0; i < OID_LEN; i++) {
		out[2 * i] = hexdigits[oid[i] >> 4];
		out[2 * i + 1] = hexdigits[oid[i] & 15];
	}
	out[OID_TEXT] = '\0';
}

int
oid_parse(uint8_t out[OID_LEN], const char *text)
{
	const char	*hi, *lo;
	int		 i;

	if (strlen(text) != OID_TEXT)
		return (PRA_EINVALID);
	for (i = 0; i < OID_LEN; i++) {
		hi = strchr(hexdigits, tolower((unsigned char)text[2 * i]));
		lo = strchr(hexdigits, tolower((unsigned char)text[2 * i + 1]));
		if (hi == NULL || lo == NULL)
			return (PRA_EINVALID);
		out[i] = (uint8_t)((hi - hexdigits) << 4 | (lo - hexdigits));
	}
	return (0);
}

/*
 * Base64 (RFC 4648, padded).  Runs where bytes meet JSON: frontend, praetorctl,
 * and the engine, for files that are sent in pieces.
 */
#include <string.h>

#include "common/base64.h"
#include "common/err.h"

static const char base64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int
base64_encode(const uint8_t *p, size_t n, struct buf *out)
{
	char		 quad[4];
	uint32_t	 v;
	size_t		 i, k;
	int		 e = 0;

	for (i = 0; i < n && e == 0; i += 3) {
		k = n - i < 3 ? n - i : 3;
		v = (uint32_t)p[i] << 16;
		v |= k > 1 ? (uint32_t)p[i + 1] << 8 : 0;
		v |= k > 2 ? p[i + 2] : 0;
		quad[0] = base64[v >> 18];
		quad[1] = base64[v >> 12 & 63];
		quad[2] = k > 1 ? base64[v >> 6 & 63] : '=';
		quad[3] = k > 2 ? base64[v & 63] : '=';
		e = buf_add(out, quad, sizeof(quad));
	}
	return (e);
}

int
base64_decode(const char *text, struct buf *out)
{
	size_t		 i, j, len = strlen(text), pad = 0;
	uint32_t	 v;
	const char	*c;
	uint8_t		 three[3];

	if (len % 4 != 0)
		return (PRA_EINVALID);
	while (pad < 2 && pad < len && text[len - 1 - pad] == '=')
		pad++;
	for (i = 0; i < len; i += 4) {
		for (v = 0, j = i; j < i + 4; j++) {
			c = j >= len - pad ? base64 : strchr(base64, text[j]);
			if (c == NULL)
				return (PRA_EINVALID);
			v = v << 6 | (uint32_t)(c - base64);
		}
		three[0] = (uint8_t)(v >> 16);
		three[1] = (uint8_t)(v >> 8);
		three[2] = (uint8_t)v;
		if (buf_add(out, three, i + 4 < len ? 3 : 3 - pad) != 0)
			return (PRA_ENOMEM);
	}
	return (0);
}

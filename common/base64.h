/*
 * Base64 (RFC 4648, padded).
 */
#ifndef COMMON_BASE64_H
#define COMMON_BASE64_H

#include "common/buf.h"

/* Append the text of bytes.  0 or PRA_ENOMEM. */
int	 base64_encode(const uint8_t *p, size_t n, struct buf *out);

/*
 * What a base64 text holds, appended to out.  0, PRA_EINVALID for anything
 * that is not padded base64, PRA_ENOMEM.
 */
int	 base64_decode(const char *text, struct buf *out);

#endif

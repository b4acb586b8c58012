/*
 * Which bytes are UTF-8.  Runs in every process, on foreign bytes.
 */
#include "common/rec.h"

/* Length of the UTF-8 sequence at p, 0 when it is none (RFC 3629 table). */
static size_t
utf8_len(const unsigned char *p, size_t n)
{
	size_t		 k, i;
	unsigned int	 lo = 0x80, hi = 0xbf;

	if (p[0] < 0x80)
		return (p[0] != 0);
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return (0);
	k = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (k > n)
		return (0);
	if (p[0] == 0xe0)
		lo = 0xa0;
	else if (p[0] == 0xed)
		hi = 0x9f;
	else if (p[0] == 0xf0)
		lo = 0x90;
	else if (p[0] == 0xf4)
		hi = 0x8f;
	if (p[1] < lo || p[1] > hi)
		return (0);
	for (i = 2; i < k; i++)
		if ((p[i] & 0xc0) != 0x80)
			return (0);
	return (k);
}

int
utf8_valid(const char *p, size_t n)
{
	size_t	 i, k;

	for (i = 0; i < n; i += k)
		if ((k = utf8_len((const unsigned char *)p + i, n - i)) == 0)
			return (0);
	return (1);
}

int
utf8_clean(const char *p, size_t n, struct buf *out)
{
	size_t	 i, k;
	int	 e = 0;

	for (i = 0; i < n && e == 0; i += k) {
		k = utf8_len((const unsigned char *)p + i, n - i);
		e = k > 0 ? buf_add(out, p + i, k) :
		    buf_add(out, "\xef\xbf\xbd", 3);
		k += k == 0;
	}
	return (e);
}

/*
 * Arithmetic for what lasts.  Engine, pure half: no floating point, since
 * what is kept must come out of a replay to the last digit.
 */
#include <stddef.h>

#include "engine/fixed.h"

#define DAY_US		(24LL * 3600 * 1000000)

__extension__ typedef unsigned __int128 wide;

/* 2 to the power of -1/2, -1/4, -1/8, ...: in 1/2^32. */
static const uint32_t roots[] = {
	0xb504f333, 0xd744fcca, 0xeac0c6e7, 0xf5257d15, 0xfa83b2db,
	0xfd3e0c0c, 0xfe9e115c, 0xff4ecb59, 0xffa75652, 0xffd3a751,
	0xffe9d2b2, 0xfff4e91b, 0xfffa747e, 0xfffd3a3b, 0xfffe9d1c,
	0xffff4e8e
};

uint64_t
fixed_add(uint64_t a, uint64_t b)
{
	return (a > UINT64_MAX - b ? UINT64_MAX : a + b);
}

uint64_t
fixed_decay(uint64_t v, uint64_t us, uint64_t half_ms)
{
	uint64_t	 half = half_ms * 1000, part;
	size_t		 i;

	if (half == 0)
		return (v);
	if (us / half >= 64)
		return (0);
	v >>= us / half;
	part = (uint64_t)(((wide)(us % half) << 32) / half);
	for (i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		if (part >> (31 - i) & 1)
			v = (uint64_t)((wide)v * roots[i] >> 32);
	return (v);
}

int64_t
fixed_log2(uint64_t v)
{
	uint64_t	 x;
	int64_t		 r;
	int		 i, top;

	if (v <= 1)
		return (0);
	top = 63 - __builtin_clzll(v);
	r = top;
	x = v << (63 - top) >> 32;	/* from 1 to 2, in 1/2^31 */
	for (i = 0; i < 16; i++) {
		x = x * x >> 31;
		r <<= 1;
		if (x >> 32) {
			x >>= 1;
			r |= 1;
		}
	}
	return (r);
}

int64_t
fixed_halves(uint64_t us, uint64_t half_ms)
{
	if (half_ms == 0)
		return (0);
	return ((int64_t)(((wide)us << 16) / ((wide)half_ms * 1000)));
}

uint64_t
fixed_day(int64_t us)
{
	return (us < 0 ? 0 : (uint64_t)(us / DAY_US));
}

/*
 * Years are counted from March on, so that a leap day is the last of its
 * year; 719468 days lie between March of the year 0 and 1970.
 */
uint64_t
fixed_month(int64_t us)
{
	uint64_t	 z = fixed_day(us) + 719468;
	uint64_t	 era = z / 146097, doe = z % 146097, yoe, doy, m;

	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	m = (5 * doy + 2) / 153 + 2;		/* from January, 0; 12, 13 */
	return ((era * 400 + yoe - 1970) * 12 + m);
}

int64_t
fixed_day_start(uint64_t day)
{
	return ((int64_t)day * DAY_US);
}

int64_t
fixed_month_start(uint64_t month)
{
	uint64_t	 m = month + 1970 * 12 - 2;	/* from March on */
	uint64_t	 y = m / 12, days;

	days = y * 365 + y / 4 - y / 100 + y / 400 + (153 * (m % 12) + 2) / 5;
	return (fixed_day_start(days - 719468));
}

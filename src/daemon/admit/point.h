/* SPDX-License-Identifier: ISC */
/*
 * point: an address as a number of 128 bits, so that addresses have an order.
 *
 * An IPv4 address has the upper 32 bits, so that a length means the same bits in both families.
 */
#ifndef DAEMON_ADMIT_POINT_H
#define DAEMON_ADMIT_POINT_H

#include <stdbool.h>
#include <stdint.h>

struct point {
	uint64_t high, low;
};

/* Returns the number of 8 bytes in network order; compilers make one load of it. */
static inline uint64_t point_half_of(const uint8_t bytes[8])
{
	return (uint64_t)bytes[0] << 56 | (uint64_t)bytes[1] << 48 | (uint64_t)bytes[2] << 40 |
	       (uint64_t)bytes[3] << 32 | (uint64_t)bytes[4] << 24 | (uint64_t)bytes[5] << 16 |
	       (uint64_t)bytes[6] << 8 | (uint64_t)bytes[7];
}

/* Returns the number of 16 bytes. */
static inline struct point point_of(const uint8_t bytes[16])
{
	return (struct point){point_half_of(bytes), point_half_of(bytes + 8)};
}

/* True for an IPv4-mapped address, which has that of IPv4 in its lowest 32 bits. */
static inline bool point_is_mapped(struct point point)
{
	return point.high == 0 && point.low >> 32 == 0xFFFF;
}

/* Returns how they compare: below 0, 0, or above 0. */
static inline int point_compare(struct point one, struct point other)
{
	if (one.high != other.high)
		return one.high < other.high ? -1 : 1;
	return (one.low > other.low) - (one.low < other.low);
}

/* Returns the number after it; after the last one, 0. */
static inline struct point point_after(struct point point)
{
	point.low++;
	point.high += point.low == 0;
	return point;
}

/* Returns the last number with the same first `length` bits, 0 to 128. */
static inline struct point point_last(struct point first, unsigned length)
{
	first.high |= length < 64 ? UINT64_MAX >> length : 0;
	if (length < 128)
		first.low |= length <= 64 ? UINT64_MAX : UINT64_MAX >> (length - 64);
	return first;
}

#endif

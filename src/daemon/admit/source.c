/* SPDX-License-Identifier: ISC */
/* source: where a client comes from, as limits for each source have it. */
#include "source.h"

#include "base/prefixpair.h"

/* Returns a mask for the first `bits` bits of 64; all, for more than 64. */
static uint64_t mask(unsigned bits)
{
	if (bits == 0)
		return 0;
	return bits < 64 ? UINT64_MAX << (64 - bits) : UINT64_MAX;
}

struct source_masks source_masks(const struct prefixpair *prefix)
{
	return (struct source_masks){
		.ipv6 = {mask(prefix->ipv6), prefix->ipv6 > 64 ? mask(prefix->ipv6 - 64U) : 0},
		.ipv4 = mask(32U + prefix->ipv4),
	};
}

/* SPDX-License-Identifier: ISC */
/* prefixpair: a prefix length for IPv4 and one for IPv6, as V4:V6. */
#include "base/prefixpair.h"

#include "base/number.h"

bool prefixpair_parse(const char *text, struct prefixpair *pair)
{
	uint64_t ipv4, ipv6;

	if (!number_parse_before(&text, ':', &ipv4) || !number_parse(text, &ipv6) || ipv4 > 32 ||
	    ipv6 > 128)
		return false;
	*pair = (struct prefixpair){(uint8_t)ipv4, (uint8_t)ipv6};
	return true;
}

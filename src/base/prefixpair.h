/* SPDX-License-Identifier: ISC */
/* prefixpair: a prefix length for IPv4 and one for IPv6, as V4:V6. */
#ifndef BASE_PREFIXPAIR_H
#define BASE_PREFIXPAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

/* In bits. */
struct prefixpair {
	uint8_t ipv4; /* from 0 to 32 */
	uint8_t ipv6; /* from 0 to 128 */
};

/* What a text must be, for an error: "'TEXT' is not PREFIXPAIR_FORM". */
#define PREFIXPAIR_FORM                                                                            \
	"two prefix lengths, for IPv4 from 0 to 32 and for IPv6 from 0 to 128, such as 32:64"

/* Reads "32:64". False: it is not PREFIXPAIR_FORM. */
bool prefixpair_parse(const char *text, struct prefixpair *pair) MUST_CHECK;

#endif

/* SPDX-License-Identifier: ISC */
/* proxyheader: the header with which a proxy tells whose connection it passes on. */
#include "proxyheader.h"

#include <string.h>

/* The time for a header, in all: 2 wants 3 seconds, so that a lost packet can come again. */
enum { HEADER_MS = 3000 };

/* The versions' first bytes. */
enum { FIRST_OF_V1 = 'P', FIRST_OF_V2 = '\r' };

static enum prelude_verdict take_byte(struct proxyheader *header, char byte)
{
	struct proxyclaim *claim = &header->claim;

	if (claim->length++ == 0)
		header->version = byte == FIRST_OF_V1 ? 1 : byte == FIRST_OF_V2 ? 2 : 0;
	if (header->version == 1)
		return proxyv1_take(&header->state.v1, byte, claim);
	if (header->version == 2)
		return proxyv2_take(&header->state.v2, (unsigned char)byte, claim);
	return proxyclaim_bad(claim, "no PROXY header");
}

static enum prelude_verdict take(void *parser, const char *bytes, size_t count, size_t *used)
{
	enum prelude_verdict verdict = PRELUDE_MORE;

	for (*used = 0; *used < count && verdict == PRELUDE_MORE; ++*used)
		verdict = take_byte(parser, bytes[*used]);
	return verdict;
}

static void begin(void *parser)
{
	memset(parser, 0, sizeof(struct proxyheader));
}

const struct prelude_kind proxyheader_kind = {
	.size = sizeof(struct proxyheader),
	.most = PROXYV2_MAX,
	.ms = HEADER_MS,
	.begin = begin,
	.take = take,
};

/* SPDX-License-Identifier: ISC */
/* proxied: PROXY headers for tests: given to the parser in all kinds of pieces. */
#ifndef UNIT_PROXIED_H
#define UNIT_PROXIED_H

#include <stddef.h>

#include "daemon/serve/prelude.h"
#include "daemon/serve/proxyheader.h"

/* What the parser made of bytes. */
struct proxied {
	enum prelude_verdict verdict;
	size_t used;
	struct proxyheader header;
};

/*
 * Returns what the parser makes of the bytes, and asserts that it is the same of two pieces, cut
 * anywhere (in a long header: at many places), and byte by byte.
 */
struct proxied proxied_parse(const void *bytes, size_t size);

/*
 * Asserts that the bytes begin with a whole header of `used` bytes, and that each beginning of it
 * is not whole yet. Returns it.
 */
struct proxied proxied_whole(const void *bytes, size_t size, size_t used);

/* Asserts that the bytes are bad from the last of `used` bytes on, and not before, for `why`. */
void proxied_bad(const void *bytes, size_t size, size_t used, const char *why);

/* Asserts that it says these ends, such as "192.0.2.1:80"; NULL: none. */
void proxied_ends(const struct proxied *proxied, const char *peer, const char *destination);

#endif

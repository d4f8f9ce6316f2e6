/* SPDX-License-Identifier: ISC */
/*
 * proxyheader: writes the header with which a proxy tells a server whose connection it passes on:
 * the PROXY protocol, version 1 (a line of text) or 2 (binary).
 */
#ifndef CLIENT_PROXYHEADER_H
#define CLIENT_PROXYHEADER_H

#include <stddef.h>

#include "base/attributes.h"

struct address;

enum proxyheader_version { PROXYHEADER_V1 = 1, PROXYHEADER_V2 = 2 };

/* Room for any header: the longest line of version 1, with its CR LF. */
enum { PROXYHEADER_MAX = 107 };

/*
 * Writes the header of a connection from `source` to `destination`, which are both IPv4 or both
 * IPv6, to `header` of PROXYHEADER_MAX bytes. If `source` is NULL or of another family, nobody's
 * connection is passed on: that is UNKNOWN in version 1, and LOCAL in version 2. Returns its
 * length; 0 if the two families differ.
 */
size_t proxyheader_write(enum proxyheader_version version, const struct address *source,
			 const struct address *destination, char *header) MUST_CHECK;

#endif

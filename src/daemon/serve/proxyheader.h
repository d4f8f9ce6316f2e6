/* SPDX-License-Identifier: ISC */
/*
 * proxyheader: the header with which a proxy tells whose connection it passes on: the PROXY
 * protocol (HAProxy's doc/proxy-protocol.txt), version 1 or 2. Pure: a parser for prelude.h, which
 * is fed the bytes of the header. What follows it is the client's, and not part of it.
 *
 * It is strict: after a malformed header nobody knows whose connection it is.
 */
#ifndef DAEMON_SERVE_PROXYHEADER_H
#define DAEMON_SERVE_PROXYHEADER_H

#include <stdint.h>

#include "proxyclaim.h"
#include "proxyv1.h"
#include "proxyv2.h"

struct proxyheader {
	uint8_t version; /* 1 or 2, by the first byte; 0: there is none, or it is neither's */
	struct proxyclaim claim;
	union {
		struct proxyv1 v1;
		struct proxyv2 v2;
	} state;
};

/* The parser; its memory is a struct proxyheader. */
extern const struct prelude_kind proxyheader_kind;

#endif

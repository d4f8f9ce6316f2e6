/* SPDX-License-Identifier: ISC */
/*
 * proxyv1: the PROXY header of version 1, a line of text (proxy-protocol.txt, 2.1). Pure, byte by
 * byte: a word is judged at its end, and a line that can no longer become one is bad at once.
 */
#ifndef DAEMON_SERVE_PROXYV1_H
#define DAEMON_SERVE_PROXYV1_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "prelude.h"

struct proxyclaim;

/* The longest line, in bytes, with its CR LF. */
enum { PROXYV1_MAX = 107 };

/* The state; all zeros at the beginning. */
struct proxyv1 {
	uint8_t words;		     /* that are over, after PROXY */
	bool is_unknown;	     /* the rest of the line means nothing */
	bool has_return;	     /* a newline must follow */
	uint8_t length;		     /* of the word */
	char word[INET6_ADDRSTRLEN]; /* ends with a NUL once it is over */
};

/* Takes a byte, whose place claim->length tells, from 1. PRELUDE_MORE, _WHOLE or _BAD. */
enum prelude_verdict proxyv1_take(struct proxyv1 *line, char byte, struct proxyclaim *claim);

#endif

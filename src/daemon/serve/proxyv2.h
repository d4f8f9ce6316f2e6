/* SPDX-License-Identifier: ISC */
/*
 * proxyv2: the PROXY header of version 2, in binary (proxy-protocol.txt, 2.2). Pure, byte by byte:
 * of the fields after the addresses nothing is kept but the checksum.
 */
#ifndef DAEMON_SERVE_PROXYV2_H
#define DAEMON_SERVE_PROXYV2_H

#include <stdbool.h>
#include <stdint.h>

#include "prelude.h"

struct proxyclaim;

/* The part that each header has, and the longest header, in bytes. */
enum { PROXYV2_FIXED = 16, PROXYV2_MAX = PROXYV2_FIXED + 4096 };

/* The state; all zeros at the beginning. */
struct proxyv2 {
	uint32_t sum;	       /* CRC-32C of all bytes, those of the checksum taken as zeros */
	uint32_t sent_sum;     /* the checksum that the header says */
	uint16_t length;       /* of what follows the fixed part, in bytes */
	uint16_t field_length; /* of a field's value */
	uint16_t field_taken;  /* bytes of the field, of which the first three say its type and
				  length */
	uint8_t field_type;
	uint8_t addresses; /* the size of the addresses, in bytes */
	bool is_skipped;   /* what follows the fixed part means nothing */
	bool has_sum;
};

/* Takes a byte, whose place claim->length tells, from 1. PRELUDE_MORE, _WHOLE or _BAD. */
enum prelude_verdict proxyv2_take(struct proxyv2 *header, unsigned char byte,
				  struct proxyclaim *claim);

#endif

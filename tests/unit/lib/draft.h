/* SPDX-License-Identifier: ISC */
/* draft: a PROXY header of version 2 that a test writes, well or badly. */
#ifndef UNIT_DRAFT_H
#define UNIT_DRAFT_H

#include <stddef.h>

#include "daemon/serve/proxyv2.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

/* A header being written. */
struct draft {
	size_t size;
	unsigned char bytes[PROXYV2_MAX + 100];
};

/* Adds bytes, whose length is not stated. */
void draft_add(struct draft *draft, const void *bytes, size_t count);

/* States the length of what follows the fixed part. */
void draft_state_length(struct draft *draft, size_t length);

/* Begins a header with this command and family, and what follows the fixed part. */
void draft_begin(struct draft *draft, unsigned command, unsigned family, const void *bytes,
		 size_t count);

/* Adds a field, whose value has that length, and may be stated to have another. */
void draft_add_field(struct draft *draft, unsigned type, size_t stated, const char *value,
		     size_t length);

/* Adds a checksum, as yet zeros. Returns where it is. */
size_t draft_add_sum(struct draft *draft);

/* Fills in the checksum at that place, which must still be zeros. */
void draft_sign(struct draft *draft, size_t at);

#endif

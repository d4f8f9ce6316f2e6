/* SPDX-License-Identifier: ISC */
/* draft: a PROXY header of version 2 that a test writes. */
#include "draft.h"

#include <stdint.h>
#include <string.h>

#include "base/crc32c.h"

void draft_add(struct draft *draft, const void *bytes, size_t count)
{
	memcpy(draft->bytes + draft->size, bytes, count);
	draft->size += count;
}

void draft_state_length(struct draft *draft, size_t length)
{
	draft->bytes[14] = (unsigned char)(length >> 8);
	draft->bytes[15] = (unsigned char)(length & 0xFF);
}

void draft_begin(struct draft *draft, unsigned command, unsigned family, const void *bytes,
		 size_t count)
{
	const unsigned char kind[4] = {(unsigned char)command, (unsigned char)family};

	draft->size = 0;
	draft_add(draft, SIGNATURE, sizeof SIGNATURE - 1);
	draft_add(draft, kind, sizeof kind);
	draft_add(draft, bytes, count);
	draft_state_length(draft, count);
}

void draft_add_field(struct draft *draft, unsigned type, size_t stated, const char *value,
		     size_t length)
{
	const unsigned char head[3] = {(unsigned char)type, (unsigned char)(stated >> 8),
				       (unsigned char)(stated & 0xFF)};

	draft_add(draft, head, sizeof head);
	draft_add(draft, value, length);
	draft_state_length(draft, draft->size - PROXYV2_FIXED);
}

size_t draft_add_sum(struct draft *draft)
{
	draft_add_field(draft, 3, 4, "\0\0\0\0", 4);
	return draft->size - 4;
}

void draft_sign(struct draft *draft, size_t at)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < draft->size; i++)
		sum = crc32c_add(sum, draft->bytes[i]);
	for (size_t i = 0; i < 4; i++)
		draft->bytes[at + i] = (unsigned char)(sum >> (24 - 8 * i) & 0xFF);
}

/* SPDX-License-Identifier: ISC */
/*
 * base64: writes bytes as base64 text (RFC 4648).
 *
 * Neither POSIX nor the C library has a function for it, and libevent keeps its own to itself.
 */
#include "base/base64.h"

#include <stdint.h>

/* Writes 1 to 3 bytes as four characters. */
static void put_group(char *out, const unsigned char *bytes, size_t count)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
	enum { PADDING = 64 };
	uint32_t bits = 0;

	for (size_t i = 0; i < 3; i++)
		bits = bits << 8 | (i < count ? bytes[i] : 0U);
	for (size_t i = 0; i < 4; i++)
		out[i] = digits[i <= count ? bits >> (18 - 6 * i) & 0x3F : PADDING];
}

size_t base64_encode(char *out, const void *bytes, size_t length)
{
	const unsigned char *next = bytes;
	size_t used = 0;

	for (size_t at = 0; at < length; at += 3) {
		put_group(out + used, next + at, length - at < 3 ? length - at : 3);
		used += 4;
	}
	return used;
}

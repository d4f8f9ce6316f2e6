/* SPDX-License-Identifier: ISC */
/* base64: writes bytes as base64 text (RFC 4648). */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stddef.h>

/* The length of the text that so many bytes become. */
#define BASE64_LENGTH(bytes) (((bytes) + 2) / 3 * 4)

/*
 * Writes `length` bytes to `out`, which must hold BASE64_LENGTH(length) bytes; no NUL is added.
 * Returns that length. Texts of pieces can be joined if all but the last are of a multiple of 3
 * bytes.
 */
size_t base64_encode(char *out, const void *bytes, size_t length);

#endif

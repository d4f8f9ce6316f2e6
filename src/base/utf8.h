/* SPDX-License-Identifier: ISC */
/* utf8: the characters of a text, one by one, and which of them are safe to show in a line. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads the well-formed character that `left` bytes (at least 1) begin with. Returns its length, 1
 * to 4 bytes, and sets `number`; 0 if there is none.
 */
size_t utf8_read(const void *bytes, size_t left, uint32_t *number);

/* True if bytes are well-formed characters, or there are none. */
bool utf8_is_valid(const void *bytes, size_t length);

/* True for C0 and C1 controls and DEL. */
bool utf8_is_control(uint32_t number);

/*
 * True for an invisible character that changes a line's direction or breaks it. A line that holds
 * one reads as another.
 */
bool utf8_is_direction(uint32_t number);

#endif

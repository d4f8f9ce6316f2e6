/* SPDX-License-Identifier: ISC */
/* text: a text that grows in a buffer, never past its end. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>

#include "base/attributes.h"

/* A text being written; always ended by a NUL. */
struct text {
	char *at;
	size_t size, length;
};

/* Begins an empty text in `at` of `size` bytes, at least 1. */
void text_begin(struct text *text, char *at, size_t size);

/* Adds a formatted text, cut to fit. */
void text_add(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);

#endif

/* SPDX-License-Identifier: ISC */
/* excerpt: the part of a line around a place in a text, for an error that points there. */
#ifndef BASE_EXCERPT_H
#define BASE_EXCERPT_H

#include <stddef.h>

/* Room for any excerpt. */
#define EXCERPT_MAX 512

/*
 * Writes the text around the byte at `position` (at most `size`), from its line only, to `line` of
 * EXCERPT_MAX bytes. It is escaped, for log_source(). Returns the column under which a caret points
 * there, if each character takes one.
 */
size_t excerpt_format(char *line, const char *text, size_t size, size_t position);

#endif

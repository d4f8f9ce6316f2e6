/* excerpt: the line of a text around a place in it, for an error that points there. */
#ifndef BASE_EXCERPT_H
#define BASE_EXCERPT_H

#include <stddef.h>

/* Room for any excerpt. */
#define EXCERPT_MAX 512

/*
 * Writes what stands around the byte at `position` (at most `size`) in its line of the text,
 * to `line` of EXCERPT_MAX bytes: escaped, for log_source(). Returns the column below which a
 * caret points there, if each character takes one.
 */
size_t excerpt_format(char *line, const char *text, size_t size, size_t position);

#endif

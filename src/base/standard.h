/* standard: the descriptors 0, 1 and 2, which a caller may have closed or filled. */
#ifndef BASE_STANDARD_H
#define BASE_STANDARD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

/*
 * Puts something in the place of each standard descriptor that is closed, so
 * that no socket becomes one; using it fails still, as with a closed one.
 * False, errno set, and told in one line, where that cannot be done.
 */
bool standard_reserve(void) MUST_CHECK;

/*
 * Writes to standard output, however long its reader takes: stdio would lose what
 * a descriptor that somebody else has made non-blocking does not take at once.
 * False, errno set, if any of it was lost.
 */
bool standard_write(const char *bytes, size_t length) MUST_CHECK;

/* The same for a text of at most 1023 bytes; the rest is cut off. */
bool standard_print(const char *format, ...) PRINTF_LIKE(1, 2) MUST_CHECK;

/* Writes out what stdio's stdout buffers. False if any of it was lost: now, and errno says why, or
 * before. */
bool standard_flush(void) MUST_CHECK;

/* Ends standard output, so that its reader sees the end; the descriptor stays taken. */
void standard_end_output(void);

#endif

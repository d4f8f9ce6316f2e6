/* SPDX-License-Identifier: ISC */
/* standard: the descriptors 0, 1 and 2, which a caller may have closed or made non-blocking. */
#ifndef BASE_STANDARD_H
#define BASE_STANDARD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

/*
 * Fills each standard descriptor that is closed, so that no socket takes its place; using it still
 * fails, as with a closed one, and a command that is run finds it closed. False, with errno and
 * logged, if that is impossible.
 */
bool standard_reserve(void) MUST_CHECK;

/*
 * Writes to standard output, however long its reader takes. (If somebody else made the descriptor
 * non-blocking, stdio would lose what is not taken at once.) False, with errno, if any of it was
 * lost.
 */
bool standard_write(const char *bytes, size_t length) MUST_CHECK;

/* The same for a formatted text of at most 1023 bytes; the rest is cut off. */
bool standard_print(const char *format, ...) PRINTF_LIKE(1, 2) MUST_CHECK;

/* Logs that standard output could not be written; errno says why. */
void standard_log_loss(void);

/* Flushes stdio's stdout. False if any output was lost, now (errno says why) or earlier. */
bool standard_flush(void) MUST_CHECK;

/*
 * Moves standard output to another descriptor, and puts /dev/null in its place. The caller closes
 * what is returned: the reader then sees the end, and that takes no right to open anything. -1 with
 * errno.
 */
int standard_take_output(void) MUST_CHECK;

#endif

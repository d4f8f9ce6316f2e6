/* standard: the descriptors 0, 1 and 2, which a caller may have closed or filled. */
#ifndef BASE_STANDARD_H
#define BASE_STANDARD_H

#include <stdbool.h>

#include "base/attributes.h"

/*
 * Puts something in the place of each standard descriptor that is closed, so
 * that no socket becomes one; using it fails still, as with a closed one.
 * Returns false, errno set, where that can't be done.
 */
bool standard_reserve(void) MUST_CHECK;

/* Writes out what stdout buffers. False, errno set, if any of it was lost. */
bool standard_flush(void) MUST_CHECK;

/* Ends standard output, so that its reader sees the end; the descriptor stays taken. */
void standard_end_output(void);

#endif

/* SPDX-License-Identifier: ISC */
/* descriptors: how many this process may have open, and how many it has. */
#ifndef BASE_DESCRIPTORS_H
#define BASE_DESCRIPTORS_H

#include <stddef.h>

/* Raises the soft limit to the hard one. Call it before anything needs a descriptor. */
void descriptors_raise_limit(void);

/* Returns the limit, at most INT32_MAX. */
size_t descriptors_limit(void);

/*
 * Counts the open descriptors below `limit`. They may be anywhere: a parent can leave us some high
 * up, and those beyond the limit take no room. If there is none left to look with, returns `limit`.
 */
size_t descriptors_count_open(size_t limit);

#endif

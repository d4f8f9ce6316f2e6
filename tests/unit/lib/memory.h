/* SPDX-License-Identifier: ISC */
/*
 * memory: allocations that fail when a test wants it.
 *
 * For a program that is linked with --wrap for malloc, calloc and realloc. In a static one that
 * holds for Check too, so nothing is asserted while there is none.
 */
#ifndef UNIT_MEMORY_H
#define UNIT_MEMORY_H

/* So many allocations are granted, then none; < 0: all. */
extern int memory_grants;

#endif

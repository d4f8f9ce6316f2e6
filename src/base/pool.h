/* SPDX-License-Identifier: ISC */
/*
 * pool: reusable blocks of one size; once warm, it allocates nothing.
 *
 * Blocks are allocated many at a time, so that none costs more than its size. They are aligned as a
 * pointer is. AddressSanitizer reports any use of a block that was given back.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>

struct pool;

/* Makes an empty pool of blocks of `size` bytes (more than 0). NULL: no memory. */
struct pool *pool_new(size_t size);

/* Takes a block, whose content is undefined. NULL: no memory. Return it by pool_give(). */
void *pool_take(struct pool *pool);

/* Gives a block back. The last one given is taken first: it is still in the processor's cache. */
void pool_give(struct pool *pool, void *block);

/* Frees the pool with all its blocks, even those that are taken. NULL is allowed. */
void pool_free(struct pool *pool);

#endif

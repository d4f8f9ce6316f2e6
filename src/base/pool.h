/*
 * pool: blocks of one size, to be used again and again: once warm, it allocates nothing.
 *
 * Blocks are allocated many at a time, so that none costs more than its size. They are
 * aligned as a pointer is. AddressSanitizer notices who uses one that was given back.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>

struct pool;

/* Makes an empty pool of blocks of `size` bytes, which is more than 0. NULL: no memory. */
struct pool *pool_new(size_t size);

/* Takes a block, with anything in it. NULL: no memory. It goes back by pool_give(). */
void *pool_take(struct pool *pool);

/* Gives a block back. The one given last is taken first: the processor has it at hand. */
void pool_give(struct pool *pool, void *block);

/* Frees the pool with all its blocks, wherever they are. NULL is allowed. */
void pool_free(struct pool *pool);

#endif

/* SPDX-License-Identifier: ISC */
/* pool: reusable blocks of one size. */
#include "base/pool.h"

#include <stdlib.h>

#include "base/attributes.h"

/* How many blocks are allocated at a time. */
enum { BLOCKS_AT_A_TIME = 64 };

/* A block that is free points to the next one. */
struct spare {
	struct spare *next;
};

/* One allocation; the blocks follow it. */
struct batch {
	struct batch *next;
};

struct pool {
	size_t size;
	struct spare *spares;
	struct batch *batches;
};

struct pool *pool_new(size_t size)
{
	struct pool *pool = calloc(1, sizeof *pool);

	if (pool)
		pool->size = (size + sizeof(struct spare) - 1) / sizeof(struct spare) *
			     sizeof(struct spare);
	return pool;
}

/* Allocates more blocks. */
static void grow(struct pool *pool)
{
	struct batch *batch = malloc(sizeof *batch + BLOCKS_AT_A_TIME * pool->size);
	char *blocks;

	if (!batch)
		return;
	batch->next = pool->batches;
	pool->batches = batch;
	blocks = (char *)(batch + 1);
	for (size_t i = BLOCKS_AT_A_TIME; i > 0; i--)
		pool_give(pool, blocks + (i - 1) * pool->size);
}

void *pool_take(struct pool *pool)
{
	struct spare *spare;

	if (!pool->spares)
		grow(pool);
	spare = pool->spares;
	if (!spare)
		return NULL;
	UNFORBID(spare, pool->size);
	pool->spares = spare->next;
	return spare;
}

void pool_give(struct pool *pool, void *block)
{
	struct spare *spare = block;

	spare->next = pool->spares;
	pool->spares = spare;
	FORBID(spare, pool->size);
}

void pool_free(struct pool *pool)
{
	struct batch *batch;

	while (pool && (batch = pool->batches)) {
		pool->batches = batch->next;
		UNFORBID(batch + 1, BLOCKS_AT_A_TIME * pool->size);
		free(batch);
	}
	free(pool);
}

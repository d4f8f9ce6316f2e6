/* SPDX-License-Identifier: ISC */
/* memory: allocations that fail when a test wants it. */
#include "memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

int memory_grants = -1;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);

static bool is_granted(void)
{
	if (memory_grants < 0 || (memory_grants > 0 && memory_grants-- > 0))
		return true;
	errno = ENOMEM;
	return false;
}

void *__wrap_malloc(size_t size)
{
	return is_granted() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
	return is_granted() ? __real_calloc(count, size) : NULL;
}

void *__wrap_realloc(void *block, size_t size)
{
	return is_granted() ? __real_realloc(block, size) : NULL;
}

/* scarce: memory for libevent that comes to its end when a test wants it to. */
#ifndef UNIT_SCARCE_H
#define UNIT_SCARCE_H

#include <stdbool.h>
#include <stdlib.h>

/* All is granted until this is 0, then nothing; < 0: all. */
static int grants = -1;

static inline bool is_granted(void)
{
	return grants < 0 || (grants > 0 && grants-- > 0);
}

/* For event_set_mem_functions(). */
static inline void *scarce_malloc(size_t size)
{
	return is_granted() ? malloc(size) : NULL;
}

static inline void *scarce_realloc(void *block, size_t size)
{
	return is_granted() ? realloc(block, size) : NULL;
}

#endif

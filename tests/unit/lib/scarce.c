/* SPDX-License-Identifier: ISC */
/* scarce: memory for libevent that comes to its end when a test wants it to. */
#include "scarce.h"

#include <stdbool.h>
#include <stdlib.h>

int grants = -1;

static bool is_granted(void)
{
	return grants < 0 || (grants > 0 && grants-- > 0);
}

void *scarce_malloc(size_t size)
{
	return is_granted() ? malloc(size) : NULL;
}

void *scarce_realloc(void *block, size_t size)
{
	return is_granted() ? realloc(block, size) : NULL;
}

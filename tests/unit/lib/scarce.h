/* SPDX-License-Identifier: ISC */
/* scarce: memory for libevent that comes to its end when a test wants it to. */
#ifndef UNIT_SCARCE_H
#define UNIT_SCARCE_H

#include <stddef.h>

/* All is granted until this is 0, then nothing; < 0: all. */
extern int grants;

/* For event_set_mem_functions(). */
void *scarce_malloc(size_t size);

void *scarce_realloc(void *block, size_t size);

#endif

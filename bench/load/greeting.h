/* SPDX-License-Identifier: ISC */
/* greeting: the bytes that must come, and what came instead. */
#ifndef LOAD_GREETING_H
#define LOAD_GREETING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct greeting {
	char *bytes;
	size_t size;
};

/* Reads a file. False, and told, if that fails. */
bool greeting_load(struct greeting *greeting, const char *path) MUST_CHECK;

void greeting_free(struct greeting *greeting);

/* How many of the `size` bytes that came from `position` on are those of the greeting. */
size_t greeting_match(const struct greeting *greeting, size_t position, const char *bytes,
		      size_t size);

#endif

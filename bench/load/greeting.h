/* SPDX-License-Identifier: ISC */
/* greeting: the bytes that must come, and what came instead. */
#ifndef LOAD_GREETING_H
#define LOAD_GREETING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct sockaddr_in;

struct greeting {
	char *bytes;
	size_t size;
};

/* Reads a file. False, and told, if that fails. */
bool greeting_load(struct greeting *greeting, const char *path) MUST_CHECK;

/*
 * Makes room for what greeting_address() makes of a text, which must have {peer} once. False, and
 * told: it has not, or there is no memory.
 */
bool greeting_prepare(struct greeting *own, const struct greeting *text) MUST_CHECK;

/* Makes of the text what a client at this address must hear: that stands in the place of {peer}. */
void greeting_address(struct greeting *own, const struct greeting *text,
		      const struct sockaddr_in *client);

void greeting_free(struct greeting *greeting);

/* How many of the `size` bytes that came from `position` on are those of the greeting. */
size_t greeting_match(const struct greeting *greeting, size_t position, const char *bytes,
		      size_t size);

#endif

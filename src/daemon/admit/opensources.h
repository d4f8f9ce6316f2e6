/* SPDX-License-Identifier: ISC */
/*
 * opensources: how many connections each source has open.
 *
 * Only sources with an open connection are kept, so there are never more of them than connections.
 */
#ifndef DAEMON_ADMIT_OPENSOURCES_H
#define DAEMON_ADMIT_OPENSOURCES_H

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct opensource;
struct opensources;
struct source_key;

/* What becomes of a connection. */
enum opensources_admission {
	OPENSOURCES_ADMITTED,
	OPENSOURCES_TOO_MANY, /* its source has as many open as it may */
	/*
	 * It could not be counted, and must be refused: a limit that gave way when memory is short
	 * would do so for those that use it up.
	 */
	OPENSOURCES_NO_MEMORY
};

/*
 * Makes the set, empty, for some `connections` in all, of which each source may have `most`, at
 * least 1. More connections are only counted more slowly. NULL: no memory.
 */
struct opensources *opensources_new(size_t connections, uint32_t most);

/* Frees the set with all its sources. NULL is allowed. */
void opensources_free(struct opensources *all);

/*
 * Counts a connection that a source opens. If it is admitted, sets `source`, for
 * opensources_leave() at its end; any other is not counted, and sets it to NULL.
 */
enum opensources_admission opensources_enter(struct opensources *all, const struct source_key *key,
					     struct opensource **source) MUST_CHECK;

/* Counts the end of a connection. NULL is allowed: it was not counted. */
void opensources_leave(struct opensources *all, struct opensource *source);

/* Returns how many sources have a connection open. */
size_t opensources_count(const struct opensources *all);

#endif

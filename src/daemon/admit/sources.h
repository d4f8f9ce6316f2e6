/* SPDX-License-Identifier: ISC */
/*
 * sources: how often each source has come, and how many connections it has open.
 *
 * The memory is fixed, however many sources come. A source may be in four places, which a secret
 * hash chooses. If they are all taken, one in them is forgotten: the one that owes least (debts.h)
 * of those without a connection open.
 *
 * - A source is refused only for what it has done itself. One that keeps to its limits never is.
 * - A source that was forgotten may take as much again as it owed, at most its burst. Three others
 *   in its places then owed at least as much, or had connections open.
 * - A source with a connection open is not forgotten. If such sources have taken all its places, it
 *   has one of its own for as long as it is open. There are never more of these than connections.
 *
 * Someone with thousands of addresses may see, by which of his sources are forgotten or by how long
 * answers take, which of them share places; and with enough of that, calculate the secret. He gains
 * little: with so many sources he may come as often anyway. If those that share places all have
 * connections open, it takes a step for each of them to find one; but only clients in these places
 * cause that, and they can have no more open than the daemon allows.
 */
#ifndef DAEMON_ADMIT_SOURCES_H
#define DAEMON_ADMIT_SOURCES_H

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/rate.h"
#include "source.h"
#include "verdict.h"

struct pairhash_secret;
struct sources;

/* A good number of sources to remember: 32 bytes for each make 2 MiB. */
#define SOURCES_REMEMBERED ((size_t)65536)

/* What each source may do. */
struct sources_limits {
	struct rate rate;   /* how often it may come; a count of 0: as often as it likes */
	uint32_t burst;	    /* how often at once, from 1 to RATE_COUNT_MAX; only with a rate */
	uint32_t most_open; /* connections at a time; 0: any number, and they are not counted */
};

/*
 * Makes the set, empty. It remembers so many sources, from 4 to 2^24, rounded up to a power of two.
 * NULL: no memory.
 */
struct sources *sources_new(const struct sources_limits *limits, size_t remembered,
			    const struct pairhash_secret *secret);

/* Frees it. NULL is allowed. */
void sources_free(struct sources *all);

/*
 * Judges a source that comes at `now_us`, which is clock_us(), or anything if there is no rate. If
 * it is admitted and counted, sources_leave() must be called at the connection's end.
 */
struct admission sources_enter(struct sources *all, struct source_key key,
			       uint64_t now_us) MUST_CHECK;

/*
 * Judges a source again that had too many connections open, after some may have ended. It has not
 * come more often for that.
 */
struct admission sources_enter_again(struct sources *all, struct source_key key) MUST_CHECK;

/* Counts the end of a connection of that source. */
void sources_leave(struct sources *all, struct source *source);

/* Returns how many sources have a connection open. This looks at all that are remembered. */
size_t sources_count_open(const struct sources *all);

#endif

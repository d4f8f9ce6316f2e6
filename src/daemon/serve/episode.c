/* SPDX-License-Identifier: ISC */
/* episode: tells a trouble that lasts, or comes again and again, only once. */
#include "episode.h"

#include "base/clock.h"

/* What returns within this time is the same episode. */
enum { EPISODE_MS = 10000 };

bool episode_begins(uint64_t *until)
{
	uint64_t now = clock_ms();
	bool begins = now >= *until;

	*until = now + EPISODE_MS;
	return begins;
}

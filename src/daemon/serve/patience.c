/* SPDX-License-Identifier: ISC */
/* patience: at what age of a greeted client it is worth a look whether it has closed. */
#include "patience.h"

/* By a clock that counts whole ms, this is an age of at least one. */
enum { LEAST_MS = 2 };

/* So many looks that come a millisecond earlier gain about what one in vain costs. */
enum { SHORTEN_AFTER = 64 };

void patience_begin(struct patience *patience, uint32_t most_ms)
{
	*patience = (struct patience){.ms = most_ms, .most_ms = most_ms};
}

static void lengthen(struct patience *patience)
{
	patience->ms = patience->ms < patience->most_ms / 2 ? patience->ms * 2 : patience->most_ms;
}

/* By a quarter, at least by one. */
static void shorten(struct patience *patience)
{
	if (patience->ms > LEAST_MS)
		patience->ms -= (patience->ms + 3) / 4;
}

void patience_learn(struct patience *patience, uint32_t age_ms, bool is_gone)
{
	if (age_ms < patience->ms || age_ms > 2 * patience->ms)
		return;
	patience->gone++;
	if (is_gone && patience->gone < SHORTEN_AFTER)
		return;
	patience->gone = 0;
	if (is_gone)
		shorten(patience);
	else
		lengthen(patience);
}

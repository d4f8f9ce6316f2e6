/* SPDX-License-Identifier: ISC */
/* patience: after how long it is worth a look whether a client has closed. */
#include "patience.h"

/* With a clock that counts ms, a client is between one and two old at the earliest. */
enum { LEAST_MS = 2 };

/* A look in vain takes about as long as so many looks gain by coming a millisecond earlier. */
enum { SHORTEN_AFTER = 64 };

void patience_begin(struct patience *patience, uint32_t most_ms)
{
	*patience = (struct patience){.ms = most_ms, .most_ms = most_ms};
}

void patience_learn(struct patience *patience, bool is_gone)
{
	if (!is_gone) {
		patience->gone = 0;
		patience->ms = patience->ms < patience->most_ms / 2 ? patience->ms * 2
								    : patience->most_ms;
	} else if (++patience->gone == SHORTEN_AFTER) {
		patience->gone = 0;
		if (patience->ms > LEAST_MS)
			patience->ms--;
	}
}

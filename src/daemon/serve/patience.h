/* SPDX-License-Identifier: ISC */
/*
 * patience: at what age of a greeted client it is worth a look whether it has closed. Too early,
 * the look is in vain, and the kernel must be asked to watch the client. Too late, the whole
 * greeting costs up to a tenth more (doc/performance.md), probably since what the kernel knows of
 * the client has left the processor's caches. How long clients need depends on their network, so it
 * is learnt from them. One in some 150 may stay longer than any patience without changing this.
 */
#ifndef DAEMON_SERVE_PATIENCE_H
#define DAEMON_SERVE_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

/* What has been learnt. Its fields are private to patience.c and the inline function below. */
struct patience {
	uint32_t ms;	  /* the age at which to look */
	uint32_t most_ms; /* and never later than that */
	unsigned gone;	  /* looks since `ms` was last changed, none of them in vain */
};

/* Begins with the most patience that there may be. */
void patience_begin(struct patience *patience, uint32_t most_ms);

/*
 * Learns from a look at a client that was so old. Looks that came much earlier or later than
 * patience_ms() say nothing of that, and are ignored.
 */
void patience_learn(struct patience *patience, uint32_t age_ms, bool is_gone);

/* Returns how long a client may take to close before we look, in ms. */
static inline uint32_t patience_ms(const struct patience *patience)
{
	return patience->ms;
}

#endif

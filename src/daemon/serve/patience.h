/* SPDX-License-Identifier: ISC */
/*
 * patience: after how long it is worth a look whether a client has closed. Too early, the look is
 * in vain, and the kernel must be asked to watch the client. Too late, what the kernel knows of it
 * has left the processor's caches, so that closing takes a tenth longer (doc/performance.md). How
 * long clients need depends on their network, so it is learnt from them.
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

/* Learns from a look whether the client had gone. */
void patience_learn(struct patience *patience, bool is_gone);

/* Returns how long a client may take to close before we look, in ms. */
static inline uint32_t patience_ms(const struct patience *patience)
{
	return patience->ms;
}

#endif

/* SPDX-License-Identifier: ISC */
/* episode: tells a trouble that lasts, or comes again and again, only once. */
#ifndef DAEMON_SERVE_EPISODE_H
#define DAEMON_SERVE_EPISODE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * True at the start of an episode, so that it is logged once: what returns within 10 s is the same
 * one. `until` is clock_ms() at its end; 0 before the first.
 */
bool episode_begins(uint64_t *until);

#endif

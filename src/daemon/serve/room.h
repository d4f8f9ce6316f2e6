/* SPDX-License-Identifier: ISC */
/* room: how many connections the descriptor limit has room for. */
#ifndef DAEMON_SERVE_ROOM_H
#define DAEMON_SERVE_ROOM_H

#include <stddef.h>

struct options;

/*
 * Returns how many sessions may be open at once so that descriptors never run out, if `others` more
 * may be for other purposes. With fewer than these and the reserve left, that is 1; with none, 0.
 * Warns if the options ask for more.
 */
size_t room_find(const struct options *options, size_t others);

/*
 * Returns how many descriptors, of `most`, may be for other purposes so that at least one session
 * can still be open, and `besides` more descriptors; at least 1.
 */
size_t room_for_others(size_t most, size_t besides);

#endif

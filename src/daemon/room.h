/* room: how many connections the descriptor limit has room for. */
#ifndef DAEMON_ROOM_H
#define DAEMON_ROOM_H

#include <stddef.h>

struct options;

/*
 * Raises the soft descriptor limit to the hard one, and returns how many sessions
 * may be open at once so that descriptors never run out; at least 1. Warns if the
 * options ask for more.
 */
size_t room_find(const struct options *options);

#endif

/* stream: stream sockets as an event loop wants them. */
#ifndef BASE_STREAM_H
#define BASE_STREAM_H

#include <stddef.h>
#include <sys/types.h>

#include "base/attributes.h"

/* Opens a stream socket: non-blocking, and closed in any program that is started. -1 with errno. */
int stream_open(int family) MUST_CHECK;

/*
 * Throws away up to `most` bytes of what has come in, without waiting. Returns as recv(2)
 * does: how many it were, 0 at the end of the stream, -1 with errno.
 */
ssize_t stream_discard(int fd, size_t most);

/* Closes `fd` and keeps errno, which tells why. */
void stream_close(int fd);

#endif

/* stream: stream sockets as an event loop wants them. */
#ifndef BASE_STREAM_H
#define BASE_STREAM_H

#include "base/attributes.h"

/* Opens a stream socket: non-blocking, and closed in any program that is started. -1 with errno. */
int stream_open(int family) MUST_CHECK;

/* Closes `fd` and keeps errno, which tells why. */
void stream_close(int fd);

#endif

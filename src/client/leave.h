/* SPDX-License-Identifier: ISC */
/*
 * leave: parts from a server that is not read, without a reset if a moment is enough.
 *
 * Closing while a greeting is on its way answers it with a reset, which the server counts, and may
 * log, as an error. So we first end our side of the stream: most servers then close theirs. What
 * comes meanwhile is thrown away.
 */
#ifndef CLIENT_LEAVE_H
#define CLIENT_LEAVE_H

#include <stdint.h>

struct event_base;
struct leave;

/* Called once, from the loop, when the socket may be closed. */
typedef void leave_cb(void *argument);

/*
 * Starts to leave the server to which `fd` is connected. That takes at most as long as the connect
 * did, plus 10 ms. NULL: no memory.
 */
struct leave *leave_start(struct event_base *base, int fd, uint64_t connect_us, leave_cb *left,
			  void *argument);

/* Frees it; the socket stays open. Allowed in the callback; NULL is allowed. */
void leave_free(struct leave *leave);

/* Closes a socket, without a reset for unread input that has come already. -1 is allowed. */
void leave_close(int fd);

#endif

/*
 * leave: parts from a server to which nobody listens, without a reset where a moment is enough.
 *
 * Whoever closes while a greeting is on its way answers it with a reset, which the server counts,
 * and may log, as an error. So our side of the stream is ended first: most servers then close
 * theirs. What comes meanwhile is thrown away.
 */
#ifndef CLIENT_LEAVE_H
#define CLIENT_LEAVE_H

#include <stdint.h>

struct event_base;
struct leave;

/* Called once, from the loop: the socket may be closed. */
typedef void leave_cb(void *argument);

/*
 * Starts to leave the server to which `fd` is connected; that takes as long again as the connect
 * took, and 10 ms, at most. NULL: no memory.
 */
struct leave *leave_start(struct event_base *base, int fd, uint64_t connect_us, leave_cb *left,
			  void *argument);

/* Allowed in the callback; NULL is allowed. The socket stays open. */
void leave_free(struct leave *leave);

/* Closes a socket, without a reset for what has come and is unread. -1 is allowed. */
void leave_close(int fd);

#endif

/* outbox: the greeting of the next session, queued on a bufferevent that waits for it. */
#ifndef DAEMON_SAY_OUTBOX_H
#define DAEMON_SAY_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attributes.h"

struct bufferevent;
struct event_base;
struct greeting;
struct outbox;
struct rendering;

/* Prepares for the first. NULL: no memory. */
struct outbox *outbox_new(struct event_base *base, struct greeting *greeting);

/* NULL is allowed. */
void outbox_free(struct outbox *outbox);

enum outbox_queued {
	OUTBOX_NO_MEMORY, /* nothing is */
	OUTBOX_BEGUN,	  /* the first piece is; outbox_take() gives the rest */
	OUTBOX_WHOLE,	  /* all is */
};

/*
 * Queues what is said to the client of the socket, or the first piece of it, unless it is said to
 * everyone and still stands there. Sets `size` to the bytes queued.
 */
enum outbox_queued outbox_queue(struct outbox *outbox, int fd, size_t *size) MUST_CHECK;

/* Sends what the kernel takes at once. Returns how many bytes it took, or -1 with errno. */
ssize_t outbox_send(struct outbox *outbox, int fd) MUST_CHECK;

/* There is nothing more to send to this client: what was queued for it alone is dropped. */
void outbox_forget(struct outbox *outbox);

/*
 * Gives away the bufferevent with what is queued beyond the `sent` bytes; it is disabled, without
 * a socket or callbacks. With it comes the rest that is yet to be queued on it; NULL: there is
 * none. Both are the caller's to free. False: no memory for that rest.
 */
bool outbox_take(struct outbox *outbox, size_t sent, struct bufferevent **taken,
		 struct rendering **rest) MUST_CHECK;

#endif

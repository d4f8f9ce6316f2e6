/* SPDX-License-Identifier: ISC */
/* outbox: the greeting of the next session, queued on a bufferevent that waits for it. */
#ifndef DAEMON_SAY_OUTBOX_H
#define DAEMON_SAY_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attributes.h"

struct bufferevent;
struct ends;
struct event_base;
struct greeting;
struct outbox;
struct rendering;

/* Prepares for the first session. Both arguments must outlive it. NULL: no memory. */
struct outbox *outbox_new(struct event_base *base, struct greeting *greeting);

/* NULL is allowed. */
void outbox_free(struct outbox *outbox);

enum outbox_queued {
	OUTBOX_NO_MEMORY, /* there is nothing to send */
	OUTBOX_BEGUN,	  /* the first piece is there; outbox_take() returns the rest */
	OUTBOX_WHOLE,	  /* everything is there */
};

/*
 * Makes the greeting for the client of the socket, or its first piece. `ends` is what is known of
 * the connection; NULL: nothing. A greeting that is the same for everyone may be queued already.
 * Sets `size` to the bytes made.
 */
enum outbox_queued outbox_queue(struct outbox *outbox, int fd, const struct ends *ends,
				size_t *size) MUST_CHECK;

/* Sends what the kernel takes at once. Returns how many bytes it took, or -1 with errno. */
ssize_t outbox_send(struct outbox *outbox, int fd) MUST_CHECK;

/*
 * Gives away the bufferevent, with what comes after the `sent` bytes; it is disabled, and has no
 * socket or callbacks. `rest` is what is still to be queued on it; NULL: nothing. The caller
 * frees both. False: no memory.
 */
bool outbox_take(struct outbox *outbox, size_t sent, struct bufferevent **taken,
		 struct rendering **rest) MUST_CHECK;

#endif

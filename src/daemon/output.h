/* output: the greeting of the next session, queued on a bufferevent that waits for it. */
#ifndef DAEMON_OUTPUT_H
#define DAEMON_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attributes.h"

struct bufferevent;
struct event_base;
struct greeting;
struct output;

/* Prepares for the first. NULL: no memory. */
struct output *output_new(struct event_base *base, struct greeting *greeting);

/* NULL is allowed. */
void output_free(struct output *output);

/*
 * Queues what is said to the client of the socket, unless it is said to everyone and stands there
 * from before. Sets `size` to its bytes. False: no memory.
 */
bool output_queue(struct output *output, int fd, size_t *size) MUST_CHECK;

/* Sends what the kernel takes at once. Returns how many bytes it took, or -1 with errno. */
ssize_t output_send(struct output *output, int fd) MUST_CHECK;

/* There is nothing more to send to this client: what was queued for it alone is dropped. */
void output_forget(struct output *output);

/*
 * Gives away the bufferevent with what is queued beyond the `sent` bytes; it is disabled, without
 * a socket or callbacks, and the caller's to free.
 */
struct bufferevent *output_take(struct output *output, size_t sent);

#endif

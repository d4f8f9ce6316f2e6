/*
 * reading: reads what a connected server says, until the stream ends, the server falls quiet, or
 * there is room for no more.
 */
#ifndef CLIENT_READING_H
#define CLIENT_READING_H

#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct reading;

/* What is read, and where it goes. */
struct reading_request {
	int fd;	       /* connected and non-blocking; stays the caller's */
	bool is_reset; /* the kernel has told that already, and will not again */
	char *bytes;   /* where they go; kept, not copied */
	size_t room;   /* for how many; at least one */
};

enum reading_end { READING_STREAM_END, READING_QUIET, READING_LIMIT, READING_BROKEN };

struct reading_result {
	enum reading_end end;
	size_t length; /* of what came, also if it broke */
	int reason;    /* an errno, if it broke */
};

/* Called once, from the loop, unless it is freed before. */
typedef void reading_cb(const struct reading_result *result, void *argument);

/* Starts to read. NULL: no memory. */
struct reading *reading_start(struct event_base *base, const struct reading_request *request,
			      reading_cb *ended, void *argument);

/* How many bytes have come so far. */
size_t reading_length(const struct reading *reading);

/* Ends it. Allowed in the callback; NULL is allowed. */
void reading_free(struct reading *reading);

#endif

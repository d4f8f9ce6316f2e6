/*
 * reading: reads what a connected server says, until the stream ends, the server falls quiet, or
 * there is room for no more.
 *
 * Quiet is a server that has said something and then nothing for 250 ms, or for 200 ms and five
 * times the connect if that is more, up to 3.2 s. But while what it said is a proper beginning of
 * what is expected, it has not yet finished, however long it pauses.
 */
#ifndef CLIENT_READING_H
#define CLIENT_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct options;
struct reading;

/* What is read, and where it goes. */
struct reading_request {
	int fd;			       /* connected and non-blocking; stays the caller's */
	bool is_reset;		       /* the kernel has told that already, and will not again */
	uint64_t connect_us;	       /* how long the connect took: the distance of the server */
	const struct options *options; /* what is expected; kept, not copied */
	char *bytes;		       /* where they go; likewise */
	size_t room;		       /* for how many; at least one */
};

enum reading_end {
	READING_STREAM_END,
	READING_QUIET,
	READING_FULL,
	READING_STOPPED,
	READING_BROKEN
};

struct reading_result {
	enum reading_end end;
	size_t length;	/* of what came, also if it broke */
	uint64_t limit; /* ms; what it was stopped with */
	int reason;	/* an errno, if it broke */
};

/* Called once, from the loop or reading_stop(), unless it is freed before. For -v it is logged by
 * then.
 */
typedef void reading_cb(const struct reading_result *result, void *argument);

/* Starts to read. NULL: no memory. */
struct reading *reading_start(struct event_base *base, const struct reading_request *request,
			      reading_cb *ended, void *argument);

/* Ends it, calling back: the time is over. `limit` is how long it was, in ms. */
void reading_stop(struct reading *reading, uint64_t limit);

/* Frees it, without a word. Allowed in the callback; NULL is allowed. */
void reading_free(struct reading *reading);

#endif

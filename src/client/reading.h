/* SPDX-License-Identifier: ISC */
/*
 * reading: reads what a connected server says, until the stream ends, the server goes quiet, or
 * there is no more room.
 *
 * A server is quiet when it has said something and then nothing for 250 ms. If that is more, for
 * 200 ms plus five times the connect, up to 3.2 s. But while what it said is a proper beginning of
 * what is expected, it is not finished, however long it pauses.
 *
 * What the options want to say first is said meanwhile, see talking.h.
 * A connection that has only to be steady is watched for 250 ms, or until the first byte.
 */
#ifndef CLIENT_READING_H
#define CLIENT_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct address;
struct event_base;
struct options;
struct reading;

/* What to read, and where to put it. */
struct reading_request {
	int fd;			    /* connected and non-blocking; stays the caller's */
	bool is_reset;		    /* the kernel has reported that already, and will not again */
	uint64_t connect_us;	    /* how long the connect took: how far the server is */
	const struct address *peer; /* whom to talk to first, or NULL; not kept */
	const struct options *options; /* what is expected, and said; kept, not copied */
	char *bytes;		       /* where the bytes go; kept, not copied */
	size_t room;		       /* how many fit; at least one */
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
	size_t length;		/* of what came, even if it broke */
	uint64_t limit;		/* ms; what reading_stop() was given */
	int reason;		/* an errno, if it broke */
	uint64_t sent;		/* bytes of what we said first */
	uint64_t first_byte_us; /* when it came, by clock_us(); only if any did */
};

/*
 * Called once, from the loop or reading_stop(), unless it is freed before. The end has been logged
 * for -v by then, except that of a broken stream or of a stop without a byte.
 */
typedef void reading_cb(const struct reading_result *result, void *argument);

/* Starts to read. NULL: no memory. */
struct reading *reading_start(struct event_base *base, const struct reading_request *request,
			      reading_cb *ended, void *argument);

/* Ends it and calls back: the time is over. `limit` is how long it was, in ms. */
void reading_stop(struct reading *reading, uint64_t limit);

/* Frees it, without calling back. Allowed in the callback; NULL is allowed. */
void reading_free(struct reading *reading);

#endif

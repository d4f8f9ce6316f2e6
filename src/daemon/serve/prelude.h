/* SPDX-License-Identifier: ISC */
/*
 * prelude: what a client must say before it is answered, read as it comes, within bounds.
 *
 * What it is made of is up to a parser, which is given each byte once and keeps what it needs.
 */
#ifndef DAEMON_SERVE_PRELUDE_H
#define DAEMON_SERVE_PRELUDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct event_base;
struct prelude;

/* What has become of a prelude. */
enum prelude_verdict {
	PRELUDE_MORE,	  /* nothing yet: it may go on */
	PRELUDE_WHOLE,	  /* it is understood */
	PRELUDE_BAD,	  /* it is malformed */
	PRELUDE_TOO_LONG, /* it has not ended within its bounds */
	PRELUDE_ENDED,	  /* the client has ended the stream before */
	PRELUDE_RESET,	  /* the client has reset the connection before */
};

/* A kind of prelude. */
struct prelude_kind {
	size_t size; /* of the parser's memory, in bytes */
	size_t most; /* bytes of the client until a verdict */
	uint32_t ms; /* the time that the client has for them, in all */
	void (*begin)(void *parser);
	/*
	 * Takes the next bytes, and sets `used` to how many it needed. It does not matter how the
	 * client's bytes are split: PRELUDE_MORE if it needed all of them and none has decided.
	 */
	enum prelude_verdict (*take)(void *parser, const char *bytes, size_t count, size_t *used);
};

/* Called once, with a verdict other than PRELUDE_MORE; it may free the prelude. */
typedef void prelude_heard_cb(enum prelude_verdict verdict, void *argument);

/*
 * Makes a prelude of that kind, to be read from the socket `fd`. All arguments must outlive it.
 * NULL: no memory.
 */
struct prelude *prelude_new(const struct prelude_kind *kind, struct event_base *base, int fd,
			    prelude_heard_cb *heard, void *argument);

/*
 * Reads what is there already, which may be all: then the socket need not be watched. Otherwise the
 * loop reads the rest. False: the socket cannot be watched.
 */
bool prelude_begin(struct prelude *prelude) MUST_CHECK;

/* Has the loop read all of it. False: the socket cannot be watched. */
bool prelude_watch(struct prelude *prelude) MUST_CHECK;

/* Returns the parser's memory. */
const void *prelude_parser(const struct prelude *prelude);

/* Returns how many bytes after a prelude that is whole have been read with it, and thrown away. */
size_t prelude_surplus(const struct prelude *prelude);

/* Stops reading; the socket stays open. NULL is allowed. */
void prelude_free(struct prelude *prelude);

#endif

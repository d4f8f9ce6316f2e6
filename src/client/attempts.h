/* SPDX-License-Identifier: ISC */
/*
 * attempts: tries a server's addresses until one answers (Happy Eyeballs, RFC 8305). The next one
 * is tried as soon as one fails, or after 250 ms without news.
 *
 * How an address is tried depends on the way, which starts the attempts: race.h connects, ask.h
 * asks by datagram. The rest is the same for both.
 */
#ifndef CLIENT_ATTEMPTS_H
#define CLIENT_ATTEMPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct address;
struct addresslist;
struct attempts;
struct event_base;
struct options;
struct trace;

/* Which addresses to try, and from where. Everything is copied. */
struct attempts_request {
	const struct addresslist *addresses; /* at least one */
	bool more_come;			     /* not over until it is said that no more come */
	const struct address *source;	     /* to try from; length 0: any */
	struct trace *trace;		     /* remembers them; kept, not copied; NULL: none */
	const struct options *options;	     /* for stageline_log(); kept, not copied */
};

struct attempts_result {
	bool has_answered;
	/*
	 * An errno. Without an answer: that of the most telling failure. With one: 0, or ECONNRESET
	 * if the connection has been reset since; what came before can still be read.
	 */
	int reason;
	bool is_refused; /* nobody listens at any address; one that we have no way to is left out */
	const struct address *address; /* that answered or failed; valid in the callback */
	int fd;		     /* connected and non-blocking, the callback's to close; -1: none */
	uint64_t connect_us; /* how long that connect took */
	size_t length;	     /* of an answer by datagram */
};

/* Called once, from the loop. */
typedef void attempts_cb(const struct attempts_result *result, void *argument);

/*
 * Tries more addresses (NULL: none). Call it at most once for each family, and not after the
 * callback.
 */
void attempts_add(struct attempts *attempts, const struct addresslist *addresses, bool more_come);

/*
 * Makes these (NULL: none) the only addresses; no more come. Others not tried yet are dropped;
 * attempts under way go on. Call it at most once, and not after the callback.
 */
void attempts_settle(struct attempts *attempts, const struct addresslist *addresses);

/*
 * True if all attempts so far have failed, and more addresses are awaited. Fills in `result` as at
 * the end.
 */
bool attempts_stand(const struct attempts *attempts, struct attempts_result *result) MUST_CHECK;

/* Frees them, and closes what is under way. Allowed in the callback; NULL is allowed. */
void attempts_free(struct attempts *attempts);

#endif

/*
 * attempts: tries a server's addresses until one answers (Happy Eyeballs, RFC 8305): the next one
 * as soon as one fails, or after 250 ms without news.
 *
 * How an address is tried is a way of its own, which starts the attempts: race.h connects, ask.h
 * asks by datagram. What follows is the same for both.
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

/* Which addresses to try, and from where. All is copied. */
struct attempts_request {
	const struct addresslist *addresses; /* at least one */
	bool more_come; /* it is not over before attempts_add() has said that no more do */
	const struct address *source; /* to try from, unless it is none */
};

struct attempts_result {
	bool has_answered;
	/*
	 * An errno. Without an answer: of the most telling failure. With one: 0, or ECONNRESET if
	 * the connection has been reset since; what came before can be read.
	 */
	int reason;
	const struct address *address; /* that answered, or failed so; valid in the callback */
	int fd;		     /* connected and non-blocking, the callback's to close; or -1 */
	uint64_t connect_us; /* how long that connect took */
	size_t length;	     /* of an answer by datagram */
};

/* Called once, from the loop. */
typedef void attempts_cb(const struct attempts_result *result, void *argument);

/* Tries more addresses (NULL: none), at most once for each family. Not after the callback. */
void attempts_add(struct attempts *attempts, const struct addresslist *addresses, bool more_come);

/*
 * Makes these (NULL: none) all that are tried, and no more come. Others that were not tried yet are
 * dropped; attempts under way go on. At most once, and not after the callback.
 */
void attempts_settle(struct attempts *attempts, const struct addresslist *addresses);

/* True if all that were tried have failed, and more are waited for. Fills in `result` as at the
 * end. */
bool attempts_stand(const struct attempts *attempts, struct attempts_result *result) MUST_CHECK;

/* Frees them, and closes what is under way. Allowed in the callback; NULL is allowed. */
void attempts_free(struct attempts *attempts);

#endif

/*
 * race: connects to the first address of a list that answers (Happy Eyeballs,
 * RFC 8305): a new attempt whenever one fails, or after 250 ms without news.
 */
#ifndef CLIENT_RACE_H
#define CLIENT_RACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct addresslist;
struct event_base;
struct race;

struct race_result {
	int fd; /* connected and non-blocking, the callback's to close; or -1 */
	/*
	 * An errno. Without a connection: of the most telling failure. With one: 0, or
	 * ECONNRESET, if it has been reset since; what came before can be read.
	 */
	int reason;
	const struct sockaddr *address; /* that answered, or failed so; valid in the callback */
	socklen_t length;
	uint64_t connect_us; /* how long the connect that succeeded took */
};

/* Called once, from the loop. */
typedef void race_cb(const struct race_result *result, void *argument);

/*
 * Starts to connect to `addresses` (at least one; copied), from the address `source` unless its
 * length is 0. With `more_come` it is not over before race_add() has been told that no more do.
 * NULL: no memory.
 */
struct race *race_start(struct event_base *base, const struct addresslist *addresses,
			bool more_come, const struct sockaddr *source, socklen_t source_length,
			race_cb *ended, void *argument);

/* Lets more addresses run (NULL: none), each family's once at most. Not after the callback. */
void race_add(struct race *race, const struct addresslist *addresses, bool more_come);

/*
 * Makes these (NULL: none) all that run, and no more come: others that were not tried yet are not,
 * those under way go on. Once at most, and not after the callback.
 */
void race_settle(struct race *race, const struct addresslist *addresses);

/* True if all that were tried have failed, and it waits for more: fills in `result` as in the end.
 */
bool race_stands(const struct race *race, struct race_result *result);

/* Frees it, and closes what is still trying. Allowed in the callback. */
void race_free(struct race *race);

#endif

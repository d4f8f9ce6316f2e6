/*
 * ask: asks a list of addresses by datagram, and takes the first answer.
 *
 * A request is as long as the longest answer wanted, for a server that will not serve an attack
 * answers with less than it got. It is sent three times, and the next address is asked, too,
 * when one fails, or after 250 ms without news.
 */
#ifndef CLIENT_ASK_H
#define CLIENT_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct addresslist;
struct ask;
struct event_base;

/* Whom to ask, and how. All is copied but the answer's bytes. */
struct ask_request {
	const struct addresslist *addresses; /* at least one */
	bool more_come; /* it is not over before ask_add() has been told that no more do */
	const struct sockaddr *source; /* to ask from, unless the length is 0 */
	socklen_t source_length;
	size_t size;	   /* of the request, in bytes */
	uint64_t patience; /* ms; the three tries are made within */
	char *answer;	   /* where its bytes go */
	size_t room;	   /* for how many; the rest is dropped */
};

struct ask_result {
	int reason;    /* 0: there is an answer; else an errno, of the most telling failure */
	size_t length; /* of the answer */
	const struct sockaddr *address; /* that answered, or failed so; valid in the callback */
	socklen_t address_length;
};

/* Called once, from the loop. */
typedef void ask_cb(const struct ask_result *result, void *argument);

/* Starts to ask. NULL: no memory. */
struct ask *ask_start(struct event_base *base, const struct ask_request *request, ask_cb *answered,
		      void *argument);

/* Asks more addresses (NULL: none), each family's once at most. Not after the callback. */
void ask_add(struct ask *ask, const struct addresslist *addresses, bool more_come);

/*
 * Makes these (NULL: none) all that are asked, and no more come: others that were not asked yet are
 * not, the answers of those that were still count. Once at most, and not after the callback.
 */
void ask_settle(struct ask *ask, const struct addresslist *addresses);

/* True if all that were asked have failed, and it waits for more: fills in `result` as in the end.
 */
bool ask_stands(const struct ask *ask, struct ask_result *result);

/* Frees it, and closes what still waits. Allowed in the callback. */
void ask_free(struct ask *ask);

#endif

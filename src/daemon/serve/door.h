/* SPDX-License-Identifier: ISC */
/*
 * door: asks the gate about each client, counts and logs who is not let in, and has the words for
 * them.
 */
#ifndef DAEMON_SERVE_DOOR_H
#define DAEMON_SERVE_DOOR_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/attributes.h"
#include "daemon/admit/verdict.h"

struct address;
struct bufferevent;
struct door;
struct event_base;
struct gate;
struct options;
struct sessions;
struct stats;

/* All arguments must outlive it. NULL: no memory. */
struct door *door_new(struct event_base *base, const struct options *options, struct gate *gate,
		      struct stats *stats) MUST_CHECK;

/*
 * Has the door look at the sessions, as long as clients come: whether clients of a source that has
 * too many have closed, and how much room there is. Otherwise it counts what it is told.
 */
void door_watch(struct door *door, struct sessions *sessions);

/* True if anybody may be turned away: otherwise door_admit() need not be asked. */
bool door_is_guarded(const struct door *door);

/* Asks the gate, as gate_enter() does. */
struct admission door_judge(struct door *door, const struct sockaddr *address) MUST_CHECK;

/*
 * Asks again about a client that was not admitted: if its source has too many open, some of them
 * may have closed unnoticed. If it is still not admitted, counts and logs that.
 */
struct admission door_judge_again(struct door *door, const struct sockaddr *address,
				  socklen_t length, struct admission admission) MUST_CHECK;

/* Judges a client. Inline, since each greeting may need it, and the first answer mostly holds. */
static inline struct admission door_admit(struct door *door, const struct sockaddr *address,
					  socklen_t length)
{
	struct admission admission = door_judge(door, address);

	return admission.verdict == VERDICT_ADMITTED
		       ? admission
		       : door_judge_again(door, address, length, admission);
}

/* True if a PROXY header from this address is believed. */
bool door_trusts(struct door *door, const struct sockaddr *address, socklen_t length) MUST_CHECK;

/*
 * Returns what is said to a client that is not let in, queued on a bufferevent of its own, which is
 * disabled and has no socket. NULL: nothing is said, too many are being told, or no memory.
 */
struct bufferevent *door_make_refusal(const struct door *door) MUST_CHECK;

/* Its type is that of datagrams_limit(); `door` is the door. */
bool door_admit_datagram(const struct address *from, void *door) MUST_CHECK;

/* NULL is allowed. */
void door_free(struct door *door);

#endif
